/** States, flags and errors by hand: what `ip neigh` makes of entries. Measured with iproute2 6.1. */
import type { Case } from "../../contract/case.ts";
import type { Need } from "../../contract/dut.ts";
import { asks, datagram } from "../../stage/patterns.ts";
import { arpReply } from "../../wire/build.ts";
import { BROADCAST, T1, T2 } from "../../wire/hosts.ts";
import { becomes, calm, make, STATES, type State, seen, seenAs, told, until } from "./setup.ts";

const AT = `${T1.ip} dev e0`;

/** The kernel's refusals, as `ip` prints them, with exit 2. */
const REFUSED: readonly (readonly [id: string, state: State, command: string, stderr: string, needs?: readonly Need[]])[] = [
  ["add-existing", "STALE", `neigh add ${AT} lladdr ${T2.mac}`, "RTNETLINK answers: File exists"],
  ["add-existing-same", "PERMANENT", `neigh add ${AT} lladdr ${T1.mac}`, "RTNETLINK answers: File exists"],
  ["change-missing", "none", `neigh change ${AT} lladdr ${T1.mac}`, "RTNETLINK answers: No such file or directory"],
  ["del-missing", "none", `neigh del ${AT}`, "RTNETLINK answers: No such file or directory"],
  ["no-lladdr", "NONE", `neigh replace ${AT}`, "Error: No link layer address given."],
  ["no-lladdr-stale", "FAILED", `neigh change ${AT} nud stale`, "Error: No link layer address given."],
  ["short-lladdr", "none", `neigh add ${AT} lladdr 02:00:00:00:00`, "Error: Invalid link address."],
  ["get-missing", "none", `neigh get ${AT}`, "Error: Neighbour entry not found.", ["neigh-get"]],
];

/** Refusals of `ip` itself, before the kernel is asked. */
const WORDS: readonly (readonly [id: string, command: string, exit: number, stderr: string])[] = [
  ["no-device", `neigh add ${T1.ip} lladdr ${T1.mac} dev x9`, 1, 'Cannot find device "x9"'],
  ["bad-state", `neigh add ${AT} nud 0x42`, 255, 'Error: argument "0x42" is wrong: nud state is bad'],
  ["bad-word-state", `neigh add ${AT} nud nonsense`, 255, 'Error: argument "nonsense" is wrong: nud state is bad'],
  ["add-no-dev", `neigh add ${T1.ip} lladdr ${T1.mac}`, 255, "Device and destination are required arguments."],
  ["flush-nothing", "neigh flush", 1, "Flush requires arguments."],
];

const refused: readonly Case[] = REFUSED.map(([id, state, command, stderr, needs = []]) => ({
  id: `ARP-S-20/${id}`,
  title: `ip ${command} with the entry ${state} is refused: ${stderr}`,
  source: "iproute2 and kernel, measured",
  needs,
  async run(bench) {
    calm(bench);
    await make(bench, state);
    const result = await bench.ip(command);
    bench.expect("refused", [result.exit, result.stderr.trim()], [2, stderr]);
    bench.expect("as it was", seen(bench, T1.ip), seenAs(state));
    bench.expect("nothing is told", told(bench), []);
  },
}));

const words: readonly Case[] = WORDS.map(([id, command, exit, stderr]) => ({
  id: `ARP-S-21/${id}`,
  title: `ip ${command} is refused: ${stderr}`,
  source: "iproute2, measured",
  async run(bench) {
    const result = await bench.ip(command);
    bench.expect("refused", [result.exit, result.stderr.trim()], [exit, stderr]);
    bench.expect("the table is empty", bench.dut.neighbours().length, 0);
  },
}));

/** `replace` with a link address from each state to each: the entry is what was asked for, and each change told once. */
const SETTABLE = ["STALE", "REACHABLE", "NOARP", "PERMANENT"] as const;
const replaced: readonly Case[] = STATES.flatMap((from) =>
  SETTABLE.map(
    (to): Case => ({
      id: `ARP-S-22/${from}-${to}`,
      title: `replace makes a ${from} entry ${to}, with another address`,
      source: "kernel: neigh_update with ADMIN and OVERRIDE",
      async run(bench) {
        calm(bench);
        await make(bench, from);
        await bench.must(`neigh replace ${AT} lladdr ${T2.mac} nud ${to.toLowerCase()}`);
        await bench.expectState(T1.ip, to, T2.mac);
        bench.expect("told", told(bench), [`new ${to} ${T2.mac}`]);
        await bench.silence("nothing is sent", 5);
        await bench.poke(T1.ip);
        await bench.hears("the next datagram goes there", datagram(T1.ip, { dst: T2.mac }));
      },
    }),
  ),
);

/** Invalid states by hand: the address is lost; told only where there was one, or a failure while it was asked for. */
const INVALIDATED: readonly (readonly [from: State, to: "none" | "incomplete" | "failed", told: string[]])[] = [
  ["STALE", "none", ["new NONE"]],
  ["STALE", "incomplete", ["new INCOMPLETE"]],
  ["STALE", "failed", ["new FAILED"]],
  ["PERMANENT", "none", ["new NONE"]],
  ["PERMANENT", "failed", ["new FAILED"]],
  ["NOARP", "failed", ["new FAILED"]],
  ["REACHABLE", "failed", ["new FAILED"]],
  ["DELAY", "failed", ["new FAILED"]],
  ["PROBE", "failed", ["new FAILED"]],
  ["INCOMPLETE", "failed", ["new FAILED"]],
  ["INCOMPLETE", "none", []],
  ["FAILED", "none", []],
  ["FAILED", "incomplete", []],
  ["NONE", "failed", []],
];

