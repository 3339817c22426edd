/** An ENC28J60 driver on a simulated chip, with a peer at the other end of the cable, and the faults that the chip model lacks. */
import { Enc28j60, type Enc28j60DriverOptions } from "../../drivers/enc28j60/enc28j60.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SimulatedInterrupt } from "../../hal/interrupt.ts";
import { SeededRandom } from "../../hal/random.ts";
import { Enc28j60Chip, type Enc28j60Options } from "../../hal/simulated/enc28j60/chip.ts";
import type { ErrataOptions } from "../../hal/simulated/enc28j60/errata.ts";
import { EthernetSegment, type SegmentOptions, type SegmentPort } from "../../hal/simulated/segment.ts";
import { SimulatedSpiBus, type SpiDevice } from "../../hal/simulated/spi-bus.ts";
import type { WireStation } from "../../hal/wire.ts";
import { FakeHost, type FakeHostOptions } from "./controller-host.ts";
import { CountingClock } from "./counting-clock.ts";
import { BackDoor } from "./enc28j60-back-door.ts";

export { CountingClock } from "./counting-clock.ts";

export const STATION: Uint8Array = Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0x01);
export const PEER: Uint8Array = Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0xfe);

const TXIF_TXERIF = 0x0a;
const TXRTS = 0x08;
const PKTIF = 0x40;
const PHCON1 = 0x00;
const PHSTAT2 = 0x11;

/** Fate of a transmission: the chip aborts it, with or without a late collision, or stays silent for ever. */
export type Mishap = "late-collision" | "excessive-collisions" | "hang";

/** No errata that strike by chance: tests count what happens. */
export const CALM: ErrataOptions = { 5: false, 6: false, 12: false, 13: false, 14: false, 15: false, 16: false, 18: false };

/** Stands between bus and chip, and does what silicon does on a bad day. */
export class FaultyChip implements SpiDevice {
  readonly description = "simulated ENC28J60 with faults";
  readonly line: SimulatedInterrupt = new SimulatedInterrupt();
  /** Fates of the next transmissions, first one first. */
  readonly mishaps: Mishap[] = [];
  /** PKTIF and the interrupt line tell nothing of packets (erratum 6). */
  hidesPackets = false;
  /** The interrupt line is held down whatever the chip does. */
  lineStuck = false;
  /** Every answer is made of this byte: the chip is gone. */
  dead: number | null = null;
  /** Commands reach the chip, and no answer is its own: each byte is all zeros or all ones. */
  lying = false;
  /** Commands reach the chip, and each byte of every answer is this one: MISO hangs at one level. */
  stuck: number | null = null;
  /** The probability that one bit of a byte is turned over, on its way to the chip and on its way back. */
  flips: { toChip: number; fromChip: number } = { toChip: 0, fromChip: 0 };
  /** Answers about PHSTAT2.LSTAT that are turned over, from the next one on. */
  wrongLinks = 0;
  /** Answers about PHCON1.PDPXMD that are turned over, from the next one on. */
  wrongDuplex = 0;
  /** Registers of bank 2 that cannot be read back: they read 0. */
  readonly blind: Set<number> = new Set();
  /** Transmissions started, and TXRST pulses. */
  starts = 0;
  resets = 0;
  readonly #chip: Enc28j60Chip;
  #flags = 0;
  #vector: Uint8Array | null = null;
  /** A transmission hangs: TXRTS stays set until the transmit logic is reset. */
  #hanging = false;
  readonly #random: SeededRandom;
  readonly #altered = new Uint8Array(2048);
  /** The last value of MIREGADR. */
  #phyRegister = 0;

  constructor(chip: Enc28j60Chip, seed: number | string = "faults") {
    this.#chip = chip;
    this.#random = new SeededRandom(seed);
    chip.interrupt.onAssert = () => this.update();
  }

  exchange(write: Uint8Array, writeAt: number, writeLength: number, read: Uint8Array, readAt: number, readLength: number): void {
    const { toChip, fromChip } = this.flips;
    if (toChip > 0) {
      this.#altered.set(write.subarray(writeAt, writeAt + writeLength));
      this.#flip(this.#altered, 0, writeLength, toChip);
      this.#exchange(this.#altered, 0, writeLength, read, readAt, readLength);
    } else this.#exchange(write, writeAt, writeLength, read, readAt, readLength);
    if (fromChip > 0) this.#flip(read, readAt, readLength, fromChip);
    if (this.stuck !== null) read.fill(this.stuck, readAt, readAt + readLength);
    if (this.lying) for (let at = 0; at < readLength; at++) read[readAt + at] = -this.#random.below(2);
  }

  #flip(bytes: Uint8Array, first: number, length: number, probability: number): void {
    for (let at = first; at < first + length; at++) {
      if (this.#random.next() < probability) bytes[at] = bytes[at]! ^ (1 << this.#random.below(8));
    }
  }

