/**
 * To add a kind of thing takes one new file, and its name in one list: the table "To add … touch …" of docs/architecture.md, row by
 * row. A copy of the tree gets a made-up thing of each kind (fixtures/adding) in this way; types, architecture, rig files, commands, rigs
 * and stacks know it then.
 */
import { readFileSync } from "node:fs";
import t from "tap";
import { formatFinding } from "./support/finding.ts";
import { checkArchitecture } from "./support/layers.ts";
import { checkProse } from "./support/prose.ts";
import { TreeCopy } from "./support/tree-copy.ts";

interface Row {
  /** As the table has it. */
  readonly thing: string;
  readonly path: string;
  /** The constant; "" for a file that is a list of exports. */
  readonly list: string;
  readonly item: string;
  readonly from?: readonly [name: string, file: string];
}

const KINDS = "firmware-ts/board/kinds/index.ts";
/** The link-local address of the station 02:00:00:00:00:01. */
const NEAR = "fe80::ff:fe00:1";
const ground = (names: string): string => `({ ${names} }: TransportGround): Knock => new Knock(${names})`;

const ROWS: readonly Row[] = [
  { thing: "a controller driver", path: "drivers/index.ts", list: "", item: 'export { W9999 } from "./w9999/w9999.ts";' },
  { thing: "an SPI bridge", path: "hal/bridges/index.ts", list: "", item: 'export { Ch999Bus } from "./ch999.ts";' },
  { thing: "a device kind", path: KINDS, list: "DEVICE_KINDS", item: "w9999", from: ["w9999", "./w9999.ts"] },
  { thing: "a bus kind", path: KINDS, list: "BUS_KINDS", item: "ch999", from: ["ch999", "./ch999.ts"] },
  {
    thing: "a transport",
    path: "firmware-ts/transport/index.ts",
    list: "TRANSPORTS",
    item: `knock: ${ground("network, layers")}`,
    from: ["Knock", "./knock.ts"],
  },
  { thing: "an app", path: "firmware-ts/apps/index.ts", list: "APP_KINDS", item: "hail", from: ["hail", "./hail.ts"] },
  {
    thing: "a format of telemetry",
    path: "firmware-ts/apps/telemetry/formats/index.ts",
    list: "FORMATS",
    item: "morse",
    from: ["morse", "./morse.ts"],
  },
  { thing: "a command", path: "firmware-ts/cli/commands/index.ts", list: "COMMANDS", item: 'wave: () => import("./wave.ts")' },
  {
    thing: "a control method",
    path: "firmware-ts/control/methods/index.ts",
    list: "METHODS",
    item: "...parrotMethods",
    from: ["parrotMethods", "./parrot.ts"],
  },
  {
    thing: "a suite of cases",
    path: "hil-rigs/suites/index.ts",
    list: "SUITES",
    item: "manners",
    from: ["manners", "./manners/index.ts"],
  },
  {
    thing: "a chapter of a suite",
    path: "hil-rigs/suites/arp/index.ts",
    list: "chapters",
    item: "courtesy",
    from: ["courtesy", "./courtesy/index.ts"],
  },
  { thing: "a device under test", path: "hil-rigs/duts/index.ts", list: "DUTS", item: "twin", from: ["twin", "./twin/twin.ts"] },
];

const copy = new TreeCopy(new URL("fixtures/adding", import.meta.url));
for (const { path, list, item, from } of ROWS) copy.addTo(path, list, item, from);

const { code, stdout, stderr } = copy.run("test/probe.ts");
t.strictSame([code, stderr], [0, ""]);
const seen = JSON.parse(stdout || "{}");

