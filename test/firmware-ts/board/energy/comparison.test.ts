/** A rig's node in virtual time: what it did, by counts worked out by hand, and its joules. */
import t from "tap";
import type { Tally } from "../../../../firmware-ts/board/energy/ledger.ts";
import { EnergyComparison, type StrategyResult } from "../../../../firmware-ts/board/energy-comparison.ts";
import { withStrategy } from "../../../../firmware-ts/board/energy-strategies.ts";
import { simulatedTwin } from "../../../../firmware-ts/board/energy-twin.ts";
import type { Way } from "../../../../firmware-ts/board/energy-watch.ts";
import type { Rig } from "../../../../firmware-ts/board/rig/rig.ts";
import { parseRig } from "../../../../firmware-ts/board/rig-file.ts";
import { STRATEGY_NAMES, type StrategyName } from "../../../../firmware-ts/neigh/strategies/index.ts";

const HOUR = 3_600_000;
const ENERGY = `
energy:
  board: { volts: 5V, awake: 100mA, asleep: 0.2mA }
  controller: { volts: 3V, transmit: 200mA, receive: 100mA, idle: 100mA, asleep: 1mA }
  bus: { transaction: 0.02ms }
  wake: { time: 20ms, energy: 2mJ }
  battery: { capacity: 1000mAh, volts: 3.6V, usable: 0.5, selfDischarge: 0%/year }
`;

function rig(
  every: string,
  more = ENERGY,
  device = "{ driver: enc28j60, bus: { kind: sim }, addresses: [192.168.10.10/24] }",
): Rig {
  const telemetry = `{ to: 192.168.10.1:8094, every: ${every}, sensors: [{ kind: thermometer, pin: A0 }] }`;
  return parseRig(`board: { io: simulated }\ndevices: { eth0: ${device} }\ntelemetry: ${telemetry}\n${more}`, "node.yaml");
}

async function play(
  rig: Rig,
  duration: number,
  strategies: readonly StrategyName[] = ["dynamic", "static"],
): Promise<Record<string, StrategyResult>> {
  const results = await new EnergyComparison(rig, { strategies, duration }).run();
  return Object.fromEntries(results.map((result) => [result.strategy, result]));
}

function tallyOf(result: StrategyResult | undefined, way: Way): Tally {
  const found = result?.ways.find((one) => one.way === way);
  if (!found) throw new Error(`no ${way}`);
  return found.tally;
}

t.test("a datagram every 10 minutes for an hour: each one is followed by 5 s and a probe, or by nothing", async (t) => {
  const results = await play(rig("10m"), HOUR);
  const dynamic = tallyOf(results["dynamic"], "owed");
  // The first waits for its address; the five behind it find an entry that is stale.
  t.match(dynamic, {
    span: HOUR,
    wakes: 6,
    datagrams: 6,
    resolution: { sent: { frames: 6, bytes: 360 }, received: { frames: 6, bytes: 360 } },
  });
  t.ok(Math.abs(dynamic.resolution.waiting - 5 * 5000) < 10, `awake for ARP: ${dynamic.resolution.waiting} ms`);
  const fixed = tallyOf(results["static"], "owed");
  t.match(fixed, { asleep: HOUR, wakes: 6, datagrams: 6, sent: { frames: 6 }, received: { frames: 0 } });
  t.match(fixed.resolution, { sent: { frames: 0 }, received: { frames: 0 }, waiting: 0 });
  t.equal(dynamic.sent.bytes, fixed.sent.bytes, "the datagrams themselves are the same");
  // At most 10 transactions for each behind a quiet time, and 20 bytes of commands around each frame.
  t.ok(fixed.bus.transactions <= 60 && fixed.bus.bytes <= fixed.sent.bytes + 6 * 30, JSON.stringify(fixed.bus));
});

t.test("two datagrams of one moment wake the node once", async (t) => {
  const apps = "apps: [{ kind: telemetry, to: 192.168.10.1:8095, every: 10m, sensors: [{ kind: thermometer, pin: A1 }] }]\n";
  const results = await play(rig("10m", ENERGY + apps), HOUR);
  t.match(tallyOf(results["static"], "owed"), { wakes: 6, datagrams: 12 });
  t.match(tallyOf(results["dynamic"], "owed"), { wakes: 6, datagrams: 12 });
});

