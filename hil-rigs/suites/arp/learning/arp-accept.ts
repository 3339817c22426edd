/** arp_accept and drop_gratuitous_arp: which frames make an entry for an unknown host. Measured. */
import type { Case } from "../../../contract/case.ts";
import { answers, asks, datagram } from "../../../stage/patterns.ts";
import { arpAnnounceReply, arpReply, arpRequest } from "../../../wire/build.ts";
import { udp } from "../../../wire/build4.ts";
import { BROADCAST, DUT, type Host, host, T1, T2 } from "../../../wire/hosts.ts";
import { isForUs, moved, SPEAK, WORDS, type Word } from "../kit/frames.ts";
import { becomes, calm, hearsAnyone, make, told } from "../kit/setup.ts";

const FAR: Host = host(2, "192.168.9.9");

/** With arp_accept 1. */
const CREATED: Readonly<Record<Word, string>> = {
  reply: "REACHABLE",
  "reply-foreign": "REACHABLE",
  "reply-broadcast": "STALE",
  "reply-self": "STALE",
  "request-other": "-",
  "garp-request": "STALE",
  "garp-reply": "STALE",
  "garp-reply-unicast": "REACHABLE",
  request: "STALE",
  "request-unicast": "STALE",
};

/** The larger of both settings counts; 2 asks that the sender be in a subnet of the device; any other accepts nothing. */
const ACCEPT: readonly (readonly [all: number, dev: number, from: Host, accepts: boolean])[] = [
  [0, 0, T1, false],
  [0, 1, T1, true],
  [1, 0, T1, true],
  [0, 2, T1, true],
  [0, 1, FAR, true],
  [0, 2, FAR, false],
  [2, 1, FAR, false],
  [0, 3, T1, false],
  [3, 1, T1, false],
  [-1, 1, T1, true],
];

const created: readonly Case[] = ACCEPT.flatMap(([all, dev, from, accepts]) =>
  WORDS.filter((word) => !isForUs(word)).map((word): Case => {
    const state = accepts ? CREATED[word] : "-";
    return {
      id: `ARP-L-10/all-${all}-dev-${dev}-${from === FAR ? "far" : "near"}/${word}`,
      title: `arp_accept ${all} for all and ${dev} for the device, ${word} of the unknown ${from.ip}: ${state}`,
      source: "kernel: arp_accept, measured",
      needs: ["arp-sysctl"],
      async run(bench) {
        calm(bench);
        hearsAnyone(bench);
        bench.conf("arp_accept", all, "all");
        bench.conf("arp_accept", dev);
        await bench.say(SPEAK[word](from));
        const want = state === "-" ? "-" : `${state} ${from.mac}`;
        await becomes(bench, from.ip, want);
        bench.expect("what is told", told(bench), want === "-" ? [] : [`new ${want}`]);
        await bench.silence("nothing is sent", 5);
      },
    };
  }),
);

/** Senders that no setting makes an entry for. */
const NEVER: readonly (readonly [id: string, ip: string])[] = [
  ["ours", DUT.ip],
  ["subnet-broadcast", "10.0.0.255"],
  ["broadcast", "255.255.255.255"],
  ["multicast", "224.0.0.9"],
  ["loopback", "127.0.0.9"],
];

const never: readonly Case[] = NEVER.map(([id, ip]) => ({
  id: `ARP-L-12/${id}`,
  title: `no frame from ${ip} makes an entry, even with arp_accept 1`,
  source: "kernel: arp_is_garp and inet_addr_type, measured",
  needs: ["arp-sysctl"],
  async run(bench) {
    calm(bench);
    bench.conf("arp_accept", 1);
    const from = { ip, mac: T2.mac };
    for (const word of WORDS.filter((each) => !isForUs(each))) await bench.say(SPEAK[word](from));
    await bench.silence("nothing is sent", 10);
    bench.expect("nothing is told", told(bench), []);
    bench.expect("the table is empty", bench.dut.neighbours().length, 0);
  },
}));