t.test("the table has these rows, with these lists", async (t) => {
  const page = readFileSync(new URL("../docs/architecture.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => /^\| an? /.test(line));
  t.strictSame(
    rows.map((row) => row.split(" | ")[0]?.slice(2)),
    ROWS.map(({ thing }) => thing),
  );
  for (const { thing, path, list } of ROWS) {
    const places = rows.find((row) => row.startsWith(`| ${thing} |`))?.split(" | ")[2] ?? "";
    for (const word of [path, list]) t.ok(places.includes(word), `${thing}: ${word}`);
  }
});

t.test("types and architecture hold", async (t) => {
  t.strictSame(copy.typecheck(), { code: 0, stdout: "", stderr: "" });
  const sources = copy.sources();
  t.strictSame([...checkArchitecture(sources), ...checkProse(sources)].map(formatFinding), []);
});

t.test("device, bus and app: whohas check and a SPEC know them", async (t) => {
  t.strictSame(seen.check.slice(2), [
    "device   eth0      w9999 simulated, on a simulated wire with a simulated gateway",
    "address  eth0      10.0.0.5/24",
    "device   eth1      enc28j60 on adapter 3, if it is not there: simulated",
    "hail     10.0.0.9  every 2s",
  ]);
  t.strictSame(seen.refused, [
    "f:2:19: devices.eth0.driver: w9998: did you mean w9999?",
    "f:2:39: devices.eth0.bus.kind: ch998: not a bus; did you mean ch999?",
    "f:3:58: devices.eth1.bus.adapter: 17: not a whole number from 0 to 9",
    "f:4:39: devices.eth2.bus.kind: ch999: not a bus of w9999, which has sim",
    "f:5:58: devices.eth3.bus.adapter: 1: eth2 has it already; each device needs one of its own",
    "f:6:16: apps[0].kind: hali: not an app; did you mean hail?",
    "f:6:63: apps[1].every: 2h: not from 1ms to 1m",
  ]);
  t.strictSame(seen.format, [
    "telemetry  10.0.0.9:9  every 3s, format morse, 30 words a minute",
    "f:2:63: telemetry.morse.speed: 90: not a whole number from 1 to 60",
  ]);
  t.match(seen.wrongSpec[0], /ch998: not a bus of enc28j60, perhaps ch999; say enc28j60:sim, .*, enc28j60:ch999:7$/);
});

t.test("device, bridge and app: a system has them", async (t) => {
  t.match(seen.devices, [
    { name: "eth0", description: "W9999", carrier: true, gateway: "10.0.0.9" },
    { name: "eth1", description: /simulated ENC28J60.* on adapter 3, used/, fallback: null },
  ]);
  t.match(seen.datagrams, { sent: 10, failed: 0 });
  t.match([seen.fromSpec, seen.bridge], [/simulated ENC28J60.* on adapter 3, unused/, "Ch999Bus"]);
});

t.test("driver and transport: two stacks find each other and talk, in both families", async (t) => {
  t.strictSame(seen.stack, {
    driver: "w9999",
    said: ["queued", "queued", "queued", "queued"],
    asking: ["INCOMPLETE", "INCOMPLETE,NOARP"],
    answered: ["REACHABLE", "REACHABLE,NOARP"],
    again: "sent",
    failed: "REACHABLE,NOARP,FAILED,NOARP",
    heard: ["10.1.0.1 7 four", "10.1.0.1 knocks 4", `${NEAR} 7 six`, `${NEAR} knocks 6`, `${NEAR} 7 six again`],
  });
});

t.test("method: clients and docs know it", async (t) => {
  const word = { name: "word", form: "string", optional: false, meaning: "the word", values: [] };
  const description = { name: "parrot", about: "Says a word twice.", params: [word], result: "string", notes: [], errors: [] };
  t.strictSame(seen.parrot, ["hihi", "word is missing", description]);
});

t.test("command: whohas runs it, and help has it", async (t) => {
  const whohas = (...words: string[]): unknown => copy.run("firmware-ts/cli/main.ts", ...words);
  t.match(whohas("--help"), { code: 0, stdout: /^ {2}wave \[options\] <who> +wave at somebody$/m, stderr: "" });
  t.strictSame(whohas("-i", "b1", "wave", "moon", "--count", "3"), { code: 1, stdout: "b1 waves at moon, 3 times\n", stderr: "" });
});

t.test("suite, chapter and device under test: whohas-rig lists and runs them", async (t) => {
  const rig = (...words: string[]): { stdout: string } => copy.run("hil-rigs/cli/main.ts", ...words);
  const { stdout } = rig("list");
  for (const line of [
    /^manners: good manners, 1 cases\n {2}MAN-01 +a host asks before it sends$/m,
    /^ {2}ARP-X-99 +who has nothing to say is silent$/m,
    /^ {2}twin +our stack once more$/m,
  ]) {
    t.match(stdout, line);
  }
  t.match(rig("run", "manners", "--dut", "whohas-sim"), { code: 0, stdout: /^whohas-sim: 1 passed, 0 failed/, stderr: "" });
  t.match(rig("compare", "manners", "arp", "--case", "MAN-*", "--case", "ARP-X-99", "--duts", "whohas-sim,twin"), {
    code: 0,
    stdout: /^twin: 2 passed, 0 failed(?:.|\n)*^2 cases compared, 0 differences/m,
    stderr: "",
  });
});
