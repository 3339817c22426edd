/**
 * A chip that is gone, or cannot be read, for a fifth of a second up to ten minutes, under a device of the stack: how soon it is said,
 * what is said to be sent meanwhile, and how soon it is back, by itself. And what is told of a chip that is only doubted.
 */
import t from "tap";
import { E1000 } from "../../../drivers/e1000/e1000.ts";
import { HealthWatch } from "../../../firmware-ts/board/health-watch.ts";
import { healthLines, healthWords } from "../../../firmware-ts/cli/work/report-words.ts";
import { Network } from "../../../firmware-ts/net/network.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { ControllerError } from "../../../hal/ethernet.ts";
import { NO_ANSWER } from "../../../hal/mmio.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { E1000Chip } from "../../../hal/simulated/e1000/chip.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { type SkBuff, SkBuffPool } from "../../../hal/skbuff.ts";
import { frameOf, STATION } from "../../support/enc28j60-bench.ts";
import { MeddledBus, nothingTrue, oneIn } from "../../support/meddled-bus.ts";

const GONE = new ControllerError("DEVICE_GONE", "nobody is there");
/** Between two frames, in ms. */
const EVERY = 100;

class Bench {
  readonly clock = new VirtualClock();
  readonly #pool = new SkBuffPool();
  readonly #segment = new EthernetSegment(this.clock, new SeededRandom("gone"));
  readonly chip = new E1000Chip(this.clock, this.#segment, "chip", { mac: STATION });
  readonly bus = new MeddledBus(this.chip);
  readonly #network = new Network(this.clock, this.#pool);
  readonly device = this.#network.addDevice("eth0", new E1000(this.clock, this.bus));
  readonly events: string[] = [];
  arrived = 0;
  #number = 0;

  async open(): Promise<this> {
    this.#segment.attach("peer", { wireFrame: () => void this.arrived++, wireLink: () => {} });
    const opened = this.device.open();
    await this.clock.advance(100);
    await opened;
    this.#network.onDeviceEvent((_device, event) => this.events.push(event));
    return this;
  }

  fault(damage: (() => number) | null): void {
    this.bus.damage = damage;
    if (damage) return;
    this.bus.absent = GONE;
    this.chip.fail();
  }

  /** Sends a frame each 100 ms for so long; how many were said to be sent, and how many left. */
  async traffic(ms: number): Promise<{ told: number; left: number }> {
    const before = this.arrived;
    let told = 0;
    for (let passed = 0; passed < ms; passed += EVERY) {
      const skb = this.#pool.allocate() as SkBuff;
      const frame = frameOf(60, this.#number++);
      skb.bytes.set(frame, skb.put(frame.length));
      if (this.device.transmit(skb) === DropReason.NONE) told++;
      await this.clock.advance(EVERY);
    }
    return { told, left: this.arrived - before };
  }
}

/** The value read instead of the true one; null: the chip is pulled out. */
const FAULTS: readonly [what: string, damage: (() => number) | null][] = [
  ["is pulled out", null],
  ["reads all ones", () => NO_ANSWER],
  ["reads all zeros", () => 0],
  ["reads nothing true", nothingTrue(new SeededRandom("lies"))],
];

for (const [what, damage] of FAULTS) {
  t.test(`a chip that ${what}, for 0.2 s to 10 min`, async (t) => {
    for (const seconds of [0.2, 2, 10, 120, 600]) {
      const bench = await new Bench().open();
      t.same(await bench.traffic(1000), { told: 10, left: 10 });
      bench.fault(damage);
      await bench.traffic(Math.min(2000, seconds * 1000));
      const later = await bench.traffic(Math.max(0, seconds * 1000 - 2000));
      t.equal(later.told - later.left, 0, `${seconds} s: of ${later.told} frames none is said to be sent that did not leave`);
      bench.bus.damage = null;
      bench.bus.absent = null;
      const since = bench.clock.now();
      while (bench.device.error !== null || !bench.device.hasCarrier) {
        await bench.clock.advance(100);
        if (bench.clock.now() - since > 61_000) break;
      }
      t.ok(bench.clock.now() - since <= 60_500, `${seconds} s: back after ${(bench.clock.now() - since) / 1000} s`);
      await bench.traffic(2000);
      const { told, left } = await bench.traffic(5000);
      t.same([told, left], [50, 50], `${seconds} s: and frames pass`);
      const failures = bench.events.filter((event) => event === "failed").length;
      t.ok(failures <= 1, `${seconds} s: told ${failures} times`);
      t.equal(failures, bench.events.filter((event) => event === "recovered").length);
      await bench.device.close();
    }
  });
}

t.test("a chip that is only doubted is told of once a minute, with figures", async (t) => {
  const bench = await new Bench().open();
  const told: string[] = [];
  const watch = new HealthWatch(bench.clock, [bench.device], ({ health }) => told.push(healthWords(health.report()).join("; ")));
  watch.start();
  await bench.traffic(120_000);
  t.same(told, [], "nothing of one that is well");
  bench.bus.damage = oneIn(50, new SeededRandom("doubt"));
  await bench.traffic(120_000);
  t.equal(told.length, 2);
  t.match(told[0], /^\d+ readings not believed; last proof of life \d\.\d s ago$/);
  bench.bus.damage = null;
  await bench.traffic(60_000);
  told.length = 0;
  await bench.traffic(300_000);
  t.same(told, [], "and no more when it is well again");
  t.same(healthLines({ eth0: bench.device.health.report() }).length, 1, "in the summary");
  watch.stop();
  await bench.device.close();
});
