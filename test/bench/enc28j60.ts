/**
 * The cost of a frame on the way to an ENC28J60: transactions (assertions of the chip select), SPI bytes, bytes over a serprog bridge
 * (7 + written up, 1 + read down for each transaction), round trips and their time. Counted on the chip model, so the figures are
 * exact and the same on every machine. `node --import ./firmware-ts/cli/dev.mjs test/bench/enc28j60.bench.ts` prints them as a table;
 * test/drivers/enc28j60/cost.test.ts holds them to their limits.
 */
import { Enc28j60 } from "../../drivers/enc28j60/enc28j60.ts";
import { type Clock, VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import { SimulatedSpiBus, type SpiDevice } from "../../hal/simulated/spi-bus.ts";
import { FakeHost } from "../support/controller-host.ts";
import { frameOf, PEER, STATION } from "../support/enc28j60-bench.ts";

export interface Cost {
  transactions: number;
  /** Clocked, both ways. */
  spi: number;
  /** Over a bridge, to it and back. */
  up: number;
  down: number;
  roundTrips: number;
  /** From the beginning to the last answer, in ms. */
  time: number;
}

/** The driver's connection to the chip: with its interrupt line, polled, or with the line behind a bridge that takes one transaction at a time. */
export type Hanging = "line" | "polled" | "one by one";

/** A command and its lengths go in front of what is written, an acknowledgement in front of what is read (serprog's O_SPIOP). */
const COMMAND = 7;
const ACKNOWLEDGEMENT = 1;
/** Round trip of the measured bus, in ms: a USB bridge's. */
const ROUND_TRIP = 0.5;
/** Virtual time between two looks at whether the driver is through, in ms. */
const STEP = 0.01;

/** The chip, and the books of what is asked of it. */
class MeteredChip implements SpiDevice {
  readonly description = "measured ENC28J60";
  cost: Cost = nothing();
  /** When the last transaction took place, in ms. */
  lastAt = 0;
  readonly #chip: Enc28j60Chip;
  readonly #clock: Clock;

  constructor(chip: Enc28j60Chip, clock: Clock) {
    this.#chip = chip;
    this.#clock = clock;
  }

  exchange(write: Uint8Array, writeAt: number, writeLength: number, read: Uint8Array, readAt: number, readLength: number): void {
    this.#chip.exchange(write, writeAt, writeLength, read, readAt, readLength);
    this.lastAt = this.#clock.now();
    this.cost.transactions++;
    this.cost.spi += writeLength + readLength;
    this.cost.up += COMMAND + writeLength;
    this.cost.down += ACKNOWLEDGEMENT + readLength;
  }
}

function nothing(): Cost {
  return { transactions: 0, spi: 0, up: 0, down: 0, roundTrips: 0, time: 0 };
}

/** One driver on one chip, whose bus is metered. */
export class Meter {
  readonly clock: VirtualClock = new VirtualClock();
  readonly host: FakeHost = new FakeHost(this.clock, { keep: false });
  readonly #chip: Enc28j60Chip;
  readonly #metered: MeteredChip;
  readonly #bus: SimulatedSpiBus;
  readonly driver: Enc28j60;
  readonly #peer: SegmentPort;

  readonly #oneByOne: boolean;
  /** Time from which the cost is counted. */
  #since = 0;

  /** @param roundTrip of the bus, ms */
  constructor(hanging: Hanging, roundTrip: number = ROUND_TRIP) {
    this.#oneByOne = hanging === "one by one";
    const segment = new EthernetSegment(this.clock, new SeededRandom(1));
    this.#chip = new Enc28j60Chip(this.clock, segment, "chip", { errata: { 6: false, 13: false } });
    this.#peer = segment.attach("peer", { wireFrame: () => undefined, wireLink: () => undefined });
    this.#metered = new MeteredChip(this.#chip, this.clock);
    this.#bus = new SimulatedSpiBus(this.#metered, this.clock, roundTrip, this.#oneByOne);
    this.driver = new Enc28j60(this.#bus, this.clock, {
      address: STATION,
      ...(hanging !== "polled" && { interrupt: this.#chip.interrupt }),
    });
  }

  async open(): Promise<Cost> {
    await this.clock.advance(1);
    const opened = this.host.open(this.driver);
    await this.clock.advance(100);
    await opened;
    return this.take();
  }

  async close(): Promise<void> {
    const closed = this.driver.close();
    await this.clock.advance(20);
    await closed;
  }

  /** The cost since the last call. */
  take(): Cost {
    const { cost, lastAt } = this.#metered;
    cost.roundTrips = this.#oneByOne ? cost.transactions : this.#bus.counters.batches;
    if (cost.transactions > 0) cost.time = lastAt - this.#since;
    this.#since = this.clock.now();
    this.#metered.cost = nothing();
    this.#bus.counters.batches = 0;
    return cost;
  }

  /** Puts the chip to sleep; what that costs. */
  sleep(): Promise<Cost> {
    return this.#through(() => this.driver.suspend());
  }

  /** Wakes it, until the driver takes frames and has its link. */
  wake(): Promise<Cost> {
    return this.#through(() => this.driver.resume());
  }

  async #through(work: () => Promise<void>): Promise<Cost> {
    this.take();
    let over = false;
    const done = work().then(() => {
      over = true;
    });
    while (!over) await this.clock.advance(STEP);
    await done;
    return this.take();
  }

  /** The cost of `ms` without a frame. */
  idle(ms: number): Cost {
    this.take();
    this.clock.advanceSync(ms);
    return this.take();
  }

  /** A frame of `length`, or several at once, from the wire to the host; what they cost until all is quiet. */
  receive(length: number, count = 1): Cost {
    this.take();
    for (let number = 0; number < count; number++) this.#peer.transmit(frameOf(length, number), 0, length);
    return this.#settled();
  }

  send(length: number): Cost {
    this.take();
    this.host.send(frameOf(length, 0, PEER, STATION));
    return this.#settled();
  }

  /** Waits until nothing moves any more, but not as long as the look at EPKTCNT that comes once a second. */
  #settled(): Cost {
    this.clock.advanceSync(30);
    return this.take();
  }
}
