/** The telemetry firmware in virtual time: its pace, its datagrams, and that it tells of each of them once and truly. */
import t from "tap";
import { Telemetry } from "../../../../firmware-ts/apps/telemetry/telemetry.ts";
import { ipv4, type Stack } from "../../../../firmware-ts/stack.ts";
import type { Clock } from "../../../../hal/clock.ts";
import { DropReason } from "../../../../hal/drop-reason.ts";
import { Site, sensor } from "./site.ts";

t.test("the first reading leaves at once, the others at an even pace that does not drift", async (t) => {
  const site = await Site.open();
  await site.clock.advance(1.7);
  const telemetry = site.telemetry(0.1 + 0.2);
  telemetry.start();
  await site.clock.advance(3000);
  telemetry.stop();
  t.same(telemetry.counters, { readings: 10_000, sent: 10_000, queued: 1, failed: 0 });
  const worst = Math.max(...site.points.map(({ time }, at) => Math.abs(time - 1.7 - at * (0.1 + 0.2))));
  t.ok(worst < 1e-6, `${worst} ms off at worst`);
  await site.clock.advance(10_000);
  t.equal(site.points.length, 10_000, "and none after stop()");
});

t.test("a clock that was held up: late readings shift nothing, and those missed are not fired off in a burst", async (t) => {
  const site = await Site.open();
  const { clock } = site;
  /** Timers that are due from 2000 to 5400 fire at 5400. */
  const late: Clock = {
    now: () => clock.now(),
    wallTime: () => clock.wallTime(),
    task: (callback) => clock.task(callback),
    timer: (callback) => {
      const held = clock.timer(callback);
      return clock.timer(() => (clock.now() >= 2000 && clock.now() < 5400 ? held.armAt(5400) : callback()));
    },
  };
  const stack = Object.create(site.stack, { clock: { value: late } }) as Stack;
  const telemetry = new Telemetry(stack, { node: "n", address: ipv4("10.0.0.2"), port: 8094, every: 1000, sensors: [] });
  const times: number[] = [];
  telemetry.onEvent = ({ time }) => times.push(time);
  telemetry.start();
  await clock.advance(8500);
  t.same(times, [0, 1000, 5400, 6000, 7000, 8000]);
});

t.test("the datagram: line protocol with tag, fields, seq and time; a sensor without a reading is left out", async (t) => {
  const site = await Site.open();
  let reading = 1.25;
  const sensors = [sensor("light", () => reading), sensor("thermometer", () => Number.NaN), sensor("light", () => 7)];
  const telemetry = site.telemetry(1000, sensors);
  telemetry.start();
  await site.clock.advance(500);
  reading = Number.NaN;
  await site.clock.advance(1000);
  t.same(
    site.points.map(({ line }) => line),
    [
      "telemetry,node=pico light=1.25,light2=7,seq=1i 1767225600000000000\n",
      "telemetry,node=pico light2=7,seq=2i 1767225601000000000\n",
    ],
  );
  t.match(site.events[0]?.readings, [
    { kind: "light", value: 1.25, unit: "V" },
    { kind: "thermometer" },
    { kind: "light", value: 7 },
  ]);
  t.match((await bare()).line, /^telemetry,node=pico seq=1i \d+\n$/, "even without sensors there is a point");

  async function bare(): Promise<{ line: string }> {
    const other = await Site.open();
    other.telemetry().start();
    await other.clock.advance(10);
    return other.points[0] as { line: string };
  }
});

t.test("sensors of one name: each has a field of its own, and none is called seq or time", async (t) => {
  const site = await Site.open();
  const kinds = ["light2", "light", "light", "seq", "time", "light"];
  site
    .telemetry(
      1000,
      kinds.map((kind, at) => sensor(kind, () => at)),
    )
    .start();
  await site.clock.advance(10);
  t.equal(site.points[0]?.line.split(" ")[1], "light2=0,light=1,light22=2,seq3=3,time4=4,light5=5,seq=1i");
  const nameless = (): unknown => site.telemetry(1000, [sensor("", () => 1)]);
  t.throws(nameless, { code: "FIELD_INVALID" }, "refused before the first reading");
});