t.test("its joules by hand: 25 s of ARP cost 20 J of 0.5 and 0.3 W; six wakes of 20 ms and 2 mJ 0.108 J", async (t) => {
  const results = await play(rig("10m"), HOUR);
  const [, owed] = results["dynamic"]?.ways ?? [];
  const of = (cause: string): number => owed?.ledger.entries.find((entry) => entry.cause === cause)?.joules ?? Number.NaN;
  t.ok(Math.abs(of("resolution") - 20) < 0.01, `${of("resolution")} J`);
  t.equal(of("waking").toFixed(9), "0.108000000");
  // 3600 s without 25 and 6 * 0.02, of 1 and 3 mW.
  t.ok(Math.abs(of("asleep") - (3600 - 25 - 0.12) * 0.004) < 0.001, `${of("asleep")} J`);
  t.same(owed?.ledger.leftOut, []);
  const perDay = owed?.ledger.perDay ?? 0;
  t.equal(owed?.battery.days, 6480 / perDay, "half of 1 Ah at 3.6 V");
  const [awake] = results["static"]?.ways ?? [];
  t.ok(Math.abs((awake?.ledger.joules ?? 0) - 3600 * 0.8) < 0.1, "always awake: 3600 s of 0.8 W, whatever else");
});

t.test("every 10 s an entry stays in use: as many probes as Linux sends, and every one of them keeps the node awake", async (t) => {
  const { dynamic } = await play(rig("10s"), HOUR / 3, ["dynamic"]);
  const { wakes, resolution, datagrams } = tallyOf(dynamic, "owed");
  const probes = dynamic?.ways[0]?.summary.arp.requestsUnicast ?? 0;
  t.equal(datagrams, 120);
  t.equal(wakes, 120);
  t.ok(probes > 20 && probes < 45, `${probes} probes`);
  t.ok(Math.abs(resolution.waiting - probes * 5000) < 5000, `${resolution.waiting} ms`);
});

t.test("asleep by stack.sleep(): one wake a datagram, no 5 s for a probe; with the controller on, it listens", async (t) => {
  const results = await play(rig("10m"), HOUR);
  for (const strategy of ["dynamic", "static"]) {
    const { span, asleep, listening, wakes, datagrams, received } = tallyOf(results[strategy], "slept");
    // The first datagram leaves as the run begins, before the first sleep.
    t.match({ datagrams, wakes, listening }, { datagrams: 6, wakes: 5, listening: 0 }, strategy);
    t.ok(span - asleep < 200, `${strategy}: awake for ${span - asleep} ms`);
    t.equal(received.frames, 0);
  }
  const node = rig("10m");
  const listens = { ...node, telemetry: { ...node.telemetry, sleep: { controller: "listen" } } as NonNullable<Rig["telemetry"]> };
  const { static: result } = await play(listens, HOUR, ["static"]);
  const { asleep, listening } = tallyOf(result, "slept");
  t.equal(listening, asleep);
  t.equal(tallyOf(result, "awake").asleep, 0, "the other ways do not sleep because the rig's node does");
});

t.test(
  "a neighbour whose hour is over when the node wakes is asked by a controller that is awake: no broadcast, no second of waiting",
  async (t) => {
    const { pinned } = await play(rig("10m"), 1.5 * HOUR, ["pinned"]);
    const slept = pinned?.ways.find(({ way }) => way === "slept");
    t.match(slept?.summary, { arp: { requestsBroadcast: 1, requestsUnicast: 1, repliesReceived: 2 } });
    t.same(slept?.summary.drops, {});
    t.ok((slept?.tally.resolution.waiting ?? 0) < 100, `${slept?.tally.resolution.waiting} ms`);
  },
);

t.test("telemetry that waits for answers does not sleep: that way is left out", async (t) => {
  const node = rig("10m");
  const coap = {
    ...node,
    telemetry: { ...node.telemetry, format: "coap", coap: { confirmEvery: 5 } } as NonNullable<Rig["telemetry"]>,
  };
  const { static: result } = await play(coap, HOUR / 6, ["static"]);
  t.same(
    result?.ways.map(({ way }) => way),
    ["awake", "owed"],
  );
});

