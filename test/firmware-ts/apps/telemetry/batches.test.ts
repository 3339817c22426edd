/** Several readings in a message, readings that wait until the clock is set, and messages as long as the way lets through. */
import t from "tap";
import { formatOf, Site, sensor } from "./site.ts";

const START = 1_767_225_600_000;

t.test("a batch leaves when it is full, with the time of each reading; what is left leaves at the end", async (t) => {
  const site = await Site.open();
  const telemetry = site.telemetry(1000, [], "10.0.0.2", { batch: 3 });
  telemetry.start();
  await site.clock.advance(4500);
  t.strictSame(site.points, [
    { time: 2000, line: [1, 2, 3].map((seq) => `telemetry,node=pico seq=${seq}i ${START + 1000 * (seq - 1)}000000\n`).join("") },
  ]);
  t.match(site.events, [{ seq: 1, time: 2000, count: 3, status: "sent" }]);
  telemetry.stop();
  telemetry.stop();
  await site.clock.advance(100);
  t.match(site.points[1]?.line, /^telemetry,node=pico seq=4i .*\ntelemetry,node=pico seq=5i .*\n$/);
  t.strictSame(telemetry.counters, { readings: 5, sent: 2, queued: 1, failed: 0 });
});

t.test("no times: points without one", async (t) => {
  const site = await Site.open();
  site.telemetry(1000, [], "10.0.0.2", { timestamp: "none" }).start();
  await site.clock.advance(10);
  t.strictSame(site.points, [{ time: 0, line: "telemetry,node=pico seq=1i\n" }]);
});

t.test("readings wait for the clock, and leave with the times that they were taken at", async (t) => {
  const site = await Site.open();
  let set = false;
  const telemetry = site.telemetry(1000, [], "10.0.0.2", { timestamp: "wait", clockIsSet: () => set });
  telemetry.start();
  await site.clock.advance(2500);
  t.strictSame([site.points, site.events], [[], []]);
  set = true;
  await site.clock.advance(1000);
  t.strictSame(
    site.points.map(({ line }) => line.split("\n").map((point) => point.split(" ").slice(1).join(" "))),
    [[...[0, 1, 2, 3].map((at) => `seq=${at + 1}i ${START + 1000 * at}000000`), ""]],
  );
  t.strictSame(telemetry.counters, { readings: 4, sent: 1, queued: 1, failed: 0 });
});

t.test("a clock that is never set: readings are kept up to a bound, and those lost are counted and told", async (t) => {
  const site = await Site.open();
  const telemetry = site.telemetry(1, [], "10.0.0.2", { timestamp: "wait", clockIsSet: () => false, batch: 2 });
  telemetry.start();
  await site.clock.advance(599.5);
  t.strictSame(telemetry.counters, { readings: 600, sent: 0, queued: 0, failed: 44 });
  t.match(site.events[0], { seq: 1, time: 1, count: 2, status: "failed", reason: "CLOCK_NOT_SET" });
  telemetry.stop();
  t.strictSame(telemetry.counters, { readings: 600, sent: 0, queued: 0, failed: 300 }, "all of them, two readings each");
  t.equal(site.points.length, 0);
});

t.test("no datagram is longer than the way lets through without fragments, and none is empty", async (t) => {
  const site = await Site.open();
  site.stack.removeRoute({ to: "10.0.0.0/24" });
  site.stack.addRoute({ to: "10.0.0.0/24", device: site.eth0, mtu: 200 });
  const lengths: number[] = [];
  site.wire.tap((_bytes, length) => lengths.push(length));
  const telemetry = site.telemetry(1000, [sensor("light", () => 1.25)], "10.0.0.2", { batch: 10 });
  telemetry.start();
  await site.clock.advance(9500);
  telemetry.stop();
  t.ok(Math.max(...lengths) <= 14 + 200);
  t.equal(site.points.length, 5, "two points of 59 octets in each, where 172 are free");
  const seqs = site.points.flatMap(({ line }) => [...line.matchAll(/seq=(\d+)i/g)].map(([, seq]) => Number(seq)));
  t.strictSame(seqs, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.strictSame(telemetry.counters, { readings: 10, sent: 5, queued: 5, failed: 0 });
  t.strictSame(
    site.events.map(({ seq, count }) => [seq, count]),
    [1, 2, 3, 4, 5].map((seq) => [seq, 2]),
  );
});

t.test("a reading too long for one datagram goes in several, as one point; a value too long for any is told", async (t) => {
  const site = await Site.open();
  site.stack.removeRoute({ to: "10.0.0.0/24" });
  site.stack.addRoute({ to: "10.0.0.0/24", device: site.eth0, mtu: 128 });
  const sensors = Array.from({ length: 8 }, (_, at) => sensor(`light_of_room_${at}`, () => at));
  site.telemetry(1000, sensors).start();
  await site.clock.advance(500);
  const fields = site.points.flatMap(({ line }) => (line.split(" ")[1] ?? "").split(","));
  t.strictSame(fields, [...sensors.map(({ kind }, at) => `${kind}=${at}`), "seq=1i"]);
  t.equal(new Set(site.points.map(({ line }) => line.trimEnd().split(" ")[2])).size, 1, "one time");
  t.ok(site.points.every(({ line }) => line.length <= 100));

  const other = await Site.open();
  other.stack.removeRoute({ to: "10.0.0.0/24" });
  other.stack.addRoute({ to: "10.0.0.0/24", device: other.eth0, mtu: 70 });
  const telemetry = other.telemetry(1000, sensors);
  telemetry.start();
  await other.clock.advance(1500);
  t.strictSame(telemetry.counters, { readings: 2, sent: 0, queued: 0, failed: 2 });
  t.match(other.events[1], { seq: 2, status: "failed", reason: "PKT_TOO_BIG" });
});

t.test("each format of datagrams reaches its port", async (t) => {
  for (const [format, marks] of [
    ["statsd", "pico.light:1.25|g\npico.seq:1|c"],
    ["collectd", "pico\0"],
  ] as const) {
    const site = await Site.open();
    const telemetry = site.telemetry(1000, [sensor("light", () => 1.25)], "10.0.0.2", { format: formatOf(format) });
    telemetry.start();
    await site.clock.advance(10);
    t.match(site.points[0]?.line, marks);
    t.strictSame(telemetry.counters, { readings: 1, sent: 1, queued: 1, failed: 0 });
  }
});
