/** The ENC28J60's rows: the chip model behind each bus that there is, and what can happen to chip, bus and bridge. */
import { Enc28j60, type Enc28j60DriverOptions } from "../../drivers/enc28j60/enc28j60.ts";
import { BusPirateBus } from "../../hal/bridges/bus-pirate/bus-pirate.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { BusPirateResponder } from "../../hal/simulated/bridges/bus-pirate-responder.ts";
import { SerialLine } from "../../hal/simulated/bridges/serial-line.ts";
import { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { Enc28j60Pins } from "../../hal/simulated/enc28j60/pins.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import { SimulatedSpiBus } from "../../hal/simulated/spi-bus.ts";
import type { SpiBus } from "../../hal/spi.ts";
import { BackDoor } from "../support/enc28j60-back-door.ts";
import { CALM, FaultyChip, STATION } from "../support/enc28j60-bench.ts";
import { FakeSpidev, spidevOn } from "../support/fake-spidev.ts";
import { type BridgeKind, type SerprogBenchOptions, serprogBench } from "../support/serprog-bench.ts";
import { type FaultKind, faultKind } from "./kind.ts";
import { type Fault, lasting, STANDS_STILL, VirtualSubject } from "./subject.ts";

/** The parts of all of them. */
interface Parts {
  readonly clock: VirtualClock;
  readonly segment: EthernetSegment;
  readonly chip: Enc28j60Chip;
  readonly faults: FaultyChip;
  readonly bus: SpiBus;
  readonly driver?: Omit<Enc28j60DriverOptions, "address">;
  /** Takes away, and brings back, what stands between process and chip, where there is such a thing. */
  readonly plug?: (there: boolean) => void;
  /** As {@link Subject.every}. Default 100. */
  readonly every?: number;
  readonly stop?: () => void;
}

class Enc28j60Subject extends VirtualSubject {
  readonly controller: Enc28j60;
  readonly faults: FaultyChip;
  readonly door: BackDoor;
  readonly #peer: SegmentPort;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    super(parts.clock);
    const { clock, segment, chip, faults, bus, driver } = parts;
    this.#parts = parts;
    this.every = parts.every ?? this.every;
    this.faults = faults;
    this.door = new BackDoor(chip, clock, () => faults.update());
    this.controller = new Enc28j60(bus, clock, { address: STATION, ...driver });
    this.#peer = segment.attach("peer", {
      wireFrame: (bytes, length) => this.onArrived(bytes.slice(0, length)),
      wireLink: () => undefined,
    });
  }

  inject(frame: Uint8Array): void {
    this.#peer.transmit(frame, 0, frame.length);
  }

  plug(there: boolean): void {
    this.#parts.plug?.(there);
  }

  /** The chip has no supply, and answers nothing; with supply again it is as after a reset. */
  power(on: boolean): void {
    this.faults.dead = on ? null : 0xff;
    this.door.reset();
  }

  override remove(): void {
    this.#parts.stop?.();
  }
}

type ChipFault = Fault<Enc28j60Subject>;

const clear = (bits: number) => (value: number) => value & ~bits;
const set = (bits: number) => (value: number) => value | bits;

function disturbed(name: string, bank: number, address: number, change: (value: number) => number): ChipFault {
  return { name, lasts: 0, begin: ({ door }) => door.disturb(bank, address, change) };
}

function stuck(level: number, seconds: readonly number[]): ChipFault[] {
  const hang = (value: number | null) => (subject: Enc28j60Subject) => {
    subject.faults.stuck = value;
  };
  return lasting(`MISO stuck at ${level.toString(16).padStart(2, "0")}`, seconds, hang(level), hang(null));
}

/** Registers that the chip forgets: bank and address as in table 3-1 of its data sheet. */
const FORGOTTEN: readonly ChipFault[] = [
  { name: "all registers lost (SRC)", lasts: 0, begin: ({ door }) => door.reset() },
  disturbed("ECON1.RXEN cleared", 0, 0x1f, clear(0x04)),
  disturbed("ECON1.RXRST set", 0, 0x1f, set(0x40)),
  disturbed("ECON2.AUTOINC cleared", 0, 0x1e, clear(0x80)),
  disturbed("ECON2.PWRSV set", 0, 0x1e, set(0x20)),
  disturbed("EIE.INTIE cleared", 0, 0x1b, clear(0x80)),
  disturbed("MACON1.MARXEN cleared", 2, 0x00, clear(0x01)),
];

const BRIEF = [0.2, 2, 10];
const LONG = [0.2, 2, 10, 120, 600];

