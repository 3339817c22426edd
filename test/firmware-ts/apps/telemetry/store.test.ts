/** Readings that cannot leave: they wait, go again when the collector is back, outlive the run in a file, and each has one fate. */
import t, { type Test } from "tap";
import { Telemetry, type TelemetryOptions } from "../../../../firmware-ts/apps/telemetry/telemetry.ts";
import { ipv4 } from "../../../../firmware-ts/stack.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { Lab } from "../../../support/lab.ts";
import { icmp, T1 } from "../../../support/wire-format.ts";
import { Files } from "./files.ts";
import { Site, sensor } from "./site.ts";

const STORE = { readings: 1000, keep: "newest" } as const;

/** Numbers of the readings that have arrived, in the order in which they came. */
function arrived(site: Site): number[] {
  return site.points.flatMap(({ line }) => [...line.matchAll(/seq=(\d+)i/g)].map(([, seq]) => Number(seq)));
}

function count(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** All readings have one fate. */
function addsUp(t: Test, { readings }: Telemetry): void {
  const { taken, restored, sent, stored, underWay, dropped } = readings;
  const lost = Object.values(dropped).reduce((sum, one) => sum + one, 0);
  t.equal(taken + restored, sent + stored + underWay + lost, JSON.stringify(readings));
}

function telemetry(site: Site, more: Partial<TelemetryOptions> = {}): Telemetry {
  return site.telemetry(1000, [], "10.0.0.2", { store: STORE, ...more });
}

/** Pulls a cable for a while. */
async function without(site: Site, cable: "board" | "gateway", ms: number): Promise<void> {
  const port = cable === "board" ? site.nic.port : site.wire.ports[1];
  if (!port) throw new Error("no such port");
  port.plugged = false;
  await site.clock.advance(ms);
  port.plugged = true;
}

/** A site whose host for telemetry listens on another port, until it is told to: an address that is there and a collector that is not. */
async function refusing(): Promise<{ site: Site; port: number; listen: () => void }> {
  const site = await Site.open();
  const decoder = new TextDecoder();
  const listen = (): void => {
    site.gateway.stack.udp.open(9999).onDatagram = (bytes, at, length) =>
      site.points.push({ time: site.clock.now(), line: decoder.decode(bytes.subarray(at, at + length)) });
  };
  return { site, port: 9999, listen };
}

t.test("the link is down: nothing is tried, nothing is lost; readings leave with their times in few messages", async (t) => {
  const site = await Site.open();
  const app = telemetry(site);
  app.start();
  await site.clock.advance(2500);
  await without(site, "board", 60_000);
  t.match(app.readings, { sent: 3, stored: 60, underWay: 0 });
  t.equal(app.counters.failed, 0, "no message was wasted");
  await site.clock.advance(1000);
  t.strictSame(arrived(site), count(1, 64));
  t.ok(site.points.length <= 3 + 5, `${site.points.length} datagrams`);
  t.ok(
    site.events.every(({ waited }) => waited === null || waited < 10),
    "the wait in the store is none for an address",
  );
  const times = site.points.flatMap(({ line }) => [...line.matchAll(/ (\d+)000000\n/g)].map(([, ms]) => Number(ms)));
  t.strictSame(
    times,
    count(0, 63).map((at) => Date.UTC(2026, 0, 1) + 1000 * at),
  );
  app.stop();
  addsUp(t, app);
});

t.test(
  "the collector's host is away: one attempt at a time, ever more seldom; it is back, and all readings are there once",
  async (t) => {
    const site = await Site.open();
    site.stack.neighbours(4).table.parametersOf(site.eth0).set("baseReachableTime", 2000);
    const app = telemetry(site);
    app.start();
    await site.clock.advance(5500);
    let requests = 0;
    site.wire.tap((bytes) => {
      if (bytes[12] === 8 && bytes[13] === 6 && bytes[0] === 0xff) requests++;
    });
    await without(site, "gateway", 600_000);
    const without600 = requests;
    t.ok(without600 < 60, `${without600} broadcast requests in ten minutes`);
    addsUp(t, app);
    await site.clock.advance(100_000);
    app.stop();
    await site.clock.advance(1000);
    const { sent, stored, dropped } = app.readings;
    t.strictSame([sent, stored, dropped], [app.counters.readings, 0, {}]);
    const seqs = arrived(site);
    t.equal(new Set(seqs).size, seqs.length, "none twice");
    // Those that were sent to an address that was believed to be there were lost on the wire: UDP cannot know.
    const missing = count(1, app.counters.readings).filter((seq) => !seqs.includes(seq));
    t.ok(missing.length <= 12, `${missing} were sent into the void`);
  },
);

t.test("the host is there and its collector is not: a refusal of ICMP tells, and what it refused goes again", async (t) => {
  const { site, port, listen } = await refusing();
  const app = telemetry(site, { port });
  app.start();
  await site.clock.advance(29_500);
  t.match(app.readings, { sent: 0, stored: 30 });
  t.match(site.events[0], { status: "sent" });
  t.match(site.events[1], { status: "failed", reason: "ICMP_ECONNREFUSED" });
  t.ok(app.counters.failed >= 4 && app.counters.failed <= 7, `${app.counters.failed} attempts in 30 s, ever more seldom`);
  listen();
  await site.clock.advance(60_000);
  app.stop();
  t.strictSame(arrived(site), count(1, app.counters.readings));
  t.match(app.readings, { sent: app.counters.readings, stored: 0, dropped: {} });
  addsUp(t, app);
});

t.test("without a store such a refusal is not listened to: a datagram that has left was sent", async (t) => {
  const { site, port } = await refusing();
  const app = site.telemetry(1000, [], "10.0.0.2", { port });
  app.start();
  await site.clock.advance(5500);
  t.match(app.readings, { sent: 6, stored: 0, dropped: {} });
});

t.test("a full store: the newest or the oldest readings are kept, and those that gave way are told and counted", async (t) => {
  for (const [keep, kept] of [
    ["newest", count(52, 61)],
    ["oldest", count(2, 11)],
  ] as const) {
    const site = await Site.open();
    const app = telemetry(site, { store: { readings: 10, keep } });
    app.start();
    await site.clock.advance(500);
    await without(site, "board", 60_000);
    t.match(app.readings, { sent: 1, stored: 10, dropped: { STORE_FULL: 50 } });
    t.match(site.events[1], { status: "failed", reason: "STORE_FULL", count: 1 });
    addsUp(t, app);
    await site.clock.advance(100);
    t.strictSame(arrived(site), [1, ...kept], keep);
  }
});

t.test("the end of the run without a file: what waits is lost, and said so", async (t) => {
  const site = await Site.open();
  const app = telemetry(site);
  app.start();
  await site.clock.advance(500);
  site.nic.port.plugged = false;
  await site.clock.advance(3000);
  app.stop();
  app.stop();
  t.match(app.readings, { sent: 1, stored: 0, dropped: { STOPPED: 3 } });
  addsUp(t, app);
});

t.test("a file: what waits at the end of a run leaves in the next one, with its times", async (t) => {
  const files = new Files();
  const first = await Site.open();
  const file = { path: "/store", files };
  const light = (): ReturnType<typeof sensor>[] => [sensor("light", () => 0.5), sensor("voltage", () => Number.NaN)];
  const before = first.telemetry(1000, light(), "10.0.0.2", { store: { ...STORE, file } });
  before.start();
  await first.clock.advance(1500);
  first.nic.port.plugged = false;
  await first.clock.advance(5000);
  t.equal(files.writes, 0, "flash wears: nothing is written for a short while");
  before.stop();
  t.equal(files.writes, 1);
  t.match(before.readings, { sent: 2, stored: 5, dropped: {} });
  addsUp(t, before);

  // A day later, and the sensors stand in another order.
  const later = await Site.open({ epoch: Date.UTC(2026, 0, 2) });
  const after = later.telemetry(1000, light().toReversed(), "10.0.0.2", { store: { ...STORE, file } });
  after.start();
  await later.clock.advance(1500);
  t.match(after.readings, { taken: 2, restored: 5, sent: 7, stored: 0, dropped: {} });
  const lines = later.points.flatMap(({ line }) => line.trimEnd().split("\n"));
  t.strictSame(
    lines,
    [
      ...count(3, 7).map((seq) => [seq, Date.UTC(2026, 0, 1) + 1000 * (seq - 1)]),
      [1, Date.UTC(2026, 0, 2)],
      [2, Date.UTC(2026, 0, 2) + 1000],
    ].map(([seq, at]) => `telemetry,node=pico light=0.5,seq=${seq}i ${at}000000`),
  );
  t.equal(files.texts.has("/store"), false, "and the file is gone");
  after.stop();
  addsUp(t, after);
});

t.test("a file: in a long outage it is written once in ten minutes; a run that was cut off loses no more than that", async (t) => {
  const files = new Files();
  const site = await Site.open();
  const store = { ...STORE, readings: 5000, file: { path: "/store", files } };
  const app = telemetry(site, { store });
  app.start();
  site.nic.port.plugged = false;
  await site.clock.advance(3_600_000);
  t.equal(files.writes, 6);
  const again = await Site.open({ epoch: Date.UTC(2026, 0, 1) + 3_600_000 });
  const next = telemetry(again, { store });
  next.start();
  await again.clock.advance(5000);
  t.match(next.readings, { restored: 3600, stored: 0 });
  t.ok(next.readings.sent >= 3600);
});

t.test("datagrams that still wait for an address when the run ends are in the file, too", async (t) => {
  const files = new Files();
  const site = await Site.open();
  const app = site.telemetry(1000, [], "10.0.0.77", { store: { ...STORE, file: { path: "/store", files } } });
  app.start();
  await site.clock.advance(1500);
  app.stop();
  await site.stack.close();
  t.match(app.readings, { taken: 2, sent: 0, stored: 2, underWay: 0 });
  t.equal(files.texts.get("/store")?.split("\n").length, 4);
  addsUp(t, app);
});

t.test("a file that is damaged, foreign or hostile is set aside, whole, and the run goes on", async (t) => {
  const files = new Files();
  const site = await Site.open();
  const app = telemetry(site, { store: { ...STORE, file: { path: "/store", files } } });
  app.start();
  site.nic.port.plugged = false;
  await site.clock.advance(2500);
  app.stop();
  const good = files.texts.get("/store") as string;
  const damaged = [
    "",
    "\n",
    "{}\n",
    good.slice(0, -5),
    good.replace("[1,", "[2,"),
    good.replace(/"readings":\d+/, '"readings":1e9'),
    good.replace('["seq"]', '["seq","seq"]'),
    good.replace('["seq"]', "7"),
    "[".repeat(100_000),
  ];
  for (const text of damaged) {
    const store = new Files();
    store.texts.set("/store", text);
    const other = await Site.open();
    const next = telemetry(other, { store: { ...STORE, file: { path: "/store", files: store } } });
    next.start();
    await other.clock.advance(500);
    t.match(next.readings, { restored: 0, sent: 1 }, JSON.stringify(text.slice(0, 60)));
    t.equal(store.texts.get("/store.bad"), text);
    next.stop();
  }
});

t.test("a file that cannot be written: what waits at the end is lost, and said so", async (t) => {
  const files = new Files();
  files.broken = true;
  const site = await Site.open();
  const app = telemetry(site, { store: { ...STORE, file: { path: "/store", files } } });
  app.start();
  site.nic.port.plugged = false;
  await site.clock.advance(2500);
  app.stop();
  t.match(app.readings, { stored: 0, dropped: { STOPPED: 3 } });
});

t.test("a fleet: start and return are spread over the jitter, by chance and not by the rig's seed alone", async (t) => {
  const JITTER = 60_000;
  const starts: number[] = [];
  const returns: number[] = [];
  for (const mac of ["a", "b", "c", "d", "e", "f", "g", "h"]) {
    const site = await Site.open();
    const app = telemetry(site, { jitter: JITTER, spread: new SeededRandom(1).fork(mac) });
    app.start();
    await site.clock.advance(JITTER);
    starts.push(site.points[0]?.time ?? -1);
    t.ok(
      site.points.every(({ time }, at) => at === 0 || time - (site.points[at - 1]?.time ?? 0) === 1000),
      "an even pace from there",
    );
    await without(site, "board", 100_000);
    const back = site.clock.now();
    await site.clock.advance(2 * JITTER);
    returns.push((site.points.find(({ time }) => time >= back)?.time ?? -1) - back);
    app.stop();
    addsUp(t, app);
    t.strictSame(arrived(site), count(1, app.counters.readings));
  }
  for (const times of [starts, returns]) {
    t.equal(new Set(times.map(Math.round)).size, times.length, `${times.map(Math.round)}`);
    t.ok(Math.max(...times) - Math.min(...times) > JITTER / 4);
    t.ok(times.every((time) => time >= 0 && time <= JITTER + 2000));
  }
});

t.test(
  "the way there becomes narrower: a message that a router refuses is divided anew by readings, and none goes in fragments",
  async (t) => {
    const lab = await Lab.open();
    lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
    const address = ipv4("10.0.0.2");
    const app = new Telemetry(lab.stack, { node: "pico", address, port: 8094, every: 1000, sensors: [], batch: 20, store: STORE });
    app.start();
    let narrow = false;
    const through: number[] = [];
    /** A router of a path with an MTU of 576 on the way. */
    const route = (): void => {
      for (const { bytes } of lab.take()) {
        if (bytes[12] !== 8 || bytes[13] !== 0) continue;
        t.equal((bytes[20]! & 0x3f) | bytes[21]!, 0, "no fragment");
        if (narrow && bytes.length > 14 + 576)
          lab.say(icmp({ icmpType: 3, code: 4, icmpId: 0, sequence: 576 }, bytes.subarray(14)));
        else
          through.push(
            ...[
              ...Buffer.from(bytes)
                .toString()
                .matchAll(/seq=(\d+)i/g),
            ].map(([, seq]) => Number(seq)),
          );
      }
    };
    for (let second = 0; second < 90; second++) {
      await lab.clock.advance(1000);
      route();
      narrow ||= second === 20;
    }
    app.stop();
    await lab.clock.advance(10);
    route();
    t.strictSame(through, count(1, app.counters.readings));
    t.equal(app.counters.failed, 1, "one message was too long, and its readings went again");
    addsUp(t, app);
  },
);

t.test("readings without a value and without a number have nothing to tell", async (t) => {
  const site = await Site.open();
  let value = Number.NaN;
  const app = site.telemetry(1000, [sensor("light", () => value)], "10.0.0.2", { sequence: "none" });
  app.start();
  await site.clock.advance(1500);
  value = 7;
  await site.clock.advance(1000);
  app.stop();
  t.match(app.readings, { taken: 3, sent: 1, dropped: { NO_VALUE: 2 } });
  t.strictSame(
    site.points.map(({ line }) => line.split(" ")[1]),
    ["light=7"],
  );
});

t.test("an unset clock: readings wait in the store, and no file is written whose times would be wrong", async (t) => {
  const files = new Files();
  const site = await Site.open();
  let set = false;
  const store = { ...STORE, file: { path: "/store", files } };
  const app = telemetry(site, { store, timestamp: "wait", clockIsSet: () => set });
  app.start();
  await site.clock.advance(700_000);
  t.equal(files.writes, 0);
  t.match(app.readings, { stored: 701 });
  set = true;
  await site.clock.advance(3000);
  t.match(app.readings, { stored: 0, dropped: {} });
  set = false;
  await site.clock.advance(2000);
  app.stop();
  t.match(app.readings, { stored: 0, dropped: { CLOCK_NOT_SET: 2 } });
  addsUp(t, app);
});
