/**
 * The receive ring (SDM 3.2.3 to 3.2.6). Descriptors RDH to RDT-1 are the chip's; it fills their buffers in turn and writes DD last.
 * A packet goes up in the buffer it came in, and another buffer takes its place.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { type ControllerHost, ETHERNET_HEADER, type LinkStatistics } from "../../hal/ethernet.ts";
import { isMulticast } from "../../hal/kit/receive-filter.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { Checksum, HEADROOM, type SkBuff, type SkBuffPool, SLOT_BYTES } from "../../hal/skbuff.ts";
import { DD, Register, RxStatus } from "./registers.ts";
import type { DescriptorRing, DmaLayout } from "./rings.ts";
import type { OwnStatistics } from "./statistics.ts";

/** Descriptors given back to the chip with one write of RDT; less in a small ring, so that the chip does not run dry meanwhile. */
const BATCH = 16;
const BATCH_OF_RING = 4;
/** Longest frame that a buffer holds behind its headroom; the chip's limit of 1522 bytes with FCS keeps well below it. */
const LONGEST: number = SLOT_BYTES - HEADROOM;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { EOP, DAMAGED, IXSM, TCPCS, TCPE } = RxStatus;
const DONE = DD;
const { UNNECESSARY } = Checksum;
const START = HEADROOM;
const SHORTEST = ETHERNET_HEADER;
/** A checksum that the chip has looked at: both bits count. */
const CHECKED: number = IXSM | TCPCS;
/** A frame that is whole, and good as far as the chip can tell. */
const SOUND: number = EOP | DAMAGED;

export class Receiver {
  readonly #bus: MmioBus;
  readonly #ring: DescriptorRing;
  readonly #pool: SkBuffPool;
  /** Bus address of the shared memory's first byte, plus headroom; as 32 bits with sign, which V8 keeps without an object. */
  readonly #base: number;
  readonly #link: LinkStatistics;
  readonly #own: OwnStatistics;
  /** The packet whose memory each descriptor points to. */
  readonly #packets: (SkBuff | null)[];
  /** Next descriptor that the chip will have filled. */
  #next = 0;
  /** Next descriptor to be given to the chip; one before `#next` when all are its. */
  #fill = 0;
  /** Descriptors that wait for a buffer. */
  #empty: number;
  /** The rest of a frame that has begun in another buffer: it cannot be had whole. */
  #discarding = false;
  #running = false;
  readonly #batch: number;

  constructor(bus: MmioBus, layout: DmaLayout, link: LinkStatistics, own: OwnStatistics) {
    this.#bus = bus;
    this.#ring = layout.receive;
    this.#pool = layout.pool;
    this.#base = (layout.memory.base + HEADROOM) | 0;
    this.#link = link;
    this.#own = own;
    this.#packets = new Array<SkBuff | null>(this.#ring.size).fill(null);
    this.#empty = this.#ring.size - 1;
    this.#batch = Math.min(BATCH, this.#ring.size / BATCH_OF_RING);
  }

  /** The chip has filled a descriptor that nobody has looked at. */
  get ready(): boolean {
    const { words, start } = this.#ring;
    return this.#running && (words[start + 4 * this.#next + 3]! & DD) !== 0 && this.#packets[this.#next] !== null;
  }

  /** The value that RDT was told. */
  get tail(): number {
    return this.#fill;
  }

  /** RDH, once every frame that came has been taken. */
  get head(): number {
    return this.#next;
  }

  /** The pool had too few buffers: refill() wants to be called again. */
  get starving(): boolean {
    return this.#running && this.#empty > 0;
  }

  /** Tells the chip where the ring is; the receiver has to be off. */
  setUp(): void {
    this.#next = 0;
    this.#fill = 0;
    this.#empty = this.#ring.size - 1;
    this.#discarding = false;
    this.#ring.announce(this.#bus, Register.RDBAL);
    this.#running = true;
  }

  /** Takes every buffer back; the receiver has to be off. Frames that the chip has delivered and nobody has seen are lost. */
  stop(host: ControllerHost): void {
    if (!this.#running) return;
    this.#running = false;
    const { size, words, start } = this.#ring;
    for (let left = size; left > 0; left--) {
      const packet = this.#packets[this.#next] as SkBuff | null;
      if (packet) {
        const status = words[start + 4 * this.#next + 3]!;
        if ((status & DD) !== 0 && (status & RxStatus.EOP) !== 0) host.drops.count(DropReason.QUEUE_PURGE);
        this.#packets[this.#next] = null;
        packet.consume();
      }
      this.#next = this.#next + 1 === size ? 0 : this.#next + 1;
    }
  }

  /** Hands up at most `budget` frames and returns how many descriptors it took for that. */
  poll(host: ControllerHost, budget: number): number {
    const { size, words, start } = this.#ring;
    const packets = this.#packets;
    let work = 0;
    while (work < budget) {
      const at = this.#next;
      const word = start + 4 * at;
      const status = words[word + 3]!;
      if ((status & DONE) === 0) break;
      const packet = packets[at] as SkBuff | null;
      // A descriptor that was never given away: the chip, or what stands for it, writes where it should not.
      if (packet === null) break;
      const length = words[word + 2]! & 0xffff;
      packets[at] = null;
      this.#next = at + 1 === size ? 0 : at + 1;
      this.#empty++;
      work++;
      if (this.#accept(packet, status, length)) {
        host.receive(packet);
        // The host may have closed this controller because of the frame.
        if (this.#running === false) return work;
      } else {
        packet.consume();
      }
      if (this.#empty >= this.#batch) this.refill();
    }
    return work;
  }

  /** Gives the chip a buffer for every descriptor that has none, as far as there are buffers. */
  refill(): void {
    if (this.#running === false || this.#empty === 0) return;
    const { size, words, start } = this.#ring;
    const packets = this.#packets;
    const base = this.#base;
    const pool = this.#pool;
    const before = this.#fill;
    let empty = this.#empty;
    let at = before;
    while (empty > 0) {
      const packet = pool.allocate();
      if (packet === null) {
        this.#own.noBuffer++;
        break;
      }
      const word = start + 4 * at;
      words[word] = base + packet.offset;
      words[word + 3] = 0;
      packets[at] = packet;
      at = at + 1 === size ? 0 : at + 1;
      empty--;
    }
    if (at === before) return;
    this.#empty = empty;
    this.#fill = at;
    this.#bus.write32(Register.RDT, at);
  }

  #accept(packet: SkBuff, status: number, length: number): boolean {
    if ((status & SOUND) !== EOP || this.#discarding || length < SHORTEST || length > LONGEST) return this.#refuse(status);
    packet.tail = START + length;
    if ((status & CHECKED) === TCPCS) {
      if ((status & TCPE) === 0) {
        packet.checksum = UNNECESSARY;
        this.#own.checksumGood++;
      } else {
        // Left for the stack to find out again, which drops and counts it under its own name.
        this.#own.checksumErrors++;
      }
    }
    const link = this.#link;
    link.rxPackets++;
    link.rxBytes += length;
    if (isMulticast(packet.bytes, START)) link.rxMulticast++;
    return true;
  }

  /** Notes where a frame ends that cannot be used. @returns false, for #accept() */
  #refuse(status: number): false {
    this.#discarding = (status & EOP) === 0;
    // Damaged frames the chip has counted already, in those cases in which it delivers them at all.
    if ((status & DAMAGED) === 0 && !this.#discarding) this.#own.rxLength++;
    return false;
  }
}
