/** The queue of an entry: how much it holds, by the kernel's sizes of packet memory, and how it empties. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { asks, datagram } from "../../../stage/patterns.ts";
import { arpReply } from "../../../wire/build.ts";
import { T1, T2 } from "../../../wire/hosts.ts";
import { becomes, calm, seen, told, unhurried, until } from "../kit/setup.ts";

/**
 * A datagram counts as the memory it lies in: 832 bytes up to a payload of 197, 1280 up to 645, then 2304. While it
 * does not fit, the oldest is dropped; one always stays.
 */
const KEPT: readonly (readonly [limit: number, payload: number, sent: number, kept: number])[] = [
  [0, 10, 3, 1],
  [831, 10, 3, 1],
  [832, 10, 3, 1],
  [1663, 10, 3, 1],
  [1664, 10, 3, 2],
  [2304, 10, 4, 2],
  [4000, 10, 6, 4],
  [4160, 10, 6, 5],
  [4160, 197, 6, 5],
  [4160, 198, 6, 3],
  [3840, 198, 6, 3],
  [3839, 198, 6, 2],
  [3840, 645, 6, 3],
  [3840, 646, 6, 1],
  [4608, 646, 6, 2],
  [4607, 646, 6, 1],
  [6912, 1472, 6, 3],
  [10_000, 1000, 8, 4],
];

/** The first four characters of each datagram that comes, which number it. */
async function numbers(bench: Bench): Promise<number[]> {
  return (await bench.heard(10)).flatMap((frame) => (frame.kind === "udp" ? [Number(frame.payload.slice(0, 4))] : []));
}

const kept: readonly Case[] = KEPT.map(([limit, payload, sent, left]) => ({
  id: `ARP-Q-05/${limit}-bytes-${sent}-of-${payload}`,
  title: `of ${sent} datagrams of ${payload} bytes, unres_qlen_bytes ${limit} keeps the last ${left}`,
  source: "kernel: neigh_resolve_output, skb truesize; measured",
  async run(bench) {
    calm(bench);
    bench.param("unres_qlen_bytes", limit);
    for (let n = 1; n <= sent; n++)
      await bench.poke(T1.ip, { payload: String(n).padStart(4, "0").padEnd(payload, "x").slice(0, payload) });
    await bench.hears("asks", asks(T1.ip));
    await bench.say(arpReply({ from: T1 }));
    bench.expect(
      "sent",
      await numbers(bench),
      Array.from({ length: left }, (_, at) => sent - left + 1 + at),
    );
  },
}));

const LIMITS: readonly (readonly [file: string, value: number, other: string, reads: number])[] = [
  ["unres_qlen", 2, "unres_qlen_bytes", 4180],
  ["unres_qlen", 0, "unres_qlen_bytes", 0],
  ["unres_qlen_bytes", 2090, "unres_qlen", 1],
  ["unres_qlen_bytes", 2089, "unres_qlen", 0],
  ["unres_qlen_bytes", 212_992, "unres_qlen", 101],
];

