/**
 * Each format of telemetry, received by collectors that others wrote: InfluxDB, collectd (its binary protocol and StatsD), libcoap's
 * server, Mosquitto. One board sends to all of them at once; each keeps what came, and is asked for it in its own way.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { BOARD, HOST, Host } from "../support/host.ts";
import { missingForNetns, missingPrograms } from "../support/netns.ts";
import { scratch } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { ROOT } from "../support/sources.ts";
import { eventually, pause } from "../support/waiting.ts";
import { adopt, fileOf, Instance } from "../support/whohas.ts";

const missing = missingForNetns() || missingPrograms("python3", "socat");

/** A program on the host's side, and the app of the board that sends to it. */
interface Collector {
  readonly name: string;
  readonly programs: readonly string[];
  /** The app's keys, without the sensor. */
  readonly app: string;
  /** Starts it, and resolves when it listens. */
  start(host: Host): Promise<void>;
  /** The readings that it has, one text for each. */
  kept(host: Host): string[] | Promise<string[]>;
  /** Its sensor has a name, `the cellar`. */
  readonly named?: true;
  /** A reading that it should have. */
  readonly reading: RegExp;
}

const EVERY = 100;
/** Tags with marks of the formats in them. */
const TOLD = `tags: { site: 'the barn, "left"' }`;
/** Readings of each app that have to arrive, at least. */
const COUNT = 10;

const folders = new Map<string, string>();

/** A folder of a collector's own. */
function folderOf(name: string): string {
  const known = folders.get(name) ?? scratch(name);
  folders.set(name, known);
  return known;
}

function file(name: string, text: string): string {
  const path = join(folderOf(name), "conf");
  writeFileSync(path, text);
  return path;
}

const programs: ChildProcess[] = [];

function spawn(host: Host, program: string, ...args: string[]): ChildProcess {
  const child = adopt(host.netns.spawn(program, args));
  programs.push(child);
  return child;
}

async function endAll(): Promise<void> {
  const living = programs.splice(0).filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const program of living) program.kill("SIGKILL");
  await Promise.all(living.map((program) => once(program, "exit")));
}

/** Starts a program in the host's namespace, and waits until it has bound its port. */
async function listening(host: Host, port: number, program: string, ...args: string[]): Promise<void> {
  const child = spawn(host, program, ...args);
  let told = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      told = (told + text).slice(-4000);
    });
  }
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${told}`);
    return boundPorts(child).includes(`:${port.toString(16).toUpperCase().padStart(4, "0")} `);
  }, `${program} on port ${port}`);
}

/** The sockets of a program's namespace, as the kernel lists them. */
function boundPorts({ pid }: ChildProcess): string {
  return ["udp", "tcp"].map((protocol) => readFileSync(`/proc/${pid}/net/${protocol}`, "utf8")).join("");
}

const QUERY = `
import json, sys, urllib.parse, urllib.request
query = urllib.parse.urlencode({"db": "telemetry", "epoch": "ms", "q": sys.argv[1]})
print(urllib.request.urlopen("http://127.0.0.1:8086/query?" + query).read().decode())
`;

interface Result {
  readonly error?: string;
  readonly series?: readonly { readonly columns: string[]; readonly values: unknown[][] }[];
}

/** Asks InfluxDB: a result for each query. */
function ask(host: Host, ...queries: string[]): Result[] {
  const answer = host.netns.run("python3", "-c", QUERY, queries.join("; "));
  return (JSON.parse(answer) as { results: Result[] }).results;
}

/** The queries of the dashboard, its variables replaced as Grafana does: InfluxDB takes each, and nearly all find something. */
function checkDashboard(t: Test, host: Host): void {
  const text = readFileSync(join(ROOT, "docs/grafana/telemetry-influxdb.json"), "utf8");
  const { panels } = JSON.parse(text) as { panels: { targets: { query: string }[] }[] };
  const queries = panels.flatMap(({ targets }) => targets.map(({ query }) => query));
  const results = ask(
    host,
    ...queries.map((query) =>
      query.replaceAll("$node", "collected").replaceAll("$timeFilter", "time > now() - 1h").replaceAll("$__interval", "200ms"),
    ),
  );
  t.equal(results.length, queries.length);
  for (const [at, { error }] of results.entries()) t.equal(error, undefined, queries[at] ?? "");
  const silent = queries.filter((_query, at) => results[at]?.series === undefined);
  // This board's thermometer has a name of its own, no reading is missing, and nobody counts its joules.
  t.equal(silent.length, 3, silent.join("; "));
}

const influxdb: Collector = {
  name: "InfluxDB",
  programs: ["influxd"],
  app: `to: "${HOST}:8089", batch: 5, ${TOLD}, own: [arp, drops, queue, link, repairs, uptime], store: { readings: 100 }`,
  named: true,
  reading:
    /^node=collected,site=the barn, "left",the cellar=\d+(\.\d+)?,arp_requests_broadcast=[12],links_up=1,uptime=\d+,seq=\d+$/,
  async start(host) {
    const root = folderOf("influxdb");
    const config = `
