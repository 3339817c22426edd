/**
 * Watches a chip that may lose its set-up: by a dip of its supply, or because something else reset it or wrote to its registers. Once a
 * second it compares the registers without which no frame passes with the values written (SDM 13.4, 13.5), and the frames whose
 * descriptors are done with the chip's own counts (GPTC, TPT and GOTC, SDM 13.7), because something else may have marked a descriptor.
 *
 * One reading proves nothing. A register that is wrong is read twice more; all three counts have to agree.
 */
import { type ControllerHealth, type LinkStatistics, MAX_TAGGED_FRAME, MIN_FRAME } from "../../hal/ethernet.ts";
import { FCS_BYTES } from "../../hal/kit/fcs.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { type AddressFilter, filterWords } from "./filters.ts";
import type { InterruptMask } from "./interrupts.ts";
import { steady } from "./reading.ts";
import type { Receiver } from "./receiver.ts";
import { Register, Statistic, Status } from "./registers.ts";
import type { DmaLayout } from "./rings.ts";
import { CTRL_MASK, CTRL_WANTED } from "./setup.ts";
import type { ChipStatistics } from "./statistics.ts";
import type { Transmitter } from "./transmitter.ts";

/** Looks at a register before it is believed to be wrong. */
const LOOKS = 3;
const ALL = 0xffff_ffff;
/** Repairs one after the other, or resets of a transmitter, that changed nothing: one more would not either. */
const IN_VAIN = 3;
/** Looks without a false word until descriptors are believed again without asking the chip. */
const TRUST = 60;
/** Length of the shortest frame, with FCS, in octets. */
const SHORTEST: number = MIN_FRAME + FCS_BYTES;
/** And of the longest. */
const LONGEST: number = MAX_TAGGED_FRAME + FCS_BYTES;
/** A transmitter is asked for its progress, and the counters are emptied, at every second look. */
const SELDOM = 2;

/** Parts of one chip that are watched over. */
interface Watched {
  readonly bus: MmioBus;
  readonly filter: AddressFilter;
  readonly interrupts: InterruptMask;
  readonly layout: DmaLayout;
  readonly receiver: Receiver;
  readonly transmitter: Transmitter;
  readonly chip: ChipStatistics;
}

export class Guard {
  readonly #watched: Watched;
  readonly #link: LinkStatistics;
  readonly #health: ControllerHealth;
  #looks = 0;
  /** Descriptors are believed again from this look on. */
  #trustAt = 0;
  /** Times in a row that the set-up was lost, and that what was to be sent was not. */
  #losses = 0;
  #hangs = 0;
  /** Frames that the chip had sent when it was last known to send. */
  #sent = 0;
  #ral = 0;
  #rah = 0;
  /** The receiver's position when RDH was seen elsewhere; -1: RDH was right. */
  #strayedAt = -1;
  /** Lead of the settled frames over GPTC, TPT and GOTC when counting began, or found since. */
  #ahead: [number, number, number] = [0, 0, 0];
  /** Octets of the frames that were found missing last. */
  #octets = 0;

  /** @param link where frames that were counted as sent and were not are taken back */
  constructor(watched: Watched, link: LinkStatistics, health: ControllerHealth) {
    this.#watched = watched;
    this.#link = link;
    this.#health = health;
  }

  /** Forgets former findings: the device was opened anew. */
  trust(): void {
    this.#losses = 0;
    this.#hangs = 0;
    this.#trustAt = 0;
    this.#watched.transmitter.doubtful = false;
  }

  /** The last finding came too often: repairing does not help. */
  get inVain(): boolean {
    return this.#losses > IN_VAIN || this.#hangs > IN_VAIN;
  }

