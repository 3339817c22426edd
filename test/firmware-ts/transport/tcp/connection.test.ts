/** Connections between two stacks: how they begin, carry data, and end (RFC 9293 3.5, 3.6). */
import t from "tap";
import { RouteType } from "../../../../firmware-ts/ip4/routing/routes.ts";
import { Peer, TcpLab } from "../../../support/tcp-lab.ts";

t.test("a handshake, data both ways, and both ends", async (t) => {
  const lab = await TcpLab.open();
  const { peers } = lab.listen(80);
  const near = lab.connect(80);
  t.equal(near.connection.state, "SYN_SENT");
  lab.run(10);
  t.same(near.events, ["connected"]);
  t.equal(near.connection.state, "ESTABLISHED");
  const far = peers[0]!;
  t.equal(far.connection.state, "ESTABLISHED");
  t.equal(far.connection.remotePort, near.connection.localPort);
  t.equal(near.say("hello"), 5);
  lab.run(10);
  t.equal(far.text, "hello");
  far.say("good day");
  lab.run(10);
  t.equal(near.text, "good day");
  near.connection.end();
  lab.run(50);
  t.equal(near.connection.state, "FIN_WAIT2");
  t.equal(far.connection.state, "CLOSE_WAIT");
  t.same(far.events, ["ended"]);
  far.say("and on");
  far.connection.end();
  lab.run(100);
  t.equal(near.text, "good dayand on");
  t.same(near.events, ["connected", "ended", "closed"]);
  t.same(far.events, ["ended", "closed"]);
  t.same(lab.segments(), [
    "2 > SYN 0",
    "3 < SYN ACK 0",
    "4 > ACK 0",
    "10 > PSH ACK 5",
    "11 < ACK 0",
    "20 < PSH ACK 8",
    "30 > FIN ACK 0",
    "71 < ACK 0",
    "80 < PSH ACK 6",
    "80 < FIN ACK 0",
    "81 > ACK 0",
  ]);
});

t.test("nobody listens: refused", async (t) => {
  const lab = await TcpLab.open();
  const near = lab.connect(80);
  lab.run(10);
  t.same(near.events, ["closed ECONNREFUSED"]);
  t.equal(near.error?.code, "CONNECTION_REFUSED");
  t.equal(near.connection.state, "CLOSE");
  t.equal(near.say("x"), 0);
  t.equal(lab.near.tcp.counters.attemptFails, 1);
  t.equal(lab.near.tcp.flows.size, 0);
});

t.test("nobody is there: SYN is repeated as Linux 6.5 and newer do, and ARP's failure ends it", async (t) => {
  const lab = await TcpLab.open();
  const { near } = lab;
  const events: string[] = [];
  const user = {
    connected: () => events.push("connected"),
    readable: () => {},
    writable: () => {},
    ended: () => {},
    closed: (error: Error | null) => events.push(`${lab.clock.now()} ${(error as { errno?: string } | null)?.errno}`),
  };
  near.tcp.connect("10.0.0.9", 80, user);
  lab.run(10_000);
  t.match(events, [/^30\d\d .*EHOSTUNREACH$/]);
});

t.test("the peer is silent: SYN after 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67 s, and the end after 131 s", async (t) => {
  const lab = await TcpLab.open();
  lab.near.addNeighbour("10.0.0.2", "02:00:00:00:00:02", lab.nearDevice);
  lab.filter = () => false;
  const near = lab.connect(80);
  lab.run(200_000);
  t.same(
    lab.segments().map((line) => Math.round(Number(line.split(" ")[0]) / 1000)),
    [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67],
  );
  t.same(near.events, ["closed ETIMEDOUT"]);
  t.equal(near.error?.code, "CONNECTION_TIMED_OUT");
});

