/** Octets that a reading costs on the wire in each format, and that docs/telemetry.md has these figures. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { Settings } from "../../../../firmware-ts/apps/telemetry/contract/format.ts";
import type { TelemetryOptions } from "../../../../firmware-ts/apps/telemetry/telemetry.ts";
import { ROOT } from "../../../support/sources.ts";
import { CHANGED, reply, Server, Type } from "./links/coap-server.ts";
import { Broker, polite } from "./links/mqtt-broker.ts";
import { formatOf, Site, sensor } from "./site.ts";

const READINGS = 200;
const EVERY = 3000;
/** Ethernet pads frames to so many octets, without the FCS. */
const SHORTEST = 60;

/** A way of telling, and its name in the table. */
interface Row {
  readonly name: string;
  readonly format: string;
  readonly settings?: Settings;
  readonly timestamp?: "none";
}

const ROWS: readonly Row[] = [
  { name: "`line`", format: "line" },
  { name: "`line`, `timestamp: none`", format: "line", timestamp: "none" },
  { name: "`statsd`", format: "statsd" },
  { name: "`collectd`", format: "collectd" },
  { name: "`coap`", format: "coap" },
  { name: "`coap`, `payload: senml-json`", format: "coap", settings: { payload: "senml-json" } },
  { name: "`coap`, `confirmEvery: 1`", format: "coap", settings: { confirmEvery: 1 } },
  { name: "`mqtt`", format: "mqtt" },
  { name: "`mqtt`, `payload: senml-cbor`", format: "mqtt", settings: { payload: "senml-cbor" } },
  { name: "`mqtt`, `version: 5`, `payload: senml-cbor`", format: "mqtt", settings: { version: "5", payload: "senml-cbor" } },
  { name: "`mqtt`, `qos: 1`", format: "mqtt", settings: { qos: 1 } },
];

/** The site on which a format has somebody who answers. */
async function siteFor({ format, settings }: Row): Promise<Site> {
  if (format === "mqtt") {
    const version = settings?.["version"] === "5" ? 5 : 4;
    const broker = await Broker.open(version);
    // As many aliases as Mosquitto takes.
    broker.answer = polite(version, { topicAliasMaximum: 10 });
    return broker.site;
  }
  if (format !== "coap") return Site.open();
  const server = await Server.open();
  server.answer = (request) => (request.confirmable ? [reply(Type.ACK, CHANGED, request, request.token)] : []);
  return server.site;
}

/** Frames and octets of a reading, both ways, without ARP. */
async function cost(row: Row, batch: number): Promise<{ frames: number; octets: number }> {
  const site = await siteFor(row);
  const { format, settings = {}, timestamp } = row;
  const port = { coap: 5683, mqtt: 1883 }[format] ?? 8094;
  const more: Partial<TelemetryOptions> = { format: formatOf(format), settings, port, batch, ...(timestamp ? { timestamp } : {}) };
  const telemetry = site.telemetry(EVERY, [{ ...sensor("thermometer", () => 21.48), unit: "°C" }], "10.0.0.2", more);
  telemetry.start();
  // The first message, and with it the connection, the address and the broker's welcome.
  await site.clock.advance(batch * EVERY - 1);
  let frames = 0;
  let octets = 0;
  site.wire.tap((bytes, length) => {
    if (bytes[12] === 8 && bytes[13] === 6) return;
    frames++;
    octets += Math.max(SHORTEST, length);
  });
  await site.clock.advance(READINGS * EVERY);
  telemetry.stop();
  if (telemetry.counters.failed > 0) throw new Error(`${telemetry.counters.failed} messages of ${row.name} failed`);
  return { frames: frames / READINGS, octets: octets / READINGS };
}

t.test("the table of the documentation", async (t) => {
  const lines: string[] = [];
  for (const row of ROWS) {
    const one = await cost(row, 1);
    const ten = row.timestamp === "none" || row.format === "statsd" ? null : await cost(row, 10);
    const cells = [one.octets.toFixed(0), one.frames.toFixed(1), ten?.octets.toFixed(0) ?? "—", ten?.frames.toFixed(1) ?? "—"];
    lines.push(`| ${row.name} | ${cells.join(" | ")} |`);
  }
  const page = readFileSync(join(ROOT, "docs/telemetry.md"), "utf8");
  t.strictSame(
    page.split("\n").filter((line) => /^\| `(line|statsd|collectd|coap|mqtt)`.* \| \d/.test(line)),
    lines,
  );
});
