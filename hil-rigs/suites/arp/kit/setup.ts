/** Set-up for cases of every chapter: an entry in a given state that stays there, and looks at the table that may take a moment. */
import type { Bench } from "../../../contract/bench.ts";
import type { DeviceName } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { type Host, T1 } from "../../../wire/hosts.ts";

/** States of an entry. `none`: there is no entry. `NONE`: there is one without a state. */
export const STATES = [
  "none",
  "NONE",
  "INCOMPLETE",
  "FAILED",
  "STALE",
  "DELAY",
  "REACHABLE",
  "PROBE",
  "NOARP",
  "PERMANENT",
] as const;
export type State = (typeof STATES)[number];

/** States in which the link address can be used. */
const VALID: ReadonlySet<State> = new Set(["STALE", "DELAY", "REACHABLE", "PROBE", "NOARP", "PERMANENT"]);

/** Timers so long that no entry changes by itself while a case looks at it. */
export function calm(bench: Bench, dev: DeviceName = "e0"): void {
  bench.param("retrans_time_ms", 600_000, dev);
  bench.param("base_reachable_time_ms", 600_000, dev);
  bench.param("delay_first_probe_time", 600, dev);
}

/** Lets the DUT hear senders from anywhere: no look at the route back to them. */
export function hearsAnyone(bench: Bench): void {
  bench.conf("rp_filter", 0, "all");
  bench.conf("rp_filter", 0);
}

/** Leaves time between two requests, for a case that acts between them while the machine may be busy with other cases. */
export function unhurried(bench: Bench): void {
  bench.param("retrans_time_ms", 1000);
}

/**
 * Makes an entry on e0 and takes the frames and events that this caused. With calm() timers the entry stays as it is. An INCOMPLETE
 * entry is made by hand and never asks; otherwise it behaves as one that waits for an answer.
 */
export async function make(bench: Bench, state: State, who: Host = bench.plan.T1): Promise<void> {
  const add = `neigh add ${who.ip} dev e0`;
  const nud = state === "DELAY" ? "stale" : state.toLowerCase();
  if (state !== "none") await bench.must(VALID.has(state) ? `${add} lladdr ${who.mac} nud ${nud}` : `${add} nud ${nud}`);
  if (state === "DELAY") {
    await bench.poke(who.ip);
    await bench.hears("(made by use)", datagram(who.ip));
  }
  // The timer of a hand-made PROBE runs out at once.
  if (state === "PROBE") await bench.hears("(the first probe)", bench.resolution.asks(who.ip, who));
  await bench.heard();
  bench.events();
}

/** `10.0.0.2 dev e0`: names the entry of T1 in a command. */
export function at({ plan }: Bench): string {
  return `${plan.T1.ip} dev e0`;
}

/** Lets time pass until T1 has failed to answer often enough, at most `ms`. Checks nothing. */
export async function untilFailed(bench: Bench, ms = 3000): Promise<void> {
  await until(bench, () => seen(bench, bench.plan.T1.ip) === "FAILED", ms);
}

/** Waits until T1 has failed to answer often enough, and checks it. */
export async function failed(bench: Bench): Promise<void> {
  await untilFailed(bench);
  await bench.expectState(bench.plan.T1.ip, "FAILED", "");
}

/** An entry in short, without a line in the trace: `STALE 02:00:00:00:00:02`, `INCOMPLETE`, `-`. */
export function seen(bench: Bench, address: string, dev: DeviceName = "e0"): string {
  const row = bench.dut.neighbours(address).find((each) => each.dev === dev);
  return row ? `${row.state} ${row.lladdr}`.trim() : "-";
}

/** The text that seen() returns for an entry made by make(). */
export function seenAs(state: State, who: Host = T1): string {
  return state === "none" ? "-" : VALID.has(state) ? `${state} ${who.mac}` : state;
}

/** A counter of /proc/net/snmp or /proc/net/netstat: `Ip`, `OutDiscards`. */
export function counter(bench: Bench, path: "/proc/net/snmp" | "/proc/net/netstat", protocol: string, name: string): number {
  const [names = "", values = ""] = bench.dut
    .cat(path)
    .split("\n")
    .filter((line) => line.startsWith(`${protocol}:`));
  return Number(values.split(" ")[names.split(" ").indexOf(name)]);
}

/** Lets `ms` pass, then returns the addresses that the DUT has answered for since the last look. */
export async function answeredFor(bench: Bench, ms: number): Promise<string[]> {
  return (await bench.heard(ms)).flatMap((frame) => (frame.kind === "arp" && frame.op === 2 ? [frame.spa] : []));
}

/** Lets time pass until `done()`, at most `ms`, because a busy machine may be late. Checks nothing. */
export async function until(bench: Bench, done: () => boolean, ms = 1000): Promise<boolean> {
  const end = bench.now() + ms;
  while (!done() && bench.now() < end) await bench.sleep(2);
  return done();
}

/** Checks that seen() returns `want` for an entry, now or within a second. */
export async function becomes(bench: Bench, address: string, want: string): Promise<void> {
  await until(bench, () => seen(bench, address) === want);
  const [state = "-", lladdr] = want.split(" ");
  await bench.expectState(address, state, lladdr);
}

/** The changes told since the last call, each in short: `new STALE 02:00:00:00:00:02`, `deleted FAILED`. */
export function told(bench: Bench, address?: string): string[] {
  const events = bench.events().filter((event) => address === undefined || event.dst === address);
  return events.map(({ kind, state, lladdr }) => `${kind} ${state} ${lladdr}`.trim());
}
