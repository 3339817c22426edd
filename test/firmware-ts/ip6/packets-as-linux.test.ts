/** IPv6 packets with every kind of fault, and echo requests to every kind of address: answered as the kernel answers them. */
import { T1 } from "../../support/wire-format.ts";
import {
  echo6,
  type Ip6Fields,
  ip6Frame,
  OUR_IP6,
  OUR_LL,
  PEER_IP6,
  PEER_LL,
  solicitedNode,
  udp6,
} from "../../support/wire-format6.ts";
import { type Row6, sameAnswers6 } from "./exchange.ts";

const GLOBAL = { source: PEER_IP6, destination: OUR_IP6 };
const REPLY = `echo-reply id 1 seq 1 0 bytes ${OUR_IP6} > ${PEER_IP6} > T1`;
const LOCAL_REPLY = `echo-reply id 1 seq 1 0 bytes ${OUR_LL} > ${PEER_LL} > T1`;

function echo(what: string, fields: Ip6Fields, ...answers: string[]): Row6 {
  return [`echo: ${what}`, echo6({ ...GLOBAL, ...fields }), answers];
}

const ECHO: readonly Row6[] = [
  echo("to our global address", {}, REPLY),
  echo("to our link-local address", { source: PEER_LL, destination: OUR_LL }, LOCAL_REPLY),
  echo("from link-local to global", { source: PEER_LL }, `echo-reply id 1 seq 1 0 bytes ${OUR_IP6} > ${PEER_LL} > T1`),
  echo("from global to link-local", { destination: OUR_LL }, `echo-reply id 1 seq 1 0 bytes ${OUR_LL} > ${PEER_IP6} > T1`),
  echo("to all nodes", { destination: "ff02::1" }, REPLY),
  echo("to all nodes, from link-local", { source: PEER_LL, destination: "ff02::1" }, LOCAL_REPLY),
  echo("to our solicited-node group", { destination: solicitedNode(OUR_IP6) }, REPLY),
  echo("to all routers", { destination: "ff02::2" }),
  echo("to all nodes of the interface", { destination: "ff01::1" }),
  echo("to a reserved scope", { destination: "ff00::1" }),
  echo("to a group that nobody joined", { destination: "ff02::99" }),
  echo("to ourselves in a frame to all nodes", { to: "33:33:00:00:00:01" }, REPLY),
  echo("to ourselves in a broadcast frame", { to: "ff:ff:ff:ff:ff:ff" }, REPLY),
  echo("in a frame for another host", { to: "02:00:00:00:00:09" }),
  echo("hop limit 0", { hops: 0 }, REPLY),
  echo("hop limit 1", { hops: 1 }, REPLY),
  echo("a traffic class", { tclass: 0xb8 }, `${REPLY} tclass b8`),
  echo("a flow label", { flow: 0x12345 }, REPLY),
  echo("from a group", { source: "ff02::2" }),
  echo("from ::1", { source: "::1" }),
  echo("to ::1", { destination: "::1" }),
  echo("from nobody", { source: "::" }),
  echo("version 4", { version: 4 }),
  echo("version 7", { version: 7 }),
  echo("longer than the frame", { length: 9 }),
  echo("cut by its length", { length: 7 }),
  echo("length 0", { length: 0 }),
  ["echo: bytes behind the packet", Uint8Array.from([...echo6(GLOBAL), 0, 0, 0, 0]), [REPLY]],
  ["echo: a wrong checksum", echo6({ ...GLOBAL, icmpSum: 1 }), []],
  ["echo: another code", echo6({ ...GLOBAL, code: 5 }), [REPLY]],
  ["a reply that nobody waits for", echo6(GLOBAL, [], 129), []],
  ["a header cut off", echo6(GLOBAL).subarray(0, 14 + 39), []],
];

sameAnswers6("echo", ECHO);

function quoted(frame: Uint8Array): number {
  return Math.min(frame.length - 14, 1232);
}

function refused(what: string, frame: Uint8Array, error: string, from = OUR_IP6, to = PEER_IP6): Row6 {
  return [what, frame, [`icmp ${error} ${quoted(frame)} bytes ${from} > ${to} > T1`]];
}

const OTHERS: readonly Row6[] = [
  refused("nobody listens", udp6(GLOBAL, "hello"), "1/4 info 0"),
  refused("nobody listens, a long datagram", udp6(GLOBAL, new Uint8Array(1400)), "1/4 info 0"),
  refused("nobody listens, link-local", udp6({}, "hello"), "1/4 info 0", OUR_LL, PEER_LL),
  ["nobody listens to a group", udp6({ ...GLOBAL, destination: "ff02::1" }, "hello"), []],
  ["nobody listens, in a frame to a group", udp6({ ...GLOBAL, to: "33:33:00:00:00:01" }, "hello"), []],
  ["nobody listens, from nobody", udp6({ ...GLOBAL, source: "::" }, "hello"), []],
  ["no checksum", udp6({ ...GLOBAL, udpSum: 0 }, "hello"), []],
  ["a wrong checksum", udp6({ ...GLOBAL, udpSum: 1 }, "hello"), []],
  refused("a protocol that nobody takes", ip6Frame(GLOBAL, 253, new Uint8Array(8)), "4/1 info 6"),
  refused("a protocol that nobody takes, without data", ip6Frame(GLOBAL, 253, []), "4/1 info 6"),
  ["a protocol that nobody takes, to a group", ip6Frame({ ...GLOBAL, destination: "ff02::1" }, 253, new Uint8Array(8)), []],
  ["no next header", ip6Frame(GLOBAL, 59, new Uint8Array(8)), []],
  ["another host on our link", udp6({ ...GLOBAL, destination: "fd00::9" }, "hello"), []],
  refused("a host behind no route", udp6({ ...GLOBAL, destination: "fd99::9" }, "hello"), "1/0 info 0"),
  ["a link-local host", udp6({ destination: "fe80::9" }, "hello"), []],
  refused("nobody's address", udp6({ ...GLOBAL, destination: "::" }, "hello"), "1/0 info 0"),
  ["an ICMP type that nobody takes", echo6(GLOBAL, [], 200), []],
  ["an ICMP error type that nobody knows", echo6(GLOBAL, new Uint8Array(48), 100), []],
  ["an error about nothing of ours", echo6(GLOBAL, udp6({}, "x").subarray(14), 1), []],
  ["T1 as an IPv4 packet", ip6Frame({ ...GLOBAL, type: 0x0800, from: T1 }, 17, new Uint8Array(8)), []],
];

sameAnswers6("packets for nobody", OTHERS);
