/** The board's own numbers beside its readings, names of sensors, and numbers of readings as they are asked for. */
import t from "tap";
import { OWN_GROUPS } from "../../../../firmware-ts/apps/telemetry/own.ts";
import type { TelemetryOptions } from "../../../../firmware-ts/apps/telemetry/telemetry.ts";
import { formatOf, Site, sensor } from "./site.ts";

/** The fields of the points that arrived. */
function fields(site: Site): Record<string, string>[] {
  return site.points.map(({ line }) => Object.fromEntries((line.split(" ")[1] ?? "").split(",").map((field) => field.split("="))));
}

t.test("own numbers: ARP by kind, drops, the queue, links, repairs, uptime, joules", async (t) => {
  const site = await Site.open();
  site.telemetry(1000, [sensor("light", () => 1)], "10.0.0.2", { own: OWN_GROUPS, joules: () => site.clock.now() / 1000 }).start();
  await site.clock.advance(500);
  site.nic.port.plugged = false;
  await site.clock.advance(2000);
  site.nic.port.plugged = true;
  await site.clock.advance(1000);
  const [first, , , last] = fields(site);
  t.strictSame(Object.keys(first ?? {}), [
    "light",
    "arp_requests_broadcast",
    "arp_requests_unicast",
    "arp_replies_sent",
    "arp_requests_received",
    "arp_replies_received",
    "drops",
    "missed",
    "queued",
    "queue_longest_ms",
    "links_up",
    "failures",
    "repairs",
    "uptime",
    "joules",
    "seq",
  ]);
  t.match(first, { arp_requests_broadcast: "0i", queued: "0i", links_up: "1i", uptime: "0i", seq: "1i" });
  t.match(last, { arp_requests_broadcast: /^[123]i$/, arp_replies_received: /^[12]i$/, links_up: "1i", uptime: "3i", joules: "3" });
  t.ok(Number.parseFloat(last?.["queue_longest_ms"] ?? "") > 0, "the longest wait since the reading before");
  const { ip } = site.stack;
  t.equal(last?.["drops"], `${ip.drops.total + site.eth0.drops.total + site.stack.neighbours(4).table.drops.total}i`);
});

t.test("a number of the board's own in StatsD is a gauge, and the reading's number is what was asked for", async (t) => {
  const lines = async (more: Partial<TelemetryOptions>): Promise<string[]> => {
    const site = await Site.open();
    site.telemetry(1000, [], "10.0.0.2", { format: formatOf("statsd"), own: ["uptime"], ...more }).start();
    await site.clock.advance(2500);
    return site.points[2]?.line.split("\n") ?? [];
  };
  t.strictSame(await lines({}), ["pico.uptime:2|g", "pico.seq:1|c"]);
  t.strictSame(await lines({ sequence: "number" }), ["pico.uptime:2|g", "pico.seq:3|g"]);
  t.strictSame(await lines({ sequence: "none" }), ["pico.uptime:2|g"]);
});

t.test("every format has the number of a reading where that is asked for", async (t) => {
  for (const format of ["line", "statsd", "collectd"]) {
    const texts: string[] = [];
    for (const sequence of ["number", "none"] as const) {
      const site = await Site.open();
      const more = { format: formatOf(format), sequence };
      site.telemetry(1000, [sensor("light", () => 1)], "10.0.0.2", more).start();
      await site.clock.advance(10);
      texts.push(site.points[0]?.line ?? "");
    }
    t.ok(texts[0]?.includes("seq"), format);
    t.notOk(texts[1]?.includes("seq"), format);
  }
});

t.test("names of sensors: in points and in events; an own number and a sensor of one name stay apart", async (t) => {
  const site = await Site.open();
  const sensors = [1, 2, 3].map((value) => sensor("light", () => value));
  site.telemetry(1000, sensors, "10.0.0.2", { sensorNames: ["cellar, left", undefined, "uptime"], own: ["uptime"] }).start();
  await site.clock.advance(10);
  t.equal(
    site.points[0]?.line.split("telemetry,node=pico ")[1]?.split(" 17")[0],
    "cellar\\,\\ left=1,light=2,uptime2=3,uptime=0i,seq=1i",
  );
  t.match(site.events[0]?.readings, [
    { kind: "light", name: "cellar, left" },
    { kind: "light", name: undefined },
    { name: "uptime" },
  ]);
});
