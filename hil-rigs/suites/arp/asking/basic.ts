/** Requests: when a datagram makes the DUT ask, how often, and which addresses need no asking. */
import type { Case } from "../../../contract/case.ts";
import { asks, datagram } from "../../../stage/patterns.ts";
import { arpReply } from "../../../wire/build.ts";
import { BROADCAST, DUT, T1, ZERO } from "../../../wire/hosts.ts";

export const basic: readonly Case[] = [
  {
    id: "ARP-G-01",
    title: "a datagram to an unknown host asks for it, and is sent once the answer is there",
    source: "RFC 826; TC8 ARP_07",
    async run(bench) {
      await bench.poke(T1.ip);
      const ask = await bench.hears("asks for it", asks(T1.ip));
      bench.expect("asks everybody", ask.dst, BROADCAST);
      bench.expect("in its own name", [ask.src, ask.sha, ask.spa], [DUT.mac, DUT.mac, DUT.ip]);
      bench.expect("the address asked for is not filled in", ask.tha, ZERO);
      await bench.expectState(T1.ip, "INCOMPLETE");
      await bench.say(arpReply({ from: T1 }));
      const sent = await bench.hears("then sends it", datagram(T1.ip, { dst: T1.mac }));
      bench.expect("and it is the one that waited", sent.payload, "poke 1");
      await bench.expectState(T1.ip, "REACHABLE", T1.mac);
    },
  },
  {
    id: "ARP-G-02",
    title: "an unanswered request is repeated twice, then the entry fails",
    source: "kernel: mcast_solicit 3, retrans_time",
    async run(bench) {
      await bench.poke(T1.ip);
      const first = await bench.hears("asks", asks(T1.ip));
      const second = await bench.hears("asks again", asks(T1.ip));
      const third = await bench.hears("and again", asks(T1.ip));
      bench.expectTime("the second comes one retrans_time later", second.time - first.time, 100);
      bench.expectTime("the third two", third.time - first.time, 200, 2);
      await bench.reaches(T1.ip, "FAILED", 100);
      await bench.silence("and asks no more", 150);
      const row = await bench.neigh(T1.ip);
      bench.expect("six probes are counted: three that it skips and three that it sent", row?.probes, 6);
    },
  },
  {
    id: "ARP-G-13",
    title: "a failed entry has no hold-down: the next datagram asks at once",
    source: "kernel",
    async run(bench) {
      bench.param("mcast_solicit", 1);
      await bench.poke(T1.ip);
      await bench.reaches(T1.ip, "FAILED", 100);
      await bench.heard();
      await bench.poke(T1.ip);
      await bench.hears("asks again at once", asks(T1.ip), { within: 20 });
      await bench.expectState(T1.ip, "INCOMPLETE");
    },
  },
  {
    id: "ARP-G-14",
    title: "multicast is sent to its mapped address and asks nobody",
    source: "RFC 1112 6.4",
    needs: ["route-admin"],
    async run(bench) {
      await bench.must("route add 224.0.0.0/4 dev e0");
      await bench.poke("224.0.0.99");
      await bench.hears("to the low 23 bits under 01:00:5e", datagram("224.0.0.99", { dst: "01:00:5e:00:00:63" }));
      await bench.silence("without asking");
    },
  },
  {
    id: "ARP-G-15",
    title: "the subnet's broadcast address is sent to everybody and asks nobody",
    source: "RFC 922; kernel",
    async run(bench) {
      bench.socket({ port: 4445 });
      await bench.poke("10.0.0.255");
      await bench.hears("to everybody", datagram("10.0.0.255", { dst: BROADCAST }));
      await bench.silence("without asking");
    },
  },
];
