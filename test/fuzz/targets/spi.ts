/** SPI bytes: an ENC28J60 whose answers and commands are damaged on the bus, or that is silent, while frames come and go. */
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import type { Random } from "../../../hal/random.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import { SimulatedSpiBus, type SpiDevice } from "../../../hal/simulated/spi-bus.ts";
import { oneIn, randomBytes } from "../bytes.ts";
import { ChaosSubject } from "../chaos-subject.ts";
import { type BenchOptions, type Silicon, STATION } from "../stack-bench.ts";
import type { Piece, Target } from "../target.ts";

/** The low bits of a piece's first byte: what its other bytes do to the transactions to come. */
const Way = { ANSWER: 1, FLIP_ANSWER: 2, FLIP_COMMAND: 4 } as const;
const LONGEST_COMMAND = 4096;

/** Between bus and chip. Uses up the bytes of the last piece, one for each byte that passes. */
export class LyingDevice implements SpiDevice {
  readonly description = "simulated ENC28J60 that lies";
  readonly #chip: SpiDevice;
  readonly #command = new Uint8Array(LONGEST_COMMAND);
  #piece: Piece = new Uint8Array(0);
  #at = 0;
  #skip = 0;

  constructor(chip: SpiDevice) {
    this.#chip = chip;
  }

  /** The second byte counts transactions that pass unharmed first. */
  attack(piece: Piece): void {
    this.#piece = piece;
    this.#skip = (piece[1] ?? 0) & 31;
    this.#at = 2;
  }

  calm(): void {
    this.attack(new Uint8Array(0));
  }

  exchange(write: Uint8Array, writeAt: number, writeLength: number, read: Uint8Array, readAt: number, readLength: number): void {
    const way = this.#piece[0] ?? 0;
    if (this.#skip > 0 || this.#at >= this.#piece.length) {
      this.#skip--;
      this.#chip.exchange(write, writeAt, writeLength, read, readAt, readLength);
      return;
    }
    if (way & Way.FLIP_COMMAND && writeLength <= LONGEST_COMMAND) {
      for (let at = 0; at < writeLength; at++) this.#command[at] = write[writeAt + at]! ^ this.#next();
      this.#chip.exchange(this.#command, 0, writeLength, read, readAt, readLength);
    } else this.#chip.exchange(write, writeAt, writeLength, read, readAt, readLength);
    if ((way & (Way.ANSWER | Way.FLIP_ANSWER)) === 0) return;
    for (let at = readAt; at < readAt + readLength && this.#at < this.#piece.length; at++) {
      read[at] = way & Way.ANSWER ? this.#next() : read[at]! ^ this.#next();
    }
  }

  #next(): number {
    return this.#piece[this.#at++] ?? 0;
  }
}

const silicon: BenchOptions["silicon"] = (clock, segment, random): Silicon => {
  const chip = new Enc28j60Chip(clock, segment, "eth0", { random: random.fork("chip") });
  const liar = new LyingDevice(chip);
  // Time passes on every real bus; where it stood still, a driver that asks again at once would never come to its look at the chip.
  const bus = new SimulatedSpiBus(liar, clock, oneIn(random, 2) ? 0.05 : 0.5, oneIn(random, 2));
  bus.lossy = oneIn(random, 2);
  const wired = oneIn(random, 2);
  const controller = new Enc28j60(bus, clock, { address: STATION, ...(wired && { interrupt: chip.interrupt }) });
  return {
    controller,
    kept: () => 0,
    settle: 6,
    ownBuffers: false,
    attack: (piece) => liar.attack(piece),
    calm: () => liar.calm(),
  };
};

/** Few bytes do little damage, many a lot; a bit that flips here and there is what a bad cable does. */
function make(random: Random): Piece {
  const length = oneIn(random, 4) ? random.below(600) : random.below(24);
  const bytes = oneIn(random, 2) ? randomBytes(2 + length, random) : new Uint8Array(2 + length);
  if (oneIn(random, 2)) for (let at = 2; at < bytes.length; at++) if (oneIn(random, 16)) bytes[at] = 1 << random.below(8);
  if (oneIn(random, 8)) bytes.fill(oneIn(random, 2) ? 0xff : 0, 2);
  bytes[0] = 1 + random.below(7) + (oneIn(random, 4) ? 0x80 : 0);
  bytes[1] = random.below(32);
  return bytes;
}

export const SPI: Target = {
  name: "spi",
  session: 60,
  turns: 2,
  corpus: "spi.hex",
  open: (seed) => ChaosSubject.open(seed, { silicon }),
  make,
};