const invalidated: readonly Case[] = INVALIDATED.map(([from, to, want]) => ({
  id: `ARP-S-23/${from}-${to}`,
  title: `change to nud ${to} of a ${from} entry: ${want.length > 0 ? "told" : "not told"}`,
  source: "kernel: __neigh_update, measured",
  async run(bench) {
    calm(bench);
    await make(bench, from);
    await bench.must(`neigh change ${AT} lladdr ${T2.mac} nud ${to}`);
    await bench.expectState(T1.ip, to.toUpperCase(), "");
    bench.expect("told", told(bench), want);
    await bench.silence("nothing is sent", 5);
  },
}));

/** Deletion: told as a failure where the entry was of use or being asked for, and as a removal always. */
const deleted: readonly Case[] = STATES.filter((state) => state !== "none").map((state) => ({
  id: `ARP-S-24/${state}`,
  title: `neigh del of a ${state} entry`,
  source: "kernel: neigh_delete, measured",
  async run(bench) {
    calm(bench);
    await make(bench, state);
    await bench.must(`neigh del ${AT}`);
    await bench.expectState(T1.ip, "-");
    const quiet = state === "NONE" || state === "FAILED";
    bench.expect("told", told(bench), quiet ? ["deleted FAILED"] : ["new FAILED", "deleted FAILED"]);
    await bench.silence("nothing is sent", 5);
  },
}));

/** Addresses that `add` takes like any other. */
const ODD = ["224.0.0.9", "10.0.0.255", "255.255.255.255", "0.0.0.0", "127.0.0.9", "10.0.0.1", "192.168.9.9"] as const;
const odd: readonly Case[] = ODD.map((ip) => ({
  id: `ARP-S-12/${ip}`,
  title: `a static entry for ${ip} is accepted`,
  source: "kernel: no check, measured",
  async run(bench) {
    await bench.must(`neigh add ${ip} lladdr ${T1.mac} dev e0`);
    await bench.expectState(ip, "PERMANENT", T1.mac);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-S-25",
    title: "add without a link address fails, and leaves an entry without a state, which the next datagram resolves",
    source: "kernel, measured",
    async run(bench) {
      calm(bench);
      const first = await bench.ip(`neigh add ${AT}`);
      bench.expect("refused", [first.exit, first.stderr.trim()], [2, "Error: No link layer address given."]);
      await bench.expectState(T1.ip, "NONE", "");
      const second = await bench.ip(`neigh add ${AT} lladdr ${T1.mac}`);
      bench.expect("now it exists", [second.exit, second.stderr.trim()], [2, "RTNETLINK answers: File exists"]);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip, { dst: BROADCAST }));
      await bench.say(arpReply({ from: T1 }));
      await bench.hears("sends", datagram(T1.ip, { dst: T1.mac }));
    },
  },
  {
    id: "NUD-30",
    title: "nud delay by hand: the entry was not confirmed lately, so it is probed at once",
    source: "kernel, measured",
    async run(bench) {
      bench.param("retrans_time_ms", 600_000);
      await make(bench, "STALE");
      await bench.must(`neigh change ${AT} nud delay`);
      await bench.hears("probes", asks(T1.ip, { dst: T1.mac }));
      await becomes(bench, T1.ip, `PROBE ${T1.mac}`);
      bench.expect("told", told(bench), [`new DELAY ${T1.mac}`, `new PROBE ${T1.mac}`]);
    },
  },
  {
    id: "NUD-31",
    title: "nud delay by hand: the entry was confirmed a moment ago, so it is reachable without a probe",
    source: "kernel, measured",
    async run(bench) {
      calm(bench);
      await make(bench, "REACHABLE");
      await bench.must(`neigh change ${AT} nud delay`);
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
      calm(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.must(`neigh change ${AT} lladdr ${T1.mac} nud stale`);
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
      bench.param("retrans_time_ms", 30);
      await bench.poke(T1.ip);
      await until(bench, () => seen(bench, T1.ip) === "FAILED", 3000);
      await bench.heard();
      await bench.must(`neigh change ${AT} lladdr ${T1.mac} nud probe`);
      await bench.sleep(50);
      await until(bench, () => seen(bench, T1.ip) === "FAILED", 3000);
      const probes = (await bench.heard()).filter((frame) => frame.kind === "arp" && frame.dst === T1.mac);
      bench.expect("unicast probes", probes.length, 3);
    },
  },
  {
    id: "ARP-Q-17",
    title: "nud failed drops what waits: an answer that comes later finds nothing to send",
    source: "kernel: neigh_invalidate, measured",
    async run(bench) {
      calm(bench);
      await bench.poke(T1.ip, { count: 2 });
      await bench.hears("asks", asks(T1.ip));
      await bench.must(`neigh change ${AT} nud failed`);
      await bench.say(arpReply({ from: T1 }));
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
      await make(bench, "PERMANENT");
      await bench.must(`neigh replace ${AT} lladdr ${T1.mac}`);
      await bench.expectState(T1.ip, "PERMANENT", T1.mac);
      bench.expect("told", told(bench), []);
    },
  },
];

/** `use` and `managed`: the kernel is asked to keep an entry resolved. */
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

export const administration: readonly Case[] = [
  ...refused,
  ...words,
  ...replaced,
  ...invalidated,
  ...deleted,
  ...odd,
  ...others,
  ...used,
  ...flags,
];
