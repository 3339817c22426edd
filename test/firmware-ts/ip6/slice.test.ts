/** IPv6 from one end to the other: a datagram asks for its neighbour, goes out, comes in, is answered; echo and errors. */
import t from "tap";
import { Lab6 } from "../../support/lab6.ts";
import { echo6, na, ns, OUR_IP6, PEER_IP6, udp6 } from "../../support/wire-format6.ts";

const PEER = { source: PEER_IP6, destination: OUR_IP6 };

t.test("a datagram waits for its neighbour, and goes out when that has answered", async (t) => {
  const lab = await Lab6.open();
  t.equal(lab.poke(), "queued");
  t.same(lab.heard(), ["0 who-has fd00::2 slla us fd00::1 > ff02::1:ff00:2 > 33:33:ff:00:00:02"]);
  lab.say(na(PEER));
  t.same(lab.heard(), ["0 udp :9 hi fd00::1 > fd00::2 > T1"]);
  t.equal(lab.state(), "REACHABLE");
  t.equal(lab.poke(), "sent");
  t.same(lab.heard(), ["0 udp :9 hi fd00::1 > fd00::2 > T1"]);
  t.same([lab.fates, lab.inUse], [["0 sent", "1 sent"], 0]);
});

t.test("a datagram for us comes to its socket, with where it came from", async (t) => {
  const lab = await Lab6.open();
  const got: string[] = [];
  const socket = lab.stack.udp.open(5000);
  socket.onDatagram = (bytes, at, length, source, port, { ttl, toUsAlone }) => {
    got.push(`${Buffer.from(bytes.subarray(at, at + length))} ${source === lab.address("fd00::2")} ${port} ${ttl} ${toUsAlone}`);
  };
  lab.say(udp6({ ...PEER, hops: 7 }, "hello"));
  lab.say(udp6({ ...PEER, udpSum: 0 }, "no checksum"));
  lab.say(udp6({ ...PEER, udpSum: 0x1234 }, "wrong checksum"));
  t.same(got, ["hello true 4000 7 true"]);
  const { udp } = lab.ip6.counters;
  t.same([udp.inDatagrams, udp.inErrors, udp.inCsumErrors, lab.inUse], [1, 2, 2, 0]);
});

t.test("nobody listens: port unreachable, with all of the packet", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour("fd00::2", "02:00:00:00:00:02", lab.eth0);
  lab.say(udp6({ ...PEER, dport: 7 }, "hello"));
  t.same(lab.heard(), ["0 icmp 1/4 info 0 53 bytes fd00::1 > fd00::2 > T1"]);
});

t.test("echo requests are answered, from the group's owner's address where they came to a group", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour("fd00::2", "02:00:00:00:00:02", lab.eth0);
  lab.say(echo6({ ...PEER, id: 5, sequence: 6 }, new Uint8Array(56)));
  lab.say(echo6({ source: PEER_IP6, destination: "ff02::1", id: 5, sequence: 7 }, [1]));
  lab.say(echo6({ ...PEER, icmpSum: 1 }));
  t.same(lab.heard(), [
    "0 echo-reply id 5 seq 6 56 bytes fd00::1 > fd00::2 > T1",
    "0 echo-reply id 5 seq 7 1 bytes fd00::1 > fd00::2 > T1",
  ]);
});

t.test("a link-local neighbour is named with its link", async (t) => {
  const lab = await Lab6.open();
  t.equal(lab.poke("fe80::2%eth0"), "queued");
  t.same(lab.heard(), ["0 who-has fe80::2 slla us fe80::ff:fe00:1 > ff02::1:ff00:2 > 33:33:ff:00:00:02"]);
  t.throws(() => lab.socket.to("fe80::2%eth7", 9), { code: "DEVICE_MISSING" });
});

t.test("a question for us is answered by way of the asker's entry", async (t) => {
  const lab = await Lab6.open();
  lab.say(ns({ source: PEER_IP6, target: OUR_IP6 }));
  t.same(lab.heard(), ["0 na fd00::1 SO tlla us fd00::1 > fd00::2 > T1"]);
  t.equal(lab.shown(), "DELAY:02");
});

t.test("ping", async (t) => {
  const lab = await Lab6.open({ loopback: true });
  const pinger = lab.stack.ping.open();
  const replies: string[] = [];
  pinger.onReply = ({ sequence, bytes, ttl }) => replies.push(`${sequence} ${bytes} ${ttl}`);
  const to = lab.stack.ping.to("fd00::2");
  t.equal(pinger.send(to, 1, 10).status, "queued");
  lab.run(0);
  lab.heard();
  lab.say(na(PEER));
  t.same(lab.heard(), ["0 echo-request id 1 seq 1 10 bytes fd00::1 > fd00::2 > T1"]);
  lab.say(echo6({ ...PEER, id: 1, sequence: 1 }, new Uint8Array(10), 129));
  for (const [at, own] of ["::1", "fd00::1", "fe80::ff:fe00:1%eth0"].entries()) pinger.send(lab.stack.ping.to(own), 2 + at, 4);
  lab.run(0);
  t.same(replies, ["1 18 64", "2 12 64", "3 12 64", "4 12 64"]);
  t.same([lab.heard(), lab.inUse], [[], 0]);
});

t.test("a neighbour that does not answer: address unreachable to the socket that sent", async (t) => {
  const lab = await Lab6.open();
  const errors: string[] = [];
  lab.socket.onError = (code, reporter, destination, port) =>
    errors.push(`${code} ${reporter === lab.address("fd00::1")} ${destination === lab.address("fd00::2")} ${port}`);
  lab.poke();
  lab.run(4000);
  t.same(errors, ["3 true true 9"]);
  t.equal(lab.state(), "FAILED");
  t.same(lab.fates, ["0 failed NEIGH_FAILED"]);
});
