/** The `whohas-rig` command: its words, its lines and its exit codes. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readRecord } from "../../../hil-rigs/reports/read.ts";
import { programCommand, scratch } from "../../support/own.ts";

const MAIN = new URL("../../../hil-rigs/cli/main.ts", import.meta.url);

function rig(...args: string[]): { exit: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(...programCommand(MAIN, args), {
    encoding: "utf8",
    // A program that hangs fails its test; one on a busy machine does not.
    timeout: 240_000,
    // tap's own loader in the environment would translate everything once more.
    env: { PATH: process.env["PATH"] },
  });
  return { exit: status, out: stdout, err: stderr };
}

t.test("list shows suites, cases and devices", async (t) => {
  const { exit, out } = rig("list");
  t.equal(exit, 0);
  t.match(out, /^arp: .*\d+ cases\n {2}ARP-/);
  t.match(out, /^ {2}icmp +ICMP and ICMPv6; of ip and ip6, \d+ cases$/m);
  t.match(out, /whohas-sim +our stack in virtual time/);
});

t.test("run tells what it did in one line, and what it skipped", async (t) => {
  const { exit, out, err } = rig("run", "arp", "--dut", "whohas-sim", "--case", "ARP-G-0*", "--case", "ARP-G-14", "--verbose");
  t.equal(err, "");
  t.equal(exit, 0);
  t.match(out, /^passed {3}ARP-G-01 /m);
  t.match(out, /^whohas-sim: \d+ passed, 0 failed, 0 as expected, \d+ skipped; \d+ checks, 0 not ok; [\d.]+ s$/m);
});

t.test("a part of suites is named as they are, and a case is played once", async (t) => {
  const { exit, out } = rig(
    "run",
    "icmp",
    "ip",
    "udp",
    "--dut",
    "whohas-sim",
    "--case",
    "ICMP*-01/0",
    "--case",
    "UDP*-01*",
    "--verbose",
  );
  t.equal(exit, 0);
  const played = [...out.matchAll(/^passed +(\S+)/gm)].map(([, id]) => id);
  t.ok(played.includes("ICMP-01/0") && played.includes("ICMP6-01/0"), "both families");
  t.equal(new Set(played).size, played.length);
  t.match(rig("run", "udp", "--dut", "whohas-sim", "--case", "ICMP*").err, /no case matches/);
});

t.test("compare of a device with itself finds nothing", async (t) => {
  // Every case is compared in ../run/runner.test.ts.
  const { exit, out } = rig("compare", "arp", "--duts", "whohas-sim,whohas-sim", "--case", "ARP-L-*");
  t.equal(exit, 0);
  t.match(out, /\d+ cases compared, 0 differences, 0 repeated as unsteady\n$/);
});

t.test("a report is written, shown, held against another one, and played again where it failed", async (t) => {
  const folder = join(scratch("rig"), "report");
  const { exit, out } = rig("run", "arp", "--dut", "whohas-sim", "--filter", "ARP-G-01*", "--report", folder);
  t.equal(exit, 0);
  t.match(out, new RegExp(`^report: ${folder}/report\\.html$`, "m"));
  t.match(readFileSync(join(folder, "report.html"), "utf8"), /<h1>whohas-rig: run arp --dut whohas-sim/);
  t.match(rig("show", folder, "ARP-G-01*").out, /^ARP-G-01.* on whohas-sim: passed\n(?:.*\n)+ +0\.000 {2}│/);
  t.match(rig("show", folder), { exit: 2, err: /no case failed in/ });
  t.match(rig("changes", folder, folder), { exit: 0, out: "0 changes; 0 cases passed before and fail now\n" });
  const again = ["run", "arp", "--dut", "whohas-sim", "--rerun-failed"] as const;
  t.match(rig(...again), { exit: 2, err: /--rerun-failed needs --report DIR/ });
  t.match(rig(...again, "--report", folder), { exit: 2, err: /none of these cases failed in/ });
  const path = join(folder, "record.json");
  const record = JSON.parse(readFileSync(path, "utf8"));
  record.cases[0].results[0].status = "failed";
  const worse = join(folder, "worse.json");
  for (const file of [worse, path]) writeFileSync(file, JSON.stringify(record));
  t.match(rig(...again, "--report", folder), { exit: 0, out: /^whohas-sim: 1 passed, 0 failed/ });
  const told = rig("changes", folder, worse);
  t.match(told, {
    exit: 1,
    out: /^passed {3}-> failed {3}ARP-G-01\S* on whohas-sim\n(?:.*\n)*1? ?.*1 cases passed before and fail now\n$/,
  });
});

t.test("SIGINT ends a run between two cases: what was played is told and in the report", async (t) => {
  const folder = join(scratch("rig"), "interrupted");
  const child = spawn(...programCommand(MAIN, ["run", "arp", "nd", "--dut", "whohas-sim", "--verbose", "--report", folder]), {
    env: { PATH: process.env["PATH"] },
  });
  t.teardown(() => child.kill("SIGKILL"));
  const code = once(child, "exit");
  let out = "";
  for await (const text of child.stdout.setEncoding("utf8")) {
    if (out === "") child.kill("SIGINT");
    out += text;
  }
  t.same((await code)[0], 130);
  t.match(out, /^whohas-sim: \d+ passed, 0 failed, .*, \d+ not played; /m);
  t.equal(readRecord(folder).interrupted, true);
});

t.test("list --json has what list has", async (t) => {
  const { suites, devices } = JSON.parse(rig("list", "--json").out);
  t.match(suites[0], { name: "arp", cases: [{ id: /^ARP-/, family: 4, needs: [] }] });
  t.ok(devices.some(({ name, missing }: { name: string; missing: unknown }) => name === "whohas-sim" && missing === null));
});

t.test("measure counts the requests of every run", async (t) => {
  const { exit, out, err } = rig("measure", "telemetry", "--dut", "whohas-sim", "--runs", "3", "--case", "TEL-07*");
  t.equal(err, "");
  t.equal(exit, 0);
  t.match(out, /^\| case \| runs \|.*\n\| --- \|/);
  t.match(out, /^\| TEL-07\/3-s-static \| 3 \| 0 \| 100 \| 0 \| 0 \| 0\.0 \| 0x3 \| {2}\|$/m);
});

t.test("wrong words end it with 2 and one line that says what would be right", async (t) => {
  const wrong: readonly (readonly [args: string[], line: RegExp])[] = [
    [
      ["run", "arpp", "--dut", "whohas-sim"],
      /^whohas-rig: no suite "arpp"; there are arp, nd, ip, ip6, telemetry, multicast, tcp, dhcp, acd, ipv4, ipv6, icmp, udp, fragments\n$/,
    ],
    [["list", "arpp"], /^whohas-rig: no suite "arpp"; .*\n$/],
    [["run", "arp", "--dut", "esp32"], /^whohas-rig: no DUT "esp32"; there are linux, whohas-sim, whohas-wire\n$/],
    [["run", "arp"], /^whohas-rig: required option '--dut <dut>' not specified\n$/],
    [["run", "arp", "--dut", "whohas-sim", "--case", "X*"], /^whohas-rig: no case matches X\*;.*\n$/],
    [["compare", "arp", "--duts", "linux"], /^whohas-rig: --duts takes two names.*\n$/],
  ];
  for (const [args, line] of wrong) {
    const { exit, err } = rig(...args);
    t.equal(exit, 2, args.join(" "));
    t.match(err, line);
  }
});
