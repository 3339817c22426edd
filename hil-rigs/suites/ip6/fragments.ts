/** IPv6 fragments received and sent (RFC 8200 4.5, RFC 5722, RFC 8021). */
import type { Case } from "../../contract/case.ts";
import { PLANS } from "../../contract/plan.ts";
import { echo6, echo6Message, fragmentHeader, fragments6, ICMPV6, type Ipv6Fields, ipv6, udp6Segment } from "../../wire/build6.ts";
import { acquainted, type Row, rows, sentInShort } from "../ip/kit/answers.ts";
import { PORT } from "../ip/kit/delivered.ts";
import { FLOOD, LONG_TEXT, pieces } from "../ip/kit/pieces.ts";

const { T2 } = PLANS[6];
const REPLY = "echo reply";
/** A message of 48 bytes, in two fragments of 24. */
const MESSAGE = echo6Message({ payload: "0123456789".repeat(4) });
const [FIRST, LAST] = fragments6({}, ICMPV6, MESSAGE, 24) as [Uint8Array, Uint8Array];
const THREE = fragments6({}, ICMPV6, MESSAGE, 16) as [Uint8Array, Uint8Array, Uint8Array];

function part(offset: number, more: boolean, body: readonly number[], fields: Ipv6Fields = {}, id?: number): Uint8Array {
  return ipv6({ extensions: [fragmentHeader(offset, more, id)], ...fields }, ICMPV6, body);
}

function put(id: string, what: string, frames: readonly Uint8Array[], ...sends: string[]): Row {
  return {
    id: `IP6-40/${id}`,
    what: `an echo request in fragments, ${what}`,
    source: "RFC 8200 4.5, RFC 5722; kernel: ip6_frag_reasm, measured",
    frames,
    sends,
  };
}

const together: readonly Row[] = [
  put("two", "in order", [FIRST, LAST], REPLY),
  put("swapped", "in reverse", [LAST, FIRST], REPLY),
  put("three", "three of them", THREE, REPLY),
  put("three-mixed", "three of them, the middle one last", [THREE[0], THREE[2], THREE[1]], REPLY),
  put("twice", "the first one twice", [FIRST, FIRST, LAST], REPLY),
  put("first", "the first alone", [FIRST]),
  put("last", "the last alone", [LAST]),
  put("id", "of two identifications", [FIRST, part(24, false, MESSAGE.slice(24), {}, 7)]),
  put("source", "of two sources", [FIRST, part(24, false, MESSAGE.slice(24), { source: T2.ip })]),
  put("overlap", "the second within the first", [FIRST, part(16, false, Array<number>(32).fill(7)), LAST]),
  put("gap", "with eight bytes missing", [FIRST, part(32, false, MESSAGE.slice(32))]),
  put("odd", "the first not a multiple of eight", [part(0, true, MESSAGE.slice(0, 23))], "parameter problem 0 at 4"),
  put("odd-later", "a later one not a multiple of eight", [part(24, true, MESSAGE.slice(24, 35))], "parameter problem 0 at 4"),
  put("beyond", "one beyond 65,535", [part(65_528, false, MESSAGE.slice(24))], "parameter problem 0 at 42"),
  put("empty", "an empty one", [part(0, true, [])], "parameter problem 3 at 0"),
  put("atomic", "whole, with a fragment header", [part(0, false, MESSAGE)], REPLY),
  put("atomic-beside", "whole, beside a first fragment with the same identification", [FIRST, part(0, false, MESSAGE)], REPLY),
  put(
    "no-upper",
    "the first without the message's header",
    [part(0, true, [], { extensions: [fragmentHeader(0, true), [60, [0, 1, 4, 0, 0, 0, 0]]] })],
    "parameter problem 3 at 0",
  ),
];

const waiting: readonly Case[] = pieces({
  expired: { id: "IP6-41", source: "RFC 8200 4.5; kernel: ip6frag_expire_frag_queue" },
  silent: { id: "IP6-42", source: "RFC 8200 4.5" },
  flood: { id: "IP6-43", source: "EDSA-402; kernel: ip6frag_high_thresh" },
  whole: { id: "UDP6-21", source: "RFC 8200 4.5" },
  first: FIRST,
  last: LAST,
  firstOf: (id) => part(0, true, FLOOD, {}, id),
  datagram: fragments6({}, 17, udp6Segment({ dport: PORT, payload: LONG_TEXT }), 1448),
  echo: echo6(),
  reply: 129,
  exceeded: 3,
  time: "ip6frag_time",
});

const others: readonly Case[] = [
  {
    id: "IP6-44",
    title: "an echo request of 4000 bytes in fragments is answered in fragments",
    source: "RFC 8200 5, RFC 4443 4.2",
    async run(bench) {
      await acquainted(bench);
      await bench.say(...fragments6({}, ICMPV6, echo6Message({ payload: "z".repeat(4000) }), 1448));
      bench.expect("frames", await sentInShort(bench), ["fragment at 0", "fragment at 1448", "fragment at 2896"]);
    },
  },
  {
    id: "IP6-45",
    title: "the longest echo request, of 65,535 bytes, is answered",
    source: "RFC 8200 4.5, RFC 4443 4.2",
    async run(bench) {
      await acquainted(bench);
      await bench.say(...fragments6({}, ICMPV6, echo6Message({ payload: "z".repeat(65_527) }), 1448));
      bench.expect("frames", (await sentInShort(bench, 30)).length, 46);
    },
  },
];

export const parts: readonly Case[] = [...rows(together), ...waiting, ...others];
