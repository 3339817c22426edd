/** Fragments received, and put together (RFC 791 3.2, RFC 815, RFC 1122 3.3.2). */
import type { Case } from "../../contract/case.ts";
import { echo, echoRest, fragments, icmp, icmpMessage, ipv4, udpSegment } from "../../wire/build4.ts";
import { T2 } from "../../wire/hosts.ts";
import { acquainted, type Row, rows, sentInShort } from "./kit/answers.ts";
import { PORT } from "./kit/delivered.ts";
import { FLOOD, LONG_TEXT, pieces } from "./kit/pieces.ts";

const REPLY = "echo reply";
const ICMP = 1;
/** A message of 48 bytes, in two fragments of 24. */
const MESSAGE = icmpMessage(8, echoRest({ payload: "0123456789".repeat(4) }));
const [FIRST, LAST] = fragments({}, ICMP, MESSAGE, 24) as [Uint8Array, Uint8Array];
const THREE = fragments({}, ICMP, MESSAGE, 16) as [Uint8Array, Uint8Array, Uint8Array];
const last = (fields: object): Uint8Array => ipv4({ offset: 24, ...fields }, ICMP, MESSAGE.slice(24));
const SOURCE = "RFC 791 3.2, RFC 1122 3.3.2 MUST; kernel: ip_frag_reasm, measured";

function put(id: string, what: string, frames: readonly Uint8Array[], ...sends: string[]): Row {
  const number = id === "source" || id === "protocol" ? 12 : 11;
  return { id: `IP-${number}/${id}`, what: `an echo request in fragments, ${what}`, source: SOURCE, frames, sends };
}

const together: readonly Row[] = [
  put("two", "in order", [FIRST, LAST], REPLY),
  put("swapped", "in reverse", [LAST, FIRST], REPLY),
  put("three", "three of them", THREE, REPLY),
  put("three-mixed", "three of them, the middle one last", [THREE[0], THREE[2], THREE[1]], REPLY),
  put("twice", "the first one twice", [FIRST, FIRST, LAST], REPLY),
  put("again", "and once more", [FIRST, LAST, FIRST, LAST], REPLY, REPLY),
  put("first", "the first alone", [FIRST]),
  put("last", "the last alone", [LAST]),
  put("id", "of two identifications", [FIRST, last({ id: 0x4243 })]),
  put("source", "of two sources", [FIRST, last({ source: T2.ip })]),
  put("protocol", "of two protocols", [FIRST, ipv4({ offset: 24 }, 253, MESSAGE.slice(24))]),
  put("ttl", "of two TTLs and services", [FIRST, last({ ttl: 3, tos: 0x10 })], REPLY),
  put("overlap", "the second within the first, with other data", [FIRST, ipv4({ offset: 16 }, ICMP, Array<number>(32).fill(7))]),
  put("gap", "with eight bytes missing", [FIRST, ipv4({ offset: 32 }, ICMP, MESSAGE.slice(32))]),
  put("odd", "the first not a multiple of eight", [ipv4({ flags: 1 }, ICMP, MESSAGE.slice(0, 23)), LAST]),
  put("empty", "an empty one between", [FIRST, ipv4({ flags: 1, offset: 24 }, ICMP, []), LAST]),
  put("beyond", "one beyond 65,535", [FIRST, ipv4({ offset: 65_528 }, ICMP, MESSAGE.slice(24))]),
  put("one", "only one, with offset 0 and no more", [ipv4({ id: 7 }, ICMP, MESSAGE)], REPLY),
];

const waiting: readonly Case[] = pieces({
  expired: { id: "IP-13", source: "RFC 1122 3.3.2 MUST; kernel: ip_expire" },
  silent: { id: "IP-14", source: "RFC 1122 3.3.2" },
  flood: { id: "IP-15", source: "EDSA-402; kernel: ipfrag_high_thresh" },
  whole: { id: "UDP-21", source: "RFC 1122 3.3.2" },
  first: FIRST,
  last: LAST,
  firstOf: (id) => ipv4({ id, flags: 1 }, ICMP, FLOOD),
  datagram: fragments({}, 17, udpSegment({ dport: PORT, payload: LONG_TEXT }), 1480),
  echo: echo(),
  reply: 0,
  exceeded: 11,
  time: "ipfrag_time",
});

const others: readonly Case[] = [
  {
    id: "ICMP-14",
    title: "an echo request of 4000 bytes in fragments is answered in fragments",
    source: "RFC 1122 3.2.2.6, 3.3.2",
    async run(bench) {
      await acquainted(bench);
      await bench.say(...fragments({}, ICMP, icmpMessage(8, echoRest({ payload: "z".repeat(4000) })), 1480));
      bench.expect("frames", await sentInShort(bench), ["fragment at 0", "fragment at 1480", "fragment at 2960"]);
    },
  },
  {
    id: "ICMP-14/65507",
    title: "the longest echo request, 65,507 bytes, is answered",
    source: "RFC 1122 3.2.2.6, 3.3.2",
    async run(bench) {
      await acquainted(bench);
      await bench.say(...fragments({}, ICMP, icmpMessage(8, echoRest({ payload: "z".repeat(65_499) })), 1480));
      bench.expect("frames", (await sentInShort(bench, 30)).length, 45);
    },
  },
  {
    id: "ICMP-14/pmtu",
    title: "fragmentation needed, 600, about an echo reply: the next one goes as it came",
    source: "RFC 1191 3; kernel: icmp_reply, measured",
    async run(bench) {
      await acquainted(bench);
      const request = echo({ payload: "z".repeat(1000) });
      await bench.say(request);
      const reply = await bench.hears("answers", { kind: "icmp", type: 0 });
      await bench.say(icmp({ code: 4 }, 3, [0, 0, 2, 88, ...reply.bytes.subarray(14, 14 + 28)]));
      await bench.sleep(10);
      await bench.say(request);
      bench.expect("frames", await sentInShort(bench), ["fragment at 0", "fragment at 576"]);
    },
  },
  {
    id: "ICMP-14/options",
    title: "a long echo request with a recorded route: in the later fragments of the reply the route becomes padding",
    source: "RFC 791 3.1; kernel: ip_options_fragment, measured",
    async run(bench) {
      await acquainted(bench);
      const options = [7, 7, 4, 0, 0, 0, 0, 1];
      const message = icmpMessage(8, echoRest({ payload: "z".repeat(2000) }));
      const first = ipv4({ options, flags: 1 }, ICMP, message.slice(0, 1440));
      await bench.say(first, ipv4({ options, offset: 1440 }, ICMP, message.slice(1440)));
      const frames = await bench.heard(30);
      const seen = frames.map(({ bytes }) => Buffer.from(bytes.subarray(34, 42)).toString("hex"));
      bench.expect("options", seen, ["0707080a00000100", "0101010101010100"]);
    },
  },
];

export const parts: readonly Case[] = [...rows(together), ...waiting, ...others];