  /**
   * One look, once a second and when the link goes.
   * @returns why the chip has to be set up anew, in words; null when all is well, which is a proof of life
   */
  check(now: number): string | null {
    const { chip, transmitter } = this.#watched;
    const lost = this.#lost();
    if (lost !== null) {
      this.#losses++;
      return lost;
    }
    this.#losses = 0;
    const missing = this.#missing();
    if (missing > 0) return this.#deny(missing);
    if (chip.sum(Statistic.GPTC) !== this.#sent) this.#hangs = 0;
    this.#sent = chip.sum(Statistic.GPTC);
    if (this.#looks >= this.#trustAt) transmitter.doubtful = false;
    this.#health.provenAt = now;
    if (this.#looks % SELDOM === SELDOM - 1) chip.harvest();
    return null;
  }

  /** Asked once a second: frames are on their way, and none has gone for two seconds. */
  hung(): boolean {
    if (++this.#looks % SELDOM !== 0) return false;
    const { bus, chip, transmitter } = this.#watched;
    // Silence that the far end has asked for (a pause frame) is no hang.
    if (!transmitter.stuck() || (steady(bus, Register.STATUS, this.#health) & Status.TXOFF) !== 0) return false;
    chip.own.txTimeouts++;
    this.#hangs++;
    return true;
  }

  /** The set-up was made: it is watched from here on. */
  begin(station: Uint8Array): void {
    const { chip } = this.#watched;
    [this.#ral, this.#rah] = filterWords(station);
    this.#strayedAt = -1;
    const { txDone, txOctets } = chip.own;
    this.#ahead = [txDone - chip.sum(Statistic.GPTC), txDone - chip.sum(Statistic.TPT), txOctets - chip.sum(Statistic.GOTC)];
  }

  /** The first register that is not as it ought to be, in words; null when all are. */
  #lost(): string | null {
    const { filter, interrupts, layout, receiver, transmitter } = this.#watched;
    return (
      this.#other("CTRL", Register.CTRL, CTRL_WANTED, CTRL_MASK) ??
      this.#other("RCTL", Register.RCTL, filter.rctl) ??
      this.#other("TCTL", Register.TCTL, transmitter.tctl) ??
      this.#other("IMS", Register.IMS, interrupts.wanted, interrupts.wanted) ??
      this.#other("RDBAL", Register.RDBAL, layout.receive.address) ??
      this.#other("RDLEN", Register.RDLEN, layout.receive.bytes) ??
      this.#other("RDT", Register.RDT, receiver.tail) ??
      this.#other("TDBAL", Register.TDBAL, layout.transmit.address) ??
      this.#other("TDLEN", Register.TDLEN, layout.transmit.bytes) ??
      this.#other("TDT", Register.TDT, transmitter.tail) ??
      this.#other("RAL0", Register.RAL, this.#ral) ??
      this.#other("RAH0", Register.RAH, this.#rah) ??
      this.#groupLost() ??
      this.#strayed()
    );
  }

  /** One register after the other that a joined group depends on, one a look. */
  #groupLost(): string | null {
    const word = this.#watched.filter.word(this.#looks);
    return word && this.#other(word.name, word.register, word.value);
  }

  /** Frames that were settled as sent and that the chip has not counted; 0 when there is none, or nothing is certain. */
  #missing(): number {
    const { chip, layout, transmitter } = this.#watched;
    const witnesses = [Statistic.GPTC, Statistic.TPT, Statistic.GOTC] as const;
    for (const counter of witnesses) chip.take(counter);
    const { txDone, txOctets } = chip.own;
    // Less than nothing where the chip has counted what is not settled yet.
    const unsettled = transmitter.outstanding ? layout.transmit.size : 0;
    const [good = 0, total = 0, octets = 0] = witnesses.map(
      (counter, at) => (counter === Statistic.GOTC ? txOctets : txDone) - chip.sum(counter) - this.#ahead[at]!,
    );
    // Reading clears them, so that what was misread is lost or too much: each goes on from what is known.
    for (const [at, short] of [good, total, octets].entries()) {
      const early = unsettled * (at === 2 ? LONGEST : 1);
      const off = short > 0 ? short : Math.min(0, short + early);
      this.#ahead[at] = this.#ahead[at]! + off;
    }
    if (good <= 0 && total <= 0 && octets <= 0) return 0;
    if (good > 0 && good === total && octets >= SHORTEST * good) {
      this.#octets = octets;
      return good;
    }
    this.#health.suspicions++;
    return 0;
  }

  /** Takes back what was said of frames that never left. */
  #deny(frames: number): string {
    const { chip, transmitter } = this.#watched;
    const link = this.#link;
    link.txPackets -= frames;
    link.txBytes -= Math.min(link.txBytes, this.#octets - FCS_BYTES * frames);
    chip.own.txErrors += frames;
    chip.own.txAborted += frames;
    transmitter.doubtful = true;
    this.#trustAt = this.#looks + TRUST;
    this.#hangs++;
    return `${frames} frames were marked as sent that the chip has not counted`;
  }

  #other(name: string, register: number, wanted: number, mask: number = ALL): string | null {
    const { bus } = this.#watched;
    let value = 0;
    for (let look = 0; look < LOOKS; look++) {
      value = bus.read32(register);
      if ((value & mask) >>> 0 === wanted) {
        if (look > 0) this.#health.suspicions++;
        return null;
      }
    }
    return `${name} is ${hex(value)} instead of ${hex(wanted)}`;
  }

  /** The chip fills other descriptors than those that are looked at: for certain, if it did so a second ago and nothing came since. */
  #strayed(): string | null {
    const { bus, receiver } = this.#watched;
    const rdh = bus.read32(Register.RDH);
    if (rdh === receiver.head || receiver.ready) {
      this.#strayedAt = -1;
      return null;
    }
    if (this.#strayedAt === receiver.head) return `RDH is ${rdh} instead of ${receiver.head}`;
    this.#strayedAt = receiver.head;
    return null;
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
