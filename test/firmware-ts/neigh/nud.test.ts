/**
 * The neighbour machine, row by row of its transition table (machine.ts), with the frames and the times that belong to each row.
 * Timers fire at the nominal instants: time is virtual.
 */
import t from "tap";
import { ARP_DEFAULTS } from "../../../firmware-ts/ip4/arp/defaults.ts";
import { NeighParameters } from "../../../firmware-ts/neigh/parameters.ts";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { UpdateFlags, UpdateResult, update } from "../../../firmware-ts/neigh/update.ts";
import { Lateness } from "../../../firmware-ts/net/lateness.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { Lab } from "../../support/lab.ts";
import { arp, arpReply, mac, T1, T2 } from "../../support/wire-format.ts";

const ASK = "who-has 10.0.0.2 tell 10.0.0.1 us > all";
const PROBE = "who-has 10.0.0.2 tell 10.0.0.1 us > T1";
const HI = "udp 10.0.0.1 10.0.0.2:9 hi > T1";

/** An entry for 10.0.0.2 at T1 in the given state, at time 0; nothing in the tester's log. */
async function labWith(state: "REACHABLE" | "STALE" | "DELAY" | "PROBE" | "FAILED"): Promise<Lab> {
  const lab = await Lab.open();
  if (state === "FAILED") {
    lab.poke();
    lab.run(3000);
  } else {
    lab.say(arp());
    if (state === "REACHABLE") lab.say(arpReply());
    if (state === "DELAY" || state === "PROBE") lab.poke();
    if (state === "PROBE") lab.run(5000);
  }
  lab.take();
  lab.events.length = 0;
  lab.fates.length = 0;
  if (lab.state() !== state) throw new Error(`set-up gave ${lab.state()}, not ${state}`);
  return lab;
}

t.test("no entry: none is made by looking", async (t) => {
  const lab = await Lab.open();
  lab.run(100_000);
  t.same([lab.state(), lab.heard(), lab.stack.neighbours(4).table.entries], ["-", [], 0]);
});

t.test("NONE -> INCOMPLETE -> FAILED: broadcasts at 0, +1 s, +2 s; failed at +3 s", async (t) => {
  const lab = await Lab.open();
  t.equal(lab.poke(), "queued");
  t.same([lab.state(), lab.entry().probes], ["INCOMPLETE", 4]);
  lab.run(500);
  t.equal(lab.poke(), "queued", "a second packet asks nothing and moves no timer");
  lab.run(2499.9);
  t.equal(lab.state(), "INCOMPLETE");
  t.equal(lab.entry().probes, 6);
  lab.run(0.1);
  t.equal(lab.state(), "FAILED");
  t.same(lab.heard(), [`0 ${ASK}`, `1000 ${ASK}`, `2000 ${ASK}`]);
  t.same(lab.fates, ["0 failed NEIGH_FAILED", "1 failed NEIGH_FAILED"]);
  t.same(lab.events, ["new 10.0.0.2 FAILED"], "nobody is told of the steps before");
  t.same([lab.inUse, lab.entry().queueBytes, lab.stack.neighbours(4).table.statistics.resFailed], [0, 0, 1]);
  lab.run(100_000);
  t.same(lab.heard(), [], "and that is all");
});

t.test("FAILED has no hold-down: the next packet asks at once", async (t) => {
  const lab = await labWith("FAILED");
  t.equal(lab.poke(), "queued");
  t.equal(lab.state(), "INCOMPLETE");
  lab.run(3000);
  t.same(lab.heard(), [`3000 ${ASK}`, `4000 ${ASK}`, `5000 ${ASK}`]);
  t.equal(lab.state(), "FAILED");
});

t.test("no requests allowed: the packet is dropped at once, nothing is sent", async (t) => {
  const lab = await Lab.open();
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).mcastProbes = 0;
  t.equal(lab.poke(), "failed NEIGH_FAILED");
  t.same([lab.state(), lab.heard(), lab.events, lab.fates, lab.inUse], ["FAILED", [], [], [], 0]);
});

