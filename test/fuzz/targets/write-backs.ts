/** DMA the one way: an e1000's driver whose chip, or something else on its bus, writes into rings and registers what it should not. */
import { E1000 } from "../../../drivers/e1000/e1000.ts";
import type { ControllerError } from "../../../hal/ethernet.ts";
import type { InterruptLine } from "../../../hal/interrupt.ts";
import type { DmaMemory, MmioBus } from "../../../hal/mmio.ts";
import type { Random } from "../../../hal/random.ts";
import { E1000Chip } from "../../../hal/simulated/e1000/chip.ts";
import { oneIn, pick, randomBytes } from "../bytes.ts";
import { ChaosSubject } from "../chaos-subject.ts";
import { type BenchOptions, type Silicon, STATION } from "../stack-bench.ts";
import type { Piece, Target } from "../target.ts";

/** One act is six bytes: kind, place, and a word. */
const Act = { RX_WORD: 0, TX_WORD: 1, READING: 2, CAUSE: 3, WRITE: 4, SILENCE: 5, DONE: 6 } as const;
const ACTS = 7;
const ACT_BYTES = 6;
const RING = 16;
const MEMORY = 1 << 20;
const RING_WORDS = 4 * RING;
const ICR = 0x00c0;
const ICS = 0x00c8;
const RXT0 = 0x80;
const DD = 1;
const RDBAL = 0x2800;
const RDH = 0x2810;
const TDBAL = 0x3800;
/** Registers that are read wrongly, or written behind the driver's back. */
const REGISTERS: readonly number[] = [
  0x0000,
  0x0008,
  ICR,
  0x0100,
  0x0400,
  0x2800,
  0x2808,
  0x2810,
  0x2818,
  0x3800,
  0x3810,
  0x3818,
  0x4010,
  0x4074,
  0x4080,
];
/** Words of a descriptor: lengths at their edges, and status bits that come together. */
const WORDS: readonly number[] = [
  0, 1, 3, 7, 0x0b, 13, 14, 59, 60, 1518, 1522, 2048, 0xffff, 0x10000, 0xffffffff, 0x0100_0003, 0x3f,
];

class LyingBus implements MmioBus {
  readonly simulated = true;
  onFailed: ((error: ControllerError) => void) | null = null;
  readonly #chip: E1000Chip;
  /** Values that the next readings of these registers give. */
  readonly #readings = new Map<number, number>();
  #silent = 0;

  constructor(chip: E1000Chip) {
    this.#chip = chip;
    chip.onFailed = (error) => this.onFailed?.(error);
  }

  get description(): string {
    return `${this.#chip.description} that lies`;
  }

  get interrupt(): InterruptLine {
    return this.#chip.interrupt;
  }

  get dma(): DmaMemory {
    return this.#chip.dma;
  }

  open(): Promise<void> {
    return this.#chip.open();
  }

  close(): Promise<void> {
    return this.#chip.close();
  }

  read32(offset: number): number {
    if (this.#silent > 0) {
      this.#silent--;
      return 0xffff_ffff;
    }
    const value = this.#chip.read32(offset);
    const lie = this.#readings.get(offset);
    this.#readings.delete(offset);
    return lie ?? value;
  }

  write32(offset: number, value: number): void {
    this.#chip.write32(offset, value);
  }

  attack(piece: Piece): void {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    for (let at = 0; at + ACT_BYTES <= piece.length; at += ACT_BYTES) {
      const place = piece[at + 1]!;
      const word = view.getUint32(at + 2);
      switch (piece[at]! % ACTS) {
        case Act.RX_WORD:
          this.#poke(RDBAL, place, word);
          break;
        case Act.TX_WORD:
          this.#poke(TDBAL, place, word);
          break;
        case Act.READING:
          this.#readings.set(REGISTERS[place % REGISTERS.length]!, word);
          break;
        case Act.CAUSE:
          this.#chip.write32(ICS, word);
          break;
        case Act.WRITE:
          this.#chip.write32(REGISTERS[place % REGISTERS.length]!, word);
          break;
        case Act.SILENCE:
          this.#silent = place & 7;
          break;
        default:
          this.#finish(place, word);
      }
    }
  }

  calm(): void {
    this.#readings.clear();
    this.#silent = 0;
  }

  /** Marks one of the descriptors that the chip fills next as done, with any length and status, and tells of it. */
  #finish(place: number, word: number): void {
    const at = 4 * ((this.#chip.read32(RDH) + (place & 3)) % RING);
    this.#poke(RDBAL, at + 2, word >>> 16);
    this.#poke(RDBAL, at + 3, (word & 0xffff) | DD);
    this.#chip.write32(ICS, RXT0);
  }

  /** Writes a word of the ring that a register points to, if it is in our memory. */
  #poke(register: number, place: number, word: number): void {
    const { words, base } = this.#chip.dma;
    const start = (this.#chip.read32(register) - base) / 4;
    if (start >= 0 && start + RING_WORDS <= words.length) words[start + (place % RING_WORDS)] = word;
  }
}

const silicon: BenchOptions["silicon"] = (clock, segment): Silicon => {
  const chip = new E1000Chip(clock, segment, "eth0", { mac: STATION, memoryBytes: MEMORY });
  const bus = new LyingBus(chip);
  return {
    controller: new E1000(clock, bus, { rxRing: RING, txRing: RING }),
    kept: () => 0,
    settle: 2,
    ownBuffers: true,
    attack: (piece) => bus.attack(piece),
    calm: () => bus.calm(),
  };
};

function make(random: Random): Piece {
  const piece = randomBytes(ACT_BYTES * (1 + random.below(6)), random);
  const view = new DataView(piece.buffer);
  for (let at = 0; at < piece.length; at += ACT_BYTES) {
    // Descriptors most of the time.
    piece[at] = oneIn(random, 3) ? random.below(ACTS) : pick(random, [Act.RX_WORD, Act.TX_WORD, Act.DONE]);
    if (oneIn(random, 2)) view.setUint32(at + 2, pick(random, WORDS));
  }
  return piece;
}

export const WRITE_BACKS: Target = {
  name: "write-backs",
  session: 60,
  turns: 10,
  corpus: "write-backs.hex",
  open: (seed) => ChaosSubject.open(seed, { silicon }),
  make,
};