t.test("the gateway goes away and comes back: each datagram is told of once, and every one is accounted for", async (t) => {
  const site = await Site.open();
  const parameters = site.stack.neighbours(4).table.parametersOf(site.eth0);
  parameters.set("baseReachableTime", 2000);
  const telemetry = site.telemetry(1000);
  const [, gateway] = site.wire.ports;
  if (!gateway) throw new Error("no gateway on the wire");
  telemetry.start();
  await site.clock.advance(5500);
  gateway.plugged = false;
  await site.clock.advance(30_000);
  gateway.plugged = true;
  await site.clock.advance(30_000);
  telemetry.stop();
  const { readings, sent, failed, queued } = telemetry.counters;
  t.equal(sent + failed, readings, "sent and failed make up all readings");
  t.ok(failed > 5 && failed < 31, `${failed} failed while it was away`);
  t.ok(queued >= failed, "what failed had waited");
  const seqs = site.events.map(({ seq }) => seq).sort((a, b) => a - b);
  t.same(
    seqs,
    Array.from({ length: readings }, (_, at) => at + 1),
    "each number once",
  );
  t.same([...new Set(site.events.filter(({ status }) => status === "failed").map(({ reason }) => reason))], ["NEIGH_FAILED"]);
  t.equal(site.events.filter(({ time, status }) => time > 40_000 && status === "failed").length, 0, "all is well again");
  const arrived = new Set(site.points.map(({ line }) => Number(/seq=(\d+)i/.exec(line)?.[1])));
  for (const { seq, status } of site.events)
    if (status === "failed") t.notOk(arrived.has(seq), `#${seq} failed and did not arrive`);
  for (const { waited, status } of site.events) if (status === "failed") t.ok((waited ?? -1) > 0 && (waited ?? 0) <= 3000);
});

t.test("our own cable is pulled: a short while costs nothing, a long one is told; no route is told at once", async (t) => {
  const site = await Site.open();
  const telemetry = site.telemetry(1000);
  telemetry.start();
  const pull = async (ms: number): Promise<void> => {
    site.nic.port.plugged = false;
    await site.clock.advance(ms);
    site.nic.port.plugged = true;
  };
  await site.clock.advance(500);
  await pull(2000);
  await site.clock.advance(1000);
  t.same(site.said, ["#1 0 sent after 0", "#2 1000 sent after 2000", "#3 2000 sent after 1000", "#4 3000 sent"]);
  await pull(4000);
  await site.clock.advance(1000);
  telemetry.stop();
  t.same(
    site.said.slice(4, 7),
    ["#5 4000", "#6 5000", "#7 6000"].map((line, at) => `${line} failed NEIGH_FAILED after ${3000 - 1000 * at}`),
  );
  t.same(telemetry.counters, { readings: 9, sent: 6, queued: 7, failed: 3 });

  const lost = await Site.open();
  const nowhere = lost.telemetry(1000, [], "11.0.0.1");
  nowhere.start();
  await lost.clock.advance(1500);
  t.same(lost.said, ["#1 0 failed IP_OUTNOROUTES", "#2 1000 failed IP_OUTNOROUTES"]);
});

t.test("stopped with datagrams still waiting: they are accounted for when the stack is closed", async (t) => {
  const site = await Site.open();
  const telemetry = site.telemetry(1000, [], "10.0.0.77");
  telemetry.start();
  await site.clock.advance(2500);
  telemetry.stop();
  t.same(telemetry.counters, { readings: 3, sent: 0, queued: 3, failed: 0 });
  await site.stack.close();
  t.same(telemetry.counters, { readings: 3, sent: 0, queued: 3, failed: 3 });
  t.same(site.said, [
    "#1 0 failed QUEUE_PURGE after 2500",
    "#2 1000 failed QUEUE_PURGE after 1500",
    "#3 2000 failed QUEUE_PURGE after 500",
  ]);
  t.equal(site.stack.network.pool.inUse, 0);
});

t.test("a burst faster than an address is found: the socket's limit is told of, nothing is lost in silence", async (t) => {
  const site = await Site.open();
  const telemetry = site.telemetry(1, [], "10.0.0.77");
  telemetry.start();
  await site.clock.advance(3500);
  telemetry.stop();
  await site.stack.close();
  const { readings, sent, failed } = telemetry.counters;
  t.same([sent, failed], [0, readings]);
  t.equal(new Set(site.events.map(({ seq }) => seq)).size, readings);
  t.equal(site.events.length, readings);
  t.same([...new Set(site.events.map(({ reason }) => reason))].sort(), ["NEIGH_FAILED", "QUEUE_PURGE", "SOCKET_SNDBUF"]);
});

t.test("a device that takes a datagram and loses it: sent is taken back", async (t) => {
  const site = await Site.open();
  // A controller that keeps every datagram until it is closed.
  site.stack.addNeighbour("10.0.0.2", "02:00:5e:10:00:fe", site.eth0);
  const kept: { drop(): void }[] = [];
  const transmit = site.nic.transmit.bind(site.nic);
  site.nic.transmit = (skb) => {
    kept.push({ drop: () => site.eth0.drops.drop(skb, DropReason.TX_ABORTED) });
    return true;
  };
  const telemetry = site.telemetry(1000);
  telemetry.start();
  await site.clock.advance(1500);
  t.same(telemetry.counters, { readings: 2, sent: 2, queued: 0, failed: 0 });
  kept[0]?.drop();
  t.same(telemetry.counters, { readings: 2, sent: 1, queued: 0, failed: 1 });
  t.same(site.said, ["#1 0 sent", "#2 1000 sent", "#1 1500 failed TX_ABORTED"]);
  site.nic.transmit = transmit;
});
