/**
 * DMA the other way: a driver that gives the e1000's model descriptors, rings and register values of any kind. Nothing may escape, the
 * chip touches no memory but its own and the host's, and each frame that met it stands in its books once.
 */
import { VirtualClock } from "../../../hal/clock.ts";
import type { Random } from "../../../hal/random.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { E1000Chip } from "../../../hal/simulated/e1000/chip.ts";

import { EthernetSegment, type SegmentPort } from "../../../hal/simulated/segment.ts";
import { oneIn, pick, randomBytes } from "../bytes.ts";
import { makeFrame } from "../frames.ts";
import { STATION } from "../stack-bench.ts";
import { FuzzError, type Piece, type Subject, type Target } from "../target.ts";

/** An act is a byte that says which, one for a place, and a word; a frame is all that follows. */
const Act = { WRITE: 0, READ: 1, DESCRIPTOR: 2, TAIL: 3, TIME: 4, FRAME: 5, SET_UP: 6 } as const;
const ACTS = 7;
const ACT_BYTES = 6;
const MEMORY = 1 << 16;
const BASE = 0x0010_0000;
const CTRL = 0x0000;
const [RCTL, TCTL] = [0x0100, 0x0400];
const [RDBAL, RDLEN, RDH, RDT] = [0x2800, 0x2808, 0x2810, 0x2818];
const [TDBAL, TDLEN, TDH, TDT] = [0x3800, 0x3808, 0x3810, 0x3818];
const REGISTERS: readonly number[] = [
  ...[CTRL, 0x08, 0x10, 0x14, 0x18, 0x20, 0x38, 0xc0, 0xc4, 0xc8, 0xd0, 0xd8, RCTL, TCTL, 0x1000],
  ...[RDBAL, 0x2804, RDLEN, RDH, RDT, 0x2820, 0x282c, 0x2c00, TDBAL, 0x3804, TDLEN, TDH, TDT, 0x3820, 0x3828, 0x382c],
  ...[0x4010, 0x4074, 0x40c0, 0x5000, 0x5200, 0x5204, 0x5400, 0x5404, 0x5600, 0x5820, 0x1, 0x1fffc, 0x6000],
];
const RX_RING = BASE;
const TX_RING = BASE + 0x1000;
const VALUES: readonly number[] = [
  ...[0, 1, 2, 7, 8, 15, 16, 0x40, 0x80, 0x100, 0x1000, 0xffff, BASE, BASE + 0x1000, BASE + MEMORY - 8, BASE + MEMORY, BASE - 1],
  ...[0xffffffff, 0x04008002, 0x0003c1ba, 0x000400fa, 0x0b000040, 0x2b100040, 0x21000000, 0x20100000, 0x84000000, 0x0f0005ea],
];
/** Longest that the chip may take until it has nothing more to do of its own, in ms. */
const AFTERMATH = 2000;

class RingSubject implements Subject {
  frames = 0;
  behaviour: number | string = 0;
  readonly #clock = new VirtualClock();
  readonly #chip: E1000Chip;
  readonly #port: SegmentPort;
  #seen = "";