t.test("every strategy plays, and none of them fails a datagram", async (t) => {
  const results = await new EnergyComparison(rig("10s"), { duration: HOUR / 12 }).run();
  t.same(
    results.map(({ strategy }) => strategy),
    STRATEGY_NAMES,
  );
  for (const { strategy, ways } of results) {
    t.same(
      ways.map(({ summary }) => summary.datagrams.failed),
      [0, 0, 0],
      strategy,
    );
    const [, owed, slept] = ways;
    if (strategy !== "dynamic")
      t.ok((owed?.ledger.joules ?? 0) < (results[0]?.ways[1]?.ledger.joules ?? 0), `${strategy} is cheaper than dynamic`);
    t.equal(slept?.tally.datagrams, 30);
  }
});

t.test("the same seed gives the same figures; another one does not", async (t) => {
  const one = await play(rig("10s"), HOUR / 12, ["dynamic"]);
  t.same(await play(rig("10s"), HOUR / 12, ["dynamic"]), one);
  t.notSame(await play({ ...rig("10s"), seed: 2 }, HOUR / 12, ["dynamic"]), one);
});

t.test("IPv6: neighbour discovery is counted, a static entry leaves the duplicate address detection", async (t) => {
  const six = "{ driver: enc28j60, bus: { kind: sim }, addresses: [fd00:10::10/64] }";
  const node = rig("10s", ENERGY, six);
  const to = { ...node.telemetry, to: { address: "fd00:10::1", port: 8094 } } as NonNullable<Rig["telemetry"]>;
  const results = await play({ ...node, telemetry: to }, HOUR / 12);
  const dynamic = tallyOf(results["dynamic"], "owed").resolution;
  const fixed = tallyOf(results["static"], "owed").resolution;
  t.ok(dynamic.sent.frames > 5, `${dynamic.sent.frames} sent`);
  t.equal(fixed.waiting, 0);
});

t.test("a rig of hardware is counted on its model; what has none is refused", async (t) => {
  const serprog = "{ driver: enc28j60, bus: { kind: serprog, port: /dev/ttyACM0, spiHz: 8MHz }, addresses: [192.168.10.10/24] }";
  const node = rig("10m", "", serprog);
  t.match(simulatedTwin(node).devices, [{ bus: { kind: "sim" } }]);
  const comparison = new EnergyComparison(node, { duration: HOUR });
  t.equal(comparison.parameters.find(({ name }) => name === "bus.rate")?.value, 8e6);
  const [result] = await new EnergyComparison(node, { strategies: ["static"], duration: HOUR }).run();
  t.same(
    result?.ways[1]?.ledger.leftOut.map(({ parameter }) => parameter).includes("controller.asleep"),
    true,
    "nobody said what it draws asleep",
  );
  const packet = rig("10m", "", "{ driver: packet, bus: { kind: interface, name: eth1 }, addresses: [192.168.10.10/24] }");
  t.throws(() => simulatedTwin(packet), {
    code: "RIG_ENERGY",
    message: "eth0: packet has no model that could be counted; say enc28j60 or e1000",
  });
  const { telemetry: _none, ...silent } = rig("10m");
  t.throws(() => new EnergyComparison(silent, { duration: HOUR }), { code: "RIG_ENERGY" });
  t.throws(() => withStrategy(node, "hope" as StrategyName), RangeError);
});

t.test("an e1000 has no SPI bus, and unknown currents: no joule is invented", async (t) => {
  const node = rig("10m", "", "{ driver: e1000, bus: { kind: sim }, addresses: [192.168.10.10/24] }");
  const [result] = await new EnergyComparison(node, { strategies: ["static"], duration: HOUR }).run();
  t.match(result?.ways[0], { tally: { bus: { transactions: 0 } }, ledger: { joules: 0 } });
});

t.test("stopped, it returns what is complete", async (t) => {
  const comparison = new EnergyComparison(rig("10s"), { duration: 24 * HOUR });
  t.same(await comparison.run(() => comparison.stop()), []);
});
