/** The state machine on the send path, and frames that do not get their way. Measured. */
import type { Case } from "../../../contract/case.ts";
import { moved } from "../kit/frames.ts";
import { becomes, calm, make, type State, seenAs, told, until } from "../kit/setup.ts";

/** The effect of a datagram on an entry. `now`: it leaves at once. `ask`: it waits and the DUT asks for the host. `wait`: it waits. */
const OUTPUT: readonly (readonly [from: State, to: State, does: "now" | "ask" | "wait"])[] = [
  ["none", "INCOMPLETE", "ask"],
  ["NONE", "INCOMPLETE", "ask"],
  ["FAILED", "INCOMPLETE", "ask"],
  ["INCOMPLETE", "INCOMPLETE", "wait"],
  ["STALE", "DELAY", "now"],
  ["DELAY", "DELAY", "now"],
  ["REACHABLE", "REACHABLE", "now"],
  ["PROBE", "PROBE", "now"],
  ["NOARP", "NOARP", "now"],
  ["PERMANENT", "PERMANENT", "now"],
];

const output: readonly Case[] = OUTPUT.map(([from, to, does]) => ({
  id: `NUD-02/${from}`,
  title: `a datagram to a ${from} entry: it is ${to} then, and nothing is told`,
  source: "kernel: neigh_event_send, measured",
  async run(bench) {
    const { T1 } = bench.plan;
    calm(bench);
    await make(bench, from);
    bench.expect("send", await bench.poke(T1.ip), "ok");
    const frames = (await bench.heard(20)).map((frame) => `${frame.kind === "udp" ? "datagram" : "request"} to ${frame.dst}`);
    const want = { now: [`datagram to ${T1.mac}`], ask: [`request to ${bench.resolution.everybody(T1.ip)}`], wait: [] };
    bench.expect("frames", frames, want[does]);
    await becomes(bench, T1.ip, seenAs(to, T1));
    bench.expect("nothing is told", told(bench), []);
  },
}));

/** The DUT refuses an answer with another address within locktime, and yet counts the entry as confirmed. */
const refusedConfirms: readonly Case[] = (["STALE", "DELAY", "PROBE"] as const).map((state) => ({
  id: `ARP-U-57/${state}`,
  title: `an answer that is refused for locktime confirms a ${state} entry all the same`,
  source: "kernel: confirmed is set before the override test, measured",
  async run(bench) {
    const { T1 } = bench.plan;
    const { reply } = bench.resolution;
    calm(bench);
    bench.param("locktime", 30_000);
    await make(bench, state);
    bench.expect("confirmed long ago", ((await bench.neigh(T1.ip))?.confirmed ?? 0) > 100, true);
    await bench.say(reply(moved(T1)));
    await until(bench, () => (bench.dut.neighbours(T1.ip)[0]?.confirmed ?? 99) < 60);
    bench.expect("confirmed now", ((await bench.neigh(T1.ip))?.confirmed ?? 99) < 60, true);
    await bench.expectState(T1.ip, state, T1.mac);
  },
}));

/** A new address that is not proved takes the confirmation away. */
const startsOver: readonly Case[] = (["STALE", "REACHABLE"] as const).map((state) => ({
  id: `ARP-U-58/${state}`,
  title: `an announcement with another address takes a ${state} entry's confirmation away`,
  source: "kernel: a new address that is not connected was last confirmed 2 * base_reachable_time ago",
  async run(bench) {
    const { T1, T2 } = bench.plan;
    const { announce } = bench.resolution;
    calm(bench);
    await make(bench, state);
    await bench.say(announce(moved(T1)));
    await becomes(bench, T1.ip, `STALE ${T2.mac}`);
    bench.expect("confirmed long ago", ((await bench.neigh(T1.ip))?.confirmed ?? 0) > 1000, true);
  },
}));

export const sending: readonly Case[] = [...output, ...refusedConfirms, ...startsOver];
