/** The address plan of each family, the tester's words for it, and a case that names its family and topology. */
import { isIP } from "node:net";
import t from "tap";
import { type Case, needsOf, patientLast } from "../../../hil-rigs/contract/case.ts";
import { PLANS } from "../../../hil-rigs/contract/plan.ts";
import { TWO_LINKS } from "../../../hil-rigs/contract/topology.ts";
import { whohasSim } from "../../../hil-rigs/duts/whohas/sim.ts";
import { runCases } from "../../../hil-rigs/run/runner.ts";
import { parse } from "../../../hil-rigs/wire/parse.ts";
import { RESOLUTIONS } from "../../../hil-rigs/wire/resolution.ts";

const CASE: Case = { id: "X", title: "x", source: "x", run: async () => {} };

t.test("the addresses of a plan are its family's, and no two are the same", async (t) => {
  for (const family of [4, 6] as const) {
    const plan = PLANS[family];
    t.same([plan.family, plan.keys], [family, `ipv${family}`]);
    const hosts = [plan.dut.e0, plan.dut.e1, plan.T1, plan.T2, plan.host(9), plan.host(254), plan.host(9, "e1")];
    for (const { ip } of hosts) t.equal(isIP(ip), family, ip);
    t.equal(new Set(hosts.map(({ ip }) => ip)).size, hosts.length);
  }
});

t.test("the tester's ARP words are the frames that they say", async (t) => {
  const { T1, T2, dut } = PLANS[4];
  const words = RESOLUTIONS[4];
  const seen = [words.request(T1), words.request(T1, T2.ip), words.reply(T1), words.announce(T1)].map((bytes) => {
    const frame = parse({ time: 0, port: "p0", bytes });
    return frame.kind === "arp" ? [frame.op, frame.dst, frame.spa, frame.tpa] : [];
  });
  const all = "ff:ff:ff:ff:ff:ff";
  t.same(seen, [
    [1, all, T1.ip, dut.e0.ip],
    [1, all, T1.ip, T2.ip],
    [2, dut.e0.mac, T1.ip, dut.e0.ip],
    [1, all, T1.ip, T1.ip],
  ]);
  t.same(words.asks(T1.ip), { kind: "arp", op: 1, tpa: T1.ip });
  t.same(words.asks(T1.ip, T1), { kind: "arp", op: 1, tpa: T1.ip, dst: T1.mac });
  t.same(words.asks(T1.ip, "everybody"), { kind: "arp", op: 1, tpa: T1.ip, dst: all });
});

t.test("the tester's words of neighbour discovery are the frames that they say", async (t) => {
  const { T1, T2, dut } = PLANS[6];
  const words = RESOLUTIONS[6];
  const seen = [words.request(T1), words.request(T1, T2.ip), words.reply(T1), words.announce(T1)].map((bytes) => {
    const frame = parse({ time: 0, port: "p0", bytes });
    return frame.kind === "nd" ? [frame.message, frame.dst, frame.source, frame.target, frame.flags] : [];
  });
  t.same(seen, [
    ["ns", words.everybody(dut.e0.ip), T1.ip, dut.e0.ip, ""],
    ["ns", words.everybody(T2.ip), T1.ip, T2.ip, ""],
    ["na", dut.e0.mac, T1.ip, T1.ip, "SO"],
    ["na", "33:33:00:00:00:01", T1.ip, T1.ip, "O"],
  ]);
  t.equal(words.everybody("fd00::12:3456"), "33:33:ff:12:34:56");
  t.same(words.asks(T1.ip), { kind: "nd", message: "ns", target: T1.ip });
  t.same(words.asks(T1.ip, T1), { kind: "nd", message: "ns", target: T1.ip, dst: T1.mac });
  t.same(words.asks(T1.ip, "everybody"), { kind: "nd", message: "ns", target: T1.ip, dst: "33:33:ff:00:00:02" });
});

t.test("a case has its topology's needs and devices, and its family's plan", async (t) => {
  t.same(needsOf({ ...CASE, topology: TWO_LINKS, needs: ["proc"] }), ["e1", "proc"]);
  t.same(needsOf({ ...CASE, topology: TWO_LINKS, needs: ["proc", "e1"] }), ["proc", "e1"]);
  t.same(
    patientLast([{ ...CASE, id: "A", patient: true }, CASE, { ...CASE, id: "B" }]).map(({ id }) => id),
    ["X", "B", "A"],
  );
  const prepared: string[] = [];
  const topology = { ...TWO_LINKS, prepare: async () => void prepared.push("prepared") };
  const run: Case["run"] = async (bench) => {
    prepared.push("run");
    bench.expect("the plan", bench.plan.T1.ip, PLANS[4].T1.ip);
    await bench.must(`neigh add ${bench.plan.host(9, "e1").ip} lladdr ${bench.plan.T1.mac} dev e1`);
  };
  const [result] = await runCases(whohasSim, [{ ...CASE, topology, run }]);
  t.same([result?.status, prepared], ["passed", ["prepared", "run"]]);
});