const files: readonly Case[] = LIMITS.map(([file, value, other, reads]) => ({
  id: `ARP-Q-06/${file}-${value}`,
  title: `${file} ${value} is ${other} ${reads}`,
  source: "kernel: proc_unres_qlen, 2090 bytes a packet",
  needs: ["sysctl-read"],
  async run(bench) {
    bench.param(file, value);
    bench.expect(other, bench.sysctl(`net.ipv4.neigh.e0.${other}`), String(reads));
    bench.expect(file, bench.sysctl(`net.ipv4.neigh.e0.${file}`), String(value));
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-Q-07",
    title: "of many datagrams that wait none is lost, and they leave in order",
    source: "RFC 1122 2.3.2.2; kernel",
    async run(bench) {
      calm(bench);
      for (let n = 1; n <= 100; n++) await bench.poke(T1.ip, { payload: String(n).padStart(4, "0") });
      await bench.say(arpReply({ from: T1 }));
      bench.expect(
        "sent",
        await numbers(bench),
        Array.from({ length: 100 }, (_, at) => at + 1),
      );
    },
  },
  {
    id: "ARP-Q-08",
    title: "an announcement lets what waits go, and finds the entry in use: DELAY is told, not STALE",
    source: "kernel: the queue leaves before the message, measured",
    async run(bench) {
      calm(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.say(arpReply({ from: T1, dst: "ff:ff:ff:ff:ff:ff" }));
      await bench.hears("sent", datagram(T1.ip, { dst: T1.mac }));
      await becomes(bench, T1.ip, `DELAY ${T1.mac}`);
      bench.expect("told", told(bench), [`new DELAY ${T1.mac}`]);
    },
  },
  {
    id: "ARP-Q-10",
    title: "with its entry deleted, what waits is gone: a later answer sends nothing",
    source: "kernel",
    async run(bench) {
      calm(bench);
      await bench.poke(T1.ip, { count: 3 });
      await bench.hears("asks", asks(T1.ip));
      await bench.must(`neigh del ${T1.ip} dev e0`);
      await bench.expectState(T1.ip, "-");
      await bench.say(arpReply({ from: T1 }));
      await bench.silence("nothing is sent");
      await bench.expectState(T1.ip, "-");
      bench.expect("told", told(bench), ["new FAILED", "deleted FAILED"]);
    },
  },
  {
    id: "ARP-Q-13",
    title: "an address given by hand lets what waits go, and asks no more",
    source: "kernel: neigh replace",
    patient: true,
    async run(bench) {
      unhurried(bench);
      await bench.poke(T1.ip, { count: 2 });
      await bench.hears("asks", asks(T1.ip));
      await bench.must(`neigh replace ${T1.ip} lladdr ${T2.mac} dev e0`);
      await bench.hears("the first", datagram(T1.ip, { dst: T2.mac, payload: "poke 1" }));
      await bench.hears("the second", datagram(T1.ip, { dst: T2.mac, payload: "poke 2" }));
      await bench.silence("and no further request", 1200, asks(T1.ip));
      await bench.expectState(T1.ip, "PERMANENT", T2.mac);
    },
  },
  {
    id: "ARP-Q-14",
    title: "a hand-made INCOMPLETE entry keeps what is sent and never asks; an answer still lets it go",
    source: "kernel: nud incomplete has no timer, measured",
    async run(bench) {
      await bench.must(`neigh add ${T1.ip} nud incomplete dev e0`);
      await bench.poke(T1.ip, { count: 2 });
      await bench.silence("nobody is asked", 350);
      await bench.expectState(T1.ip, "INCOMPLETE", "");
      await bench.say(arpReply({ from: T1 }));
      bench.expect(
        "sent",
        (await bench.heard(10)).map((frame) => (frame.kind === "udp" ? frame.payload : frame.kind)),
        ["poke 1", "poke 2"],
      );
    },
  },
  {
    id: "ARP-Q-15",
    title: "a datagram to an entry that is being resolved sends no further request and does not put off the next",
    source: "kernel: output in INCOMPLETE",
    patient: true,
    async run(bench) {
      bench.param("retrans_time_ms", 2000);
      await bench.poke(T1.ip);
      const one = await bench.hears("asks", asks(T1.ip));
      await bench.poke(T1.ip, { count: 5 });
      await bench.silence("nothing yet", 300);
      const two = await bench.hears("asks again", asks(T1.ip), { within: 2000 });
      bench.expectTime("in its time", two.time - one.time, 2000);
    },
  },
  {
    id: "ARP-Q-16",
    title: "nud none stops the asking and keeps what waits; the next datagram starts again and all leave",
    source: "kernel, measured",
    patient: true,
    async run(bench) {
      unhurried(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await bench.must(`neigh change ${T1.ip} nud none dev e0`);
      await bench.heard();
      await bench.silence("no further request", 1200);
      await bench.expectState(T1.ip, "NONE", "");
      await bench.poke(T1.ip);
      await bench.hears("asks again", asks(T1.ip));
      await bench.say(arpReply({ from: T1 }));
      await until(bench, () => seen(bench, T1.ip).startsWith("REACHABLE"));
      bench.expect(
        "sent",
        (await bench.heard(10)).map((frame) => (frame.kind === "udp" ? frame.payload : frame.kind)),
        ["poke 1", "poke 2"],
      );
    },
  },
];

export const bytes: readonly Case[] = [...kept, ...files, ...others];