/** @param bridge what stands between process and chip, where it can be taken away */
function faultsOf(bridge: string | null, seconds: readonly number[]): ChipFault[] {
  return [
    ...FORGOTTEN,
    ...stuck(0x00, BRIEF),
    ...stuck(0xff, BRIEF),
    ...lasting<Enc28j60Subject>(
      "chip without supply",
      seconds,
      (subject) => subject.power(false),
      (subject) => subject.power(true),
    ),
    ...(bridge === null
      ? []
      : lasting<Enc28j60Subject>(
          bridge,
          seconds,
          (subject) => subject.plug(false),
          (subject) => subject.plug(true),
        )),
    STANDS_STILL,
  ];
}

/** A chip of its own, without the errata that strike by chance. */
function chipParts(): Omit<Parts, "bus"> {
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom("faults"));
  const chip = new Enc28j60Chip(clock, segment, "chip", { errata: CALM });
  return { clock, segment, chip, faults: new FaultyChip(chip) };
}

interface SpiWish {
  roundTrip?: number;
  interrupt?: boolean;
  lossy?: boolean;
}

function onSpi({ roundTrip = 0, interrupt = false, lossy = false }: SpiWish): Enc28j60Subject {
  const parts = chipParts();
  const bus = new SimulatedSpiBus(parts.faults, parts.clock, roundTrip);
  bus.lossy = lossy;
  return new Enc28j60Subject({ ...parts, bus, driver: interrupt ? { interrupt: parts.faults.line } : {} });
}

async function onSerprog(kind: BridgeKind, options: SerprogBenchOptions = {}): Promise<Enc28j60Subject> {
  const made: FaultyChip[] = [];
  const device = (chip: Enc28j60Chip): FaultyChip => made[made.push(new FaultyChip(chip)) - 1] as FaultyChip;
  const bench = await serprogBench(kind, { ...options, chip: { errata: CALM }, device });
  return new Enc28j60Subject({ ...bench, faults: made[0] as FaultyChip, plug: plugOf(bench.line), stop: () => bench.stop() });
}

function onSpidev(): Enc28j60Subject {
  const parts = chipParts();
  const spidev = new FakeSpidev(new Enc28j60Pins(parts.faults));
  const bus = spidevOn(spidev);
  const plug = (there: boolean): void => {
    // The kernel lets go of the device: descriptors are dead, and the name is gone.
    spidev.failing = there ? null : { call: "transfer", error: "ESHUTDOWN" };
  };
  return new Enc28j60Subject({ ...parts, bus, plug });
}

function onBusPirate(): Enc28j60Subject {
  const parts = chipParts();
  const { clock, faults } = parts;
  const line = new SerialLine(clock, new BusPirateResponder(clock, new Enc28j60Pins(faults)), { baud: 115_200, latency: 1 });
  const bus = new BusPirateBus(clock, line, { spiHz: 8_000_000 });
  // A board behind one cannot keep up with ten datagrams a second each way once its driver checks the frames itself.
  return new Enc28j60Subject({ ...parts, bus, plug: plugOf(line), every: 500 });
}

function plugOf(line: SerialLine): (there: boolean) => void {
  return (there) => {
    line.plugged = there;
  };
}

const UNPLUGGED = "bridge unplugged";

export const ENC28J60: readonly FaultKind[] = [
  faultKind("enc28j60, plain SPI with its interrupt line", async () => onSpi({ interrupt: true }), faultsOf(null, LONG)),
  faultKind("enc28j60, slow SPI: 2 ms round trip, polled", async () => onSpi({ roundTrip: 2 }), faultsOf(null, LONG)),
  faultKind(
    "enc28j60, lossy SPI: 2 ms round trip, interrupt line",
    async () => onSpi({ roundTrip: 2, interrupt: true, lossy: true }),
    faultsOf(null, LONG),
  ),
  faultKind("enc28j60, serprog responder, pipelined", () => onSerprog("responder"), faultsOf(UNPLUGGED, LONG)),
  faultKind(
    "enc28j60, serprog responder, one operation at a time",
    () => onSerprog("responder", { pipelining: "off" }),
    faultsOf(UNPLUGGED, LONG),
  ),
  faultKind("enc28j60, serprog as pico-serprog reads", () => onSerprog("pico-serprog"), faultsOf(UNPLUGGED, LONG)),
  faultKind(
    "enc28j60, serprog: Uno firmware on an emulated ATmega328P",
    () => onSerprog("avr-2000000"),
    faultsOf(UNPLUGGED, BRIEF),
    1,
  ),
  faultKind("enc28j60, spidev with the kernel played", async () => onSpidev(), faultsOf("/dev/spidev0.0 gone", LONG)),
  faultKind("enc28j60, Bus Pirate", async () => onBusPirate(), faultsOf(UNPLUGGED, LONG)),
];
