/** A collector that has a name: it is looked up on the stack, again when it moves, and readings never wait for that twice. */
import { encode } from "dns-packet";
import t from "tap";
import type { HostNames } from "../../../../firmware-ts/apps/host-names.ts";
import type { Telemetry, TelemetryOptions } from "../../../../firmware-ts/apps/telemetry/telemetry.ts";
import { loadHostNames } from "../../../../firmware-ts/board/host-names.ts";
import { parseRig } from "../../../../firmware-ts/board/rig-file.ts";
import { readPacket } from "../../../../firmware-ts/sockets/dns/packet.ts";
import { ipv4 } from "../../../../firmware-ts/stack.ts";
import { formatOf, Site } from "./site.ts";

const NAME = "collector.barn.example";
const RIG = `
devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.1/24] } }
dns: [10.0.0.2]
telemetry: { to: "${NAME}:8094" }
`;

/** A site whose gateway answers for the name. */
class NamedSite {
  readonly site: Site;
  /** The name's addresses; null: the server is silent. */
  addresses: readonly string[] | null = ["10.0.0.2"];
  ttl = 60;
  readonly questions: { time: number; name: string }[] = [];
  readonly names: HostNames;

  private constructor(site: Site, names: HostNames) {
    this.site = site;
    this.names = names;
    const socket = site.gateway.stack.udp.open(53);
    socket.onDatagram = (bytes, at, length, source, port) => {
      const packet = readPacket(Buffer.from(bytes.slice(at, at + length)));
      const name = packet?.questions?.[0]?.name ?? "";
      this.questions.push({ time: site.clock.now(), name });
      if (this.addresses === null) return;
      const answers = this.addresses.map((data) => ({ name, type: "A", ttl: this.ttl, class: "IN", data }));
      const rcode = answers.length > 0 ? 0 : 3;
      const answer = { type: "response", id: packet?.id, flags: rcode, questions: packet?.questions, answers };
      socket.send(encode(answer as Parameters<typeof encode>[0]), socket.to(source, port));
    };
  }

  static async open(servers: readonly string[] = ["10.0.0.2"]): Promise<NamedSite> {
    const site = await Site.open();
    const names = (await loadHostNames(parseRig(RIG, "r.yaml")))(site.stack);
    site.stack.nameServers.tell("rig", { servers: servers.map(ipv4) });
    return new NamedSite(site, names);
  }

  telemetry(more: Partial<TelemetryOptions> = {}): Telemetry {
    const { names } = this;
    return this.site.telemetry(1000, [], "10.0.0.2", { address: NAME, names, ...more });
  }

  get arrived(): number[] {
    return this.site.points.flatMap(({ line }) => [...line.matchAll(/seq=(\d+)i/g)].map(([, seq]) => Number(seq)));
  }
}

function count(to: number): number[] {
  return Array.from({ length: to }, (_, at) => at + 1);
}

t.test(
  "the first reading waits for the name, and not for the next reading; the name is asked for again when its time is over",
  async (t) => {
    const named = await NamedSite.open();
    const app = named.telemetry();
    app.start();
    await named.site.clock.advance(100);
    t.strictSame(named.arrived, [1]);
    t.match(named.questions, [{ name: NAME }]);
    await named.site.clock.advance(130_000);
    t.equal(named.questions.length, 3, "once a minute");
    app.stop();
    t.strictSame(named.arrived, count(app.counters.readings));
    t.match(app.counters, { failed: 0 });
    await named.site.clock.advance(130_000);
    t.equal(named.questions.length, 3, "and no more once it is stopped");
  },
);

t.test("every format can have a name, those with connections too", async (t) => {
  for (const format of ["coap", "mqtt", "statsd", "collectd"]) {
    const named = await NamedSite.open();
    let heard = 0;
    named.site.wire.tap((bytes) => {
      if (bytes[36]! * 256 + bytes[37]! === 7000) heard++;
    });
    const app = named.telemetry({ format: formatOf(format), port: 7000 });
    app.start();
    await named.site.clock.advance(1000);
    t.ok(heard > 0, format);
    app.stop();
  }
});

t.test("the name server is silent: readings wait, each up to its bound; an answer at last, and all leave", async (t) => {
  const named = await NamedSite.open();
  named.addresses = null;
  const app = named.telemetry();
  app.start();
  await named.site.clock.advance(60_000);
  t.match(app.readings, { sent: 0, stored: 61 });
  named.addresses = ["10.0.0.2"];
  await named.site.clock.advance(120_000);
  app.stop();
  t.strictSame(named.arrived, count(app.counters.readings));
});

t.test("no such name: readings that give way fail with that reason", async (t) => {
  const named = await NamedSite.open();
  named.addresses = [];
  const app = named.telemetry({ every: 100 });
  app.start();
  await named.site.clock.advance(30_000);
  t.match(named.site.events[0], { status: "failed", reason: "NAME_ENOTFOUND", seq: 1 });
  t.ok(named.questions.length < 12, `${named.questions.length} questions`);
  app.stop();
  const { taken, dropped } = app.readings;
  t.strictSame(dropped, { NAME_ENOTFOUND: taken });
});

t.test("name servers that come later, by a lease, are asked at once", async (t) => {
  const named = await NamedSite.open([]);
  const app = named.telemetry();
  app.start();
  await named.site.clock.advance(600_000);
  t.equal(named.arrived.length, 0);
  named.site.stack.nameServers.tell("dhcp/eth0", { servers: [ipv4("10.0.0.2")] });
  await named.site.clock.advance(50);
  t.ok(named.arrived.length > 0);
  app.stop();
});

t.test(
  "the collector moves: the name is asked for when messages fail, and readings in a store arrive at the new place",
  async (t) => {
    const named = await NamedSite.open();
    named.ttl = 3600;
    named.addresses = ["10.0.0.77"];
    const app = named.telemetry({ store: { readings: 1000, keep: "newest" } });
    app.start();
    await named.site.clock.advance(3500);
    t.equal(named.arrived.length, 0, "nobody has the first address");
    named.addresses = ["10.0.0.2"];
    await named.site.clock.advance(60_000);
    app.stop();
    t.strictSame(named.arrived, count(app.counters.readings));
    t.match(app.readings, { stored: 0, dropped: {} });
  },
);

t.test("two addresses: while the first one does not work, the other has its turn", async (t) => {
  const named = await NamedSite.open();
  named.addresses = ["10.0.0.77", "10.0.0.2"];
  const app = named.telemetry({ store: { readings: 1000, keep: "newest" } });
  app.start();
  await named.site.clock.advance(60_000);
  app.stop();
  t.strictSame(named.arrived, count(app.counters.readings));
});

t.test("the name server goes away later: the known address stays in use", async (t) => {
  const named = await NamedSite.open();
  const app = named.telemetry();
  app.start();
  await named.site.clock.advance(1000);
  named.addresses = null;
  await named.site.clock.advance(600_000);
  app.stop();
  t.strictSame(named.arrived, count(app.counters.readings));
  t.match(app.counters, { failed: 0 });
});
