/**
 * The transmit ring (SDM 3.3, 3.4). Descriptors TDH to TDT-1 are the chip's. Every frame ends with a descriptor that asks for its
 * status (RS), and is done when DD is there; TDH tells nothing, for a descriptor that was fetched has not been sent.
 *
 * Frames gather in the ring; one write of TDT, the doorbell, hands all of them over.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { type ControllerHost, ETHERNET_HEADER, type LinkStatistics, MAX_TAGGED_FRAME, MIN_FRAME } from "../../hal/ethernet.ts";
import { FCS_BYTES } from "../../hal/kit/fcs.ts";
import { clear } from "../../hal/kit/outgoing.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { Checksum, type SkBuff, SkBuffQueue, SLOT_BYTES } from "../../hal/skbuff.ts";
import { DD, Register, TxCommand, TxStatus } from "./registers.ts";
import type { DescriptorRing, DmaLayout } from "./rings.ts";
import { tctl } from "./setup.ts";
import type { OwnStatistics } from "./statistics.ts";

/** A frame with a checksum to be filled in takes a context descriptor besides its own. */
const MOST_DESCRIPTORS = 2;
/** Free descriptors at which a queue that was stopped runs again: not at the first, or it would stop again at once. */
const WAKE_AT = 32;
const WAKE_PART_OF_RING = 4;
/** Offset of TCP's checksum (RFC 9293 section 3.1); UDP's is at 6. */
const TCP_CHECKSUM_AT = 16;
/** Up to so many bytes a loop over words takes less time than a block copy of the whole slot. */
const SHORT = 128;
/** Offsets in a context descriptor have 8 bits. */
const FARTHEST = 255;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const DONE = DD;
const { PARTIAL } = Checksum;
const SHORTEST = MIN_FRAME;
const SLOT = SLOT_BYTES;
const FCS: number = FCS_BYTES;
/** A frame that ends here, gets its FCS from the chip, and is reported. */
const WHOLE: number = TxCommand.EOP | TxCommand.IFCS | TxCommand.RS;
const OFFLOADED: number = WHOLE | TxCommand.DEXT | TxCommand.DTYP_DATA;
const { TXSM } = TxStatus;
/** The frame did not go out. */
const FAILED: number = TxStatus.EC | TxStatus.LC;

export class Transmitter {
  readonly #bus: MmioBus;
  readonly #ring: DescriptorRing;
  /** Bus address of the shared memory's first byte, as 32 bits with sign, which V8 keeps without an object. */
  readonly #base: number;
  readonly #memory: ArrayBufferLike;
  readonly #bounce: readonly Uint8Array[];
  readonly #bounceViews: readonly DataView[];
  readonly #bounceOffsets: Int32Array;
  readonly #wakeAt: number;
  readonly #link: LinkStatistics;
  readonly #own: OwnStatistics;
  /** The frame that each descriptor ends; null for a context descriptor. */
  readonly #frames: (SkBuff | null)[];
  /** Next descriptor to be written. */
  #next = 0;
  /** Oldest descriptor that is not known to be done. */
  #clean = 0;
  /** The value that TDT was told. */
  #rung = 0;
  /** The context in the chip: TUCSS, TUCSO and TUCMD in one number; -1 for none. */
  #context = -1;
  #running = false;
  /** Somebody was turned away and has been promised a wake(). */
  #stopped = false;
  /** Frames that were found done, ever: stands still when the chip does. */
  #completed = 0;
  /** Frames that the chip had not sent when it was stopped, to be given to it again before any other. */
  readonly #kept = new SkBuffQueue();
  /** A descriptor was marked done that was not: DD is believed only of those that TDH has passed. */
  doubtful = false;
  /** The value that TCTL was told since the last set-up; 0 for nothing. */
  tctl = 0;
  /** Both as stuck() saw them last. */
  #completedThen = 0;
  #outstandingThen = false;

  constructor(bus: MmioBus, layout: DmaLayout, link: LinkStatistics, own: OwnStatistics) {
    this.#bus = bus;
    this.#ring = layout.transmit;
    this.#base = layout.memory.base | 0;
    this.#memory = layout.memory.bytes.buffer;
    this.#bounce = layout.bounce;
    this.#bounceOffsets = Int32Array.from(layout.bounce, ({ byteOffset }) => byteOffset);
    this.#bounceViews = layout.bounce.map(({ buffer, byteOffset, length }) => new DataView(buffer, byteOffset, length));
    this.#wakeAt = Math.min(WAKE_AT, this.#ring.size / WAKE_PART_OF_RING);
    this.#link = link;
    this.#own = own;
    this.#frames = new Array<SkBuff | null>(this.#ring.size).fill(null);
  }

  /** Frames are on their way, whether the chip knows of them or not. */
  get outstanding(): boolean {
    return this.#clean !== this.#next;
  }

  /** The value that TDT was told. */
  get tail(): number {
    return this.#rung;
  }

  /** Frames wait for the doorbell. */
  get unrung(): boolean {
    return this.#rung !== this.#next;
  }

