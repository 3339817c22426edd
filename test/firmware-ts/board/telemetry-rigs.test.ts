/** Telemetry's keys in rig files: every one of them, what whohas check prints, refusals, and the examples of the documentation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { describeRig, parseRig, RigError } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { ROOT } from "../../support/sources.ts";

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function refusals(telemetry: string, to?: string): string[] {
  const text = `devices: { eth0: { driver: enc28j60, bus: { kind: sim } } }\ntelemetry: { to: "10.0.0.1:9", ${telemetry} }\n`;
  try {
    parseRig(to === undefined ? text : text.replace("10.0.0.1:9", to), "f");
    return [];
  } catch (error) {
    if (error instanceof RigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
}

t.test("every key", async (t) => {
  const rows = describeRig(parseRig(read("test/fixtures/rigs/telemetry.yaml"), "telemetry.yaml"));
  t.strictSame(
    rows.filter((row) => row.startsWith("telemetry")),
    [
      "telemetry-1  192.168.10.1:8089   every 10s, format line, 6 readings in a message, timestamp wait",
      "telemetry-2  192.168.10.1:8125   every 3s, format statsd, timestamp none",
      "telemetry-3  192.168.10.1:25826  every 3s, format collectd, 1000 readings in a message, timestamp always",
      "telemetry-4  192.168.10.1:5683   every 3s, format coap, put senml-json to /a/b, one in 10 confirmed, 2 readings in a message, timestamp none",
      "telemetry-5  192.168.10.1:1883   every 3s, format mqtt, MQTT 5, QoS 1, senml-cbor to a/b",
    ],
    "and no password",
  );
});

t.test("defaults of the formats", async (t) => {
  for (const [format, described] of [
    ["coap", "format coap, post senml-cbor to /telemetry"],
    ["mqtt", "format mqtt, MQTT 3.1.1, QoS 0, line"],
  ] as const) {
    const rig = parseRig(
      `devices: { eth0: { driver: enc28j60, bus: { kind: sim } } }\ntelemetry: { to: "10.0.0.1:9", format: ${format} }\n`,
      "f",
    );
    t.ok(describeRig(rig).at(-1)?.endsWith(described), described);
  }
});

t.test("refused: values that are none, and values that do not fit together", async (t) => {
  for (const [telemetry, ...wanted] of [
    ["batch: 0", "telemetry.batch: 0: not a whole number from 1 to 1000"],
    [
      "batch: 10, timestamp: none",
      "telemetry.batch: 10: without times all readings of a message become one; say timestamp: always or wait",
    ],
    ["timestamp: never", "telemetry.timestamp: never: what may stand here: none, wait, always"],
    ["format: statsd, batch: 2", "telemetry.batch: 2: statsd has no times, of several readings only the last would be kept"],
    ["format: statsd, timestamp: wait", "telemetry.timestamp: wait: statsd has no times; say none, or leave it out"],
    ["coap: { path: /a }", "telemetry.coap: settings of the format coap, and the format is line"],
    ["format: mqtt, mqtt: senml", "telemetry.mqtt: senml: one value, where a mapping belongs; say e.g. { version: 3.1.1 }"],
    ["format: mqtt, mqtt: { qos: 2 }", "telemetry.mqtt.qos: 2: not a whole number from 0 to 1"],
    [
      "format: mqtt, mqtt: { password: abc }",
      'telemetry.mqtt.password: MQTT 3.1.1 has no password without a user; name one, or say version: "5"',
    ],
    ['format: mqtt, mqtt: { version: "5", password: abc }'],
    ["format: mqtt, mqtt: { user: me, password: abc }"],
    ['format: mqtt, mqtt: { user: "", password: abc }', "telemetry.mqtt.user: empty; say e.g. pico"],
    ["format: mqtt, mqtt: { keepAlive: 1d }", "telemetry.mqtt.keepAlive: 1d: not from 1s to 65535s"],
    [
      "format: mqtt, mqtt: { topic: a/# }",
      "telemetry.mqtt.topic: a/#: a topic of 1 to 255 characters without + and # belongs here; say e.g. telemetry/pico",
    ],
    [
      "format: mqtt, mqtt: { payload: line }, batch: 2, timestamp: none",
      "telemetry.batch: 2: without times all readings of a message become one; say timestamp: always or wait",
    ],
    ["format: mqtt, mqtt: { payload: senml-cbor }, batch: 2, timestamp: none"],
    [
      "format: coap, coap: { path: a }",
      "telemetry.coap.path: a: a path begins with / and has letters, digits and -._~; say e.g. /telemetry",
    ],
    [
      "format: coap, coap: { path: /a/../b }",
      "telemetry.coap.path: /a/../b: a path begins with / and has letters, digits and -._~; say e.g. /telemetry",
    ],
    ["format: coap, coap: { pat: /a }", "telemetry.coap.pat: unknown key; did you mean path?"],
  ] as [string, ...string[]][]) {
    t.strictSame(refusals(telemetry), wanted, telemetry);
  }
});

t.test("a format that waits for answers has one host to wait for", async (t) => {
  const refused = (to: string, format: string): string[] => {
    const address = to.replace(/^\[|\]?:9$/g, "");
    return [`telemetry.to: ${address}: an address of many hosts, and ${format} waits for the answers of one`];
  };
  for (const to of ["[ff::1]:9", "[fe80::1%eth0]:9"]) t.strictSame(refusals("format: mqtt", to), [], `${to}: one host`);
  for (const to of ["239.1.2.3:9", "255.255.255.255:9", "[ff02::1%eth0]:9", "[FF0F::1]:9"]) {
    t.strictSame(refusals("format: mqtt", to), refused(to, "mqtt"));
    t.strictSame(refusals("format: coap, coap: { confirmEvery: 2 }", to), refused(to, "coap"));
    t.strictSame(refusals("format: coap", to), []);
    t.strictSame(refusals("format: statsd", to), []);
  }
});

t.test("the examples of docs/telemetry.md and docs/sleep.md pass whohas check, and run", async (t) => {
  const pages = read("docs/telemetry.md") + read("docs/sleep.md");
  const examples = [...pages.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
  t.equal(examples.length, 4);
  for (const example of examples) {
    const clock = new VirtualClock();
    const system = await System.make(parseRig(example, "docs", { firmware: true }), { clock, duration: 120_000 });
    await startSystem(system);
    await clock.advance(120_000);
    await system.stop();
    const { sent, failed } = system.summary().datagrams;
    t.ok(sent > 0, `${sent} sent, ${failed} failed`);
  }
});
