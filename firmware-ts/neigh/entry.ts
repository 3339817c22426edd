/** A neighbour entry, and what the state machine needs of the table and the protocol around it. Data only: the machine is beside it. */
import type { Clock, Timer } from "../../hal/clock.ts";
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import type { DropCounters, SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";
import type { NetDevice } from "../net/device.ts";
import type { NeighParameters } from "./parameters.ts";
import { NUD_VALID, Nud } from "./states.ts";
import type { NeighStatistics } from "./statistics.ts";

/** What a key means to the routes of its device. */
export const AddressType = { UNICAST: 1, LOCAL: 2, BROADCAST: 3, MULTICAST: 5 } as const;
export type AddressType = (typeof AddressType)[keyof typeof AddressType];

/** What a protocol brings to the machine. ARP is one such. */
export interface NeighFamily {
  /** EtherType of the data that goes through these entries. */
  readonly etherType: number;
  /** Initial type, state and address of a new entry. */
  construct(entry: Neighbour): void;
  /** Sends one request. `packet` is the newest that waits, null if none does. */
  solicit(entry: Neighbour, packet: SkBuff | null): void;
  /** Sends a packet that waited once more through its route, now that the address is known. */
  resend(packet: SkBuff): void;
}

/** Why an entry changed, for those who watch. */
export type NeighEvent = "new" | "deleted";

/** Surroundings of an entry: its table. */
export interface NeighHost {
  readonly clock: Clock;
  readonly family: NeighFamily;
  readonly statistics: NeighStatistics;
  readonly drops: DropCounters;
  /** RTM_NEWNEIGH or RTM_DELNEIGH would be sent now. */
  notify(entry: Neighbour, event: NeighEvent): void;
  /** Puts the entry on the list of what garbage collection may take, or off it. */
  updateGcList(entry: Neighbour): void;
}

export class Neighbour {
  readonly key: number;
  readonly device: NetDevice;
  readonly parameters: NeighParameters;
  readonly host: NeighHost;

  nudState: Nud = Nud.NONE;
  type: AddressType = AddressType.UNICAST;
  /** Requests sent since the last start, as the machine counts them. */
  probes = 0;
  // Times begin as numbers: a field that is declared only begins undefined, and V8 then makes a new object of every time put there.
  /** Last proof of reachability. */
  confirmed = 0;
  /** Last use on the slow path. */
  used = 0;
  /** Last change of state or address. */
  updated = 0;
  /** Removed from its table. */
  dead = false;
  /** Order of creation within the table. */
  serial = 0;

  /** The Ethernet header of data to this neighbour; its first six bytes are the link address. */
  readonly header: Uint8Array = new Uint8Array(ETHERNET_HEADER);
  /** The same memory, for copying it more than one byte at a time. */
  readonly headerView: DataView = new DataView(this.header.buffer);
  /** `header` is complete. */
  headerReady = false;

  /** Packets that wait for the address, made when the first one comes. */
  queue: SkBuffQueue | null = null;
  /** Sum of their truesize. */
  queueBytes = 0;
  /** Old packets of the queue are being dropped for a new one, and their senders told. */
  makingRoom = false;
  timer: Timer | null = null;

  /** Links of the table's hash chain and of its collection list; kept by the table. */
  chain: Neighbour | null = null;
  gcPrevious: Neighbour | null = null;
  gcNext: Neighbour | null = null;
  onGcList = false;

  constructor(host: NeighHost, key: number, device: NetDevice, parameters: NeighParameters) {
    const now = host.clock.now();
    this.host = host;
    this.key = key;
    this.device = device;
    this.parameters = parameters;
    this.used = now;
    this.updated = now;
    this.confirmed = now - 2 * parameters.baseReachableTime;
  }

  get valid(): boolean {
    return (this.nudState & NUD_VALID) !== 0;
  }

  get queued(): number {
    return this.queue?.length ?? 0;
  }
}