t.test("an answer: REACHABLE, the packet goes; silent afterwards for reachable_time, then STALE", async (t) => {
  const lab = await Lab.open();
  lab.poke();
  lab.run(100);
  lab.say(arpReply());
  t.same(lab.heard(), [`0 ${ASK}`, `100 ${HI}`]);
  t.same([lab.state(), lab.fates, lab.events], ["REACHABLE", ["0 sent"], ["new 10.0.0.2 REACHABLE"]]);
  const { parameters } = lab.entry();
  t.ok(parameters.reachableTime >= 15_000 && parameters.reachableTime < 45_000, `${parameters.reachableTime} ms`);
  lab.run(parameters.reachableTime - 0.01);
  t.equal(lab.state(), "REACHABLE");
  lab.run(0.02);
  t.equal(lab.state(), "STALE");
  t.same(lab.events.slice(1), ["new 10.0.0.2 STALE"]);
  lab.run(100_000);
  t.same([lab.heard(), lab.state()], [[], "STALE"]);
});

t.test("REACHABLE, used on the slow path lately: DELAY without a word when its time is over", async (t) => {
  const lab = await Lab.open();
  const parameters = lab.stack.neighbours(4).table.parametersOf(lab.eth0);
  parameters.reachableTime = 2000;
  lab.poke();
  lab.say(arpReply());
  lab.events.length = 0;
  lab.run(1999);
  t.equal(lab.state(), "REACHABLE");
  lab.run(1.01);
  t.same([lab.state(), lab.events], ["DELAY", []]);
  lab.run(5000);
  t.same(lab.heard().slice(2), [`7000 ${PROBE}`]);
});

t.test("REACHABLE: data does not prolong it, and does not count as slow use", async (t) => {
  const lab = await labWith("REACHABLE");
  const { parameters } = lab.entry();
  parameters.reachableTime = 20_000;
  for (let second = 0; second < 20; second++) {
    t.equal(lab.poke(), "sent") || t.bailout();
    lab.run(1000);
  }
  t.equal(lab.entry().used, 0, "the first packet filled the header; the others went by it");
  lab.run(30_000);
  t.equal(lab.state(), "STALE");
});

t.test("STALE -> DELAY -> PROBE -> FAILED: data goes on, unicast requests at +5, +6, +7 s, failed at +8 s", async (t) => {
  const lab = await labWith("STALE");
  t.equal(lab.poke(), "sent");
  t.equal(lab.state(), "DELAY");
  lab.run(4999.9);
  t.same(lab.heard(), [`0 ${HI}`]);
  t.equal(lab.poke(), "sent");
  lab.run(0.1);
  t.same([lab.state(), lab.entry().probes], ["PROBE", 1]);
  t.equal(lab.poke(), "sent", "in PROBE too");
  lab.run(2999.9);
  t.equal(lab.state(), "PROBE");
  lab.run(0.2);
  t.equal(lab.state(), "FAILED");
  t.same(lab.heard(), [`4999.9 ${HI}`, `5000 ${PROBE}`, `5000 ${HI}`, `6000 ${PROBE}`, `7000 ${PROBE}`]);
  t.same(lab.events, ["new 10.0.0.2 PROBE", "new 10.0.0.2 FAILED"], "STALE to DELAY is not told");
  t.same(lab.fates, ["0 sent", "1 sent", "2 sent"]);
});

t.test("PROBE answered: REACHABLE; DELAY answered: REACHABLE without a request", async (t) => {
  const probe = await labWith("PROBE");
  probe.say(arpReply());
  t.same([probe.state(), probe.heard()], ["REACHABLE", []]);
  const delay = await labWith("DELAY");
  delay.say(arpReply());
  delay.run(10_000);
  t.same([delay.state(), delay.heard()], ["REACHABLE", []]);
});

