/** Keys of telemetry about what is kept, named and shown: accepted, described, refused where they do not fit; files that a board keeps. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { filesOf } from "../../../firmware-ts/board/apps.ts";
import { describeRig, parseRig, RigError } from "../../../firmware-ts/board/rig-file.ts";
import { BoardTextFiles } from "../../../firmware-ts/board/text-files.ts";

const DEVICES = "board: { io: simulated }\ndevices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.2/24] } }\n";

function problems(text: string): string[] {
  try {
    parseRig(text, "f", { firmware: true });
    return [];
  } catch (error) {
    if (error instanceof RigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
}

function refusals(telemetry: string): string[] {
  return problems(`${DEVICES}telemetry: { to: "10.0.0.1:9", ${telemetry} }\n`);
}

t.test("every key, described", async (t) => {
  const rig = parseRig(
    `${DEVICES}dns: [10.0.0.1, 10.0.0.3]
metrics: "9610"
telemetry:
  to: Influx.barn.example:8089
  sequence: none
  own: [arp, uptime]
  tags: { site: barn, room: "left, below" }
  store: { readings: 50, keep: oldest, file: /var/lib/whohas/a b }
  jitter: 10s
  sensors: [{ kind: thermometer, pin: A0, name: cellar }, { kind: light, pin: A1 }]
`,
    "f",
    { firmware: true },
  );
  t.strictSame(describeRig(rig).slice(-7), [
    "dns        10.0.0.1",
    "dns        10.0.0.3",
    "metrics    127.0.0.1:9610  for Prometheus",
    "telemetry  influx.barn.example:8089  every 3s, format line, sequence none, own numbers arp, uptime, site=barn, room=left, below, spread over 10s",
    "store      50 readings     the oldest are kept, over restarts in /var/lib/whohas/a b",
    "sensor     cellar          thermometer on pin A0",
    "sensor     light           on pin A1",
  ]);
  t.strictSame(filesOf(rig), ["/var/lib/whohas/a b"]);
});

t.test("refused, with what would be right", async (t) => {
  const sensors = "sensors: [{ kind: light, pin: A0, name: a }, { kind: light, pin: A1, name: a }]";
  for (const [telemetry, ...wanted] of [
    ["store: { readings: 0 }", "telemetry.store.readings: 0: not a whole number from 1 to 100000"],
    ["store: { keep: all }", "telemetry.store.keep: all: what may stand here: newest, oldest"],
    ["store: { file: a/b }", "telemetry.store.file: a/b: not a file's absolute path; say e.g. /var/lib/whohas/readings"],
    ["store: 1000", "telemetry.store: 1000: one value, where a mapping belongs; say e.g. { readings: 1000 }"],
    ["format: statsd, store: {}", "telemetry.store: statsd has no times, of several readings only the last would be kept"],
    [
      "timestamp: none, store: {}",
      "telemetry.store: without times all readings of a message become one; say timestamp: always or wait",
    ],
    [
      "format: coap, timestamp: none, store: { file: /a }",
      "telemetry.store.file: a file keeps readings by their times; say timestamp: always or wait",
    ],
    ["format: coap, timestamp: none, store: {}"],
    ["jitter: 3", "telemetry.jitter: 3: a duration without its unit; say e.g. 3s"],
    ["own: [arp, arp]", "telemetry.own[1]: arp: given twice"],
    [
      "own: [arp, joules]",
      "telemetry.own[1]: joules: needs the rig's parameters; say e.g. energy: { board: { kind: pi-zero-2w } }",
    ],
    ["own: [ram]", "telemetry.own[0]: ram: what may stand here: arp, drops, queue, link, repairs, uptime, joules"],
    ["tags: { node: a }", "telemetry.tags.node: node: a word that every point has for itself; call the tag otherwise"],
    [
      "tags: { a b: c }",
      'telemetry.tags."a b": "a b": not a tag\'s name: a letter, then up to 31 letters, digits, _ or -, as in site',
    ],
    ['tags: { a: "" }', "telemetry.tags.a: empty; say e.g. barn"],
    ['tags: { a: "x\\ny" }', 'telemetry.tags.a: "x\\ny": 1 to 64 characters that can be seen belong here, as in cellar'],
    [
      "format: statsd, tags: { a: b }",
      "telemetry.tags: StatsD itself has no tags: say how the collector reads them, statsd: { tags: datadog } or { tags: influxdb }",
    ],
    ["format: statsd, statsd: { tags: influxdb }, tags: { a: b }"],
    [
      `format: collectd, tags: { a: ${"b".repeat(62)} }`,
      "telemetry.tags: collectd takes 63 bytes of tags, as in site=barn,room=loft",
    ],
    [sensors, "telemetry.sensors[1].name: a: given twice"],
    [sensors.replace("name: a", "name: seq"), "telemetry.sensors[0].name: seq: a name that readings have for themselves"],
    ["sequence: none", "telemetry.sequence: none: a reading without sensors and own numbers has nothing but its number"],
    ["sequence: none, own: [link]"],
    ["sequence: count", "telemetry.sequence: count: only StatsD counts; say number or none"],
    ["format: statsd, sequence: count"],
  ] as [string, ...string[]][]) {
    t.strictSame(refusals(telemetry), wanted, telemetry);
  }
});

t.test("joules go with the rig's parameters, and those are of one device", async (t) => {
  const app = 'apps: [{ kind: telemetry, to: "10.0.0.1:9", own: [joules] }]\n';
  const energy = "energy: { board: { kind: pi-zero-2w } }\n";
  t.strictSame(problems(`${DEVICES}${energy}${app}`), []);
  t.match(problems(`${DEVICES}${app}`), [/^apps\[0\]\.own\[0\]: joules: needs the rig's parameters; say e\.g\. energy: /]);
  const two = DEVICES.replace(" } }\n", " }, eth1: { driver: enc28j60, bus: { kind: sim } } }\n");
  t.match(problems(`${two}${energy}${app}`), [
    /own\[0\]: joules: the energy of a node with one device is modelled, and the rig has 2$/,
  ]);
  t.match(problems(`${DEVICES}energy: { board: { volts: 5 } }\n${app}`), [/^energy\.board\.volts: /], "one mistake is told once");
});

t.test("a collector's name needs somebody who knows it; one file has one app", async (t) => {
  const named = (to: string, more = ""): string[] => problems(`${DEVICES}${more}telemetry: { to: "${to}" }\n`);
  t.strictSame(named("influx.lan:8089"), [
    "telemetry.to: influx.lan: a name, and nobody to ask for it; say e.g. dns: [192.168.10.1], or addresses: [dhcp]",
  ]);
  t.strictSame(named("influx.lan:8089", "dns: [10.0.0.1]\n"), []);
  t.strictSame(
    problems(`devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [dhcp] } }\ntelemetry: { to: "influx:8089" }\n`),
    [],
  );
  t.match(named("influx.lan:0", "dns: [10.0.0.1]\n"), [
    "telemetry.to: influx.lan:0: the port is not 1 to 65535; say e.g. influx.lan:8094",
  ]);
  t.match(named("10.0.0.256:9"), [/not ADDRESS:PORT/], "an address that is written wrong is no name");
  t.match(named("-a.lan:9", "dns: [10.0.0.1]\n"), [/not ADDRESS:PORT/]);
  t.match(problems(`${DEVICES}metrics: somewhere\n`), [/not ADDRESS:PORT or PORT/]);
  const app = "{ kind: telemetry, to: 10.0.0.1:9, store: { file: /a } }";
  t.strictSame(problems(`${DEVICES}apps: [${app}, ${app}]\n`), [
    "apps[1].store.file: /a: written already by apps[0].store.file; each app needs its own",
  ]);
});

t.test("files of a board: whole or not at all, trouble is told once, and what cannot be read is kept aside", async (t) => {
  const folder = t.testdir({});
  const told: string[] = [];
  const files = new BoardTextFiles((message) => told.push(message));
  const path = join(folder, "new", "readings");
  t.equal(files.load(path, 100), null);
  t.ok(files.save(path, "one"));
  t.ok(files.save(path, "two"));
  t.strictSame(readdirSync(join(folder, "new")), ["readings"]);
  t.equal(files.load(path, 3), "two");
  t.equal(files.load(path, 2), null);
  t.equal(readFileSync(`${path}.bad`, "utf8"), "two");
  t.match(told, [`${path}: it has 3 bytes, and 2 are the most; it is kept as ${path}.bad`]);
  t.ok(files.save(path, null));
  t.ok(files.save(path, null), "nothing to remove is nothing wrong");
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "folder", "x"), "");
  told.length = 0;
  for (let time = 0; time < 3; time++) t.notOk(files.save(join(folder, "folder"), "text"));
  t.match(told, [/folder: cannot be written: /]);
});
