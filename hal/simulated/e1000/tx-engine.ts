/** The transmit half of the 82540EM: descriptors become frames on the wire, or round the loop. */

import type { Clock, Timer } from "../../clock.ts";
import { FCS_BYTES, hasFcs } from "../../kit/fcs.ts";
import { isBroadcast } from "../../kit/receive-filter.ts";
import type { WirePort } from "../../wire.ts";
import type { ChipContext } from "./context.ts";
import type { ChipCounters } from "./counters.ts";
import { InterruptDelay } from "./delay.ts";
import type { Interrupts } from "./interrupts.ts";
import type { ChipMemory } from "./memory.ts";
import { FrameBuilder, type FrameSink } from "./packet.ts";
import type { Phy } from "./phy.ts";
import type { Quirks } from "./quirks.ts";
import * as R from "./registers.ts";
import { Ring } from "./ring.ts";
import type { Statistics } from "./statistics.ts";
import type { Violations } from "./violations.ts";

const SHORTEST = 60;
/** On the line besides the frame: preamble and start delimiter 8, gap 12 (IEEE 802.3 clause 4.4.2). */
const LINE_OVERHEAD = 20;

/**
 * Most frames that segmentation makes of the descriptors taken in one go. A driver that fills the longest ring with packets of 64
 * KiB in fragments of a page makes some 11,000; a broken one, with a full ring and MSS 1, thousands of millions.
 */
const MOST_SEGMENTS = 16384;

/** Command byte (sections 3.3.3.1 and 3.3.7.1). IC and TSE are the same bit, in legacy and data descriptors. */
const EOP = 0x01;
const IFCS = 0x02;
const IC = 0x04;
const TSE = 0x04;
const RS = 0x08;
const DEXT = 0x20;
const VLE = 0x40;
const IDE = 0x80;
const DTYP_CONTEXT = 0;
const DTYP_DATA = 1;
/** Status: DD, and the collision bits that it replaces. */
const DD = 0x01;
const STATUS = 0x0f;

/** Takes the frames that loopback keeps from the wire. */
export interface FrameLoop {
  /** Takes bytes[0..length), without FCS; only valid during the call. */
  loop(bytes: Uint8Array, length: number): void;
}

/**
 * Takes frames from the ring onto the wire (section 3.4). At an unlimited line rate all given frames go out within the write to
 * TDT; the chip would have them on their way a microsecond later. At a limited rate a frame starts when the one before it has left;
 * under a clock with coarse timers all frames that are due start together.
 */
export class TxEngine implements FrameSink {
  readonly ring: Ring;
  /** Set when the wire is there. */
  port: WirePort | null = null;
  readonly #clock: Clock;
  readonly #registers: R.RegisterFile;
  readonly #memory: ChipMemory;
  readonly #phy: Phy;
  readonly #loop: FrameLoop;
  readonly #statistics: Statistics;
  readonly #interrupts: Interrupts;
  readonly #counters: ChipCounters;
  readonly #violations: Violations;
  readonly #quirks: Readonly<Quirks>;
  readonly #builder: FrameBuilder;
  readonly #delay: InterruptDelay;
  readonly #timer: Timer;
  /** ms for each byte on the line. */
  readonly #byteTime: number;
  /** The line is free again at this time, in the clock's ms. */
  #freeAt = 0;
  #master = false;
  #link = false;
  #stalled = false;