  /** Tells the chip where the ring is; transmission has to be off. */
  setUp(): void {
    this.#next = 0;
    this.#clean = 0;
    this.#rung = 0;
    this.#context = -1;
    this.#outstandingThen = false;
    this.#ring.announce(this.#bus, Register.TDBAL);
    this.#running = true;
    this.tctl = 0;
  }

  /** Switches transmission on for the link that STATUS shows: collisions are looked for in half duplex only, and farther. */
  negotiated(status: number): void {
    const wanted = tctl(status);
    if (wanted === this.tctl) return;
    this.tctl = wanted;
    this.#bus.write32(Register.TCTL, wanted);
  }

  /**
   * Drops every frame on its way, or keeps it for goOn() (null); transmission has to be off. Those that the chip has finished
   * meanwhile count as sent. Frames are refused until setUp(), and whoever was refused hears of goOn().
   */
  stop(host: ControllerHost, reason: DropReason | null): void {
    if (this.#running) this.#empty(host);
    if (reason === null) return;
    for (let frame = this.#kept.dequeue(); frame; frame = this.#kept.dequeue()) {
      if (reason === DropReason.QUEUE_PURGE) host.drops.drop(frame, reason);
      else this.refuse(host, frame, reason);
    }
  }

  /** Drops a frame that is too short or too long, or has no link to go by. @returns true, for transmit() */
  misfit(host: ControllerHost, skb: SkBuff): true {
    if (skb.length < ETHERNET_HEADER) return this.refuse(host, skb, DropReason.PKT_TOO_SMALL);
    return this.refuse(host, skb, skb.length > MAX_TAGGED_FRAME ? DropReason.PKT_TOO_BIG : DropReason.TX_CARRIER);
  }

  /** Drops a frame that cannot go, and counts it. @returns true, for transmit() */
  refuse(host: ControllerHost, skb: SkBuff, reason: DropReason): true {
    this.#own.txErrors++;
    if (reason === DropReason.TX_CARRIER) this.#own.txCarrier++;
    if (reason === DropReason.TX_ABORTED) this.#own.txAborted++;
    host.drops.drop(skb, reason);
    return true;
  }

  /** After setUp(), with transmission on: gives the chip again what it had not sent; then the queue runs again if it was stopped. */
  goOn(host: ControllerHost): void {
    if (this.#kept.length > 0) {
      while (this.#kept.length > 0 && this.#free() >= MOST_DESCRIPTORS) this.#put(this.#kept.dequeue() as SkBuff, host);
      this.ring();
    }
    if (this.#kept.length > 0 || !this.#stopped) return;
    this.#stopped = false;
    this.#own.txRestarts++;
    host.wake();
  }

  /** Keeps what the chip has not sent. What it was given and could not send before goes first again. */
  #empty(host: ControllerHost): void {
    this.#reclaim(host);
    this.#running = false;
    const before = this.#kept.length;
    while (this.#clean !== this.#next) {
      const at = this.#clean;
      const frame = this.#frames[at] as SkBuff | null;
      this.#clean = this.#after(at);
      if (!frame) continue;
      this.#frames[at] = null;
      this.#kept.enqueue(frame);
    }
    // Frames that were kept already are younger than those in the ring.
    for (let turn = 0; turn < before; turn++) this.#kept.enqueue(this.#kept.dequeue() as SkBuff);
  }

  /** Nobody is waiting for wake() any more. */
  forget(): void {
    this.#stopped = false;
  }

  /** Puts a frame into the ring; false when it has no room. The frame must not be longer than the chip can send. */
  accept(skb: SkBuff, host: ControllerHost): boolean {
    if (this.#running === false || this.#kept.length > 0 || this.#free() < MOST_DESCRIPTORS) {
      this.#stopped = true;
      return false;
    }
    this.#put(skb, host);
    return true;
  }

  #put(skb: SkBuff, host: ControllerHost): void {
    let command = WHOLE;
    let options = 0;
    if (skb.checksum === PARTIAL) {
      if (!this.#setContext(skb)) {
        this.refuse(host, skb, DropReason.TX_ABORTED);
        return;
      }
      command = OFFLOADED;
      options = TXSM;
    }
    const at = this.#next;
    const length = skb.tail - skb.data;
    const padded = length < SHORTEST ? SHORTEST : length;
    const { words, start } = this.#ring;
    const word = start + 4 * at;
    words[word] = this.#place(skb, at, padded);
    // A context descriptor that lay here before has left its own fields.
    words[word + 1] = 0;
    words[word + 2] = command | padded;
    words[word + 3] = options;
    this.#frames[at] = skb;
    this.#own.txGiven++;
    this.#next = this.#after(at);
  }

  /** Rings the doorbell. */
  ring(): void {
    this.#rung = this.#next;
    this.#bus.write32(Register.TDT, this.#next);
  }

  /** Takes back what the chip has sent, and lets a queue that was stopped run again. */
  clean(host: ControllerHost): void {
    this.#reclaim(host);
    if (this.#running && (this.#kept.length > 0 || (this.#stopped && this.#free() >= this.#wakeAt))) this.goOn(host);
  }

  /** Frames are on their way, as they were when this was asked the last time, and none has been sent since. */
  stuck(): boolean {
    const { outstanding } = this;
    const stuck = outstanding && this.#outstandingThen && this.#completed === this.#completedThen;
    this.#completedThen = this.#completed;
    this.#outstandingThen = outstanding;
    return stuck;
  }

  #reclaim(host: ControllerHost): void {
    if (this.#clean === this.#rung) return;
    const { words, start, size } = this.#ring;
    const frames = this.#frames;
    const own = this.#own;
    const link = this.#link;
    const end = this.doubtful ? this.#passed() : -1;
    // The sender of a frame that is done may close this controller, or send another frame.
    while (this.#running !== false && this.#clean !== this.#rung) {
      let at = this.#clean;
      if (at === end) return;
      if (frames[at] === null) at = at + 1 === size ? 0 : at + 1;
      if (at === end) return;
      const status = words[start + 4 * at + 3]!;
      if ((status & DONE) === 0) return;
      const frame = frames[at] as SkBuff;
      frames[at] = null;
      this.#clean = at + 1 === size ? 0 : at + 1;
      this.#completed = (this.#completed + 1) | 0;
      if ((status & FAILED) === 0) {
        const length = frame.tail - frame.data;
        own.txDone++;
        own.txOctets += (length < SHORTEST ? SHORTEST : length) + FCS;
        link.txPackets++;
        link.txBytes += length;
        frame.consume();
      } else {
        // Counted as an error by the chip itself (ECOL, LATECOL).
        host.drops.drop(frame, DropReason.TX_ABORTED);
      }
    }
  }

  /** How far the chip has come: TDH, or nowhere when that is not between what was settled last and what it was given. */
  #passed(): number {
    const { size } = this.#ring;
    const tdh = this.#bus.read32(Register.TDH);
    if (tdh >= size) return this.#clean;
    const gone = (tdh - this.#clean + size) % size;
    return gone > (this.#rung - this.#clean + size) % size ? this.#clean : tdh;
  }

  /** Returns the frame's bus address: where it lies, if the chip sees that memory, else of a copy. `padded` bytes are valid there. */
  #place(skb: SkBuff, at: number, padded: number): number {
    const { bytes, data, tail } = skb;
    const end = data + padded;
    if (end <= SLOT && skb.memory === this.#memory) {
      clear(skb, end);
      return this.#base + skb.offset + data;
    }
    const bounce = this.#bounce[at] as Uint8Array;
    let from = data;
    if (padded <= SHORT && end <= SLOT) {
      copyWords(this.#bounceViews[at] as DataView, skb.view, data, tail);
    } else {
      // One block copy of the whole slot needs no view of a part of it.
      bounce.set(bytes);
    }
    if (end > SLOT) {
      bounce.copyWithin(0, data, tail);
      from = 0;
    }
    if (padded > tail - data) bounce.fill(0, from + (tail - data), from + padded);
    return this.#base + this.#bounceOffsets[at]! + from;
  }

  /**
   * Tells the chip where the checksum of the frames that follow is, unless it knows. The chip sums up to the frame's end (TUCSE 0).
   * @returns false when the field is not within the frame, or beyond the chip's reach
   */
  #setContext(skb: SkBuff): boolean {
    const first = skb.csumStart - skb.data;
    const field = first + skb.csumOffset;
    if (first < 0 || skb.csumOffset < 0 || field > FARTHEST || field + 2 > skb.tail - skb.data) return false;
    const tcp = skb.csumOffset === TCP_CHECKSUM_AT ? 1 : 0;
    const context = first | (field << 8) | (tcp << 16);
    if (context === this.#context) return true;
    this.#context = context;
    const at = this.#next;
    const { words, start } = this.#ring;
    const word = start + 4 * at;
    // IPv4's header checksum is always there already: IPCSS, IPCSO and IPCSE stand at 0 and no data descriptor asks for it (IXSM).
    words[word] = 0;
    words[word + 1] = first | (field << 8);
    words[word + 2] = TxCommand.DEXT | (tcp === 1 ? TxCommand.TCP : 0);
    words[word + 3] = 0;
    this.#frames[at] = null;
    this.#next = this.#after(at);
    return true;
  }

  #free(): number {
    const used = this.#next - this.#clean;
    return this.#ring.size - 1 - (used < 0 ? used + this.#ring.size : used);
  }

  #after(at: number): number {
    return at + 1 === this.#ring.size ? 0 : at + 1;
  }
}

/** Copies from[start..end) to the same place in a slot, and up to three bytes before and behind: slots end with a whole word. */
function copyWords(slot: DataView, from: DataView, start: number, end: number): void {
  let at = start & -4;
  if ((start & 2) !== 0) {
    // An Ethernet header's first two bytes are a word of their own (pushHeader): a read across two stores waits for both.
    at = start & -2;
    slot.setInt16(at, from.getInt16(at, true), true);
    at += 2;
  }
  for (; at < end; at += 4) slot.setInt32(at, from.getInt32(at, true), true);
}
