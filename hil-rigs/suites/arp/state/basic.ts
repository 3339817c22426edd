/** The way of an entry through its states: use, delay, probes, failure, and back to reachable. */
import type { Case } from "../../../contract/case.ts";
import { datagram } from "../../../stage/patterns.ts";
import { unhurried } from "../kit/setup.ts";

export const basic: readonly Case[] = [
  {
    id: "ARP-T-01",
    title: "use of a stale entry is followed by three unicast probes, and without an answer by failure",
    source: "RFC 4861 7.3.3 for IPv4; kernel: delay_first_probe_time, ucast_solicit",
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks } = bench.resolution;
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      await bench.poke(T1.ip);
      const sent = await bench.hears("sent at once", datagram(T1.ip, { dst: T1.mac }));
      await bench.expectState(T1.ip, "DELAY", T1.mac);
      const first = await bench.hears("then a probe, to it alone", asks(T1.ip, T1), { within: 1000 });
      bench.expectTime("after delay_first_probe_time", first.time - sent.time, 1000);
      await bench.expectState(T1.ip, "PROBE", T1.mac);
      await bench.hears("a second", asks(T1.ip, T1));
      const third = await bench.hears("a third", asks(T1.ip, T1));
      bench.expectTime("two retrans_time later", third.time - first.time, 200, 2);
      await bench.reaches(T1.ip, "FAILED", 100);
      await bench.silence("and no broadcast", 120);
      const events = bench.events().map(({ kind, state, probes }) => `${kind} ${state} ${probes}`);
      bench.expect("PROBE and FAILED are told, DELAY is not", events, ["new STALE 0", "new PROBE 1", "new FAILED 3"]);
    },
  },
  {
    id: "ARP-T-02",
    title: "a probe that is answered makes the entry reachable",
    source: "RFC 4861 7.3.3 for IPv4",
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks, reply } = bench.resolution;
      unhurried(bench);
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud probe dev e0`);
      await bench.hears("probes", asks(T1.ip, T1));
      await bench.say(reply(T1));
      await bench.expectState(T1.ip, "REACHABLE", T1.mac);
    },
  },
  {
    id: "ARP-T-03",
    title: "a reachable entry that is not used grows stale, and nothing is sent",
    source: "RFC 4861 7.3.3 for IPv4; kernel: base_reachable_time",
    drawn: true,
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { reply } = bench.resolution;
      // From 1200 to 3600 ms, in any case longer than delay_first_probe_time: see ARP-T-06.
      bench.param("base_reachable_time_ms", 2400);
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      await bench.say(reply(T1));
      await bench.expectState(T1.ip, "REACHABLE", T1.mac);
      await bench.reaches(T1.ip, "STALE", 3600);
      await bench.silence("silently");
    },
  },
  {
    id: "ARP-T-06",
    title: "a reachable time shorter than the delay time: the entry is probed though nobody used it",
    source: "kernel 6.18, measured: arming an entry's timer moves `used` up to `confirmed`",
    drawn: true,
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks, reply } = bench.resolution;
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      // Long ago, as far as its making counts as use.
      await bench.sleep(1100);
      await bench.say(reply(T1));
      await bench.expectState(T1.ip, "REACHABLE", T1.mac);
      await bench.reaches(T1.ip, "DELAY", 900);
      await bench.hears("probes it", asks(T1.ip, T1), { within: 1000 });
    },
  },
  {
    id: "ARP-T-04",
    title: "a reachable entry in use goes by way of DELAY and a probe, not of STALE",
    source: "kernel: REACHABLE timer",
    drawn: true,
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks, reply } = bench.resolution;
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.say(reply(T1));
      await bench.expectState(T1.ip, "REACHABLE", T1.mac);
      await bench.hears("probes it", asks(T1.ip, T1), { within: 2000 });
      const events = bench.events().map(({ kind, state }) => `${kind} ${state}`);
      bench.expect("STALE was never told", events, ["new REACHABLE", "new PROBE"]);
    },
  },
  {
    id: "ARP-T-05",
    title: "confirmed from above, a delayed entry becomes reachable without a probe",
    source: "RFC 4861 7.3.1; MSG_CONFIRM",
    drawn: true,
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks } = bench.resolution;
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      await bench.poke(T1.ip);
      await bench.sleep(500);
      await bench.poke(T1.ip, { confirm: true });
      await bench.heard();
      await bench.reaches(T1.ip, "REACHABLE", 700);
      await bench.silence("no probe", 30, asks(T1.ip));
    },
  },
];
