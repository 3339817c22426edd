/** A host whose hardware address changes, or that says the same again and again. Measured. */
import type { Case } from "../../../contract/case.ts";
import { asks, datagram } from "../../../stage/patterns.ts";
import { arpAnnounce, arpReply, arpRequest } from "../../../wire/build.ts";
import { T1, T2 } from "../../../wire/hosts.ts";
import { moved } from "../kit/frames.ts";
import { becomes, calm, make, told } from "../kit/setup.ts";

const addresses: readonly Case[] = [
  {
    id: "ARP-U-02",
    title: "locktime runs from the last change, and confirmations by the same address do not extend it",
    source: "kernel, measured",
    patient: true,
    async run(bench) {
      calm(bench);
      bench.param("locktime", 100);
      await make(bench, "STALE");
      const begin = bench.now();
      await bench.say(arpAnnounce({ from: T1 }));
      await bench.sleep(600);
      await bench.say(arpAnnounce({ from: T1 }), arpRequest({ from: T1 }));
      await bench.sleep(begin + 1100 - bench.now());
      await bench.say(arpReply({ from: moved(T1) }));
      await becomes(bench, T1.ip, `REACHABLE ${T2.mac}`);
    },
  },
  {
    id: "ARP-U-04",
    title: "a request with another address is believed at once, and answered there",
    source: "kernel: OVERRIDE, measured",
    async run(bench) {
      calm(bench);
      bench.param("locktime", 30_000);
      await make(bench, "REACHABLE");
      await bench.say(arpRequest({ from: moved(T1) }));
      await bench.hears("answers", { kind: "arp", op: 2, dst: T2.mac });
      await becomes(bench, T1.ip, `STALE ${T2.mac}`);
    },
  },
  {
    id: "ARP-U-06",
    title: "an address that changed is used by the next datagram, though the old one was in use",
    source: "kernel: neigh_update_hhs, measured",
    async run(bench) {
      calm(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.say(arpReply({ from: T1 }));
      await bench.hears("to the first", datagram(T1.ip, { dst: T1.mac }));
      await bench.poke(T1.ip);
      await bench.hears("again", datagram(T1.ip, { dst: T1.mac }));
      await bench.say(arpAnnounce({ from: moved(T1) }));
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
      calm(bench);
      await bench.say(arpRequest({ from: T1 }));
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
      for (let n = 0; n < 50; n++) await bench.say(arpAnnounce({ from: T1 }), arpRequest({ from: T1 }));
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
      bench.expect("told", told(bench), [`new STALE ${T1.mac}`]);
      await bench.say(...Array.from({ length: 20 }, () => arpReply({ from: T1 })));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      bench.expect("told", told(bench), [`new REACHABLE ${T1.mac}`]);
    },
  },
];

export const changing: readonly Case[] = [...addresses];
