/** Every device under test that runs in real time: start, wires, programs, end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import t from "tap";
import type { Case } from "../../../hil-rigs/contract/case.ts";
import type { DutKind } from "../../../hil-rigs/contract/dut.ts";
import { TWO_LINKS } from "../../../hil-rigs/contract/topology.ts";
import { linux } from "../../../hil-rigs/duts/linux/linux.ts";
import { whohasWire } from "../../../hil-rigs/duts/whohas/wire.ts";
import { EXPECTATIONS } from "../../../hil-rigs/run/expectations.ts";
import { type CaseResult, runCases } from "../../../hil-rigs/run/runner.ts";
import { datagram } from "../../../hil-rigs/stage/patterns.ts";
import { SUITES } from "../../../hil-rigs/suites/index.ts";
import { tcp } from "../../../hil-rigs/suites/tcp/index.ts";
import { arpReply, arpRequest } from "../../../hil-rigs/wire/build.ts";
import { udp } from "../../../hil-rigs/wire/build4.ts";
import { udp6 } from "../../../hil-rigs/wire/build6.ts";
import { host, T1 } from "../../../hil-rigs/wire/hosts.ts";
import { missingForNetns, run } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";

const skip = missingForNetns();
/** The whole suites are for `whohas-rig run`: they take longer in real time than a test should. */
const SAMPLE: ReadonlySet<string> = new Set([
  "ARP-S-03",
  "ARP-S-14",
  "ARP-L-01",
  "ARP-L-13",
  "ARP-G-01",
  "ARP-G-02",
  "ARP-R-01/tha-ours",
  "ARP-R-05",
  "ARP-V-03",
  "ARP-U-01",
  "ARP-Q-01",
  "ARP-T-01",
  "ND-N-01/global",
  "ND-N-10/hops-254",
  "ND-A-01",
  "ND-A-30/STALE/SO-other",
  "ND-S-01/global",
  "ND-S-05",
  "ND-R-02/all",
  "ND-D-03",
  "ND-P-01",
  "IPv6/ARP-Q-01",
  "IP-01",
  "IP-19/length-0",
  "IP6-01",
  "IP6-33/routing-0-left",
  "TCP-32/probe",
  "DHCP-02",
  "DHCP-25/kept",
  "ACD-02",
  "LL-02",
]);

const namespace = (): string => readlinkSync("/proc/self/ns/net");
const links = (): string => run("ip", ["-br", "link"]);

async function check(kind: DutKind, id: string, body: Case["run"], more: Partial<Case> = {}): Promise<CaseResult> {
  const [result] = await runCases(kind, [{ id, title: "a case of this test", source: "here", run: body, ...more }]);
  return result as CaseResult;
}

for (const kind of [linux, whohasWire]) {
  realTime(t, `${kind.name}: a case of each family holds`, { skip }, async (t) => {
    const before = [namespace(), links()];
    const cases = SUITES.flatMap((suite) => suite.cases).filter((each) => SAMPLE.has(each.id));
    t.equal(cases.length, SAMPLE.size);
    const results = await runCases(kind, cases, { expectations: EXPECTATIONS });
    for (const { case: each, status, reason } of results) t.not(status, "failed", `${each.id} ${reason}`);
    t.same([namespace(), links()], before, "the process is back where it was, and nothing is left there");
  });

  realTime(t, `${kind.name}: cases of TCP that wait for nothing hold`, { skip }, async (t) => {
    const cases = tcp.cases.filter(({ patient, family }) => !patient && family !== 6);
    const results = await runCases(kind, cases, { expectations: EXPECTATIONS });
    for (const { case: each, status, reason } of results) t.not(status, "failed", `${each.id} ${reason}`);
  });

  realTime(t, `${kind.name}: two devices, each with its own cable`, { skip }, async (t) => {
    const far = host(2, "10.0.1.2");
    const { reason } = await check(
      kind,
      "X-e1",
      async (bench) => {
        await bench.poke(far.ip);
        await bench.hears("asks on e1", { kind: "arp", op: 1, tpa: far.ip, src: "02:00:00:00:10:01" }, { port: "p1" });
        bench.expect("and on e1 only", (await bench.heard()).filter((frame) => frame.port === "p0").length, 0);
        await bench.sayOn("p1", arpReply({ from: far, dst: "02:00:00:00:10:01", tpa: "10.0.1.1" }));
        await bench.hears("sends", datagram(far.ip, { dst: far.mac }), { port: "p1" });
        bench.expect("entry of e1", (await bench.neigh(far.ip, "e1"))?.state, "REACHABLE");
        bench.expect("none of e0", await bench.neigh(far.ip, "e0"), null);
      },
      { topology: TWO_LINKS },
    );
    t.equal(reason, "");
  });

  realTime(t, `${kind.name}: a program on it receives, the cable can be pulled`, { skip }, async (t) => {
    const { reason } = await check(kind, "X-udp", async (bench) => {
      await bench.say(arpRequest({ from: T1 }));
      const socket = bench.socket({ port: 7 });
      await bench.say(udp({ from: T1, sport: 1234, dport: 7, payload: "hello" }));
      const got = socket.received().map(({ from, port, bytes }) => [from, port, new TextDecoder().decode(bytes)]);
      bench.expect("the datagram", got, [[T1.ip, 1234, "hello"]]);
      bench.expect("no route, no datagram", socket.send(new Uint8Array(1), "192.0.2.1", 9), "ENETUNREACH");
      await bench.expectState(T1.ip, "STALE", T1.mac);
      await bench.plug(false);
      // The kernel may take up to a second to act on a lost carrier.
      await bench.reaches(T1.ip, "-", 1500);
    });
    t.equal(reason, "");
  });
}

