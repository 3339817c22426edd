/** A stack between two links: packets handed on, and what their senders are told when that fails. */
import t from "tap";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Lab } from "../../support/lab.ts";
import { SecondLink, US1 } from "../../support/second-link.ts";
import {
  arpReply,
  BROADCAST,
  checksum,
  decode,
  type IcmpFields,
  icmp,
  T1,
  T2,
  type UdpFields,
  udp,
} from "../../support/wire-format.ts";

interface Router extends Lab {
  link: SecondLink;
}

/** 10.0.0.0/24 on eth0, where 10.0.0.2 is known; 10.0.1.0/24 on eth1, where nobody is. */
async function router(): Promise<Router> {
  const lab = await Lab.open();
  const link = await SecondLink.open(lab, "10.0.1.1/24");
  lab.stack.ip.conf.write("all", "forwarding", 1);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  return Object.assign(lab, { link });
}

function counter(lab: Lab, wanted: string): number | undefined {
  return lab.stack.counters().find(([name]) => name === wanted)?.[1];
}

const THERE = "10.0.1.9";

t.test("handed on: one hop less, everything else untouched", async (t) => {
  const lab = await router();
  const seen: Uint8Array[] = [];
  lab.stack.network.tap((packet, device, outgoing) => outgoing && device === lab.link.eth1 && seen.push(packet.contents().slice()));
  lab.stack.addNeighbour(THERE, T2, lab.link.eth1);
  const fields: UdpFields = { destination: THERE, tos: 7, id: 99, options: [1, 1, 1, 0] };
  lab.say(udp({ ...fields, ttl: 64 }, "the quick brown fox jumps"));
  t.same(
    Buffer.from(seen[0] as Uint8Array),
    Buffer.from(udp({ ...fields, ttl: 63, to: T2, from: US1 }, "the quick brown fox jumps")),
  );
  const counted = ["IpForwDatagrams", "IpInReceives", "IpInDelivers", "IpOutRequests", "IpOutTransmits"];
  t.same([counted.map((name) => counter(lab, name)), lab.inUse], [[1, 1, 0, 0, 1], 0]);
});

t.test("the header checksum stays right whatever the TTL", async (t) => {
  const lab = await router();
  lab.stack.addNeighbour(THERE, T2, lab.link.eth1);
  for (let ttl = 2; ttl < 256; ttl++) lab.say(udp({ destination: THERE, ttl, id: ttl * 257 }, "x"));
  const heard = lab.link.heard();
  t.same(heard, Array(254).fill("0 udp 10.0.0.2 10.0.1.9:5000 x > T2"), "no fault in any of them");
});

t.test("a packet for an unknown neighbour waits for it, asked for from the address of that link", async (t) => {
  const lab = await router();
  lab.say(udp({ destination: THERE }, "wait"));
  lab.run(500);
  lab.link.say(arpReply({ sip: THERE, to: "02:00:00:00:01:01", tip: "10.0.1.1" }));
  t.same(lab.link.heard(), [
    "0 who-has 10.0.1.9 tell 10.0.1.1 02:00:00:00:01:01 > all",
    "500 udp 10.0.0.2 10.0.1.9:5000 wait > T1",
  ]);
});

