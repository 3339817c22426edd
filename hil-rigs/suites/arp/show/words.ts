/** `ip neigh` and /proc/net/arp, word for word, by state and by spelling. Measured with iproute2 6.1. */
import type { Case } from "../../../contract/case.ts";
import type { Need } from "../../../contract/dut.ts";
import { T1 } from "../../../wire/hosts.ts";
import { calm, make, STATES, type State } from "../kit/setup.ts";

const lladdr = ` lladdr ${T1.mac}`;
const SHOWN: Readonly<Record<State, string>> = {
  none: "",
  NONE: "",
  INCOMPLETE: `${T1.ip} dev e0 INCOMPLETE \n`,
  FAILED: `${T1.ip} dev e0 FAILED \n`,
  STALE: `${T1.ip} dev e0${lladdr} STALE \n`,
  DELAY: `${T1.ip} dev e0${lladdr} DELAY \n`,
  REACHABLE: `${T1.ip} dev e0${lladdr} REACHABLE \n`,
  PROBE: `${T1.ip} dev e0${lladdr} PROBE \n`,
  NOARP: "",
  PERMANENT: `${T1.ip} dev e0${lladdr} PERMANENT \n`,
};

const shown: readonly Case[] = STATES.map((state) => ({
  id: `ARP-X-01/${state}`,
  title: `ip neigh with a ${state} entry`,
  source: "iproute2, measured",
  async run(bench) {
    calm(bench);
    await make(bench, state);
    const text = SHOWN[state];
    bench.expect("neigh", await bench.must("neigh"), text);
    bench.expect("neigh show dev e0", await bench.must("neigh show dev e0"), text.replace(" dev e0", ""));
    const all = state === "NOARP" ? `${T1.ip} dev e0${lladdr} NOARP \n` : state === "NONE" ? `${T1.ip} dev e0 \n` : text;
    bench.expect("neigh show nud all", await bench.must("neigh show nud all"), all);
    const nud = state === "none" ? "all" : state.toLowerCase();
    bench.expect(`neigh show nud ${nud}`, await bench.must(`neigh show nud ${nud}`), all);
    bench.expect("neigh show of another", await bench.must("neigh show 10.0.0.9"), "");
    bench.expect("neigh show of its prefix", await bench.must("neigh show to 10.0.0.0/30"), text);
    const row =
      state === "none" || text === ""
        ? []
        : [{ dst: T1.ip, dev: "e0", ...(text.includes(T1.mac) ? { lladdr: T1.mac } : {}), state: [state] }];
    bench.expect("-j neigh", JSON.parse(await bench.must("-j neigh show")), row);
  },
}));

/** /proc/net/arp: neither NONE nor NOARP entries; flags 0 not valid, 2 valid, 6 permanent. */
const PROC: readonly (readonly [state: State, flags: string | null])[] = [
  ["none", null],
  ["NONE", null],
  ["NOARP", null],
  ["INCOMPLETE", "0x0"],
  ["FAILED", "0x0"],
  ["STALE", "0x2"],
  ["DELAY", "0x2"],
  ["REACHABLE", "0x2"],
  ["PROBE", "0x2"],
  ["PERMANENT", "0x6"],
];
const HEADING = "IP address       HW type     Flags       HW address            Mask     Device\n";

const proc: readonly Case[] = PROC.map(([state, flags]) => ({
  id: `ARP-X-02/${state}`,
  title: `/proc/net/arp with a ${state} entry`,
  source: "kernel: arp_seq_show, measured",
  needs: ["proc"],
  async run(bench) {
    calm(bench);
    await make(bench, state);
    const mac = flags === "0x0" ? "00:00:00:00:00:00" : T1.mac;
    const line = `${T1.ip.padEnd(16)} ${"0x1".padEnd(11)} ${(flags ?? "").padEnd(11)} ${mac}     *        e0\n`;
    bench.expect("shown", bench.cat("/proc/net/arp"), flags === null ? HEADING : `${HEADING}${line}`);
  },
}));

/** Ways to say the same thing. */
const SPELLINGS: readonly (readonly [id: string, command: string, needs?: readonly Need[]])[] = [
  ["n", `n add ${T1.ip} lladdr ${T1.mac} dev e0`],
  ["neighbour", `neighbour add ${T1.ip} lladdr ${T1.mac} dev e0`],
  ["neighbor", `neighbor add ${T1.ip} lladdr ${T1.mac} dev e0`],
  ["a", `n a ${T1.ip} lladdr ${T1.mac} dev e0`],
  ["to", `neigh add to ${T1.ip} lladdr ${T1.mac} dev e0`],
  ["order", `neigh add dev e0 nud permanent lladdr ${T1.mac} ${T1.ip}`],
  ["lladdr-short", `neigh add ${T1.ip} ll ${T1.mac} dev e0`],
  ["nud-short", `neigh add ${T1.ip} lladdr ${T1.mac} nud perm dev e0`],
  ["nud-number", `neigh add ${T1.ip} lladdr ${T1.mac} nud 0x80 dev e0`],
  ["replace", `neigh replace ${T1.ip} lladdr ${T1.mac} dev e0`],
  ["repl", `neigh repl ${T1.ip} lladdr ${T1.mac} dev e0`],
];

const spellings: readonly Case[] = SPELLINGS.map(([id, command, needs = []]) => ({
  id: `ARP-X-03/${id}`,
  title: `ip ${command}`,
  source: "iproute2, measured",
  needs,
  async run(bench) {
    await bench.must(command);
    await bench.expectState(T1.ip, "PERMANENT", T1.mac);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-X-04",
    title: "ip -s neigh shows seconds since use, confirmation and change, and probes",
    source: "iproute2, measured",
    async run(bench) {
      calm(bench);
      await make(bench, "PERMANENT");
      const text = await bench.must("-s neigh show");
      bench.expect(
        "shown",
        /^10\.0\.0\.2 dev e0 lladdr 02:00:00:00:00:02 {2}used \d+\/\d+\/\d+probes 0 PERMANENT \n$/.test(text),
        true,
      );
    },
  },
  {
    id: "ARP-X-05",
    title: "ip neigh get shows one entry",
    source: "iproute2, measured",
    needs: ["neigh-get"],
    async run(bench) {
      calm(bench);
      await make(bench, "STALE");
      bench.expect("shown", await bench.must(`neigh get ${T1.ip} dev e0`), `${T1.ip} dev e0 lladdr ${T1.mac} STALE \n`);
    },
  },
  {
    id: "ARP-X-06",
    title: "several states asked for, those entries are shown",
    source: "iproute2",
    async run(bench) {
      calm(bench);
      for (const [n, nud] of ["stale", "reachable", "permanent"].entries())
        await bench.must(`neigh add 10.0.0.${20 + n} lladdr ${T1.mac} nud ${nud} dev e0`);
      const text = await bench.must("neigh show nud stale nud permanent");
      const states = text.split("\n").map((line) => line.trim().split(" ").at(-1));
      bench.expect("shown", states.sort(), ["", "PERMANENT", "STALE"]);
    },
  },
];

export const words: readonly Case[] = [...shown, ...proc, ...spellings, ...others];