realTime(t, "a DUT that does not start is a failure, and the process comes home all the same", { skip }, async (t) => {
  const before = namespace();
  const { status, reason } = await check(linux, "X-bad", async (bench) => {
    bench.dut.send("p1", arpRequest());
  });
  t.equal(status, "failed");
  t.match(reason, /no port p1/);
  t.equal(namespace(), before);
});

realTime(t, "a rig that is killed leaves nothing behind, and had nothing here to leave", { skip }, async (t) => {
  const before = [links(), run("ip", ["netns", "list"])];
  const dev = new URL("../../../firmware-ts/cli/dev.mjs", import.meta.url).pathname;
  const main = new URL("../../../hil-rigs/cli/main.ts", import.meta.url).pathname;
  const args = ["--import", dev, main, "run", "arp", "--dut", "linux", "--case", "ARP-S-*", "--jobs", "1", "--verbose"];
  const child = spawn(process.execPath, args, { env: { PATH: process.env["PATH"] }, stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  t.equal(child.exitCode, null, "in the midst of it");
  t.same([links(), run("ip", ["netns", "list"])], before, "its cables and namespaces are not ours");
  child.kill("SIGTERM");
  t.same(await ended, [null, "SIGTERM"]);
  t.same([links(), run("ip", ["netns", "list"])], before);
});

realTime(t, "linux: what is read by netlink is what ip shows", { skip }, async (t) => {
  const { reason } = await check(linux, "X-ip", async (bench) => {
    await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} managed nud stale extern_learn router dev e0`);
    await bench.must("neigh add 10.0.0.3 nud none dev e0");
    await bench.poke("10.0.0.4");
    const { stdout } = await bench.ip("-j -s neigh show nud all");
    const shown = (JSON.parse(stdout) as Record<string, unknown>[]).map((row) => {
      const { dst, dev, lladdr = "", state = [], probes, used, confirmed, updated } = row;
      const flags = Object.keys(row).filter((key) => row[key] === null);
      const [name = "NONE"] = state as string[];
      return { dst, dev, lladdr, state: name, probes, used, confirmed, updated, flags, protocol: "" };
    });
    const byAddress = (a: { dst?: unknown }, b: { dst?: unknown }): number => (String(a.dst) < String(b.dst) ? -1 : 1);
    const keys = Object.keys(shown[0] ?? {});
    const read = bench.dut.neighbours().map((row) => Object.fromEntries(keys.map((key) => [key, row[key as keyof typeof row]])));
    bench.expect("three entries", shown.length, 3);
    bench.expect("the same", read.sort(byAddress), shown.sort(byAddress));
  });
  t.equal(reason, "");
});

realTime(t, "linux: IPv6 has its own table, changes, datagrams and errors", { skip }, async (t) => {
  const body: Case["run"] = async (bench) => {
    const { T1: known, T2: silent } = bench.plan;
    await bench.must(`neigh add ${known.ip} lladdr ${known.mac} nud stale router dev e0`);
    bench.expect("told", bench.events(), [{ kind: "new", dst: known.ip, dev: "e0", lladdr: known.mac, state: "STALE", probes: 0 }]);
    const row = bench.dut.neighbours(known.ip)[0];
    bench.expect("the entry", [row?.state, row?.lladdr, row?.flags], ["STALE", known.mac, ["router"]]);
    const socket = bench.socket({ port: 7, errors: true });
    await bench.say(udp6({ sport: 1234, dport: 7, payload: "hello" }));
    const got = socket.received().map(({ from, port, bytes }) => [from, port, new TextDecoder().decode(bytes)]);
    bench.expect("the datagram", got, [[known.ip, 1234, "hello"]]);
    bench.param("mcast_solicit", 1);
    socket.send(new Uint8Array(3), silent.ip, 9);
    await bench.reaches(silent.ip, "FAILED", 100);
    bench.expect("the error", socket.errors(), ["EHOSTUNREACH"]);
    socket.send(new Uint8Array(3), "fe80::2", 9);
    await bench.hears("a link-local address is meant on e0", { kind: "nd", message: "ns", target: "fe80::2" });
  };
  t.equal((await check(linux, "X-6", body, { family: 6 })).reason, "");
});

realTime(t, "linux: errors come to a socket that asks for them", { skip }, async (t) => {
  const { reason } = await check(linux, "X-err", async (bench) => {
    bench.param("mcast_solicit", 1);
    const socket = bench.socket({ errors: true });
    socket.send(new Uint8Array(3), T1.ip, 9);
    socket.send(new Uint8Array(3), T1.ip, 9);
    await bench.reaches(T1.ip, "FAILED", 100);
    bench.expect("one for each datagram", socket.errors(), ["EHOSTUNREACH", "EHOSTUNREACH"]);
    bench.expect("and no more", socket.errors(), []);
  });
  t.equal(reason, "");
});