t.test("not handed on", async (t) => {
  const rows: [string, UdpFields, string[], DropReason][] = [
    ["TTL 1", { ttl: 1 }, ["icmp 11/0"], DropReason.IP_INHDR],
    ["TTL 0", { ttl: 0 }, ["icmp 11/0"], DropReason.IP_INHDR],
    ["no route", { destination: "192.168.1.1" }, ["icmp 3/0"], DropReason.IP_OUTNOROUTES],
    ["in a broadcast frame", { to: BROADCAST }, [], DropReason.IP_NOT_LOCAL],
    ["from ourselves", { source: "10.0.0.1" }, [], DropReason.IP_INADDRERRORS],
    ["for a group", { destination: "224.1.1.1" }, [], DropReason.IP_NOT_LOCAL],
  ];
  for (const [what, fields, told, reason] of rows) {
    const lab = await router();
    lab.say(udp({ destination: THERE, ...fields }, "x"));
    const heard = lab.heard().map((line) => line.split(" ").slice(1, 3).join(" "));
    t.same([heard, lab.link.heard(), lab.eth0.drops.get(reason), lab.inUse], [told, [], 1, 0], what);
  }
  const lab = await router();
  lab.stack.ip.conf.write(lab.eth0, "forwarding", 0);
  lab.say(udp({ destination: THERE }, "x"));
  t.same([lab.heard(), lab.link.heard(), counter(lab, "IpInAddrErrors")], [[], [], 1], "the receiving device does not forward");
  lab.stack.ip.conf.write(lab.eth0, "forwarding", 1);
  lab.link.eth1.setMtu(576);
  lab.say(udp({ destination: THERE, fragment: 0x4000 }, new Uint8Array(600)));
  const [tooBig] = lab.take();
  t.same([decode(tooBig?.bytes as Uint8Array).line.slice(0, 8), tooBig?.bytes[41], tooBig?.bytes[40]], ["icmp 3/4", 64, 2]);
});

t.test("too long for the next link: in fragments, unless that is forbidden; a fragment in smaller ones", async (t) => {
  const lab = await router();
  lab.stack.addNeighbour(THERE, T2, lab.link.eth1);
  lab.link.eth1.setMtu(576);
  const sent = (fragment: number): string[] => {
    lab.say(udp({ destination: THERE, fragment, ttl: 9, options: [7, 7, 4, 0, 0, 0, 0, 1] }, new Uint8Array(1100)));
    return lab.link.take().map(({ bytes }) => {
      const options = Buffer.from(bytes.subarray(34, 42)).toString("hex");
      return [bytes.length, bytes[20]! * 256 + bytes[21]!, bytes[22], options, checksum(bytes.subarray(14, 42))].join(" ");
    });
  };
  const [first, later] = ["0707080a00010101 0", "0101010101010101 0"];
  t.same(sent(0), [`586 ${0x2000} 8 ${first}`, `586 ${0x2000 + 68} 8 ${later}`, `62 ${136} 8 ${later}`]);
  t.same(sent(0x2000 + 200), [`586 ${0x2000 + 200} 8 ${first}`, `586 ${0x2000 + 268} 8 ${first}`, `62 ${0x2000 + 336} 8 ${first}`]);
  t.same(sent(0x4000), []);
  const counted = ["IpForwDatagrams", "IpFragOKs", "IpFragCreates", "IpFragFails", "IpOutTransmits", "IcmpOutDestUnreachs"];
  t.same([counted.map((name) => counter(lab, name)), lab.inUse], [[3, 2, 6, 1, 7, 1], 0]);
});

t.test("the next hop never answers: one host unreachable for each packet, six at most; then one a second", async (t) => {
  const lab = await router();
  for (let n = 0; n < 8; n++) lab.say(udp({ destination: THERE, tos: 0x13, ttl: 9 }, `${n}`));
  lab.run(2999);
  t.same(lab.heard(), []);
  lab.run(1);
  const frames = lab.take();
  t.equal(frames.length, 6);
  const first = frames[0]?.bytes as Uint8Array;
  const { line, faults, payload } = decode(first);
  t.same([line, faults], ["icmp 3/1 10.0.0.1 10.0.0.2 id 0 seq 0 > T1", []]);
  t.same([first[15], first[22]], [0xc0 | 0x12, 64], "type of service and TTL");
  t.same([payload[8], payload[28], checksum(payload.subarray(0, 20))], [8, 0x30, 0], "quoted with the TTL that we gave it");
  t.same([counter(lab, "IcmpOutRateLimitHost"), counter(lab, "IcmpOutDestUnreachs"), lab.inUse], [2, 6, 0]);
});