t.test("confirmed from above in DELAY: REACHABLE when the delay is over, without a request", async (t) => {
  const lab = await labWith("DELAY");
  lab.run(1000);
  lab.poke("10.0.0.2", "hi", true);
  lab.run(4000);
  t.same([lab.state(), lab.heard(), lab.events], ["REACHABLE", [`1000 ${HI}`], ["new 10.0.0.2 REACHABLE"]]);
  const { reachableTime } = lab.entry().parameters;
  lab.run(reachableTime - 4000 - 0.1);
  t.equal(lab.state(), "REACHABLE", "from the confirmation on, not from the timer");
  lab.run(0.2);
  t.not(lab.state(), "REACHABLE");
});

t.test("confirmed by the very packet that made it DELAY: too old when the delay is over", async (t) => {
  const lab = await labWith("STALE");
  lab.poke("10.0.0.2", "hi", true);
  lab.run(5000);
  t.same([lab.state(), lab.heard()], ["PROBE", [`0 ${HI}`, `5000 ${PROBE}`]]);
});

t.test("a confirmation does not help a PROBE, and keeps a REACHABLE entry so", async (t) => {
  const probe = await labWith("PROBE");
  for (let half = 0; half < 6; half++) {
    probe.poke("10.0.0.2", "hi", true);
    probe.run(500);
  }
  t.equal(probe.state(), "FAILED");
  const reachable = await labWith("REACHABLE");
  for (let report = 0; report < 360; report++) {
    reachable.poke("10.0.0.2", "hi", true);
    reachable.run(10_000);
  }
  t.equal(reachable.state(), "REACHABLE", "an hour of confirmed reports");
  t.same(
    reachable.take().filter(({ bytes }) => bytes[12] === 8 && bytes[13] === 6),
    [],
    "and not one ARP frame",
  );
});

t.test("a confirmed packet that waited proves nothing of the time when it goes out", async (t) => {
  const lab = await Lab.open();
  lab.poke("10.0.0.2", "hi", true);
  lab.run(1000);
  lab.say(arp());
  t.equal(lab.state(), "DELAY");
  t.equal(lab.entry().confirmed, 1000 - 60_000);
});

t.test("counts: how many requests of which kind", async (t) => {
  const rows: [mcast: number, ucast: number, reprobes: number, incomplete: string, probe: string][] = [
    [3, 3, 0, "b0 b1 b2 f3", "u5 u6 u7 f8"],
    [1, 1, 0, "b0 f1", "u5 f6"],
    [5, 0, 0, "b0 b1 b2 b3 b4 f5", "f5"],
    [3, 0, 2, "b0 b1 b2 f3", "b5 b6 f7"],
    [2, 2, 2, "b0 b1 f2", "u5 u6 b7 b8 f9"],
  ];
  for (const [mcastProbes, ucastProbes, mcastReprobes, incomplete, probe] of rows) {
    const run = async (stale: boolean): Promise<string> => {
      const lab = await Lab.open();
      Object.assign(lab.stack.neighbours(4).table.parametersOf(lab.eth0), { mcastProbes, ucastProbes, mcastReprobes });
      if (stale) lab.say(arp());
      lab.take();
      let failed = -1;
      lab.stack.neighbours(4).table.onChange((entry) => {
        if (entry.nudState === Nud.FAILED) failed = lab.clock.now() / 1000;
      });
      lab.poke();
      lab.run(20_000);
      const requests = lab.take().filter(({ bytes }) => bytes[13] === 6);
      const said = requests.map(({ time, bytes }) => `${bytes[0] === 0xff ? "b" : "u"}${time / 1000}`);
      return [...said, `f${failed}`].join(" ");
    };
    t.equal(await run(false), incomplete, `mcast ${mcastProbes} ucast ${ucastProbes} re ${mcastReprobes}: INCOMPLETE`);
    t.equal(await run(true), probe, `mcast ${mcastProbes} ucast ${ucastProbes} re ${mcastReprobes}: PROBE`);
  }
});