reporting-disabled = true
[meta]
dir = "${root}/meta"
[data]
dir = "${root}/data"
wal-dir = "${root}/wal"
[http]
bind-address = "127.0.0.1:8086"
log-enabled = false
[[udp]]
enabled = true
bind-address = "${HOST}:8089"
database = "telemetry"
batch-timeout = "50ms"
`;
    return listening(
      host,
      8089,
      "influxd",
      "-config",
      file("influxdb", config.replace("[meta]", 'bind-address = "127.0.0.1:8088"\n[meta]')),
    );
  },
  kept(host) {
    const [series] = ask(host, "SELECT * FROM telemetry")[0]?.series ?? [];
    return (series?.values ?? []).map((row) => {
      const fields = new Map(series?.columns.map((name, at) => [name, row[at]]));
      return ["node", "site", "the cellar", "arp_requests_broadcast", "links_up", "uptime", "seq"]
        .map((name) => `${name}=${fields.get(name)}`)
        .join();
    });
  },
};

/** The lines of the files that collectd's csv plugin writes: one a value, behind a header. */
function csv(host: string, plugin: string, name: string): string[] {
  const below = join(folderOf("collectd"), "csv", host, plugin);
  try {
    const files = readdirSync(below).filter((found) => found.startsWith(name));
    return files.flatMap((found) => readFileSync(join(below, found), "utf8").trimEnd().split("\n").slice(1));
  } catch {
    return [];
  }
}

let daemon: Promise<void> | null = null;

/** One collectd for both of its protocols. */
function startCollectd(host: Host): Promise<void> {
  const root = folderOf("collectd");
  const config = `
Hostname "aggregator"
FQDNLookup false
BaseDir "${root}"
PIDFile "${root}/pid"
TypesDB "/usr/share/collectd/types.db"
Interval 0.2
LoadPlugin csv
LoadPlugin network
LoadPlugin statsd
<Plugin csv>
  DataDir "${root}/csv"
</Plugin>
<Plugin network>
  Listen "${HOST}" "25826"
</Plugin>
<Plugin statsd>
  Host "${HOST}"
  Port "8125"
</Plugin>
`;
  daemon ??= listening(host, 8125, "collectd", "-f", "-C", file("collectd", config));
  return daemon;
}

const collectd: Collector = {
  name: "collectd",
  programs: ["collectd"],
  app: `to: "${HOST}:25826", format: collectd, batch: 5, ${TOLD}, own: [uptime]`,
  named: true,
  reading: /^\d{10}\.\d{3},\d+\.\d+$/,
  start: startCollectd,
  kept: () => csv("collected", `telemetry-site=the barn, "left"`, "temperature-the cellar"),
};

const statsd: Collector = {
  name: "collectd's statsd plugin",
  programs: ["collectd"],
  app: `to: "${HOST}:8125", format: statsd`,
  reading: /^\d{10}\.\d{3},\d+\.\d+$/,
  start: startCollectd,
  // Every 200 ms the gauge's newest value.
  kept: () => csv("aggregator", "statsd", "gauge-collected.thermometer"),
};

const coap: Collector = {
  name: "libcoap's coap-server",
  programs: ["coap-server-notls", "coap-client-notls"],
  app: `to: "${HOST}:5683", format: coap, coap: { path: /collected, method: put, payload: senml-json, confirmEvery: 1 }`,
  reading: /^collected\/: thermometer=\d+(\.\d+)?,seq=\d+$/,
  start: (host) => listening(host, 5683, "coap-server-notls", "-A", HOST, "-p", "5683", "-d", "10"),
  // The resource has the newest reading; the board counts those that were acknowledged.
  kept(host) {
    const text = host.netns.run("coap-client-notls", "-m", "get", `coap://${HOST}/collected`);
    if (!text.includes("[")) return [];
    const records = JSON.parse(text.slice(text.indexOf("["))) as { bn?: string; n: string; v: number }[];
    const line = `${records[0]?.bn}: ${records.map(({ n, v }) => `${n}=${v}`).join()}`;
    return Array.from({ length: COUNT }, () => line);
  },
};

