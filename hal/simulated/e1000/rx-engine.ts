/** The receive half of the 82540EM: frames from the wire go through filters and FIFO into the descriptors' buffers. */
import type { Timer } from "../../clock.ts";
import { FCS_BYTES, frameCheckSequence, putFcs } from "../../kit/fcs.ts";
import { isBroadcast } from "../../kit/receive-filter.ts";
import { IXSM, isTagged, judge, sumOf } from "./checksum.ts";
import type { ChipContext } from "./context.ts";
import type { ChipCounters } from "./counters.ts";
import { InterruptDelay } from "./delay.ts";
import { ReceiveFifo } from "./fifo.ts";
import { filter, HASHED, REJECTED, typeOf } from "./filters.ts";
import type { Interrupts } from "./interrupts.ts";
import type { ChipMemory } from "./memory.ts";
import type { Quirks } from "./quirks.ts";
import * as R from "./registers.ts";
import { Ring } from "./ring.ts";
import type { Statistics } from "./statistics.ts";
import type { FrameLoop } from "./tx-engine.ts";
import type { Violations } from "./violations.ts";

/** Without FCS. */
const SHORTEST = 60;
/** With FCS: without RCTL.LPE, and with it. */
const LONGEST = 1522;
const LONGEST_LONG = 16384;
const ADDRESSES = 12;
const TAG = 4;

/** Descriptor status (section 3.2.3.1), and error CE one byte further up. */
const DD = 0x01;
const EOP = 0x02;
const VP = 0x08;
const PIF = 0x80;
const CE = 0x01 << 8;
/** Besides in the value of #admit(): no good packet, let in by RCTL.SBP. */
const BAD = 0x10000;

const TYPE_CONTROL = 0x8808;
const OPCODE_PAUSE = 1;

/** From the wire, through filters and FIFO, into host memory (section 3.2). */
export class RxEngine implements FrameLoop {
  readonly ring: Ring;
  readonly fifo: ReceiveFifo;
  readonly #registers: R.RegisterFile;
  readonly #memory: ChipMemory;
  readonly #statistics: Statistics;
  readonly #interrupts: Interrupts;
  readonly #counters: ChipCounters;
  readonly #violations: Violations;
  readonly #quirks: Readonly<Quirks>;
  readonly #delay: InterruptDelay;
  readonly #hold: Timer;
  /** The chip may use the bus. */
  #master = false;
  /** From RCTL, when it was written. */
  #enabled = false;
  #bufferBytes = 2048;
  #threshold = 0;
  /** Bytes of the FIFO's oldest frame that are in host memory already. */
  #done = 0;

