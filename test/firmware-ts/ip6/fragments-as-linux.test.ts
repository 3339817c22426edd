/** Fragments in every order, with overlaps, gaps and wrong lengths: put together, reported and given up as the kernel does. */
import t from "tap";
import { Lab6 } from "../../support/lab6.ts";
import {
  type Ip6Fields,
  icmp6Message,
  ip6Frame,
  na,
  ns,
  OUR_IP6,
  OUR_LL,
  PEER_IP6,
  PEER_LL,
  solicitedNode,
} from "../../support/wire-format6.ts";
import { openLab, type Row6, sameAnswers6 } from "./exchange.ts";

const GLOBAL = { source: PEER_IP6, destination: OUR_IP6 };
const [FRAGMENT, ICMP, UDP, TCP] = [44, 58, 17, 6];
const MORE = 1;
let lastId = 0;

/** Part of a message: octets from..to of it. */
function part(
  id: number,
  message: readonly number[],
  from: number,
  to: number,
  flags: number,
  fields: Ip6Fields = {},
  next = ICMP,
): Uint8Array {
  const field = from | flags;
  const header = [next, 0, field >> 8, field & 0xff, 0, 0, id >> 8, id & 0xff];
  return ip6Frame({ ...GLOBAL, ...fields }, FRAGMENT, [...header, ...message.slice(from, to)]);
}

function echoMessage(bytes: number): number[] {
  return icmp6Message(GLOBAL, 128, [0, 1, 0, 1, ...Array.from({ length: bytes }, (_, at) => at & 0xff)]);
}

const reply = (bytes: number): string => `echo-reply id 1 seq 1 ${bytes} bytes ${OUR_IP6} > ${PEER_IP6} > T1`;

/** An echo request of 48 octets in parts: each is from, to and its flag. */
function parts(
  what: string,
  pieces: readonly (readonly [from: number, to: number, flags: number, fields?: Ip6Fields])[],
  ...answers: string[]
): Row6 {
  const id = ++lastId;
  const message = echoMessage(40);
  return [what, pieces.map(([from, to, flags, fields]) => part(id, message, from, to, flags, fields)), answers];
}

function problem(what: string, frame: Uint8Array, code: number, pointer: number): Row6 {
  return [what, frame, [`icmp 4/${code} info ${pointer} ${Math.min(frame.length - 14, 1232)} bytes ${OUR_IP6} > ${PEER_IP6} > T1`]];
}

const message = echoMessage(40);
const big = echoMessage(1452);

sameAnswers6("fragments", [
  parts(
    "two in order",
    [
      [0, 24, MORE],
      [24, 48, 0],
    ],
    reply(40),
  ),
  parts(
    "two, the last first",
    [
      [24, 48, 0],
      [0, 24, MORE],
    ],
    reply(40),
  ),
  parts(
    "three, the middle one last",
    [
      [0, 16, MORE],
      [32, 48, 0],
      [16, 32, MORE],
    ],
    reply(40),
  ),
  parts(
    "six of eight octets, backwards",
    [40, 32, 24, 16, 8, 0].map((at) => [at, at + 8, at === 40 ? 0 : MORE] as const),
    reply(40),
  ),
  parts("the first alone", [[0, 24, MORE]]),
  parts("the last alone", [[24, 48, 0]]),
  parts(
    "one twice",
    [
      [0, 24, MORE],
      [0, 24, MORE],
      [24, 48, 0],
    ],
    reply(40),
  ),
  parts(
    "the last twice",
    [
      [24, 48, 0],
      [24, 48, 0],
      [0, 24, MORE],
    ],
    reply(40),
  ),
  parts(
    "part of one again",
    [
      [0, 32, MORE],
      [8, 16, MORE],
      [32, 48, 0],
    ],
    reply(40),
  ),
  parts("an overlap", [
    [0, 24, MORE],
    [16, 48, 0],
  ]),
  parts(
    "an overlap, then all again",
    [
      [0, 24, MORE],
      [16, 48, 0],
      [0, 24, MORE],
      [24, 48, 0],
    ],
    reply(40),
  ),
  parts("an overlap from before", [
    [16, 40, MORE],
    [8, 24, MORE],
    [0, 16, MORE],
    [40, 48, 0],
  ]),
  parts("two ends", [
    [32, 48, 0],
    [24, 40, 0],
    [0, 24, MORE],
  ]),
  parts("more behind the end", [
    [16, 32, 0],
    [32, 48, MORE],
    [0, 16, MORE],
  ]),
  parts(
    "a traffic class of the first",
    [
      [0, 24, MORE, { tclass: 0xb8 }],
      [24, 48, 0],
    ],
    `${reply(40)} tclass b8`,
  ),
  parts(
    "congestion on the way",
    [
      [0, 24, MORE, { tclass: 2 }],
      [24, 48, 0, { tclass: 3 }],
    ],
    `${reply(40)} tclass 3`,
  ),
  parts("congestion that the sender does not know of", [
    [0, 24, MORE],
    [24, 48, 0, { tclass: 3 }],
  ]),
  parts("of two senders", [
    [0, 24, MORE],
    [24, 48, 0, { source: "fd00::3" }],
  ]),
  parts("to two of our addresses", [
    [0, 24, MORE],
    [24, 48, 0, { destination: OUR_LL }],
  ]),
  ["of two packets", [part(1000, message, 0, 24, MORE), part(1001, message, 24, 48, 0)], []],
  [
    "of two packets, mixed",
    [part(1010, message, 0, 24, MORE), part(1011, message, 0, 24, MORE), part(1010, message, 24, 48, 0)],
    [reply(40)],
  ],
  ["1500 octets", [part(1020, big, 0, 800, MORE), part(1020, big, 800, 1460, 0)], [reply(1452)]],
  problem("nothing, and more", part(1030, message, 0, 0, MORE), 3, 0),
  [
    "nothing behind the first, and more",
    [part(1032, message, 0, 24, MORE), part(1032, message, 24, 24, MORE), part(1032, message, 24, 48, 0)],
    [],
  ],
  ["nothing at the end", [part(1031, message, 0, 48, MORE), part(1031, message, 48, 48, 0)], []],
  problem("a length that is no multiple of eight", part(1040, message, 0, 20, MORE), 0, 4),
  problem("beyond the longest packet", part(1041, message, 0, 48, 65_528), 0, 42),
  ["a first one that ends within an extension header", part(1042, message, 0, 0, MORE, {}, 60), []],
  problem("a first one with half of an ICMP header", ip6Frame(GLOBAL, FRAGMENT, [ICMP, 0, 0, 1, 0, 0, 9, 9, 128, 0, 0, 0]), 3, 0),
  problem("a first one with half of a TCP header", part(1043, message, 0, 16, MORE, {}, TCP), 3, 0),
  ["a first one with a UDP header", part(1044, message, 0, 8, MORE, {}, UDP), []],
]);

