/** `ip neigh` replace, change and del from each state, and addresses that `add` accepts. Measured with iproute2 6.1. */
import type { Case } from "../../../contract/case.ts";
import { datagram } from "../../../stage/patterns.ts";
import { T1, T2 } from "../../../wire/hosts.ts";
import { calm, make, STATES, type State, told } from "../kit/setup.ts";

const AT = `${T1.ip} dev e0`;

/** `replace` with a link address from each state to each: the entry becomes as requested, and each change is told once. */
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

/** Invalid states by hand: the entry loses its address. This is told only if it had one, or if a resolution was cut short. */
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

/** Deletion: always told as a removal, and before that as a failure if the entry was usable or being resolved. */
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

export const changes: readonly Case[] = [...replaced, ...invalidated, ...deleted, ...odd];
