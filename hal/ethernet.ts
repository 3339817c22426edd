/**
 * The contract between an Ethernet controller's driver and its host: the stack's NetDevice, or one end of a simulated wire.
 *
 * It is NAPI's. The driver masks its interrupt and calls host.schedule(); the host calls poll(budget); the driver hands up at most
 * `budget` frames. If it had fewer it calls host.complete(), and unmasks when that returns true. A driver whose bus has to wait
 * returns POLL_PENDING and ends that poll later with host.polled(work); nobody else pays for a promise.
 *
 * A whole small driver, built from hal/kit. The compliance suite, which every controller has to pass, is run on it.
 *
 *     import { DropReason } from "../../hal/drop-reason.ts";
 *     import {
 *       type ControllerCapabilities,
 *       ControllerError,
 *       type ControllerHost,
 *       type EthernetController,
 *       LinkStatistics,
 *       type ReceiveMode,
 *     } from "../../hal/ethernet.ts";
 *     import { SOFTWARE_CAPABILITIES } from "../../hal/kit/capabilities.ts";
 *     import { pad, unsendable } from "../../hal/kit/outgoing.ts";
 *     import { isMulticast, ReceiveFilter } from "../../hal/kit/receive-filter.ts";
 *     import { ReceivedFrames } from "../../hal/kit/received-frames.ts";
 *     import type { SkBuff } from "../../hal/skbuff.ts";
 *
 *     // Hands frames to a function, and is handed those that arrive.
 *     export class Shuttle implements EthernetController {
 *       readonly driver = "shuttle";
 *       readonly description = "frames to and from a function";
 *       readonly simulated = true;
 *       readonly capabilities: ControllerCapabilities = SOFTWARE_CAPABILITIES;
 *       readonly statistics: LinkStatistics = new LinkStatistics();
 *       readonly address: Uint8Array;
 *       readonly #filter: ReceiveFilter;
 *       // Received frames until the host polls them: at most 256.
 *       readonly #received = new ReceivedFrames(256);
 *       readonly #out: (frame: Uint8Array) => void;
 *       #link = false;
 *
 *       constructor(address: Uint8Array, out: (frame: Uint8Array) => void) {
 *         this.address = address;
 *         this.#filter = new ReceiveFilter(address);
 *         this.#out = out;
 *       }
 *
 *       async open(host: ControllerHost): Promise<void> {
 *         if (this.#received.host) throw new ControllerError("SHUTTLE_OPEN", "shuttle: it is open already");
 *         this.#received.open(host);
 *         host.carrier(this.#link);
 *       }
 *
 *       async close(): Promise<void> {
 *         this.#received.close();
 *       }
 *
 *       transmit(skb: SkBuff): boolean {
 *         const { host } = this.#received;
 *         if (!host) skb.drop(DropReason.DEV_READY);
 *         else if (!this.#link) this.#refuse(host, skb, DropReason.TX_CARRIER);
 *         else {
 *           const reason = unsendable(skb);
 *           if (reason === DropReason.NONE) this.#send(skb);
 *           else this.#refuse(host, skb, reason);
 *         }
 *         // The frame was sent or dropped; false would mean "not now, and wake() follows".
 *         return true;
 *       }
 *
 *       poll(budget: number): number {
 *         return this.#received.poll(budget, this.statistics);
 *       }
 *
 *       setReceiveMode(mode: ReceiveMode): void {
 *         this.#filter.set(mode);
 *       }
 *
 *       // The far end plugs in or goes away.
 *       plug(link: boolean): void {
 *         this.#link = link;
 *         this.#received.host?.carrier(link);
 *       }
 *
 *       // A frame arrives, its FCS checked and taken off.
 *       arrive(frame: Uint8Array): void {
 *         const { host } = this.#received;
 *         if (!host || !this.#filter.accepts(frame, 0)) return;
 *         const skb = this.#received.full ? null : host.pool.allocate();
 *         if (!skb) {
 *           this.statistics.rxErrors++;
 *           this.statistics.rxOverErrors++;
 *           return;
 *         }
 *         skb.bytes.set(frame, skb.put(frame.length));
 *         if (isMulticast(frame, 0)) this.statistics.rxMulticast++;
 *         this.#received.add(skb);
 *       }
 *
 *       #send(skb: SkBuff): void {
 *         this.statistics.txPackets++;
 *         this.statistics.txBytes += skb.length;
 *         const length = pad(skb);
 *         this.#out(skb.bytes.subarray(skb.data, skb.data + length));
 *         skb.consume();
 *       }
 *
 *       #refuse(host: ControllerHost, skb: SkBuff, reason: DropReason): void {
 *         this.statistics.txErrors++;
 *         if (reason === DropReason.TX_CARRIER) this.statistics.txCarrierErrors++;
 *         if (reason === DropReason.TX_ABORTED) this.statistics.txAbortedErrors++;
 *         host.drops.drop(skb, reason);
 *       }
 *     }
 */
