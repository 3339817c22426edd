/** `whohas energy` as a user has it: a table, JSON, a picture, a meter's record beside the model, and words that are refused. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { scratch } from "../support/own.ts";
import { whohasProcess } from "../support/whohas.ts";

const RIG = new URL("../fixtures/rigs/energy.yaml", import.meta.url).pathname;
const SHORT = ["energy", RIG, "--duration", "10m", "--strategies", "dynamic,static"];

t.test("a table, and the same as a picture; a record of 36 J in an hour is 864 J a day", async (t) => {
  const folder = scratch("energy");
  const svg = join(folder, "energy.svg");
  const record = join(folder, "record.csv");
  writeFileSync(record, "#time,current,voltage,power\n0,0.004,2.5,0.01\n3600,0.004,2.5,0.01\n");
  const { stdout, stderr, code } = await whohasProcess([...SHORT, "--svg", svg, "--measured", record]);
  t.match({ stderr, code }, { stderr: "", code: 0 });
  t.match(stdout, /^--- battery-node, 10m of virtual time, seed 1 ---\n/);
  t.match(
    stdout,
    /^asleep once nothing is owed +a datagram +a day +battery +arp, nd +failed\n {2}dynamic .*\n {2}static +48\.\d mJ +41\d J +6\d\.\d days +0 +0\n/m,
  );
  t.match(stdout, /^ {2}controller\.transmit +180 mA +Microchip DS39662/m);
  t.match(stdout, /^ {2}board\.awake +20\.0 mA +rig$/m);
  t.notMatch(stdout, /left out/);
  t.match(stdout, /^measured: 36\.0 J in 1h, 864 J a day \(2 rows; time, power\)$/m);
  t.match(stdout, /^ {2}model, static, asleep once nothing is owed: 41\d J a day, measured is 2\.\d\d times that$/m);
  t.match(readFileSync(svg, "utf8"), /^<svg .*<title id="title">Energy of battery-node, by strategy<\/title>.*<\/svg>\n$/s);
});

t.test("JSON of the built-in bench: what nobody knows is named, and counts nothing", async (t) => {
  const { stdout, stderr, code } = await whohasProcess(["energy", "--duration", "1m", "--strategies", "static", "-j"]);
  t.match({ stderr, code }, { stderr: "", code: 0 });
  const { strategies, parameters, measured, ...rest } = JSON.parse(stdout);
  t.match(rest, { rig: "bench", seed: 1, duration: 60_000 });
  t.equal(measured, null);
  t.match(
    parameters.find(({ name }: { name: string }) => name === "board.awake"),
    { value: null, source: null },
  );
  const [awake] = strategies[0].ways;
  // Its controller alone: 3.3 V, 120 mA.
  t.match(awake, { way: "awake", battery: { days: null } });
  const left: string[] = awake.leftOut.map(({ parameter }: { parameter: string }) => parameter);
  t.same([...new Set(left)].sort(), ["board.awake", "board.volts", "bus.transaction"]);
  t.ok(Math.abs(awake.perDay - 0.396 * 86_400) < 5, `${awake.perDay} J`);
});

t.test("words that make no sense are refused in one line", async (t) => {
  const folder = scratch("energy");
  const record = join(folder, "record.csv");
  writeFileSync(record, "time,power\n0,1\n");
  const silent = join(folder, "silent.yaml");
  writeFileSync(silent, "devices: { eth0: { driver: packet, bus: { kind: interface, name: eth9 } } }\n");
  for (const [words, said] of [
    [["--strategies", "hope"], /hope is no strategy; there are dynamic, static/],
    [["--duration", "0s"], /--duration.*1ms or more/],
    [["--measured", record], /record\.csv:1: less than two rows|record\.csv:2: less than two rows/],
    [["--measured", join(folder, "none.csv")], /none\.csv:1: cannot be read: /],
    [["--meter", "ohm"], /ohm: not a meter; say hwmon:NAME/],
  ] as const) {
    const { stdout, stderr, code } = await whohasProcess(["energy", RIG, ...words]);
    t.match({ stdout, stderr, code }, { stdout: "", stderr: said, code: 2 }, words.join(" "));
    t.equal(stderr.trimEnd().split("\n").length, 1, stderr);
  }
  t.match(await whohasProcess(["energy", silent]), { stdout: "", stderr: /eth0: packet has no model/, code: 2 });
});