t.test("both open at the same time (RFC 9293 3.5, figure 7)", async (t) => {
  const lab = await TcpLab.open({ delay: 5 });
  lab.near.addNeighbour("10.0.0.2", "02:00:00:00:00:02", lab.nearDevice);
  lab.far.addNeighbour("10.0.0.1", "02:00:00:00:00:01", lab.farDevice);
  const near = lab.connect(2000, { localPort: 1000 });
  const far = new Peer();
  far.connection = lab.far.tcp.connect("10.0.0.1", 1000, far, { localPort: 2000 });
  lab.run(100);
  t.same([near.events, far.events], [["connected"], ["connected"]]);
  near.say("one");
  far.say("other");
  lab.run(100);
  t.same([near.text, far.text], ["other", "one"]);
});

t.test("both end at the same time: CLOSING, then TIME_WAIT on both sides for a minute", async (t) => {
  const lab = await TcpLab.open({ delay: 5 });
  const { peers } = lab.listen(80);
  const near = lab.connect(80);
  lab.run(100);
  near.connection.end();
  peers[0]?.connection.end();
  lab.run(6);
  t.equal(near.connection.state, "CLOSING");
  lab.run(20);
  t.same([near.events.at(-1), peers[0]?.events.at(-1)], ["closed", "closed"]);
  t.same([lab.near.tcp.timeWaits, lab.far.tcp.timeWaits], [1, 1]);
  lab.run(60_000);
  t.same([lab.near.tcp.timeWaits, lab.far.tcp.timeWaits, lab.near.tcp.flows.size], [0, 0, 0]);
});

t.test("TIME_WAIT answers FIN again, gives way to a new SYN, and is ended by RST", async (t) => {
  const lab = await TcpLab.open();
  const { peers } = lab.listen(80);
  const near = lab.connect(80, { localPort: 1000 });
  lab.run(10);
  // The last acknowledgment is lost: the far side ends first and is in TIME_WAIT.
  peers[0]?.connection.end();
  lab.run(10);
  near.connection.end();
  lab.run(10);
  t.equal(lab.far.tcp.timeWaits, 1);
  t.equal(near.over, true);
  const again = lab.connect(80, { localPort: 1000 });
  lab.run(10);
  t.same(again.events, ["connected"], "the port is used again at once");
  t.equal(lab.far.tcp.timeWaits, 0);
  t.throws(() => lab.connect(80, { localPort: 1000 }), { code: "ADDRESS_IN_USE" });
});

t.test("close with unread bytes, or bytes that come later: RST", async (t) => {
  const lab = await TcpLab.open();
  const { peers } = lab.listen(80);
  const near = lab.connect(80);
  lab.run(10);
  const far = peers[0]!;
  far.reads = false;
  near.say("unread");
  lab.run(10);
  far.connection.close();
  lab.run(10);
  t.same(near.events, ["connected", "closed ECONNRESET"]);
  t.equal(lab.far.tcp.counters.abortOnClose, 1);
  t.equal(lab.near.tcp.counters.estabResets, 1);

  const second = lab.connect(80);
  lab.run(10);
  peers[1]?.connection.close();
  lab.run(10);
  t.same(second.events, ["connected", "ended"]);
  t.equal(lab.far.tcp.orphans, 1);
  second.say("too late");
  lab.run(10);
  t.same(second.events, ["connected", "ended", "closed ECONNRESET"]);
  t.equal(lab.far.tcp.counters.abortOnData, 1);
  t.equal(lab.far.tcp.orphans, 0);
});

t.test("an orphan waits a minute for the FIN of its peer", async (t) => {
  const lab = await TcpLab.open();
  const { peers } = lab.listen(80);
  lab.connect(80);
  lab.run(10);
  peers[0]?.connection.close();
  lab.run(59_000);
  t.equal(peers[0]?.connection.state, "FIN_WAIT2");
  lab.run(2000);
  t.equal(peers[0]?.connection.state, "CLOSE");
  t.equal(lab.far.tcp.orphans, 0);
});

