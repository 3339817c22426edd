/** Listeners by the thousand connections, and under floods: bounded memory, SYN cookies (RFC 4987). */
import t from "tap";
import { Lab, type LabOptions } from "../../../support/lab.ts";
import { MSS_1460, readTcp, SACK_OK, type TcpHeard, tcp, timestamps } from "../../../support/tcp-frames.ts";
import { Peer, TcpLab } from "../../../support/tcp-lab.ts";
import { T1 } from "../../../support/wire-format.ts";

async function listening(backlog: number, options: LabOptions = {}): Promise<{ lab: Lab; peers: Peer[] }> {
  const lab = await Lab.open(options);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const peers: Peer[] = [];
  lab.stack.tcp.listen(
    80,
    null,
    (connection) => {
      const peer = new Peer();
      peer.connection = connection;
      peers.push(peer);
      return peer;
    },
    { backlog },
  );
  return { lab, peers };
}

function heard(lab: Lab): TcpHeard[] {
  return lab
    .take()
    .map(({ bytes }) => readTcp(bytes))
    .filter((segment) => segment !== null);
}

const OPTIONS = [...MSS_1460, ...SACK_OK, ...timestamps(5000, 0).slice(2), 1, 3, 3, 7];

t.test("more handshakes than the backlog: cookies, and connections from them with all that was agreed on", async (t) => {
  const { lab, peers } = await listening(2);
  for (const sport of [1, 2]) lab.say(tcp({ sport, flags: "S", seq: 100, tcpOptions: OPTIONS }));
  heard(lab);
  lab.say(tcp({ sport: 3, flags: "S", seq: 100, tcpOptions: OPTIONS }));
  const [answer] = heard(lab) as [TcpHeard];
  t.equal(answer.flags, "SA");
  t.same(answer.options, ["mss 1460", "sack-ok", "ts", "nop", "ws"]);
  t.equal(lab.stack.tcp.flows.size, 2, "the cookie is all that is kept");
  lab.run(61_000);
  const ack = (answer.seq + 1) >>> 0;
  lab.say(tcp({ sport: 3, seq: 101, ack, payload: "hello", tcpOptions: timestamps(5001, answer.tsVal) }));
  t.equal(peers.length, 1);
  t.equal(peers[0]?.text, "hello");
  const { timestamps: stamps, sack, windowScaling, mss } = peers[0]!.connection.info();
  t.same({ stamps, sack, windowScaling }, { stamps: true, sack: true, windowScaling: true });
  t.ok(mss > 1400, `${mss}`);
  const { syncookiesSent, syncookiesRecv, syncookiesFailed, reqQFullDoCookies } = lab.stack.tcp.counters;
  t.same([syncookiesSent, syncookiesRecv, syncookiesFailed, reqQFullDoCookies], [1, 1, 0, 1]);
});

t.test("a peer without time stamps: a cookie without scaling and SACK", async (t) => {
  const { lab, peers } = await listening(0);
  lab.say(tcp({ flags: "S", seq: 100, tcpOptions: [...MSS_1460, ...SACK_OK, 1, 3, 3, 7] }));
  const [answer] = heard(lab) as [TcpHeard];
  t.same(answer.options, ["mss 1460"]);
  lab.say(tcp({ seq: 101, ack: answer.seq + 1, payload: "hello" }));
  t.equal(peers[0]?.text, "hello");
  t.same([peers[0]?.connection.info().sack, peers[0]?.connection.info().windowScaling], [false, false]);
});

t.test("cookies that are not ours, or too old: RST", async (t) => {
  const { lab, peers } = await listening(0);
  lab.run(30_000);
  lab.say(tcp({ flags: "S", seq: 100, tcpOptions: OPTIONS }));
  const [answer] = heard(lab) as [TcpHeard];
  for (const wrong of [2, 0x1000001, 77]) {
    lab.say(tcp({ seq: 101, ack: (answer.seq + wrong) >>> 0 }));
    t.equal(heard(lab)[0]?.flags, "R");
  }
  lab.say(tcp({ seq: 105, ack: (answer.seq + 1) >>> 0 }));
  t.equal(heard(lab)[0]?.flags, "R");
  lab.run(119_000);
  lab.say(tcp({ seq: 101, ack: (answer.seq + 1) >>> 0 }));
  t.equal(heard(lab)[0]?.flags, "R");
  t.equal(peers.length, 0);
  t.ok(lab.stack.tcp.counters.syncookiesFailed >= 4);
});