/** The port of each broker. */
const BROKERS = { "3.1.1": 1883, "5": 1884 } as const;

function mosquitto(version: keyof typeof BROKERS, qos: number): Collector {
  const port = BROKERS[version];
  return {
    name: `Mosquitto, MQTT ${version}, QoS ${qos}`,
    programs: ["mosquitto", "mosquitto_sub"],
    app: `to: "${HOST}:${port}", format: mqtt, mqtt: { version: ${version}, qos: ${qos}, topic: field/${port}, user: me, password: secret }`,
    reading: /^field\/\d+ \d telemetry,node=collected thermometer=\d+(\.\d+)?,seq=\d+i \d{19}$/,
    async start(host) {
      const config = `listener ${port} ${HOST}\nallow_anonymous true\npersistence false\nuser root\n`;
      await listening(host, port, "mosquitto", "-c", file(`mosquitto${port}`, config));
      const subscriber = [
        "-h",
        HOST,
        "-p",
        String(port),
        "-V",
        version === "5" ? "mqttv5" : "mqttv311",
        "-t",
        "field/#",
        "-q",
        "1",
      ];
      const child = spawn(host, "stdbuf", "-oL", "mosquitto_sub", ...subscriber, "-d", "-F", "%t %q %p");
      let told = "";
      child.stdout?.on("data", (text: Buffer) => {
        told += text;
      });
      await eventually(() => told.includes("Subscribed"), "a subscription", 10_000);
      heard.set(port, () => told);
    },
    kept: () => (heard.get(port)?.() ?? "").split("\n").filter((line) => line.startsWith("field/")),
  };
}

/** Lines of the subscriber of each broker. */
const heard = new Map<number, () => string>();

const COLLECTORS: readonly Collector[] = [influxdb, collectd, statsd, coap, mosquitto("3.1.1", 0), mosquitto("5", 1)];
const lacking = (collector: Collector): string | false => missing || missingPrograms(...collector.programs);
for (const collector of COLLECTORS) {
  const skip = lacking(collector);
  if (skip) t.test(collector.name, { skip }, () => {});
}
const there = COLLECTORS.filter((collector) => !lacking(collector));

realTime(
  t,
  "a board tells real collectors",
  { skip: there.length === 0 ? "no collector is installed" : false },
  async (t: Test) => {
    const host = new Host();
    t.teardown(async () => {
      await endAll();
      host.remove();
    });
    daemon = null;
    folders.clear();
    await Promise.all(there.map((collector) => collector.start(host)));
    const apps = there.map(({ app, named }, at) => {
      const name = named ? ", name: the cellar" : "";
      return `  - { kind: telemetry, ${app}, every: ${EVERY}ms, sensors: [{ kind: thermometer, pin: A${at}${name} }] }`;
    });
    const rig = `name: collected
board: { io: simulated }
devices: { eth0: { driver: packet, bus: { kind: interface, name: ${host.near} }, addresses: [${BOARD}/24] } }
apps:
${apps.join("\n")}
`;
    const board = await Instance.start([fileOf(rig), "--metrics", "0"]);
    t.teardown(() => board.kill());
    const told = COUNT * there.length;
    await eventually(() => board.events.filter(({ event }) => event === "datagram").length >= told, `${told} messages`);
    for (const { name, kept, reading } of there) {
      let found: string[] = [];
      const enough = async (): Promise<boolean> => {
        // Asking takes a program each time.
        await pause(100);
        found = await kept(host);
        return found.length >= COUNT;
      };
      await eventually(enough, `${COUNT} readings in ${name}`, 20_000);
      t.ok(
        found.every((line) => reading.test(line)),
        `${name}: ${found[0]}`,
      );
    }
    if (there.includes(influxdb)) checkDashboard(t, host);
    const { metrics } = (board.events.find(({ event }) => event === "ready") ?? {}) as { metrics?: string };
    const figures = await (await fetch(metrics ?? "")).text();
    for (const at of there.keys())
      t.match(figures, new RegExp(`^whohas_telemetry_messages\\{app="telemetry-${at + 1}",fate="sent"\\} [1-9]\\d*$`, "m"));
    const { code, summary } = await board.stop();
    t.equal(code, 0);
    t.ok(summary.datagrams.failed <= 2 * there.length, `${summary.datagrams.failed} cut off by the end`);
    t.strictSame(summary.drops, {});
  },
);