const DROPPED: readonly (readonly [word: Word, all: number, dev: number, dropped: boolean])[] = [
  ["garp-request", 0, 0, false],
  ["garp-request", 1, 0, true],
  ["garp-request", 0, 1, true],
  ["garp-reply", 0, 1, true],
  ["garp-reply-unicast", 0, 1, true],
  ["reply-self", 0, 1, true],
  ["reply", 0, 1, false],
  ["request-other", 0, 1, false],
  ["request", 0, 1, false],
];

const dropping: readonly Case[] = DROPPED.map(([word, all, dev, dropped]) => ({
  id: `ARP-U-09/${word}-all-${all}-dev-${dev}`,
  title: `drop_gratuitous_arp ${all} for all and ${dev} for the device: ${word} is ${dropped ? "dropped" : "heeded"}`,
  source: "kernel: drop_gratuitous_arp",
  needs: ["arp-sysctl"],
  async run(bench) {
    calm(bench);
    bench.param("locktime", 0);
    bench.conf("drop_gratuitous_arp", all, "all");
    bench.conf("drop_gratuitous_arp", dev);
    await make(bench, "STALE");
    await bench.sleep(30);
    await bench.say(SPEAK[word](moved(T1)));
    const state = word === "reply" ? "REACHABLE" : "STALE";
    await becomes(bench, T1.ip, dropped ? `STALE ${T1.mac}` : `${state} ${T2.mac}`);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-L-03/accept-1",
    title: "with arp_accept 1 a host that announced itself needs no asking for",
    source: "TC8 ARP_05, ARP_06",
    needs: ["arp-sysctl"],
    async run(bench) {
      bench.conf("arp_accept", 1);
      await bench.say(arpAnnounceReply({ from: T1 }));
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
      await bench.poke(T1.ip);
      await bench.hears("sent at once", datagram(T1.ip, { dst: T1.mac }));
      await bench.silence("nobody is asked", 20, asks(T1.ip));
    },
  },
  {
    id: "ARP-L-09",
    title: "of two answers one behind the other the first counts",
    source: "kernel: locktime, measured",
    async run(bench) {
      calm(bench);
      bench.param("locktime", 3000);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.say(arpReply({ from: T1 }), arpReply({ from: moved(T1) }));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
    },
  },
  {
    id: "ARP-L-11",
    title: "a request from outside the subnet is answered, and its sender learned",
    source: "kernel: policy, rp_filter 0",
    needs: ["arp-sysctl"],
    async run(bench) {
      hearsAnyone(bench);
      await bench.say(SPEAK.request(FAR));
      await bench.hears("answers", answers(FAR, { dst: FAR.mac }));
      await becomes(bench, FAR.ip, `STALE ${FAR.mac}`);
    },
  },
  {
    id: "ARP-L-11/rp-filter",
    title: "with rp_filter 1 a request from where no route leads is not answered",
    source: "kernel: fib_validate_source",
    needs: ["arp-sysctl"],
    async run(bench) {
      bench.conf("rp_filter", 1);
      await bench.say(SPEAK.request(FAR));
      await bench.silence("no answer");
      await bench.expectState(FAR.ip, "-");
    },
  },
  {
    id: "ARP-L-14",
    title: "where the frame's source and the sender hardware address differ, the latter is learned and answered",
    source: "IWL 002; kernel",
    async run(bench) {
      await bench.say(arpRequest({ from: T1, src: T2.mac }));
      await bench.hears("answers", answers(T1, { dst: T1.mac, tha: T1.mac }));
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
    },
  },
  {
    id: "ARP-L-15",
    title: "an IPv4 datagram teaches nothing about its sender",
    source: "kernel",
    async run(bench) {
      bench.socket({ port: 7000 });
      await bench.say(udp({ from: T1, dport: 7000 }), udp({ from: T1, dport: 7000, dst: BROADCAST }));
      await bench.silence("nothing is sent");
      await bench.expectState(T1.ip, "-");
    },
  },
];

export const arpAccept: readonly Case[] = [...created, ...never, ...dropping, ...others];
