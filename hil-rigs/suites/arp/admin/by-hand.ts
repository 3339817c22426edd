/** States that an operator gives an entry by hand, and flush. Measured with iproute2 6.1. */
import type { Case } from "../../../contract/case.ts";
import { datagram } from "../../../stage/patterns.ts";
import { at, becomes, calm, make, seen, told, until, untilFailed } from "../kit/setup.ts";

export const byHand: readonly Case[] = [
  {
    id: "ARP-S-25",
    title: "add without a link address fails, and leaves an entry without a state, which the next datagram resolves",
    source: "kernel, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks, reply } = bench.resolution;
      calm(bench);
      const first = await bench.ip(`neigh add ${at(bench)}`);
      bench.expect("refused", [first.exit, first.stderr.trim()], [2, "Error: No link layer address given."]);
      await bench.expectState(T1.ip, "NONE", "");
      const second = await bench.ip(`neigh add ${at(bench)} lladdr ${T1.mac}`);
      bench.expect("now it exists", [second.exit, second.stderr.trim()], [2, "RTNETLINK answers: File exists"]);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip, "everybody"));
      await bench.say(reply(T1));
      await bench.hears("sends", datagram(T1.ip, { dst: T1.mac }));
    },
  },
  {
    id: "NUD-30",
    title: "nud delay by hand: the entry was not confirmed lately, so it is probed at once",
    source: "kernel, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks } = bench.resolution;
      bench.param("retrans_time_ms", 600_000);
      await make(bench, "STALE");
      await bench.must(`neigh change ${at(bench)} nud delay`);
      await bench.hears("probes", asks(T1.ip, T1));
      await becomes(bench, T1.ip, `PROBE ${T1.mac}`);
      bench.expect("told", told(bench), [`new DELAY ${T1.mac}`, `new PROBE ${T1.mac}`]);
    },
  },
  {
    id: "NUD-31",
    title: "nud delay by hand: the entry was confirmed a moment ago, so it is reachable without a probe",
    source: "kernel, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      calm(bench);
      await make(bench, "REACHABLE");
      await bench.must(`neigh change ${at(bench)} nud delay`);
      await until(bench, () => seen(bench, T1.ip).startsWith("REACHABLE"));
      await bench.expectState(T1.ip, "REACHABLE", T1.mac);
      bench.expect("told", told(bench), [`new DELAY ${T1.mac}`, `new REACHABLE ${T1.mac}`]);
      await bench.silence("nothing is sent", 20);
    },
  },
  {
    id: "NUD-32",
    title: "nud stale with an address, while datagrams wait: they leave, and the entry is told as DELAY",
    source: "kernel, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks } = bench.resolution;
      calm(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.must(`neigh change ${at(bench)} lladdr ${T1.mac} nud stale`);
      await bench.hears("sends", datagram(T1.ip, { dst: T1.mac }));
      await bench.expectState(T1.ip, "DELAY", T1.mac);
      bench.expect("told", told(bench), [`new DELAY ${T1.mac}`]);
    },
  },
  {
    id: "NUD-38",
    title: "nud probe by hand counts its probes from the beginning, whatever was counted before",
    source: "kernel: __neigh_update, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      bench.param("retrans_time_ms", 30);
      await bench.poke(T1.ip);
      await untilFailed(bench);
      await bench.heard();
      await bench.must(`neigh change ${at(bench)} lladdr ${T1.mac} nud probe`);
      await bench.sleep(50);
      await untilFailed(bench);
      const probes = (await bench.heard()).filter((frame) => frame.kind !== "udp" && frame.dst === T1.mac);
      bench.expect("unicast probes", probes.length, 3);
    },
  },
  {
    id: "ARP-Q-17",
    title: "nud failed drops what waits: an answer that comes later finds nothing to send",
    source: "kernel: neigh_invalidate, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks, reply } = bench.resolution;
      calm(bench);
      await bench.poke(T1.ip, { count: 2 });
      await bench.hears("asks", asks(T1.ip));
      await bench.must(`neigh change ${at(bench)} nud failed`);
      await bench.say(reply(T1));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      await bench.silence("nothing is sent", 20);
      bench.expect("told", told(bench), ["new FAILED", `new REACHABLE ${T1.mac}`]);
    },
  },
  {
    id: "ARP-S-26",
    title: "flush leaves static and NOARP entries, and takes all others",
    source: "iproute2, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      for (const [n, nud] of ["permanent", "noarp", "stale", "reachable"].entries())
        await bench.must(`neigh add 10.0.0.${20 + n} lladdr ${T1.mac} nud ${nud} dev e0`);
      await bench.must("neigh flush dev e0");
      const left = bench.dut.neighbours().map(({ dst, state }) => `${dst} ${state}`);
      bench.expect("left", left.sort(), ["10.0.0.20 PERMANENT", "10.0.0.21 NOARP"]);
    },
  },
  {
    id: "ARP-S-26/all",
    title: "flush of all states leaves NOARP entries, and takes static ones; NOARP named takes them",
    source: "iproute2, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      for (const [n, nud] of ["permanent", "noarp", "stale", "failed", "none"].entries())
        await bench.must(`neigh add 10.0.0.${20 + n} lladdr ${T1.mac} nud ${nud} dev e0`);
      const left = (): string[] => bench.dut.neighbours().map(({ dst, state }) => `${dst} ${state}`);
      await bench.must("neigh flush dev e0 nud all");
      bench.expect("left", left(), ["10.0.0.21 NOARP"]);
      await bench.must("neigh flush dev e0 nud noarp");
      bench.expect("left in the end", left(), []);
    },
  },
  {
    id: "ARP-S-13/idempotent",
    title: "the same static entry replaced by itself: nothing changes and nothing is told",
    source: "kernel: notify only what changed",
    async run(bench) {
      const { T1 } = bench.plan;
      await make(bench, "PERMANENT");
      await bench.must(`neigh replace ${at(bench)} lladdr ${T1.mac}`);
      await bench.expectState(T1.ip, "PERMANENT", T1.mac);
      bench.expect("told", told(bench), []);
    },
  },
];
