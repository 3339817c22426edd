/** Probes by state: how many of each of the three kinds are sent, and to whom. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { failed, told, untilFailed } from "../kit/setup.ts";

const RETRANS = 20;

/** `u` for each unicast request, `b` for each broadcast one, in order. */
async function kinds(bench: Bench): Promise<string> {
  const { T1 } = bench.plan;
  const everybody = bench.resolution.everybody(T1.ip);
  const frames = await bench.heard(60);
  return frames
    .flatMap((frame) => (frame.kind === "udp" ? [] : frame.dst === everybody ? ["b"] : frame.dst === T1.mac ? ["u"] : ["?"]))
    .join("");
}

/** A new entry never asks by unicast: its ucast_solicit counts as used up. */
const FIRST: readonly (readonly [mcast: number, app: number, ucast: number, resolicit: number, frames: string])[] = [
  [1, 0, 3, 0, "b"],
  [2, 0, 3, 0, "bb"],
  [3, 0, 3, 0, "bbb"],
  [5, 0, 3, 0, "bbbbb"],
  [3, 0, 0, 0, "bbb"],
  [3, 0, 7, 0, "bbb"],
  [2, 0, 3, 4, "bb"],
  [1, 2, 3, 0, "b"],
  [0, 1, 3, 0, ""],
  [2, 1, 0, 0, "bb"],
];

const first: readonly Case[] = FIRST.map(([mcast, app, ucast, resolicit, frames]) => ({
  id: `ARP-G-30/mcast-${mcast}-app-${app}-ucast-${ucast}-re-${resolicit}`,
  title: `mcast_solicit ${mcast}, app_solicit ${app}, ucast_solicit ${ucast}, mcast_resolicit ${resolicit}: ${mcast} broadcasts, ${app} told, then failed`,
  source: "kernel: neigh_max_probes, arp_solicit",
  async run(bench) {
    const { T1 } = bench.plan;
    bench.param("retrans_time_ms", RETRANS);
    counts(bench, { mcast, app, ucast, resolicit });
    bench.expect("the send is accepted", await bench.poke(T1.ip), "ok");
    await failed(bench);
    bench.expect("requests", await kinds(bench), frames);
    bench.expect("told", told(bench), [...Array<string>(app).fill("miss INCOMPLETE"), "new FAILED"]);
    bench.expect("probes counted", (await bench.neigh(T1.ip))?.probes, mcast + app + ucast);
  },
}));

/** Probes of a known entry: first unicast, then messages to listening programs, then broadcast if mcast_resolicit says so. */
const AGAIN: readonly (readonly [ucast: number, app: number, resolicit: number, frames: string])[] = [
  [3, 0, 0, "uuu"],
  [1, 0, 0, "u"],
  [5, 0, 0, "uuuuu"],
  [3, 0, 2, "uuubb"],
  [0, 0, 2, "bb"],
  [1, 1, 1, "ub"],
  [0, 2, 0, ""],
  [2, 1, 0, "uu"],
  [0, 0, 0, ""],
];

const again: readonly Case[] = AGAIN.map(([ucast, app, resolicit, frames]) => ({
  id: `NUD-08/ucast-${ucast}-app-${app}-re-${resolicit}`,
  title: `PROBE with ucast_solicit ${ucast}, app_solicit ${app}, mcast_resolicit ${resolicit}: "${frames}" and ${app} told, then failed`,
  source: "kernel: neigh_max_probes, arp_solicit",
  async run(bench) {
    const { T1 } = bench.plan;
    bench.param("retrans_time_ms", RETRANS);
    counts(bench, { mcast: 3, app, ucast, resolicit });
    await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud probe dev e0`);
    await failed(bench);
    bench.expect("requests", await kinds(bench), frames);
    const misses = Array<string>(app).fill(`miss PROBE ${T1.mac}`);
    bench.expect("told", told(bench), [`new PROBE ${T1.mac}`, ...misses, "new FAILED"]);
    bench.expect("probes counted", (await bench.neigh(T1.ip))?.probes, ucast + app + resolicit);
  },
}));

function counts(bench: Bench, { mcast, app, ucast, resolicit }: Record<"mcast" | "app" | "ucast" | "resolicit", number>): void {
  bench.param("mcast_solicit", mcast);
  if (app > 0) bench.param("app_solicit", app);
  bench.param("ucast_solicit", ucast);
  bench.param("mcast_resolicit", resolicit);
}

const pace: readonly Case[] = [40, 200, 400].map((ms) => ({
  id: `ARP-G-31/retrans-${ms}`,
  title: `requests come ${ms} ms apart with retrans_time_ms ${ms}`,
  source: "kernel: retrans_time_ms",
  patient: ms > 200,
  async run(bench) {
    const { T1 } = bench.plan;
    const { asks } = bench.resolution;
    bench.param("retrans_time_ms", ms);
    await bench.poke(T1.ip);
    const one = await bench.hears("asks", asks(T1.ip));
    const two = await bench.hears("asks again", asks(T1.ip), { within: ms });
    const three = await bench.hears("and again", asks(T1.ip), { within: ms });
    bench.expectTime("the second", two.time - one.time, ms);
    bench.expectTime("the third", three.time - one.time, 2 * ms, 2);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-G-32",
    title: "however short retrans_time is, requests are no closer than 1/100 s",
    source: "kernel: max(RETRANS_TIME, HZ/100)",
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks } = bench.resolution;
      bench.param("retrans_time_ms", 1);
      await bench.poke(T1.ip);
      const one = await bench.hears("asks", asks(T1.ip));
      const two = await bench.hears("asks again", asks(T1.ip));
      bench.expect("a few ms apart, not one", two.time - one.time > 6, true);
      await untilFailed(bench, 1000);
    },
  },
  {
    id: "ARP-G-33",
    title: "with no probe to send, a datagram to an unknown host fails the entry at once and silently",
    source: "kernel: mcast_solicit 0 and app_solicit 0, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      bench.param("mcast_solicit", 0);
      bench.expect("the send is accepted", await bench.poke(T1.ip), "ok");
      await bench.silence("nobody is asked");
      await bench.expectState(T1.ip, "FAILED", "");
      bench.expect("nothing is told", told(bench), []);
      bench.expect("no probe is counted", (await bench.neigh(T1.ip))?.probes, 0);
    },
  },
  {
    id: "ARP-G-34",
    title: "with no probe to send, a delayed entry fails without one, and only the failure is told",
    source: "kernel: neigh_timer_handler, measured",
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      for (const name of ["ucast_solicit", "mcast_solicit"]) bench.param(name, 0);
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      await bench.poke(T1.ip);
      await untilFailed(bench, 2500);
      await bench.expectState(T1.ip, "FAILED", "");
      bench.expect("requests", await kinds(bench), "");
      bench.expect("told", told(bench), [`new STALE ${T1.mac}`, "new FAILED"]);
    },
  },
];

export const soliciting: readonly Case[] = [...first, ...again, ...pace, ...others];
