/**
 * Several packets in one read. EPKTCNT and then ERXWRPT tell how many wait and where they end; everything up to there is read at
 * once, and one write to ERXRDPT gives it back. A packet that arrives between the two reads is read too: its PKTDEC follows later.
 */
import type { CommandList } from "./command-list.ts";
import { Register } from "./registers.ts";
import { DECREMENTS, PACKET_HEADER, type ReceiveRing, RING_BYTES, RING_END, takeOff, Verdict } from "./ring.ts";

export class Burst {
  /** The ring's contents, from the oldest packet on. */
  readonly bytes: Uint8Array = new Uint8Array(RING_BYTES);
  readonly #ring: ReceiveRing;
  #countAt = -1;
  #lowAt = -1;
  #highAt = -1;
  #highAgainAt = -1;
  /** Packets that the chip counted, that were read and not taken out yet. */
  packets = 0;
  /** End of the ring's contents when it was asked for, and number of bytes read. */
  #end = 0;
  #length = 0;
  #asked = 0;
  /** Offset in `bytes` of the next packet. */
  #at = 0;
  /** Packets taken out of `bytes` for which the counter was not decremented yet. */
  owed = 0;

  constructor(ring: ReceiveRing) {
    this.#ring = ring;
  }

  /** Packets that were read and not taken out yet. */
  get left(): boolean {
    return this.#at < this.#length;
  }

  clear(): void {
    this.#at = 0;
    this.#length = 0;
    this.owed = 0;
    this.packets = 0;
  }

  /** How many wait, and, if they are to be read together, where they end. The high byte twice, for the chip may move the pointer between two reads. */
  ask(commands: CommandList, together: boolean): void {
    this.#countAt = commands.read(Register.EPKTCNT);
    this.#lowAt = -1;
    if (!together) {
      commands.returnToFirstBank();
      return;
    }
    this.#highAt = commands.read(Register.ERXWRPT + 1);
    this.#lowAt = commands.read(Register.ERXWRPT);
    this.#highAgainAt = commands.read(Register.ERXWRPT + 1);
  }

  /** Packets counted. */
  count(commands: CommandList): number {
    return commands.value(this.#countAt);
  }

  /** Takes in what {@link ask} brought; false when it is of no use and packets must be read one by one. */
  usable(commands: CommandList, room: number): boolean {
    if (this.#lowAt < 0) return false;
    const high = commands.value(this.#highAt);
    const end = (high << 8) | commands.value(this.#lowAt);
    this.packets = this.count(commands);
    this.#end = end;
    this.#at = 0;
    this.#length = 0;
    if (high !== commands.value(this.#highAgainAt) || end > RING_END || (end & 1) !== 0) return false;
    return this.packets <= Math.min(room, DECREMENTS) && this.#ring.filled(end) >= this.packets * PACKET_HEADER && this.packets > 0;
  }

  /** More than half of the ring is full: a partner that sends on will fill it before this is read. */
  get heavy(): boolean {
    return this.#ring.filled(this.#end) > RING_BYTES / 2;
  }

  /** Reads all of it and gives it back; it is there when {@link arrived} is called. */
  read(commands: CommandList): void {
    this.#at = 0;
    this.#asked = this.#ring.filled(this.#end);
    commands.readBuffer(this.bytes, 0, this.#asked);
    this.#ring.releaseTo(commands, this.#end, this.packets);
    this.owed = 0;
  }

  arrived(): void {
    this.#length = this.#asked;
  }

  /** Finds the next packet in what was read; its bytes are at {@link body}. */
  next(): Verdict {
    const { header } = this.#ring;
    for (let at = 0; at < PACKET_HEADER; at++) header[at] = this.bytes[this.#at + at]!;
    const verdict = this.#ring.parse();
    if (verdict === Verdict.CORRUPT || this.#at + PACKET_HEADER + this.#ring.remainder > this.#length) return Verdict.CORRUPT;
    return verdict;
  }

  /** Offset in `bytes` of the packet found last. */
  get body(): number {
    return this.#at + PACKET_HEADER;
  }

  /** Done with the packet found last. */
  advance(): void {
    this.#at += PACKET_HEADER + this.#ring.remainder;
    this.#ring.head = this.#ring.next;
    if (this.packets > 0) this.packets--;
    else this.owed++;
  }

  /** Takes packets that came meanwhile off the counter. */
  settle(commands: CommandList): void {
    const packets = Math.min(this.owed, DECREMENTS);
    takeOff(commands, packets);
    this.owed -= packets;
  }

  get owes(): boolean {
    return this.owed > 0;
  }
}
