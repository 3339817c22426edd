/** `ip` for the second family: what it prints and refuses. Measured with iproute2 6.1. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { calm } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

/** One entry of each kind, fd00::20 and on. */
async function several(bench: Bench): Promise<void> {
  calm(bench);
  const add = "neigh add fd00::";
  await bench.must(`${add}20 dev e0 lladdr 02:00:00:00:00:20 nud stale`);
  await bench.must(`${add}21 dev e0 lladdr 02:00:00:00:00:21 nud reachable`);
  await bench.must(`${add}22 dev e0 lladdr 02:00:00:00:00:22 nud permanent`);
  await bench.must(`${add}23 dev e0 nud failed`);
  await bench.must(`${add}24 dev e0 lladdr 02:00:00:00:00:24 nud stale router`);
  await bench.must(`${add}25 dev e0 lladdr 02:00:00:00:00:25 nud stale extern_learn protocol bgp`);
}

/** An entry that another program learned is shown whatever state is asked for, as for IPv4. */
const BGP = "fd00::25 dev e0 lladdr 02:00:00:00:00:25 extern_learn STALE proto bgp ";

/** A command and the lines that it prints, in any order. */
const PRINTED: readonly (readonly [command: string, ...lines: string[]])[] = [
  [
    "-6 neigh show nud stale",
    "fd00::20 dev e0 lladdr 02:00:00:00:00:20 STALE ",
    "fd00::24 dev e0 lladdr 02:00:00:00:00:24 router STALE ",
    "fd00::25 dev e0 lladdr 02:00:00:00:00:25 extern_learn STALE proto bgp ",
  ],
  ["-6 neigh show fd00::21", "fd00::21 dev e0 lladdr 02:00:00:00:00:21 REACHABLE "],
  [
    "neigh show to fd00::20/127",
    "fd00::20 dev e0 lladdr 02:00:00:00:00:20 STALE ",
    "fd00::21 dev e0 lladdr 02:00:00:00:00:21 REACHABLE ",
  ],
  ["neigh show to fd00:0:0:0::22 dev e0", "fd00::22 lladdr 02:00:00:00:00:22 PERMANENT "],
  ["-6 neigh show nud failed", "fd00::23 dev e0 FAILED ", BGP],
  ["-6 -o neigh show nud permanent", "fd00::22 dev e0 lladdr 02:00:00:00:00:22 PERMANENT ", BGP],
  ["-4 neigh show"],
  ["-6 -j neigh show fd00::22", '[{"dst":"fd00::22","dev":"e0","lladdr":"02:00:00:00:00:22","state":["PERMANENT"]}]'],
  ["-j neigh show fd00::24", '[{"dst":"fd00::24","dev":"e0","lladdr":"02:00:00:00:00:24","router":null,"state":["STALE"]}]'],
  ["neigh get fd00::21 dev e0", "fd00::21 dev e0 lladdr 02:00:00:00:00:21 REACHABLE "],
  ["-6 neigh show proto bgp", "fd00::25 dev e0 lladdr 02:00:00:00:00:25 extern_learn STALE proto bgp "],
];

const printed: readonly Case[] = PRINTED.map(([command, ...lines]) => ({
  id: `ND-X-10/${command.replaceAll(/[ /]/g, "_")}`,
  title: `ip ${command}`,
  source: "iproute2, measured",
  needs: ["neigh-flags", "neigh-get"],
  async run(bench) {
    await several(bench);
    const shown = (await bench.must(command)).split("\n").filter((line) => line !== "");
    bench.expect("lines", shown.sort(), [...lines].sort());
  },
}));

const REFUSED: readonly (readonly [id: string, command: string, exit: number, stderr: string])[] = [
  ["get-none", "neigh get fd00::99 dev e0", 2, "Error: Neighbour entry not found."],
  ["del-none", "neigh del fd00::99 dev e0", 2, "RTNETLINK answers: No such file or directory"],
  ["again", "neigh add fd00::20 lladdr 02:00:00:00:00:99 dev e0", 2, "RTNETLINK answers: File exists"],
  ["change-none", "neigh change fd00::99 lladdr 02:00:00:00:00:99 dev e0", 2, "RTNETLINK answers: No such file or directory"],
  ["no-address", "neigh add fd00::99 dev e0", 2, "Error: No link layer address given."],
  [
    "bad-address",
    "neigh add fd00::g lladdr 02:00:00:00:00:99 dev e0",
    1,
    'Error: any valid address is expected rather than "fd00::g".',
  ],
  ["family", "-4 neigh show fd00::20", 1, 'Error: inet prefix is expected rather than "fd00::20".'],
];

const refused: readonly Case[] = REFUSED.map(([id, command, exit, stderr]) => ({
  id: `ND-X-11/${id}`,
  title: `ip ${command}: exit ${exit}, ${stderr}`,
  source: "iproute2, measured",
  async run(bench) {
    await several(bench);
    const result = await bench.ip(command);
    bench.expect("exit and words", [result.exit, result.stderr.trim()], [exit, stderr]);
  },
}));

const others: readonly Case[] = [
  {
    id: "ND-X-12",
    title: "flush removes what is not static, and of this family alone",
    source: "iproute2, measured",
    async run(bench) {
      await several(bench);
      await bench.must("-6 neigh flush dev e0");
      const left = bench.dut.neighbours().filter(({ dst }) => dst.startsWith("fd00::2"));
      bench.expect("left", left.map(({ dst }) => dst).sort(), ["fd00::22"]);
    },
  },
  {
    id: "ND-X-13",
    title: "ntable shows the device's values",
    source: "iproute2, measured",
    needs: ["ntable"],
    timers: "kernel",
    async run(bench) {
      const text = await bench.must("-6 ntable show dev e0 name ndisc_cache");
      const lines = text.split("\n").map((line) => line.trim());
      bench.expect("first lines", lines.slice(0, 2), ["inet6 ndisc_cache", "dev e0"]);
      bench.expect("times", /base_reachable 30000 retrans 1000/.test(text), true);
      bench.expect(
        "probes",
        /delay_probe 5000 queue 101/.test(text) && /app_probes 0 ucast_probes 3 mcast_probes 3/.test(text),
        true,
      );
    },
  },
];

export const words: readonly Case[] = overIpv6([...printed, ...refused, ...others]);
