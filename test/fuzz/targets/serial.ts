/**
 * Serial bytes: an ENC28J60 behind a serprog bridge or a Bus Pirate whose line loses, damages and makes up bytes, both ways. So the
 * parsers of the answers are reached, and the programs that play the bridges.
 */
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { BusPirateBus } from "../../../hal/bridges/bus-pirate/bus-pirate.ts";
import { SerprogBus } from "../../../hal/bridges/serprog/serprog.ts";
import type { VirtualClock } from "../../../hal/clock.ts";
import type { ControllerError } from "../../../hal/ethernet.ts";
import type { InterruptLine } from "../../../hal/interrupt.ts";
import type { Random } from "../../../hal/random.ts";
import type { ByteStream } from "../../../hal/serial.ts";
import type { SerialDevice } from "../../../hal/serial-device.ts";
import { BusPirateResponder } from "../../../hal/simulated/bridges/bus-pirate-responder.ts";
import { SerialLine } from "../../../hal/simulated/bridges/serial-line.ts";
import { PICO_SERPROG, SerprogResponder } from "../../../hal/simulated/bridges/serprog-responder.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import { Enc28j60Pins } from "../../../hal/simulated/enc28j60/pins.ts";
import type { SpiBus } from "../../../hal/spi.ts";
import { oneIn, pick, randomBytes } from "../bytes.ts";
import { ChaosSubject } from "../chaos-subject.ts";
import { type BenchOptions, type Silicon, STATION } from "../stack-bench.ts";
import type { Piece, Target } from "../target.ts";

/** The first byte of a piece: what its bytes, from the third one on, do to the next bursts. The second one is a number for it. */
const Way = {
  INSERT_DOWN: 0,
  REPLACE_DOWN: 1,
  FLIP_DOWN: 2,
  DROP_DOWN: 3,
  INSERT_UP: 4,
  FLIP_UP: 5,
  DROP_UP: 6,
  AT_ONCE: 7,
} as const;
const WAYS = 8;
const FLUSH = new Uint8Array(0);
const BAUD = 2_000_000;
const SPI_HZ = 10_000_000;

/** Stands between bus and line. */
class LyingStream implements ByteStream {
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost: ((reason: ControllerError) => void) | null = null;
  readonly #line: ByteStream;
  #piece: Piece = FLUSH;

  constructor(line: ByteStream) {
    this.#line = line;
    line.onData = (bytes) => this.onData?.(this.#down(bytes));
    line.onLost = (reason) => this.onLost?.(reason);
  }

  get description(): string {
    return `${this.#line.description} that lies`;
  }

  get simulated(): boolean {
    return true;
  }

  get interrupt(): InterruptLine | null {
    return this.#line.interrupt;
  }

  open(): Promise<void> {
    return this.#line.open();
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  write(bytes: Uint8Array, at: number, length: number): void {
    const sent = this.#up(bytes.subarray(at, at + length));
    this.#line.write(sent, 0, sent.length);
  }

  attack(piece: Piece): void {
    this.#piece = piece;
    if (this.#way !== Way.AT_ONCE) return;
    this.onData?.(piece.subarray(2));
    this.#piece = FLUSH;
  }

  calm(): void {
    this.#piece = FLUSH;
  }

  get #way(): number {
    return this.#piece.length < 2 ? -1 : this.#piece[0]! % WAYS;
  }

  #down(bytes: Uint8Array): Uint8Array {
    switch (this.#way) {
      case Way.INSERT_DOWN:
        return this.#insert(bytes);
      case Way.REPLACE_DOWN:
        return this.#used().subarray(2);
      case Way.FLIP_DOWN:
        return this.#flip(bytes);
      case Way.DROP_DOWN:
        return this.#drop(bytes);
      default:
        return bytes;
    }
  }

  #up(bytes: Uint8Array): Uint8Array {
    switch (this.#way) {
      case Way.INSERT_UP:
        return this.#insert(bytes);
      case Way.FLIP_UP:
        return this.#flip(bytes);
      case Way.DROP_UP:
        return this.#drop(bytes);
      default:
        return bytes;
    }
  }