t.test("of what is told and of what is not", async (t) => {
  const rows: [string, Uint8Array, boolean][] = [
    ["a datagram", udp({ destination: THERE }, "x"), true],
    ["an echo request", icmp({ destination: THERE }), true],
    ["a first fragment", udp({ destination: THERE, fragment: 0x2000 }, "x"), true],
    ["a later fragment", udp({ destination: THERE, fragment: 0x2001 }, "x"), false],
    ...[3, 4, 5, 11, 12, 19, 42].map((icmpType): [string, Uint8Array, boolean] => [
      `ICMP type ${icmpType}`,
      icmp({ destination: THERE, icmpType } as IcmpFields, Array<number>(28).fill(0)),
      false,
    ]),
    ...[0, 13, 18].map((icmpType): [string, Uint8Array, boolean] => [
      `ICMP type ${icmpType}`,
      icmp({ destination: THERE, icmpType } as IcmpFields),
      true,
    ]),
  ];
  for (const [what, frame, told] of rows) {
    const lab = await router();
    lab.say(frame);
    lab.run(3000);
    t.equal(
      lab.heard().some((line) => line.includes("icmp 3/1")),
      told,
      what,
    );
    t.equal(lab.inUse, 0, what);
  }
});

t.test("purged in silence: device down, carrier lost, link address set", async (t) => {
  const ways: ((lab: Router) => unknown)[] = [
    (lab) => lab.link.eth1.close(),
    (lab) => {
      lab.link.port.plugged = false;
    },
    (lab) => lab.link.eth1.setAddress(Uint8Array.of(2, 0, 0, 0, 1, 2)),
  ];
  for (const way of ways) {
    const lab = await router();
    lab.say(udp({ destination: THERE }, "x"));
    await way(lab);
    lab.run(5000);
    t.same([lab.heard(), lab.inUse, lab.stack.neighbours(4).table.drops.get(DropReason.QUEUE_PURGE)], [[], 0, 1]);
  }
});

t.test(
  "our own packets: the error comes to ourselves, to the socket that sent, once for each, without the limit for one host",
  async (t) => {
    for (const loopback of [false, true]) {
      const lab = await Lab.open({ loopback });
      const told: string[] = [];
      const socket = lab.stack.udp.open(700);
      socket.onError = ({ code, reporter, destination }, port) =>
        told.push(`${code} ${reporter === ipv4("10.0.0.1")} ${destination === ipv4("10.0.0.2")} ${port}`);
      for (let n = 0; n < 8; n++) socket.send(new Uint8Array(1), socket.to("10.0.0.2", 9));
      lab.run(3000);
      t.same(told, Array(8).fill("1 true true 9"));
      t.same([counter(lab, "IcmpInDestUnreachs"), counter(lab, "IcmpOutRateLimitHost"), lab.inUse], [8, 0, 0]);
      t.equal(
        lab.stack.lo ? lab.stack.neighbours(4).table.find(0, lab.stack.lo)?.valid : true,
        true,
        "by way of lo's one neighbour",
      );
    }
  },
);

t.test("reverse path filter", async (t) => {
  const rows: [number, string, boolean][] = [
    [0, "192.168.1.1", true],
    [1, "10.0.1.77", false],
    [1, "10.0.0.77", true],
    [2, "10.0.1.77", true],
    [2, "192.168.1.1", false],
  ];
  for (const [value, source, taken] of rows) {
    const lab = await router();
    lab.stack.ip.conf.write("all", "rp_filter", value);
    let got = 0;
    lab.stack.udp.open(5000).onDatagram = () => got++;
    lab.say(udp({ source }, "x"));
    t.same([got === 1, counter(lab, "TcpExtIPReversePathFilter")], [taken, taken ? 0 : 1], `rp_filter ${value}, from ${source}`);
  }
});