t.test("abort: RST at once, and what the peer has left to read stays", async (t) => {
  const lab = await TcpLab.open();
  const { peers } = lab.listen(80);
  const near = lab.connect(80);
  lab.run(10);
  const far = peers[0]!;
  far.reads = false;
  near.say("last words");
  lab.run(10);
  near.connection.abort();
  lab.run(10);
  t.same(near.events, ["connected"], "the user is told nothing");
  t.same(far.events, ["closed ECONNRESET"]);
  far.take();
  t.equal(far.text, "last words");
});

t.test("a listener that wants nobody, and one that is closed", async (t) => {
  const lab = await TcpLab.open();
  lab.far.tcp.listen(81, null, () => null);
  const near = lab.connect(81);
  lab.run(10);
  t.same(near.events, ["connected", "closed ECONNRESET"]);
  const { listener, peers } = lab.listen(80);
  t.throws(() => lab.far.tcp.listen(80, "10.0.0.2", () => null), { code: "ADDRESS_IN_USE" });
  const kept = lab.connect(80);
  lab.run(10);
  listener.close();
  listener.close();
  const late = lab.connect(80);
  lab.run(10);
  t.same(late.events, ["closed ECONNREFUSED"]);
  kept.say("still here");
  lab.run(10);
  t.equal(peers[0]?.text, "still here");
  t.equal(lab.far.tcp.listen(0, "10.0.0.2", () => null).port > 32_767, true);
});

t.test("refusals that need no segment", async (t) => {
  const lab = await TcpLab.open();
  const user = new Peer();
  const connect = (host: string, port: number, options = {}): void => {
    lab.near.tcp.connect(host, port, user, options);
  };
  t.throws(() => connect("10.0.0.2", 0), { code: "PORT_INVALID" });
  t.throws(() => connect("10.0.0.2", 70_000), { code: "PORT_INVALID" });
  t.throws(() => connect("nobody", 80), { code: "ADDRESS_INVALID" });
  t.throws(() => connect("fd00::1", 80), { code: "FAMILY_UNSUPPORTED" });
  t.throws(() => connect("10.0.0.2", 80, { from: "10.0.0.7" }), { code: "ADDRESS_NOT_AVAILABLE" });
  t.throws(() => connect("192.0.2.1", 80), { code: "NETWORK_UNREACHABLE", errno: "ENETUNREACH" });
  t.throws(() => lab.near.tcp.listen(80, "10.0.0.7", () => null), { code: "ADDRESS_NOT_AVAILABLE" });
  lab.near.addRoute({ to: "192.0.2.0/24", type: RouteType.PROHIBIT });
  t.throws(() => connect("192.0.2.1", 80), { code: "ACCESS_PROHIBITED", errno: "EACCES" });
  lab.near.addRoute({ to: "192.0.2.0/24", type: RouteType.UNREACHABLE, replace: true });
  t.throws(() => connect("192.0.2.1", 80), { code: "HOST_UNREACHABLE", errno: "EHOSTUNREACH" });
  lab.near.addRoute({ to: "192.0.2.0/24", type: RouteType.BLACKHOLE, replace: true });
  t.throws(() => connect("192.0.2.1", 80), { code: "ADDRESS_INVALID" });
  t.equal(lab.near.tcp.flows.size, 0);
});

t.test("a connection to ourselves", async (t) => {
  const lab = await TcpLab.open();
  const taken: Peer[] = [];
  lab.near.tcp.listen(80, null, (connection) => {
    const peer = new Peer();
    peer.connection = connection;
    taken.push(peer);
    return peer;
  });
  const peer = new Peer();
  peer.connection = lab.near.tcp.connect("10.0.0.1", 80, peer);
  lab.run(1);
  peer.pour(new Uint8Array(100_000).fill(7));
  lab.run(1000);
  t.equal(taken[0]?.received, 100_000);
  taken[0]?.connection.end();
  lab.run(10);
  t.same(peer.events.slice(-2), ["ended", "closed"]);
});
