/** Learning: which frames of a host make or correct its entry. */
import type { Case } from "../../../contract/case.ts";
import { answers, asks, datagram } from "../../../stage/patterns.ts";
import { arpAnnounce, arpAnnounceReply, arpReply, arpRequest } from "../../../wire/build.ts";
import { echo } from "../../../wire/build4.ts";
import { host, T1, T2 } from "../../../wire/hosts.ts";
import { moved } from "../kit/frames.ts";

export const basic: readonly Case[] = [
  {
    id: "ARP-L-01",
    title: "whoever asks for us is learned, and needs no asking for later",
    source: "RFC 826; TC8 ARP_03, ARP_04",
    async run(bench) {
      await bench.say(arpRequest({ from: T1 }));
      await bench.hears("answers", answers(T1, { dst: T1.mac }));
      await bench.expectState(T1.ip, "STALE", T1.mac);
      await bench.poke(T1.ip);
      await bench.hears("sends without asking", datagram(T1.ip, { dst: T1.mac }));
      await bench.expectState(T1.ip, "DELAY", T1.mac);
    },
  },
  {
    id: "ARP-L-03",
    title: "announcements of an unknown host teach nothing",
    source: "TC8 ARP_05 differs; kernel: arp_accept 0",
    async run(bench) {
      await bench.say(arpAnnounce({ from: T1 }), arpAnnounceReply({ from: T1 }));
      await bench.expectState(T1.ip, "-");
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
    },
  },
  {
    id: "ARP-L-06",
    title: "a request for a third host teaches nothing about an unknown asker",
    source: "RFC 826",
    async run(bench) {
      await bench.say(arpRequest({ from: T1, tpa: host(9).ip }));
      await bench.silence("no answer");
      await bench.expectState(T1.ip, "-");
    },
  },
  {
    id: "ARP-L-07",
    title: "an answer that nobody asked for teaches nothing",
    source: "kernel: arp_accept 0",
    async run(bench) {
      await bench.say(arpReply({ from: T1 }));
      await bench.expectState(T1.ip, "-");
    },
  },
  {
    id: "ARP-L-08",
    title: "an announcement of a known host with another address corrects its entry",
    source: "TC8 ARP_33; RFC 5227 4",
    async run(bench) {
      await bench.say(arpRequest({ from: T1 }));
      await bench.say(arpAnnounce({ from: moved(T1) }));
      await bench.expectState(T1.ip, "STALE", T2.mac);
    },
  },
  {
    id: "ARP-L-13",
    title: "an echo request from an unknown host: it is asked for first, and the answer is not lost",
    source: "IWL 001; kernel: receiving IP teaches nothing",
    async run(bench) {
      await bench.say(echo({ from: T1 }));
      await bench.hears("asks", asks(T1.ip));
      await bench.say(arpReply({ from: T1 }));
      await bench.hears("then answers", { kind: "icmp", type: 0, destination: T1.ip, dst: T1.mac });
    },
  },
];
