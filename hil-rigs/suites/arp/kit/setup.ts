/** What cases of several families begin with: an entry in a given state that stays there, and looks at the table that may take a moment. */
import type { Bench } from "../../../contract/bench.ts";
import type { DeviceName } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { type Host, T1 } from "../../../wire/hosts.ts";

/** What an entry can be; `none`: there is no entry; `NONE`: there is one, without a state. */
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

/** Time enough between two requests for a case that has to act between them: the machine may be busy with other cases. */
export function unhurried(bench: Bench): void {
  bench.param("retrans_time_ms", 1000);
}

/**
 * Makes an entry on e0, and takes what its making put on the wire and told. With calm() timers it stays as it is. INCOMPLETE
 * is one made by hand, which never asks; what a state decides is the same as for one that waits for an answer.
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

/** Until nobody has answered for T1 often enough. */
export async function failed(bench: Bench): Promise<void> {
  const { ip } = bench.plan.T1;
  await until(bench, () => seen(bench, ip) === "FAILED", 3000);
  await bench.expectState(ip, "FAILED", "");
}

/** `STALE 02:00:00:00:00:02`, `INCOMPLETE`, `-`: an entry in short, without a word in the trace. */
export function seen(bench: Bench, address: string, dev: DeviceName = "e0"): string {
  const row = bench.dut.neighbours().find((each) => each.dst === address && each.dev === dev);
  return row ? `${row.state} ${row.lladdr}`.trim() : "-";
}

/** How what was made by make() is seen. */
export function seenAs(state: State, who: Host = T1): string {
  return state === "none" ? "-" : VALID.has(state) ? `${state} ${who.mac}` : state;
}

/** Lets time pass until `done()`, at most `ms`; for what a busy machine may do a moment later. It checks nothing. */
export async function until(bench: Bench, done: () => boolean, ms = 1000): Promise<boolean> {
  const end = bench.now() + ms;
  while (!done() && bench.now() < end) await bench.sleep(2);
  return done();
}

/** Checks that an entry is, or within a second comes to be, what seen() would call `want`. */
export async function becomes(bench: Bench, address: string, want: string): Promise<void> {
  await until(bench, () => seen(bench, address) === want);
  const [state = "-", lladdr] = want.split(" ");
  await bench.expectState(address, state, lladdr);
}

/** The changes told since, each in short: `new STALE 02:00:00:00:00:02`, `deleted FAILED`. */
export function told(bench: Bench, address?: string): string[] {
  const events = bench.events().filter((event) => address === undefined || event.dst === address);
  return events.map(({ kind, state, lladdr }) => `${kind} ${state} ${lladdr}`.trim());
}