t.test("retrans_time sets the spacing, at least 10 ms", async (t) => {
  for (const [retrans, spacing] of [
    [250, 250],
    [5000, 5000],
    [10, 10],
    [1, 10],
    [0, 10],
  ] as const) {
    const lab = await Lab.open();
    lab.stack.neighbours(4).table.parametersOf(lab.eth0).retransTime = retrans;
    lab.poke();
    lab.run(20_000);
    t.same(
      lab.take().map(({ time }) => time),
      [0, spacing, 2 * spacing],
      `${retrans} ms`,
    );
  }
});

t.test("reachable time: within half and one and a half of the base, spread, drawn anew", async (t) => {
  const parameters = new NeighParameters(new SeededRandom(3), new Lateness(), ARP_DEFAULTS.parameters);
  const draws = Array.from({ length: 2000 }, () => {
    parameters.set("baseReachableTime", 10_000);
    return parameters.reachableTime;
  });
  t.ok(draws.every((draw) => draw >= 5000 && draw < 15_000));
  t.ok(Math.min(...draws) < 5100 && Math.max(...draws) > 14_900);
  const mean = draws.reduce((sum, draw) => sum + draw) / draws.length;
  t.ok(Math.abs(mean - 10_000) < 300, `mean ${mean}`);
  parameters.set("baseReachableTime", 0);
  t.equal(parameters.reachableTime, 0);
  const lab = await Lab.open();
  const own = lab.stack.neighbours(4).table.parametersOf(lab.eth0);
  const first = own.reachableTime;
  lab.run(300_000);
  t.equal(own.reachableTime, first);
  lab.run(15_000);
  t.not(own.reachableTime, first, "after 300 s, by the periodic work");
});

t.test("update: an operator may do what a frame may not", async (t) => {
  const lab = await Lab.open();
  const entry = lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  t.equal(update(entry, Uint8Array.from(mac(T2)), 0, Nud.REACHABLE, UpdateFlags.OVERRIDE), UpdateResult.NOT_PERMITTED);
  t.equal(update(entry, Uint8Array.from(mac(T2)), 0, Nud.STALE, UpdateFlags.OVERRIDE | UpdateFlags.ADMIN), UpdateResult.DONE);
  t.equal(lab.state(), "STALE");
  lab.poke();
  t.same(lab.heard(), ["0 udp 10.0.0.1 10.0.0.2:9 hi > T2"]);
  update(entry, null, 0, Nud.PROBE, UpdateFlags.ADMIN);
  lab.run(0);
  t.match(lab.heard(), ["0 who-has 10.0.0.2 tell 10.0.0.1 us > T2"], "the timer fires with the next turn");
  t.equal(update(entry, null, 0, Nud.FAILED, UpdateFlags.ADMIN), UpdateResult.DONE);
  t.equal(update(entry, null, 0, Nud.STALE, UpdateFlags.ADMIN), UpdateResult.NO_ADDRESS);
  lab.stack.neighbours(4).table.delete(entry);
  t.equal(update(entry, Uint8Array.from(mac(T1)), 0, Nud.REACHABLE, UpdateFlags.ADMIN), UpdateResult.NOT_PERMITTED, "dead");
  t.same([lab.state(), lab.events.at(-1)], ["-", "deleted 10.0.0.2 FAILED"]);
});

t.test("update: an operator may call a REACHABLE neighbour STALE, a frame with its address may not", async (t) => {
  const lab = await labWith("REACHABLE");
  lab.say(arp());
  t.equal(lab.state(), "REACHABLE");
  update(lab.entry(), Uint8Array.from(mac(T1)), 0, Nud.STALE, UpdateFlags.OVERRIDE | UpdateFlags.ADMIN);
  t.same([lab.state(), lab.events], ["STALE", ["new 10.0.0.2 STALE"]]);
});

t.test("a hint that a same answer is heard again moves nothing but the proof's age", async (t) => {
  const lab = await labWith("REACHABLE");
  const { updated } = lab.entry();
  for (let second = 0; second < 60; second++) {
    lab.run(1000);
    lab.say(arpReply());
  }
  t.same([lab.state(), lab.events, lab.entry().updated, lab.entry().confirmed], ["REACHABLE", [], updated, 60_000]);
});