sameAnswers6("neighbour discovery in fragments", [
  ["a solicitation", ns({}), [`na ${OUR_LL} SO tlla us ${OUR_LL} > ${PEER_LL} > T1`]],
  ["a solicitation in one fragment", alone(ns({})), []],
]);

sameAnswers6(
  "neighbour discovery in fragments, where that is allowed",
  [["a solicitation in one fragment", alone(ns({})), [`na ${OUR_LL} SO tlla us ${OUR_LL} > ${PEER_LL} > T1`]]],
  { conf: { suppress_frag_ndisc: 0 } },
);

/** The same packet with a fragment header. */
function alone(frame: Uint8Array): Uint8Array {
  const fields = { source: PEER_LL, destination: solicitedNode(OUR_LL), hops: 255 };
  return ip6Frame(fields, FRAGMENT, [ICMP, 0, 0, 0, 0, 0, 0, 9, ...frame.subarray(54)]);
}

t.test("after a minute the sender hears that the rest did not come, if the first did", async (t) => {
  const lab = await openLab();
  lab.say(part(1, message, 0, 24, MORE));
  lab.say(part(2, message, 24, 48, 0));
  t.equal(lab.inUse, 2, "a buffer for each");
  lab.run(59_999);
  t.same(lab.heard(), []);
  lab.run(1);
  t.same(lab.heard(), [`60000 icmp 3/1 info 0 72 bytes ${OUR_IP6} > ${PEER_IP6} > T1`]);
  const { reasmTimeout, reasmFails, reasmReqds } = lab.ip6.counters.ip;
  t.same([reasmTimeout, reasmFails, reasmReqds, lab.inUse], [2, 2, 2, 0]);
});

t.test("a flood of first fragments takes a bounded part of the pool; other traffic goes on", async (t) => {
  const lab = await Lab6.open({ pool: { limit: 64 } });
  for (let id = 0; id < 1000; id++) lab.say(part(id, message, 0, 24, MORE));
  t.ok(lab.inUse <= 16, `${lab.inUse} buffers`);
  lab.poke();
  lab.say(na(GLOBAL));
  t.same(lab.fates, ["0 sent"]);
  t.ok(lab.ip6.counters.ip.reasmFails >= 990);
  lab.run(61_000);
  t.equal(lab.inUse, 0);
});

t.test("a device that goes down takes its fragments along", async (t) => {
  const lab = await Lab6.open();
  lab.say(part(1, message, 0, 24, MORE));
  await lab.eth0.close();
  t.equal(lab.inUse, 0);
});
