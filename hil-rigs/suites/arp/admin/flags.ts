/** `use` and the flags that `ip neigh` gives an entry. Measured with iproute2 6.1. */
import type { Case } from "../../../contract/case.ts";
import { asks } from "../../../stage/patterns.ts";
import { arpReply } from "../../../wire/build.ts";
import { BROADCAST, T1 } from "../../../wire/hosts.ts";
import { becomes, calm, make, type State, told } from "../kit/setup.ts";

const AT = `${T1.ip} dev e0`;

/** `use`: resolves the entry as a datagram would. `b`: a broadcast request is sent. */
const USED: readonly (readonly [state: State, becomes: string, asks: "b" | ""])[] = [
  ["none", "INCOMPLETE", "b"],
  ["FAILED", "INCOMPLETE", "b"],
  ["INCOMPLETE", "INCOMPLETE", ""],
  ["STALE", `DELAY ${T1.mac}`, ""],
  ["DELAY", `DELAY ${T1.mac}`, ""],
  ["REACHABLE", `REACHABLE ${T1.mac}`, ""],
  ["PROBE", `PROBE ${T1.mac}`, ""],
  ["NOARP", `NOARP ${T1.mac}`, ""],
  ["PERMANENT", "INCOMPLETE", "b"],
];

const used: readonly Case[] = USED.map(([state, want, frames]) => ({
  id: `NUD-33/use-${state}`,
  title: `neigh replace ... use on a ${state} entry: ${want}, and ${frames === "b" ? "it is asked for" : "nothing is sent"}`,
  source: "kernel: NTF_USE, measured",
  needs: ["neigh-flags"],
  async run(bench) {
    calm(bench);
    await make(bench, state);
    await bench.must(`neigh replace ${AT} use`);
    const sent = (await bench.heard(20)).map((frame) => (frame.kind === "arp" && frame.dst === BROADCAST ? "b" : frame.kind));
    bench.expect("requests", sent.join(""), frames);
    await becomes(bench, T1.ip, want);
    bench.expect("nothing is told", told(bench), []);
  },
}));

const flags: readonly Case[] = [
  {
    id: "NUD-34",
    title: "a managed entry is asked for at once, and shown as managed",
    source: "kernel: NTF_MANAGED, measured",
    needs: ["neigh-flags"],
    async run(bench) {
      calm(bench);
      await bench.must(`neigh add ${AT} managed`);
      await bench.hears("asks", asks(T1.ip, { dst: BROADCAST }));
      bench.expect("flags", (await bench.neigh(T1.ip))?.flags, ["managed"]);
      await bench.say(arpReply({ from: T1 }));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      bench.expect("flags still", (await bench.neigh(T1.ip))?.flags, ["managed"]);
    },
  },
  {
    id: "NUD-35",
    title: "managed on a static entry: it becomes a managed one, and is asked for",
    source: "kernel, measured",
    needs: ["neigh-flags"],
    async run(bench) {
      calm(bench);
      await make(bench, "PERMANENT");
      await bench.must(`neigh replace ${AT} managed`);
      await bench.hears("asks", asks(T1.ip, { dst: BROADCAST }));
      await bench.expectState(T1.ip, "INCOMPLETE", "");
      bench.expect("flags", (await bench.neigh(T1.ip))?.flags, ["managed"]);
    },
  },
  {
    id: "NUD-36",
    title: "a change that does not name extern_learn takes it away, and tells so",
    source: "kernel: flags are set to what the request carries, measured",
    needs: ["neigh-flags"],
    async run(bench) {
      await bench.must(`neigh add ${AT} lladdr ${T1.mac} nud stale extern_learn`);
      bench.expect("flags", (await bench.neigh(T1.ip))?.flags, ["extern_learn"]);
      bench.events();
      await bench.must(`neigh change ${AT} lladdr ${T1.mac} nud stale`);
      bench.expect("flags", (await bench.neigh(T1.ip))?.flags, []);
      bench.expect("told", told(bench), [`new STALE ${T1.mac}`]);
    },
  },
  {
    id: "NUD-37",
    title: "router is kept as given, and a protocol is shown",
    source: "iproute2",
    needs: ["neigh-flags"],
    async run(bench) {
      await bench.must(`neigh add ${AT} lladdr ${T1.mac} nud stale router protocol static`);
      const row = await bench.neigh(T1.ip);
      bench.expect("flags and protocol", [row?.flags, row?.protocol], [["router"], "4"]);
      const shown = await bench.ip("neigh show dev e0");
      bench.expect("shown", shown.stdout, `${T1.ip} lladdr ${T1.mac} router STALE proto static \n`);
    },
  },
];

export const flagged: readonly Case[] = [...used, ...flags];
