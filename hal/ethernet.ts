/**
 * The contract between an Ethernet controller's driver and whoever uses it: the stack's NetDevice, or one end of a simulated wire.
 *
 * It is NAPI's: the driver masks its interrupt and calls host.schedule(); the host calls poll(budget); the driver hands up at most
 * `budget` frames; if it had fewer it calls host.complete() and, when that returns true, unmasks. A driver whose bus has to wait
 * returns POLL_PENDING and ends that poll later with host.polled(work); nobody else pays for a promise.
 */
import type { DropCounters, SkBuff, SkBuffPool } from "./skbuff.ts";

export const MAC_BYTES = 6;
/** Whether these are the bytes of one station's address: six, and not a group's (IEEE 802.3 clause 3.2.3). */
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

/** poll() goes on after it has returned; host.polled(work) will end it. */
export const POLL_PENDING = -1;

/** What an Ethernet controller tells of its traffic; names as in Linux's rtnl_link_stats64. Bytes are without FCS. */
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

/** What a driver may ask of its user. */
export interface ControllerHost {
  /** Where received frames are put. */
  readonly pool: SkBuffPool;
  /** Where the driver counts frames that it drops after it had a buffer for them, or for want of one. */
  readonly drops: DropCounters;
  /** Asks for a poll; the interrupt is masked. False when one is due already: the request is remembered. */
  schedule(): boolean;
  /** Within a poll: one received frame, from destination address to the end of its data, without FCS. The host owns it now. */
  receive(skb: SkBuff): void;
  /** Within a poll that used less than its budget: no more for now. True: unmask the interrupt. */
  complete(work: number): boolean;
  /** Ends a poll that returned POLL_PENDING, with the number of frames handed up. */
  polled(work: number): void;
  /** transmit() would accept again. */
  wake(): void;
  /** The link came up or went away. */
  carrier(up: boolean): void;
  /**
   * The controller stopped working, and why. A driver says so once for each failure, after carrier(false) if there was a link, and has
   * told the senders of all its frames by then; close() is still safe. It does not stay so: a controller that `heals` goes on trying by
   * itself and says carrier(true) when it is back, or repaired() where there is no link; every other one is closed and opened again by its host, at growing intervals.
   */
  failed(error: Error): void;
  /**
   * The chip had lost its set-up and has it again. Said when frames pass again; where the link was there all the time, carrier() says
   * nothing. A host that has nobody to tell does without it.
   * @param what was found: `RCTL is 0x00000000 instead of 0x04008002`
   */
  repaired?(what: string): void;
}

/** How a chip is doing, kept by a driver that watches its chip. Counts go on for as long as the driver lives. */
export class ControllerHealth {
  /**
   * When the chip gave its last proof of life, in the clock's ms; null before the first. A proof is more than an answer: the set-up
   * was found as it ought to be, or frames were seen to pass.
   */
  provenAt: number | null = null;
  /** Readings that could not be true or were other at the second look, and were not believed. */
  suspicions = 0;
  /** How often a set-up that was lost was made anew. */
  repairs = 0;
}

/** Which frames the controller lets through besides broadcast and those to its own address. */
export interface ReceiveMode {
  promiscuous: boolean;
  allMulticast: boolean;
}

export interface EthernetController {
  /** The driver's name, as in a rig file: `enc28j60`, `packet`, … */
  readonly driver: string;
  /** What it drives and how it is reached, for people: `simulated ENC28J60 rev B7 on a simulated wire`. */
  readonly description: string;
  /** Some part of it is not real. */
  readonly simulated: boolean;
  /** Station address, 6 bytes. Valid after open() at the latest. */
  readonly address: Uint8Array;
  readonly statistics: LinkStatistics;
  /** Absent where there is no chip to watch: the kernel tells by itself when an interface is gone. */
  readonly health?: ControllerHealth | undefined;
  /**
   * After failed() the driver goes on trying by itself, for as long as it is open, at intervals that grow to 60 s at most. False or
   * absent: its host closes and opens it again.
   */
  readonly heals?: boolean;
  /**
   * Everything the driver counts, named and ordered as `ethtool -S` has it on Linux; absent where that is no more than `statistics`.
   * Allocates: not for the frame path.
   */
  driverStatistics?(): readonly (readonly [name: string, value: number])[];

  /**
   * Brings the controller up: after this it receives, and host.carrier() tells the link.
   * @throws ControllerError when it cannot: no chip, no interface, no permission
   */
  open(host: ControllerHost): Promise<void>;
  /** Stops and releases everything; frames not sent yet are dropped with QUEUE_PURGE. May be opened again, after a failure too. */
  close(): Promise<void>;
  /**
   * Takes one frame (destination address first, no FCS, not padded) for sending. True: the driver owns the buffer and will
   * consume or drop it. False: it cannot take it now, the caller keeps it, and host.wake() will follow.
   */
  transmit(skb: SkBuff): boolean;
  /** Hands up at most `budget` frames; returns how many, or POLL_PENDING. Called only after host.schedule(). */
  poll(budget: number): number;
  setReceiveMode(mode: ReceiveMode): void;
}

/** A controller or its bus cannot do what was asked. `code` is stable. */
export class ControllerError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ControllerError";
    this.code = code;
  }
}
