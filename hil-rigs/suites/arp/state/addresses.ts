/** A host whose hardware address changes, or that says the same again and again. Measured. */
import type { Case } from "../../../contract/case.ts";
import { datagram } from "../../../stage/patterns.ts";
import { moved } from "../kit/frames.ts";
import { becomes, calm, make, told } from "../kit/setup.ts";

export const changing: readonly Case[] = [
  {
    id: "ARP-U-02",
    title: "locktime runs from the last change, and confirmations by the same address do not extend it",
    source: "kernel, measured",
    patient: true,
    async run(bench) {
      const { T1, T2 } = bench.plan;
      const { announce, reply, request } = bench.resolution;
      calm(bench);
      bench.param("locktime", 100);
      await make(bench, "STALE");
      const begin = bench.now();
      await bench.say(announce(T1));
      await bench.sleep(600);
      await bench.say(announce(T1), request(T1));
      await bench.sleep(begin + 1100 - bench.now());
      await bench.say(reply(moved(T1)));
      await becomes(bench, T1.ip, `REACHABLE ${T2.mac}`);
    },
  },
  {
    id: "ARP-U-04",
    title: "a request with another address is believed at once, and answered there",
    source: "kernel: OVERRIDE, measured",
    async run(bench) {
      const { T1, T2 } = bench.plan;
      const { answers, request } = bench.resolution;
      calm(bench);
      bench.param("locktime", 30_000);
      await make(bench, "REACHABLE");
      await bench.say(request(moved(T1)));
      await bench.hears("answers", answers(moved(T1)));
      await becomes(bench, T1.ip, `STALE ${T2.mac}`);
    },
  },
  {
    id: "ARP-U-06",
    title: "an address that changed is used by the next datagram, though the old one was in use",
    source: "kernel: neigh_update_hhs, measured",
    async run(bench) {
      const { T1, T2 } = bench.plan;
      const { announce, asks, reply } = bench.resolution;
      calm(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.say(reply(T1));
      await bench.hears("to the first", datagram(T1.ip, { dst: T1.mac }));
      await bench.poke(T1.ip);
      await bench.hears("again", datagram(T1.ip, { dst: T1.mac }));
      await bench.say(announce(moved(T1)));
      await becomes(bench, T1.ip, `STALE ${T2.mac}`);
      await bench.poke(T1.ip);
      await bench.hears("to the second", datagram(T1.ip, { dst: T2.mac }));
    },
  },
  {
    id: "ARP-U-07",
    title: "a host that says the same thing a hundred times is told of once",
    source: "FreeRTOS-Plus-TCP refresh; kernel",
    async run(bench) {
      const { T1 } = bench.plan;
      const { announce, reply, request } = bench.resolution;
      calm(bench);
      await bench.say(request(T1));
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
      for (let n = 0; n < 50; n++) await bench.say(announce(T1), request(T1));
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
      bench.expect("told", told(bench), [`new STALE ${T1.mac}`]);
      await bench.say(...Array.from({ length: 20 }, () => reply(T1)));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      bench.expect("told", told(bench), [`new REACHABLE ${T1.mac}`]);
    },
  },
];