import type { DropCounters, SkBuff, SkBuffPool } from "./skbuff.ts";

export const MAC_BYTES = 6;
/** Tells whether these bytes are a group's address: six, the lowest bit of the first one set (IEEE 802.3 clause 3.2.3). */
export function isGroupAddress(address: Uint8Array): boolean {
  return address.length === MAC_BYTES && (address[0]! & 1) === 1;
}

/** Tells whether these bytes are one station's address: six, and not a group's. */
export function isStationAddress(address: Uint8Array): boolean {
  return address.length === MAC_BYTES && (address[0]! & 1) === 0;
}

/** Bytes of destination, source and ethertype (IEEE 802.3 clause 3). */
export const ETHERNET_HEADER = 14;
/** Smallest frame without FCS; a controller pads to it with zeros. */
export const MIN_FRAME = 60;
/** Largest untagged frame without FCS. */
export const MAX_FRAME = 1514;
/** An IEEE 802.1Q tag, which a frame may be longer by. */
export const VLAN_TAG = 4;
export const MAX_TAGGED_FRAME: number = MAX_FRAME + VLAN_TAG;

/** Returned by a poll() that is not finished; host.polled(work) ends it later. */
export const POLL_PENDING = -1;

/** Traffic counters of a controller, named as in Linux's rtnl_link_stats64. Bytes are without FCS. */
export class LinkStatistics {
  rxPackets = 0;
  rxBytes = 0;
  rxMulticast = 0;
  /** Frames the controller received and could not use, of which: */
  rxErrors = 0;
  rxLengthErrors = 0;
  rxCrcErrors = 0;
  /** Frames lost because the controller's memory was full. */
  rxOverErrors = 0;
  txPackets = 0;
  txBytes = 0;
  /** Frames the controller could not send, of which: */
  txErrors = 0;
  txAbortedErrors = 0;
  txCarrierErrors = 0;
  collisions = 0;
}

/** The services that a host offers to its driver. */
export interface ControllerHost {
  /** Packet memory for received frames. */
  readonly pool: SkBuffPool;
  /** Counters of frames that the driver drops, with or without a buffer. */
  readonly drops: DropCounters;
  /** Requests a poll; the driver has masked its interrupt. Returns false when a poll is due already: the host remembers the request. */
  schedule(): boolean;
  /** Hands up one received frame, from destination address to the end of its data, without FCS. Within a poll only. The host owns it. */
  receive(skb: SkBuff): void;
  /** Ends a poll that used less than its budget. Within a poll only. True: the driver unmasks its interrupt. */
  complete(work: number): boolean;
  /** Ends a poll that returned POLL_PENDING, with the number of frames handed up. */
  polled(work: number): void;
  /** transmit() has room again. */
  wake(): void;
  /** Reports that the link came up or went down. */
  carrier(up: boolean): void;
  /**
   * Reports, once for each failure, that the controller stopped working, and why. carrier(false) comes first if there was a link, and the
   * senders of all frames have been told. close() is still safe. A controller that `heals` goes on trying by itself and calls
   * carrier(true) when it works again, or repaired() when there is no link. The host closes and opens any other one at growing intervals.
   */
  failed(error: Error): void;
  /**
   * Reports that the chip had lost its set-up and has it again: frames pass. carrier() is not called for it if the link was up all the
   * time. A host without anybody to tell leaves it out.
   * @param what the finding: `RCTL is 0x00000000 instead of 0x04008002`
   */
  repaired?(what: string): void;
}

/** Findings of a driver that watches its chip. The counts are never reset. */
export class ControllerHealth {
  /**
   * Time of the chip's last proof of life, in the clock's ms; null before the first. A proof is more than an answer: the set-up was
   * found to be right, or frames were seen to pass.
   */
  provenAt: number | null = null;
  /** Readings that were not believed: impossible ones, and those that a second look did not confirm. */
  suspicions = 0;
  /** Number of times that a lost set-up was restored. */
  repairs = 0;
}