  private constructor(seed: string) {
    const random = new SeededRandom(seed);
    const segment = new EthernetSegment(this.#clock, random);
    const quirks = oneIn(random, 3) ? "qemu" : "none";
    const lineRate = oneIn(random, 2) ? Number.POSITIVE_INFINITY : 1e9;
    this.#chip = new E1000Chip(this.#clock, segment, "chip", {
      mac: STATION,
      memoryBytes: MEMORY,
      memoryBase: BASE,
      quirks,
      lineRate,
    });
    this.#port = segment.attach("tester", { wireFrame: () => {}, wireLink: () => {} });
  }

  static async open(seed: string): Promise<RingSubject> {
    const subject = new RingSubject(seed);
    await subject.#chip.open();
    subject.#setUp();
    return subject;
  }

  play(piece: Piece): void {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    for (let at = 0; at + ACT_BYTES <= piece.length; at += ACT_BYTES) {
      const kind = piece[at]! % ACTS;
      if (kind === Act.FRAME) {
        this.#frame(piece.subarray(at + ACT_BYTES));
        break;
      }
      this.#act(kind, piece[at + 1]!, view.getUint32(at + 2));
    }
    this.#clock.advanceSync(0.1);
    const { counters, violations } = this.#chip;
    const seen = [
      ...Object.values(counters),
      violations.total > 0 ? violations.toString().replace(/\d+ x | [\dA-F]+h/g, "") : "",
    ].join();
    this.behaviour = seen === this.#seen ? "" : violations.toString().replace(/^\d+ x ([\w-]+).*$/gm, "$1");
    this.#seen = seen;
  }

  async end(): Promise<void> {
    this.#clock.advanceSync(AFTERMATH);
    // Pulled out and put back: QEMU's reset by CTRL.RST lets a frame wait that has found no descriptor.
    this.#chip.fail();
    await this.#chip.open();
    const { counters } = this.#chip;
    const { received, deaf, damaged, runts, tooLong, filtered, control, missed, purged, looped } = counters;
    const books = received + deaf + damaged + runts + tooLong + filtered + control + missed + purged;
    const met = this.frames + looped;
    if (books !== met) {
      throw new FuzzError(
        "unaccounted",
        `${met} frames met the chip, and ${books} stand in its books: ${JSON.stringify(counters)}`,
      );
    }
  }

  #frame(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.frames++;
    this.#port.transmit(bytes, 0, bytes.length);
    this.#clock.advanceSync(0);
  }

  #act(kind: number, place: number, word: number): void {
    const chip = this.#chip;
    const register = REGISTERS[place % REGISTERS.length]!;
    if (kind === Act.WRITE) chip.write32(register, word);
    else if (kind === Act.READ) chip.read32(register);
    else if (kind === Act.DESCRIPTOR) chip.dma.words[((place & 1 ? TX_RING : RX_RING) - BASE) / 4 + (place >> 1)] = word;
    else if (kind === Act.TAIL) chip.write32(place & 1 ? TDT : RDT, word & 31);
    else if (kind === Act.TIME) this.#clock.advanceSync((word & 0xff) / 16);
    else this.#setUp();
  }

  /** Both rings, as a driver sets them up. */
  #setUp(): void {
    const chip = this.#chip;
    for (let at = 0; at < 16; at++) {
      chip.dma.words[(RX_RING - BASE) / 4 + 4 * at] = BASE + 0x4000 + 2048 * at;
      chip.dma.words[(TX_RING - BASE) / 4 + 4 * at] = BASE + 0x4000 + 2048 * at;
    }
    const plan = [
      [CTRL, 0x40],
      [RDBAL, RX_RING],
      [RDLEN, 256],
      [TDBAL, TX_RING],
      [TDLEN, 256],
      [TCTL, 0x000400fa],
      [RCTL, 0x0400801a],
      [RDT, 15],
    ] as const;
    for (const [register, value] of plan) chip.write32(register, value);
  }
}

function make(random: Random): Piece {
  const acts = random.below(6);
  const frame = oneIn(random, 2) ? makeFrame(random) : new Uint8Array(0);
  const piece = new Uint8Array(ACT_BYTES * (acts + 1) + frame.length);
  const view = new DataView(piece.buffer);
  piece.set(randomBytes(ACT_BYTES * (acts + 1), random));
  for (let at = 0; at < ACT_BYTES * acts; at += ACT_BYTES) {
    if (piece[at]! % ACTS === Act.FRAME) piece[at] = Act.DESCRIPTOR;
    if (!oneIn(random, 3)) view.setUint32(at + 2, pick(random, VALUES));
  }
  piece[ACT_BYTES * acts] = Act.FRAME;
  piece.set(frame, ACT_BYTES * (acts + 1));
  return piece;
}

export const RINGS: Target = {
  name: "rings",
  session: 1000,
  turns: 5,
  corpus: "rings.hex",
  open: (seed) => RingSubject.open(seed),
  make,
};