  #used(): Piece {
    const piece = this.#piece;
    this.#piece = FLUSH;
    return piece;
  }

  #insert(bytes: Uint8Array): Uint8Array {
    const piece = this.#used();
    const at = piece[1]! % (bytes.length + 1);
    return Uint8Array.from([...bytes.subarray(0, at), ...piece.subarray(2), ...bytes.subarray(at)]);
  }

  #flip(bytes: Uint8Array): Uint8Array {
    const piece = this.#used();
    const from = piece[1]!;
    return bytes.map((byte, at) => (at < from ? byte : byte ^ (piece[2 + at - from] ?? 0)));
  }

  #drop(bytes: Uint8Array): Uint8Array {
    const piece = this.#used();
    const at = piece[1]! % (bytes.length + 1);
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + Math.max(1, piece.length - 2))]);
  }
}

type MakeBus = (clock: VirtualClock, chip: Enc28j60Chip, random: Random) => { bus: SpiBus; stream: LyingStream };

function silicon(makeBus: MakeBus): BenchOptions["silicon"] {
  return (clock, segment, random): Silicon => {
    const chip = new Enc28j60Chip(clock, segment, "eth0", { random: random.fork("chip") });
    const { bus, stream } = makeBus(clock, chip, random);
    const controller = new Enc28j60(bus, clock, { address: STATION });
    return {
      controller,
      kept: () => 0,
      settle: 20,
      ownBuffers: false,
      attack: (piece) => stream.attack(piece),
      calm: () => stream.calm(),
    };
  };
}

const serprog: MakeBus = (clock, chip, random) => {
  const options = oneIn(random, 3) ? { ...PICO_SERPROG, reading: "stream" as const } : { interrupt: chip.interrupt };
  const device: SerialDevice = new SerprogResponder(clock, chip, options);
  const stream = new LyingStream(new SerialLine(clock, device, { baud: BAUD }));
  return {
    stream,
    bus: new SerprogBus(clock, stream, { spiHz: SPI_HZ, baud: BAUD, pipelining: pick(random, ["auto", "on", "off"]) }),
  };
};

const busPirate: MakeBus = (clock, chip) => {
  const device: SerialDevice = new BusPirateResponder(clock, new Enc28j60Pins(chip), { baud: BAUD });
  const stream = new LyingStream(new SerialLine(clock, device, { baud: BAUD }));
  return { stream, bus: new BusPirateBus(clock, stream, { spiHz: SPI_HZ, baud: BAUD }) };
};

/** Bytes that one of the two protocols knows are likelier than others. */
const KNOWN: readonly number[] = [0x00, 0x01, 0x06, 0x15, 0x10, 0x13, 0x14, 0x04, 0x0f, 0x02, 0x40, 0x42, 0x31, 0xff];

function make(random: Random): Piece {
  const length = oneIn(random, 6) ? random.below(400) : random.below(12);
  const bytes = randomBytes(2 + length, random);
  for (let at = 2; at < bytes.length; at++) if (oneIn(random, 2)) bytes[at] = pick(random, KNOWN);
  if (oneIn(random, 3)) for (let at = 2; at < bytes.length; at++) bytes[at] = oneIn(random, 12) ? 1 << random.below(8) : 0;
  bytes[0] = random.below(WAYS) + (oneIn(random, 4) ? 0x80 : 0);
  bytes[1] = oneIn(random, 2) ? random.below(8) : random.below(256);
  return bytes;
}

function target(name: string, makeBus: MakeBus): Target {
  return {
    name,
    session: 40,
    turns: 1,
    corpus: "serial.hex",
    open: (seed) => ChaosSubject.open(seed, { silicon: silicon(makeBus) }),
    make,
  };
}

export const SERPROG: Target = target("serprog", serprog);
export const BUS_PIRATE: Target = target("bus-pirate", busPirate);