/** The frames that the controller lets through besides broadcast and those to its own address. */
export interface ReceiveMode {
  /** Every frame (IFF_PROMISC). */
  readonly promiscuous: boolean;
  /** Every frame to a group (IFF_ALLMULTI). */
  readonly allMulticast: boolean;
  /** Frames to these groups: addresses of six bytes, each once. The controller copies what it keeps. */
  readonly groups: readonly Uint8Array[];
  /** No broadcast either: of a node that sleeps and is to be woken by frames to its own address only. The others are of no account then. */
  readonly ownOnly?: boolean;
}

/** The mode that a controller is made with: broadcast, and its own address. */
export const OWN_FRAMES_ONLY: ReceiveMode = { promiscuous: false, allMulticast: false, groups: [] };

/** The work that a controller does itself, so that its host need not. Constant while the controller is open. */
export interface ControllerCapabilities {
  /** Longest frame both ways, in bytes: from destination address to the end of the data, without tag and FCS. */
  readonly maxFrame: number;
  /** A frame with an IEEE 802.1Q tag may be VLAN_TAG bytes longer, both ways. The tag stays in the frame. */
  readonly vlan: boolean;
  /**
   * Sending: it fills in a checksum that was left to it (Checksum.PARTIAL) without work for the processor. transmit() of every controller
   * takes such a frame; without this capability the driver sums it up, which costs more than summing up while the frame is written.
   */
  readonly txChecksum: boolean;
  /** Receiving: it marks frames whose TCP or UDP checksum is good (Checksum.UNNECESSARY), so that nobody sums them up again. */
  readonly rxChecksum: boolean;
  /** Groups that it filters by their whole address; Infinity where any number of them. */
  readonly exactGroups: number;
  /**
   * Bits of a hash table that filters any number of groups beyond those: frames to another group pass too if it has the same hash.
   * 0: there is no such table.
   */
  readonly groupHashBits: number;
}

export interface EthernetController {
  /** The driver's name, as in a rig file: `enc28j60`, `packet`, … */
  readonly driver: string;
  /** The chip or interface and how it is reached, for people: `simulated ENC28J60 rev B7 on a simulated wire`. */
  readonly description: string;
  /** True when any part of it is a model. */
  readonly simulated: boolean;
  /** Station address, 6 bytes. Valid after open() at the latest. */
  readonly address: Uint8Array;
  readonly capabilities: ControllerCapabilities;
  readonly statistics: LinkStatistics;
  /** Absent where there is no chip to watch: the kernel reports by itself that an interface is gone. */
  readonly health?: ControllerHealth | undefined;
  /**
   * True: after failed() the driver goes on trying by itself while it is open, at intervals that grow to 60 s at most. False or absent:
   * the host closes and opens it again.
   */
  readonly heals?: boolean;
  /**
   * Returns all counters of the driver, named and ordered as by `ethtool -S` on Linux. Absent where these are no more than `statistics`.
   * Allocates: not for the frame path.
   */
  driverStatistics?(): readonly (readonly [name: string, value: number])[];

  /**
   * Brings the controller up. From then on it receives, and host.carrier() reports the link.
   * @throws ControllerError no chip, no interface, no permission
   */
  open(host: ControllerHost): Promise<void>;
  /** Stops and releases everything; drops frames that are not sent yet with QUEUE_PURGE. open() may follow, after a failure too. */
  close(): Promise<void>;
  /**
   * Transmits one frame: destination address first, no FCS, not padded. Returns true when the driver owns the buffer, which it consumes
   * or drops. Returns false when it has no room: the caller keeps the buffer, and host.wake() follows.
   */
  transmit(skb: SkBuff): boolean;
  /** Hands up at most `budget` frames. Returns their number, or POLL_PENDING. Called after host.schedule() only. */
  poll(budget: number): number;
  /** Replaces the receive mode, open or closed. The mode holds through close(), open() and every repair until the next call. */
  setReceiveMode(mode: ReceiveMode): void;
  /**
   * Powers the chip down, the frames that it already has sent first. Until resume() it hears nothing, and drops what it is offered with
   * DEV_READY. host.carrier() is not called: whoever sleeps a while wants to know its neighbours when it wakes. close() works meanwhile.
   * Absent, with resume(), where there is nothing to power down. Twice is once.
   * @throws ControllerError it is not open, or its chip does not answer
   */
  suspend?(): Promise<void>;
  /**
   * Powers it up. Frames are taken from the call on and sent when the link is back; a link that was there before is waited for, and then
   * said to be gone.
   * @throws ControllerError it is not open, or its chip does not answer
   */
  resume?(): Promise<void>;
}

/** Error of a controller or its bus. `code` is stable. */
export class ControllerError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ControllerError";
    this.code = code;
  }
}