  #exchange(write: Uint8Array, writeAt: number, writeLength: number, read: Uint8Array, readAt: number, readLength: number): void {
    const command = write[writeAt]!;
    const data = write[writeAt + 1]!;
    if (this.dead !== null) {
      read.fill(this.dead, readAt, readAt + readLength);
    } else if (command === 0x9f && (data & TXRTS) !== 0 && this.#mishap()) {
      // Swallowed: the chip never hears of it.
    } else {
      if (command === 0x9f && (data & 0x80) !== 0) {
        this.resets++;
        this.#hanging = false;
      }
      if (command === 0xbc) this.#flags &= ~data;
      this.#chip.exchange(write, writeAt, writeLength, read, readAt, readLength);
      if (command === 0x1c) {
        read[readAt] = read[readAt]! | this.#flags;
        if (this.hidesPackets) read[readAt] = read[readAt]! & ~PKTIF;
      }
      if (command === 0x1f && this.#hanging) read[readAt] = read[readAt]! | TXRTS;
      if (command === 0x54) this.#phyRegister = data;
      if (command === 0x19 && readLength === 2 && this.#phyRegister === PHSTAT2 && this.wrongLinks > 0) {
        this.wrongLinks--;
        read[readAt + 1] = read[readAt + 1]! ^ 0x04;
      }
      if (command === 0x19 && readLength === 2 && this.#phyRegister === PHCON1 && this.wrongDuplex > 0) {
        this.wrongDuplex--;
        read[readAt + 1] = read[readAt + 1]! ^ 0x01;
      }
      if (readLength === 2 && this.blind.has(command) && this.#bank === 2) read[readAt + 1] = 0;
      if (command === 0x3a && readLength === 7 && this.#vector) read.set(this.#vector, readAt);
    }
    this.update();
  }

  /** The transmission that hangs is aborted after all, now. */
  abort(): void {
    this.#hanging = false;
    this.#flags = TXIF_TXERIF;
    this.#vector = Uint8Array.of(60, 0, 3, 0x10, 0, 0, 0);
    this.update();
  }

  /** Brings the line to what it should be after a fault was switched. */
  update(): void {
    this.line.set(this.lineStuck || (this.#chip.interrupt.asserted && !this.hidesPackets) || this.#flags !== 0);
  }

  get #bank(): number {
    const control = new Uint8Array(1);
    this.#chip.exchange(Uint8Array.of(0x1f), 0, 1, control, 0, 1);
    return control[0]! & 3;
  }

  #mishap(): boolean {
    this.starts++;
    const mishap = this.mishaps.shift();
    if (!mishap) return false;
    this.#hanging = mishap === "hang";
    if (this.#hanging) return true;
    this.#flags = TXIF_TXERIF;
    // Status vector: collisions in bits 16..19, excessive collision bit 28, late collision bit 29.
    this.#vector = Uint8Array.of(60, 0, 3, mishap === "late-collision" ? 0x20 : 0x10, 0, 0, 0);
    return true;
  }
}

export interface BenchOptions {
  /** Round trip of the SPI bus, in ms. Default 0. */
  roundTrip?: number;
  /** Each transaction takes the round trip, as behind a bridge that takes one at a time. Default false. */
  oneByOne?: boolean;
  /** The bus says that it may damage bytes. Default false. */
  lossy?: boolean;
  /** Connect the interrupt line. Default true. */
  interrupt?: boolean;
  host?: FakeHostOptions;
  segment?: SegmentOptions;
  /** Errata that strike by chance are off unless named here. */
  chip?: Enc28j60Options;
  driver?: Omit<Enc28j60DriverOptions, "address" | "interrupt">;
  /** Seed of the faults that strike by chance. */
  seed?: number | string;
}

/** The ways in which the driver can be connected. */
export interface Connection {
  readonly name: string;
  readonly roundTrip: number;
  readonly interrupt: boolean;
  readonly oneByOne?: boolean;
  /** The bus says that it may damage bytes. */
  readonly lossy?: boolean;
}

export const CONNECTIONS: readonly Connection[] = [
  { name: "synchronous bus, interrupt line", roundTrip: 0, interrupt: true },
  { name: "synchronous bus, polled", roundTrip: 0, interrupt: false },
  { name: "bus with a round trip of 2 ms, interrupt line", roundTrip: 2, interrupt: true },
  { name: "bus with a round trip of 2 ms, polled", roundTrip: 2, interrupt: false },
  { name: "one transaction at a time in 0.5 ms, polled", roundTrip: 0.5, oneByOne: true, interrupt: false },
];

/** Those, and the buses that say so of themselves. */
export const ALL_CONNECTIONS: readonly Connection[] = [
  ...CONNECTIONS,
  { name: "bus that may damage bytes, 2 ms, interrupt line", roundTrip: 2, interrupt: true, lossy: true },
  { name: "bus that may damage bytes, 2 ms, polled", roundTrip: 2, interrupt: false, lossy: true },
];

export class Bench implements WireStation {
  readonly clock: VirtualClock = new VirtualClock();
  readonly driverClock: CountingClock = new CountingClock(this.clock);
  readonly segment: EthernetSegment;
  readonly chip: Enc28j60Chip;
  readonly faults: FaultyChip;
  readonly bus: SimulatedSpiBus;
  readonly driver: Enc28j60;
  readonly host: FakeHost;
  readonly peer: SegmentPort;
  /** The frames that the driver put on the wire, in order. */
  readonly sent: Uint8Array[] = [];
  readonly #door: BackDoor;

  constructor(options: BenchOptions = {}) {
    const { clock } = this;
    this.segment = new EthernetSegment(clock, new SeededRandom("enc28j60"), options.segment);
    this.chip = new Enc28j60Chip(clock, this.segment, "chip", {
      strict: true,
      ...options.chip,
      errata: { ...CALM, ...options.chip?.errata },
    });
    this.peer = this.segment.attach("peer", this);
    this.faults = new FaultyChip(this.chip, options.seed);
    this.#door = new BackDoor(this.chip, clock, () => this.faults.update());
    this.bus = new SimulatedSpiBus(this.faults, clock, options.roundTrip, options.oneByOne);
    this.bus.lossy = options.lossy ?? false;
    const line = (options.interrupt ?? true) ? { interrupt: this.faults.line } : {};
    this.driver = new Enc28j60(this.bus, this.driverClock, { address: STATION, ...line, ...options.driver });
    this.host = new FakeHost(clock, options.host);
  }

  /** Powers up, waits for the crystal, opens the driver. */
  async open(): Promise<void> {
    await this.clock.advance(1);
    const opened = this.host.open(this.driver);
    await this.clock.advance(100);
    await opened;
  }

  async close(): Promise<void> {
    const closed = this.driver.close();
    await this.clock.advance(20);
    await closed;
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    this.sent.push(bytes.slice(0, length));
  }

  wireLink(): void {}

  /** A frame from the peer arrives. */
  deliver(frame: Uint8Array): void {
    this.peer.transmit(frame, 0, frame.length);
  }

  /** The driver hears of events within this time only when it is over. */
  heldBack(action: () => void): void {
    const { host } = this;
    const schedule = host.schedule.bind(host);
    let asked = false;
    host.schedule = () => {
      asked = true;
      return true;
    };
    action();
    host.schedule = schedule;
    if (asked) schedule();
  }

  /** One SRC byte on the bus behind the driver's back: the chip forgets all that it was told. */
  resetChip(): void {
    this.#door.reset();
  }

  /** Writes a register behind the driver's back; violations are forgotten. */
  disturb(bank: number, address: number, change: (value: number) => number): void {
    this.#door.disturb(bank, address, change);
  }

  /** Reads PHIR behind the driver's back, which clears LINKIF; MIREGADR is left as it was. */
  clearLinkFlag(): void {
    this.#door.clearLinkFlag();
  }

  /** Writes a PHY register behind the driver's back. */
  writePhy(register: number, value: number): void {
    this.#door.writePhy(register, value);
  }

  /** Reads an ETH register behind the driver's back, leaving the bank as it was. */
  register(bank: number, address: number): number {
    return this.#door.register(bank, address);
  }

  /** Reads a MAC or MII register behind the driver's back. */
  macRegister(bank: number, address: number): number {
    return this.#door.macRegister(bank, address);
  }

  register16(bank: number, address: number): number {
    return this.register(bank, address) | (this.register(bank, address + 1) << 8);
  }

  /** Writes packet memory behind the driver's back. */
  poke(address: number, bytes: readonly number[]): void {
    this.#door.poke(address, bytes);
  }
}

/** A frame of `length` bytes whose content tells its length and number. */
export function frameOf(length: number, number = 0, to: Uint8Array = STATION, from: Uint8Array = PEER): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(to, 0);
  bytes.set(from, 6);
  bytes[12] = 0x88;
  bytes[13] = 0xb5;
  for (let at = 14; at < length; at++) bytes[at] = (at * 31 + length * 7 + number * 13) & 0xff;
  return bytes;
}

/** As the chip sends it: with zeros up to 60 bytes. */
export function padded(frame: Uint8Array): Uint8Array {
  if (frame.length >= 60) return frame;
  const bytes = new Uint8Array(60);
  bytes.set(frame);
  return bytes;
}

/** Index of the first frame that differs, -1 when all are the same: a deep comparison of thousands of frames would take minutes. */
export function firstDifference(found: readonly Uint8Array[], wanted: readonly Uint8Array[]): number {
  for (let at = 0; at < Math.max(found.length, wanted.length); at++) {
    const [a, b] = [found[at], wanted[at]];
    if (!a || !b || Buffer.compare(a, b) !== 0) return at;
  }
  return -1;
}
