/** The state machine by time and by confirmation from above. Measured. */
import type { Case } from "../../../contract/case.ts";
import { TWO_LINKS } from "../../../contract/topology.ts";
import { datagram } from "../../../stage/patterns.ts";
import { moved } from "../kit/frames.ts";
import { becomes, calm, make, seen, seenAs, told, unhurried, until, untilFailed } from "../kit/setup.ts";

export const timed: readonly Case[] = [
  {
    id: "NUD-03",
    title: "use of a reachable entry with its header at hand does not move `used`",
    source: "kernel: neigh_hh_output, measured",
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks, reply } = bench.resolution;
      calm(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.say(reply(T1));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      for (let n = 0; n < 8; n++) {
        await bench.sleep(300);
        await bench.poke(T1.ip);
      }
      bench.expect("used seconds ago", ((await bench.neigh(T1.ip))?.used ?? 0) >= 2, true);
      await bench.expectState(T1.ip, "REACHABLE", T1.mac);
    },
  },
  {
    id: "NUD-11",
    title: "confirmed from above with each datagram, an entry stays reachable without a probe",
    source: "RFC 4861 7.3.1; MSG_CONFIRM",
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks, reply } = bench.resolution;
      unhurried(bench);
      // Drawn from 1500 to 4500 ms, and over before the last datagram.
      bench.param("base_reachable_time_ms", 3000);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.say(reply(T1));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      await bench.heard();
      bench.events();
      for (let n = 0; n < 50; n++) {
        await bench.poke(T1.ip, { confirm: true });
        await bench.sleep(100);
      }
      const frames = (await bench.heard()).filter((frame) => frame.kind !== "udp");
      bench.expect("no probe", frames.length, 0);
      bench.expect(
        "no failure",
        told(bench).filter((event) => /PROBE|FAILED|STALE/.test(event)),
        [],
      );
    },
  },
  {
    id: "NUD-12",
    title: "confirmation from above does not help an entry that is being probed",
    source: "kernel, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks } = bench.resolution;
      unhurried(bench);
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud probe dev e0`);
      await bench.hears("probes", asks(T1.ip, T1));
      await bench.poke(T1.ip, { confirm: true });
      await untilFailed(bench, 6000);
      bench.expect("told", told(bench), [`new PROBE ${T1.mac}`, "new FAILED"]);
    },
  },
  {
    id: "NUD-13",
    title: "a datagram with a confirmation of its own lets a stale entry be used, and it is delayed like any other",
    source: "kernel, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      calm(bench);
      await make(bench, "STALE");
      await bench.poke(T1.ip, { confirm: true });
      await bench.hears("sent", datagram(T1.ip, { dst: T1.mac }));
      await bench.expectState(T1.ip, "DELAY", T1.mac);
      bench.expect("confirmed now", ((await bench.neigh(T1.ip))?.confirmed ?? 99) < 60, true);
    },
  },
  {
    id: "NUD-14",
    title: "an answer while delayed makes the entry reachable, and no probe follows",
    source: "RFC 4861 7.3.3 for IPv4",
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { reply } = bench.resolution;
      bench.param("base_reachable_time_ms", 600_000);
      bench.param("delay_first_probe_time", 2);
      await make(bench, "STALE");
      await bench.poke(T1.ip);
      await bench.hears("sent", datagram(T1.ip));
      await bench.say(reply(T1));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      await bench.silence("no probe", 2300);
    },
  },
  {
    id: "NUD-15",
    title: "a request of the host's while it is probed does not end the probing",
    source: "kernel: STALE does not lower PROBE",
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { answers, asks, request } = bench.resolution;
      unhurried(bench);
      await make(bench, "PROBE");
      await bench.say(request(T1));
      await bench.hears("answers it", answers(T1));
      await bench.hears("and probes on", asks(T1.ip, T1), { within: 1000 });
    },
  },
  {
    id: "NUD-16",
    title: "an announcement with another address, while probed, makes the entry stale and ends the probing",
    source: "kernel",
    patient: true,
    async run(bench) {
      const { T1, T2 } = bench.plan;
      const { announce } = bench.resolution;
      unhurried(bench);
      await make(bench, "PROBE");
      await bench.say(announce(moved(T1)));
      await becomes(bench, T1.ip, `STALE ${T2.mac}`);
      await bench.heard();
      await bench.silence("no further probe", 1200);
      await bench.expectState(T1.ip, "STALE", T2.mac);
    },
  },
  {
    id: "NUD-17",
    title: "an answer that comes after the failure makes the entry reachable, and sends nothing: what waited is gone",
    source: "kernel, measured",
    async run(bench) {
      const { T1 } = bench.plan;
      const { reply } = bench.resolution;
      bench.param("mcast_solicit", 1);
      bench.param("base_reachable_time_ms", 600_000);
      await bench.poke(T1.ip, { count: 2 });
      await untilFailed(bench);
      await bench.heard();
      await bench.say(reply(T1));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      await bench.silence("nothing is sent");
      bench.expect("told", told(bench), ["new FAILED", `new REACHABLE ${T1.mac}`]);
    },
  },
  {
    id: "NUD-19",
    title: "two hosts are resolved side by side, each with its own requests and its own queue",
    source: "kernel",
    async run(bench) {
      const { T1, host } = bench.plan;
      const { asks, reply } = bench.resolution;
      calm(bench);
      const other = host(88);
      await bench.poke(T1.ip, { payload: "one" });
      await bench.poke(other.ip, { payload: "two" });
      await bench.hears("asks for the first", asks(T1.ip));
      await bench.hears("asks for the second", asks(other.ip));
      await bench.say(reply(other));
      await bench.hears("the second's", datagram(other.ip, { dst: other.mac, payload: "two" }));
      bench.expect("the first waits", seen(bench, T1.ip), "INCOMPLETE");
      await bench.say(reply(T1));
      await bench.hears("the first's", datagram(T1.ip, { dst: T1.mac, payload: "one" }));
    },
  },
  {
    id: "NUD-21",
    title: "a stale entry that nobody uses stays as it is",
    source: "kernel: few entries are never collected",
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      await make(bench, "STALE");
      await bench.silence("nothing is sent", 1500);
      bench.expect("as it was", seen(bench, T1.ip), seenAs("STALE", T1));
      bench.expect("nothing is told", told(bench), []);
    },
  },
  {
    id: "NUD-23",
    title: "learned on one device, a host is not known on the other",
    source: "kernel: an entry belongs to a device",
    topology: TWO_LINKS,
    async run(bench) {
      const { T1, T2 } = bench.plan;
      const { announce, request } = bench.resolution;
      await bench.say(request(T1));
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
      bench.expect("on e1", seen(bench, T1.ip, "e1"), "-");
      await bench.must(`neigh add ${T1.ip} lladdr ${T2.mac} nud stale dev e1`);
      await bench.sayOn("p1", announce({ ip: T1.ip, mac: "02:00:00:00:00:44" }));
      await until(bench, () => seen(bench, T1.ip, "e1") === "STALE 02:00:00:00:00:44");
      bench.expect("on e1", seen(bench, T1.ip, "e1"), "STALE 02:00:00:00:00:44");
      bench.expect("on e0", seen(bench, T1.ip), `STALE ${T1.mac}`);
    },
  },
];