t.test("without cookies what is too much is dropped, and counted", async (t) => {
  const { lab } = await listening(0);
  lab.stack.tcp.settings.syncookies = 0;
  lab.say(tcp({ flags: "S" }));
  t.same(heard(lab), []);
  t.same([lab.stack.tcp.counters.reqQFullDrop, lab.stack.tcp.counters.listenDrops], [1, 1]);
});

t.test("a handshake that nobody ends: five repetitions, then it is forgotten", async (t) => {
  const { lab } = await listening(10);
  lab.say(tcp({ flags: "S" }));
  lab.run(100_000);
  t.equal(heard(lab).length, 6);
  t.equal(lab.stack.tcp.flows.size, 0);
  t.equal(lab.stack.tcp.timers.armed, 0);
});

t.test("100,000 SYN from everywhere: nothing grows, and who means it gets in", async (t) => {
  const { lab, peers } = await listening(511);
  lab.stack.tcp.settings.synackRetries = 0;
  const frame = tcp({ flags: "S", seq: 1, tcpOptions: OPTIONS });
  const view = new DataView(frame.buffer);
  let answers = 0;
  for (let sent = 0; sent < 100_000; sent++) {
    // Ports and sequence numbers differ; the checksum follows by the difference (RFC 1624).
    const port = 1024 + (sent % 60_000);
    const low = sent & 0xffff;
    const sum = (value: number): number => (value & 0xffff) + (value >>> 16);
    let change = (~view.getUint16(50) & 0xffff) + (~view.getUint16(34) & 0xffff) + port + (~view.getUint16(40) & 0xffff) + low;
    change = sum(sum(change));
    view.setUint16(34, port);
    view.setUint16(40, low);
    view.setUint16(50, ~change & 0xffff);
    lab.say(frame);
    answers += lab.take().length;
    if (sent % 1000 === 0) lab.run(1);
  }
  const { tcp: ours } = lab.stack;
  t.equal(ours.counters.inCsumErrors, 0);
  t.ok(answers >= 99_000, `${answers} answers`);
  t.ok(ours.flows.size <= 511, `${ours.flows.size} flows`);
  t.ok(ours.counters.syncookiesSent > 98_000, `${ours.counters.syncookiesSent} cookies`);
  t.equal(lab.inUse, 0);
  lab.say(tcp({ sport: 1000, flags: "S", seq: 100, tcpOptions: OPTIONS }));
  const answer = heard(lab).at(-1)!;
  lab.say(tcp({ sport: 1000, seq: 101, ack: (answer.seq + 1) >>> 0, payload: "me", tcpOptions: timestamps(5001, answer.tsVal) }));
  t.equal(peers.at(-1)?.text, "me");
});

t.test("10,000 connections open at the same time, and closed", async (t) => {
  const lab = await TcpLab.open();
  const { peers } = lab.listen(80, { backlog: 10_000 });
  const near: Peer[] = [];
  for (let count = 0; count < 10_000; count++) {
    near.push(lab.connect(80));
    if (count % 100 === 99) lab.run(5);
    lab.crossings = [];
  }
  lab.run(1000);
  t.equal(peers.length, 10_000);
  t.equal(lab.far.tcp.counters.currEstab, 10_000);
  t.equal(new Set(near.map(({ connection }) => connection.localPort)).size, 10_000);
  t.equal(lab.near.tcp.rings.inUse, 0, "a connection at rest holds no ring");
  for (const [at, peer] of near.entries()) {
    peer.say(`${at}`);
    peer.connection.end();
    if (at % 100 === 99) lab.run(5);
    lab.crossings = [];
  }
  lab.run(1000);
  const told = new Map(near.map(({ connection }, at) => [connection.localPort, `${at}`]));
  t.ok(peers.every((peer) => peer.text === told.get(peer.connection.remotePort)));
  for (const peer of peers) peer.connection.end();
  lab.run(1000);
  t.equal(near.filter(({ over, error }) => over && error === null).length, 10_000);
  t.equal(lab.near.tcp.timeWaits, 10_000);
  lab.run(61_000);
  t.same([lab.near.tcp.flows.size, lab.far.tcp.flows.size, lab.near.tcp.timers.armed], [0, 0, 0]);
});
