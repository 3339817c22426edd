/** The receive ring in the chip's packet memory: where it lies, how a packet's header is read, and which headers cannot be true. */
import { ETHERNET_HEADER, MAX_TAGGED_FRAME } from "../../hal/ethernet.ts";
import { FCS_BYTES } from "../../hal/kit/fcs.ts";
import type { CommandList } from "./command-list.ts";
import { Econ2, ReceiveStatus, Register } from "./registers.ts";

/** Erratum 5: the write pointer may land on 0 whatever ERXST says, so the ring starts there. */
export const RING_START = 0x0000;
/** Odd: ERXRDPT is set to it when a release wraps, and an even ERXRDPT corrupts the ring (erratum 14). */
export const RING_END = 0x19ff;
export const RING_BYTES: number = RING_END + 1 - RING_START;
/** The rest of the 8 KiB is the transmit buffer: control byte, 1522 bytes of frame and FCS, 7 bytes of status vector. */
export const TRANSMIT_START = 0x1a00;
/** In front of each packet: next packet pointer and receive status vector (figure 7-3). */
export const PACKET_HEADER = 6;
/** MAMXFL: 1514 bytes, an IEEE 802.1Q tag and the FCS. */
export const MAX_FRAME_WITH_FCS: number = MAX_TAGGED_FRAME + FCS_BYTES;

/** The meaning of a packet's header. */
export const Verdict = {
  FRAME: 0,
  /** A frame that arrived damaged: skip it. */
  BAD: 1,
  /** The header contradicts itself: where the next packet begins is not known any more. */
  CORRUPT: 2,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export class ReceiveRing {
  readonly header: Uint8Array = new Uint8Array(PACKET_HEADER);
  /** Address of the oldest packet's header, or of where it will be. */
  head: number = RING_START;
  /** The value that ERXRDPT was last told. */
  readPointer: number = RING_END;
  /** Address of the packet behind it. */
  next: number = RING_START;
  /** Length of its frame without FCS. */
  length = 0;
  /** Upper half of the receive status vector. */
  status = 0;

  /** Reads `header`, which has just come from `head`. */
  parse(): Verdict {
    const header = this.header;
    const count = header[2]! | (header[3]! << 8);
    this.next = header[0]! | (header[1]! << 8);
    this.status = header[4]! | (header[5]! << 8);
    this.length = count - FCS_BYTES;
    // Packets lie one behind the other, each on an even address: the pointer must agree with the length.
    let expected = this.head + PACKET_HEADER + count + (count & 1);
    if (expected > RING_END) expected -= RING_BYTES;
    if (this.next !== expected || count > MAX_FRAME_WITH_FCS) return Verdict.CORRUPT;
    if ((this.status & ReceiveStatus.ZERO) !== 0) return Verdict.CORRUPT;
    return (this.status & ReceiveStatus.OK) === 0 || this.length < ETHERNET_HEADER ? Verdict.BAD : Verdict.FRAME;
  }

  /** Bytes from the end of the header to the next packet: frame, FCS, and the byte that makes it even. */
  get remainder(): number {
    return this.length + FCS_BYTES + (this.length & 1);
  }

  /** Gives the oldest packet's memory back to the chip. */
  release(commands: CommandList): void {
    this.releaseTo(commands, this.next, 1);
    this.head = this.next;
  }

  /** Gives the memory of the oldest `packets` back, which end at `end`. One write to ERXRDPT does for all. */
  releaseTo(commands: CommandList, end: number, packets: number): void {
    this.readPointer = end === RING_START ? RING_END : end - 1;
    commands.write16(Register.ERXRDPT, this.readPointer);
    takeOff(commands, packets);
  }

  /** Bytes from the oldest packet to `writePointer`. */
  filled(writePointer: number): number {
    return writePointer >= this.head ? writePointer - this.head : writePointer - this.head + RING_BYTES;
  }

  /** Lays the ring out afresh. Only while reception is disabled. */
  layOut(commands: CommandList): void {
    commands.write16(Register.ERXST, RING_START);
    commands.write16(Register.ERXND, RING_END);
    this.readPointer = RING_END;
    commands.write16(Register.ERXRDPT, this.readPointer);
    commands.write16(Register.ERDPT, RING_START);
    this.head = RING_START;
  }
}

/** PKTDEC commands that one batch has room for. */
export const DECREMENTS = 64;

/** Takes packets off the chip's counter, DECREMENTS at most. */
export function takeOff(commands: CommandList, packets: number): void {
  for (let left = packets; left > 0; left--) commands.setBits(Register.ECON2, Econ2.PKTDEC);
}