  /** @param loop where frames go in loopback, of the PHY or of the MAC */
  constructor(context: ChipContext, phy: Phy, loop: FrameLoop) {
    const { clock, interrupts } = context;
    this.#clock = clock;
    this.#byteTime = context.byteTime;
    this.#registers = context.registers;
    this.#memory = context.memory;
    this.#phy = phy;
    this.#loop = loop;
    this.#statistics = context.statistics;
    this.#interrupts = interrupts;
    this.#counters = context.counters;
    this.#violations = context.violations;
    this.#quirks = context.quirks;
    this.ring = new Ring(R.TDBAL, context);
    this.#builder = new FrameBuilder(context, this);
    this.#delay = new InterruptDelay(clock, () => {
      interrupts.raise(R.TXDW);
      interrupts.signal();
    });
    this.#timer = clock.timer(() => {
      this.#run();
      interrupts.signal();
    });
  }

  get enabled(): boolean {
    return this.#registers.has(R.TCTL, R.TCTL_EN);
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    this.#run();
  }

  set master(master: boolean) {
    this.#master = master;
    this.#run();
  }

  set link(up: boolean) {
    this.#link = up;
    this.#run();
  }

  reset(): void {
    if (this.#builder.begun) this.#counters.aborted++;
    this.#builder.reset();
    this.ring.reset();
    this.#delay.cancel();
    this.#timer.cancel();
    this.#stalled = false;
    this.#freeAt = 0;
  }

  /** TCTL was written. */
  control(wasEnabled: boolean): void {
    if (this.enabled && !wasEnabled) this.ring.check();
    this.#run();
  }

  /** TDT was written. */
  give(tail: number): void {
    this.ring.give(tail);
    this.#run();
  }

  /** TIDV was written with its flush bit. */
  flush(): void {
    this.#delay.flush();
  }

  /** A frame is put together: onto the wire, or round the loop. Called by the builder. */
  send(given: number, wantsFcs: boolean): void {
    const frame = this.#memory.transmit;
    const appendFcs = wantsFcs || this.#quirks.alwaysAppendsFcs;
    let length = given;
    if (appendFcs && length < SHORTEST) {
      if (this.#registers.has(R.TCTL, R.TCTL_PSP)) {
        if (!this.#quirks.noPadding) {
          frame.fill(0, length, SHORTEST);
          length = SHORTEST;
        }
      } else {
        this.#violations.note("transmit-too-short", length);
      }
    }
    const good = appendFcs || hasFcs(frame, 0, length);
    if (!appendFcs) length = Math.max(0, length - FCS_BYTES);
    if (this.#byteTime > 0) {
      this.#freeAt = Math.max(this.#freeAt, this.#clock.now()) + (length + FCS_BYTES + LINE_OVERHEAD) * this.#byteTime;
    }
    this.#count(frame, length);
    if (!good) {
      this.#counters.sentWithoutFcs++;
      return;
    }
    // Memory as large as packet memory is copied in one go.
    const slot = this.#memory.transmitSlot;
    const bytes = length <= slot.length ? slot : frame;
    if (this.#loops) {
      this.#counters.looped++;
      this.#loop.loop(bytes, length);
    } else {
      this.#counters.transmitted++;
      this.port?.transmit(bytes, 0, length);
    }
  }

  get #loops(): boolean {
    const loopback = (this.#registers.get(R.RCTL) >> R.RCTL_LBM_SHIFT) & 3;
    return this.#phy.loopsBack || (loopback === 3 && !this.#quirks.noMacLoopback);
  }

  #count(frame: Uint8Array, length: number): void {
    const statistics = this.#statistics;
    const total = length + FCS_BYTES;
    statistics.count(R.TPT);
    statistics.add(R.TOTL, total);
    statistics.size(R.PTC64, total);
    if (total >= SHORTEST + FCS_BYTES) {
      statistics.count(R.GPTC);
      statistics.add(R.GOTCL, total);
    }
    if ((frame[0]! & 1) === 0) return;
    statistics.count(isBroadcast(frame, 0) ? R.BPTC : R.MPTC);
  }

  #run(): void {
    const { ring } = this;
    if (this.#stalled || !this.#master || !this.enabled || ring.head === ring.tail || !ring.usable) return;
    if (!this.#link && !this.#quirks.transmitsWithoutLink && !this.#loops) return;
    const threshold = 8 * (this.#registers.get(R.TXDCTL) >>> R.LWTHRESH_SHIFT);
    this.#builder.segmentsLeft = MOST_SEGMENTS;
    while (ring.head !== ring.tail) {
      if (this.#byteTime > 0 && !this.#builder.begun && this.#clock.now() < this.#freeAt) {
        if (!this.#timer.armed) this.#timer.armAt(this.#freeAt);
        return;
      }
      if (this.#byteTime > 0) ring.verify();
      this.#descriptor();
      ring.advance();
      if (ring.owned === threshold && !this.#quirks.noDelays) this.#interrupts.raise(R.TXD_LOW);
    }
    this.#interrupts.raise(R.TXQE);
  }

  #descriptor(): void {
    const { words } = this.#memory;
    const at = this.ring.word;
    const word2 = words[at + 2]!;
    const word3 = words[at + 3]!;
    const command = word2 >>> 24;
    const type = (word2 >>> 20) & 0xf;
    if ((command & DEXT) === 0) {
      if (!this.#builder.begun) this.#builder.begin(false, 0, (word3 >>> 8) & 0xff, (word2 >>> 16) & 0xff);
      this.#piece(at, word2 & 0xffff, command, word3, (command & IC) !== 0);
    } else if (type === DTYP_DATA) {
      if (!this.#builder.begun) this.#builder.begin((command & TSE) !== 0, (word3 >>> 8) & 0xff, 0, 0);
      this.#piece(at, word2 & 0xfffff, command, word3, false);
    } else if (type === DTYP_CONTEXT) {
      const segmentation = (command & TSE) !== 0;
      this.#builder.context(words[at]!, words[at + 1]!, word2, word3, segmentation);
      if (segmentation) this.#statistics.count(R.TSCTC);
    } else {
      this.#violations.note("transmit-type", type);
    }
    if ((command & RS) === 0) return;
    words[at + 3] = (word3 & ~STATUS) | DD;
    const packet = this.#quirks.noDelays || (command & IDE) === 0 ? 0 : this.#registers.get(R.TIDV);
    if (packet === 0) this.#interrupts.raise(R.TXDW);
    else this.#delay.start(packet, this.#registers.get(R.TADV));
  }

  #piece(at: number, length: number, command: number, word3: number, insertSum: boolean): void {
    const { words } = this.#memory;
    const registers = this.#registers;
    const tagged = (command & VLE) !== 0 && registers.has(R.CTRL, R.CTRL_VME);
    const tag = tagged ? (registers.get(R.VET) << 16) | (word3 >>> 16) : -1;
    this.#builder.append(words[at]!, words[at + 1]!, length, tag);
    if ((command & EOP) === 0) return;
    if (!this.#builder.finish((command & IFCS) !== 0, insertSum, tag)) this.#counters.aborted++;
  }
}