  constructor(context: ChipContext) {
    const { clock, interrupts } = context;
    this.#registers = context.registers;
    this.#memory = context.memory;
    this.#statistics = context.statistics;
    this.#interrupts = interrupts;
    this.#counters = context.counters;
    this.#violations = context.violations;
    this.#quirks = context.quirks;
    this.ring = new Ring(R.RDBAL, context);
    this.fifo = new ReceiveFifo(context);
    this.#delay = new InterruptDelay(clock, () => {
      interrupts.raise(R.RXT0);
      interrupts.signal();
    });
    this.#hold = clock.timer(() => {
      this.drain();
      interrupts.signal();
    });
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  set master(master: boolean) {
    this.#master = master;
    this.drain();
  }

  reset(): void {
    this.#counters.purged += this.fifo.count;
    this.fifo.clear();
    this.ring.reset();
    this.#delay.cancel();
    this.#hold.cancel();
    this.#enabled = false;
    this.#done = 0;
  }

  /** RCTL was written. */
  control(): void {
    const control = this.#registers.get(R.RCTL);
    const size = (control >> R.RCTL_BSIZE_SHIFT) & 3;
    const extended = (control & R.RCTL_BSEX) !== 0;
    if (extended && size === 0) this.#violations.note("reserved-buffer-size", control);
    this.#bufferBytes = extended && size !== 0 ? 32768 >> size : 2048 >> size;
    const loopback = (control >> R.RCTL_LBM_SHIFT) & 3;
    if (loopback === 1 || loopback === 2) this.#violations.note("reserved-loopback", control);
    const enabled = (control & R.RCTL_EN) !== 0;
    if (enabled && !this.#enabled) this.ring.check();
    this.#enabled = enabled;
    if (this.#quirks.receiveHold > 0) this.#hold.arm(this.#quirks.receiveHold);
    this.drain();
  }

  /** RDT was written. */
  give(tail: number): void {
    this.ring.give(tail);
    this.drain();
  }

  /** RDTR was written with its flush bit: a delayed interrupt comes now. */
  flush(): void {
    this.#delay.flush();
  }

  /** One frame without its FCS. */
  frame(bytes: Uint8Array, length: number, fcsOk: boolean): void {
    if (!this.#enabled) {
      this.#counters.deaf++;
      return;
    }
    if (this.#quirks.noReceiveFifo) {
      this.#outside(bytes, length, fcsOk);
      return;
    }
    const mark = this.#admit(bytes, length, fcsOk);
    if (mark < 0) return;
    const { fifo } = this;
    const free = this.#ready ? this.ring.owned : 0;
    if (free === 0) this.#statistics.count(R.RNBC);
    const direct = fifo.count === 0 && free * this.#bufferBytes >= length + FCS_BYTES;
    if (!direct && !fifo.fits(length)) {
      this.#statistics.count(R.MPC);
      this.#interrupts.raise(R.RXO);
      this.#counters.missed++;
      return;
    }
    if ((mark & BAD) === 0) this.#countGood(bytes, length);
    this.#memory.load(bytes, length);
    if (direct) {
      this.#store(length, mark);
    } else {
      fifo.push(length, mark);
      this.drain();
    }
  }

  /** A frame of our own, round the loop. In QEMU it does not wait. */
  loop(bytes: Uint8Array, length: number): void {
    if (this.#quirks.noReceiveFifo && !(this.#ready && this.ring.owned > 0)) this.#counters.missed++;
    else this.frame(bytes, length, true);
  }

  /** Moves frames that wait in the FIFO to host memory, as far as there are descriptors. */
  drain(): void {
    const { fifo } = this;
    while (fifo.count > 0 && this.#enabled && this.#ready && this.ring.owned > 0) {
      fifo.load();
      if (this.#quirks.noReceiveFifo) {
        const { length, mark } = fifo;
        fifo.shift();
        this.#late(length, mark !== 0);
      } else {
        if (!this.#store(fifo.length, fifo.mark)) return;
        fifo.shift();
      }
    }
  }

  /** Frames can be moved to host memory, if there are descriptors. */
  get #ready(): boolean {
    return this.#master && this.ring.usable && !this.#hold.armed;
  }

  /** Applies length, address and VLAN filters and counts. Returns further bits for the descriptor, or -1 to drop the frame. */
  #admit(bytes: Uint8Array, length: number, fcsOk: boolean): number {
    const statistics = this.#statistics;
    const registers = this.#registers;
    const counters = this.#counters;
    const quirks = this.#quirks;
    const total = length + FCS_BYTES;
    if (!quirks.countsAcceptedOnly) this.#countAll(total);
    if (!quirks.ignoresControlFrames && length >= 16 && typeOf(bytes) === TYPE_CONTROL && !this.#control(bytes)) {
      counters.control++;
      return -1;
    }
    const verdict = filter(registers, quirks, bytes);
    if (verdict === REJECTED) {
      counters.filtered++;
      return -1;
    }
    const stores = registers.has(R.RCTL, R.RCTL_SBP);
    let mark = verdict === HASHED && !quirks.hidesHash ? PIF : 0;
    if (total > (registers.has(R.RCTL, R.RCTL_LPE) ? LONGEST_LONG : LONGEST)) {
      statistics.count(fcsOk ? R.ROC : R.RJC);
      statistics.count(R.RLEC);
      mark |= BAD;
      if (!stores || total > LONGEST_LONG) {
        counters.tooLong++;
        return -1;
      }
    } else if (length < SHORTEST) {
      statistics.count(fcsOk ? R.RUC : R.RFC);
      statistics.count(R.RLEC);
      mark |= BAD;
      if (!stores) {
        counters.runts++;
        return -1;
      }
    } else if (!fcsOk) {
      statistics.count(R.CRCERRS);
    }
    if (fcsOk) return mark;
    if (!stores) {
      counters.damaged++;
      return -1;
    }
    return mark | BAD | CE;
  }

  /**
   * Counts a MAC control frame. Returns whether RCTL lets the host have it, if the address filters do (section 13.4.22, DPF and
   * PMCF).
   */
  #control(bytes: Uint8Array): boolean {
    const registers = this.#registers;
    if (((bytes[14]! << 8) | bytes[15]!) !== OPCODE_PAUSE) {
      this.#statistics.count(R.FCRUC);
      return registers.has(R.RCTL, R.RCTL_PMCF);
    }
    const xon = bytes[16] === 0 && bytes[17] === 0;
    this.#statistics.count(xon ? R.XONRXC : R.XOFFRXC);
    const group = (bytes[0]! & 1) !== 0;
    return group || !registers.has(R.RCTL, R.RCTL_DPF);
  }

  #countAll(total: number): void {
    this.#statistics.count(R.TPR);
    this.#statistics.add(R.TORL, total);
  }

  #countGood(bytes: Uint8Array, length: number): void {
    const statistics = this.#statistics;
    statistics.count(R.GPRC);
    statistics.add(R.GORCL, length + FCS_BYTES);
    statistics.size(R.PRC64, length + FCS_BYTES);
    if ((bytes[0]! & 1) === 0) return;
    statistics.count(isBroadcast(bytes, 0) ? R.BPRC : R.MPRC);
  }

  /** QEMU's way in: a frame that cannot be taken yet waits outside. */
  #outside(bytes: Uint8Array, length: number, fcsOk: boolean): void {
    this.#memory.load(bytes, length);
    if (this.#ready && this.ring.owned > 0) {
      this.#late(length, fcsOk);
    } else if (this.fifo.fits(length)) {
      this.fifo.push(length, fcsOk ? 1 : 0);
    } else {
      this.#counters.missed++;
    }
  }

  /** QEMU's way in, for the frame in `memory.receive`, once there is a descriptor. */
  #late(arrived: number, fcsOk: boolean): void {
    const { receive } = this.#memory;
    let length = arrived;
    if (this.#quirks.padsReceived && length < SHORTEST) {
      receive.fill(0, length, SHORTEST);
      length = SHORTEST;
    }
    const mark = this.#admit(receive, length, fcsOk);
    if (mark < 0) return;
    const registers = this.#registers;
    const stripped = registers.has(R.CTRL, R.CTRL_VME) && isTagged(receive, registers.get(R.VET)) ? TAG : 0;
    const total = length - stripped + (registers.has(R.RCTL, R.RCTL_SECRC) ? 0 : FCS_BYTES);
    if (this.ring.owned * this.#bufferBytes < total) {
      this.#statistics.count(R.RNBC);
      this.#statistics.count(R.MPC);
      this.#interrupts.raise(R.RXO);
      this.#counters.missed++;
      return;
    }
    if (this.#quirks.countsAcceptedOnly) this.#countAll(length + FCS_BYTES);
    if ((mark & BAD) === 0) this.#countGood(receive, length);
    this.#store(length, mark);
  }

  /**
   * Moves the frame in `memory.receive` to host memory, from #done on. False: descriptors ran out, it is not through.
   * @param mark the value of #admit() for it
   */
  #store(length: number, mark: number): boolean {
    const { ring } = this;
    const registers = this.#registers;
    const memory = this.#memory;
    const frame = memory.receive;
    let start = 0;
    let end = length;
    let last = (mark & 0xff) | DD | EOP;
    let special = 0;
    let checksum = 0;
    const tagged = isTagged(frame, registers.get(R.VET));
    const enabled = registers.get(R.RXCSUM);
    const verdict = enabled === 0 || this.#quirks.noReceiveChecksum ? IXSM : judge(memory.incoming, length, tagged, enabled);
    if (!registers.has(R.RCTL, R.RCTL_SECRC)) {
      if (!this.#quirks.omitsFcs) this.#appendFcs(length, (mark & CE) === 0);
      end += FCS_BYTES;
    }
    if (tagged && registers.has(R.CTRL, R.CTRL_VME)) {
      special = (frame[14]! << 8) | frame[15]!;
      last |= VP;
      frame.copyWithin(TAG, 0, ADDRESSES);
      start = TAG;
    }
    // The packet checksum costs half a nanosecond a byte: only drivers that set its start, or use the other checksums, get it.
    if (enabled !== 0) checksum = ~sumOf(memory.incoming, start + (enabled & R.PCSS), Math.max(end, start), 0) & 0xffff;
    last |= verdict & 0xff;
    const errors = (mark | verdict) & 0xff00;
    const between = this.#quirks.tagsEveryDescriptor ? DD | (last & VP) | (special << 16) : DD;
    const size = this.#bufferBytes;
    let at = start + this.#done;
    while (at < end) {
      if (ring.owned === 0) {
        this.#done = at - start;
        return false;
      }
      const chunk = end - at > size ? size : end - at;
      const final = at + chunk === end;
      // QEMU counts the FCS, but does not write it.
      this.#place(at, this.#quirks.omitsFcs ? Math.max(0, Math.min(chunk, length - at)) : chunk);
      const word = ring.word;
      // Status last: once DD is there, everything is.
      memory.words[word + 2] = final ? chunk | (checksum << 16) : chunk;
      memory.words[word + 3] = final ? last | errors | (special << 16) : between;
      this.#next();
      at += chunk;
    }
    this.#done = 0;
    this.#counters.received++;
    this.#announce(length);
    return true;
  }

  #appendFcs(length: number, right: boolean): void {
    const frame = this.#memory.receive;
    const fcs = frameCheckSequence(frame, length);
    // The wrong check sequence that came is unknown; the complement is wrong in every byte.
    putFcs(frame, length, right ? fcs : ~fcs);
  }

  /** Writes receive[at..+length) to the buffer of the head descriptor. */
  #place(at: number, length: number): void {
    const memory = this.#memory;
    this.ring.verify();
    const word = this.ring.word;
    const low = memory.words[word]!;
    const to = memory.offset(low, memory.words[word + 1]!, this.#bufferBytes);
    if (to < 0) {
      this.#violations.note("dma-outside-memory", low);
      return;
    }
    const from = memory.receiveAt + at;
    memory.all.copyWithin(to, from, from + length);
  }

  /** The head descriptor is used up. Raises a cause when few are left. */
  #next(): void {
    const { ring } = this;
    const before = ring.owned;
    ring.advance();
    const threshold = ring.count >> (((this.#registers.get(R.RCTL) >> R.RCTL_RDMTS_SHIFT) & 3) + 1);
    this.#threshold = threshold;
    if (before === threshold + 1) this.#interrupts.raise(R.RXDMT0);
  }

  /** A frame is in host memory. */
  #announce(length: number): void {
    const registers = this.#registers;
    const interrupts = this.#interrupts;
    const { noDelays, thresholdEveryFrame } = this.#quirks;
    if (thresholdEveryFrame && this.ring.owned <= this.#threshold) interrupts.raise(R.RXDMT0);
    const packet = noDelays ? 0 : registers.get(R.RDTR);
    if (packet === 0) {
      interrupts.raise(R.RXT0);
      return;
    }
    if (length + FCS_BYTES <= registers.get(R.RSRPD)) interrupts.raise(R.SRPD);
    this.#delay.start(packet, registers.get(R.RADV));
  }
}
