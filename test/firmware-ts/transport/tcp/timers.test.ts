/** The clockwork of a connection: retransmission, probes, keep-alive, delayed acknowledgments, Nagle (RFC 6298, RFC 8985, RFC 9293 3.8). */
import t from "tap";
import { type Peer, TcpLab, type TcpLabOptions } from "../../../support/tcp-lab.ts";
import { icmp } from "../../../support/wire-format.ts";

async function connected(options: TcpLabOptions = {}): Promise<{ lab: TcpLab; near: Peer; far: Peer; start: number }> {
  const lab = await TcpLab.open(options);
  lab.near.addNeighbour("10.0.0.2", "02:00:00:00:00:02", lab.nearDevice);
  lab.far.addNeighbour("10.0.0.1", "02:00:00:00:00:01", lab.farDevice);
  const { peers } = lab.listen(80);
  const near = lab.connect(80);
  lab.run(100);
  lab.segments();
  return { lab, near, far: peers[0]!, start: lab.clock.now() };
}

/** Times of segments since `start`, in s. */
function seconds(lines: readonly string[], start: number): number[] {
  return lines.map((line) => Math.round((Number(line.split(" ")[0]) - start) / 100) / 10);
}

t.test("a peer that falls silent: retransmissions double from 200 ms on, and end after 15 retries' time", async (t) => {
  const { lab, near, start } = await connected();
  lab.filter = () => false;
  near.say("x");
  lab.run(1_100_000);
  const lines = lab.segments();
  // The first copy comes as a tail loss probe.
  t.same(seconds(lines, start).slice(0, 8), [0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.5, 12.9]);
  t.same(near.events, ["connected", "closed ETIMEDOUT"]);
  t.ok(lab.clock.now() - start > 924_600);
  t.equal(near.connection.info().totalRetrans, lines.length - 1);
  t.equal(lab.near.tcp.counters.abortOnTimeout, 1);
});

t.test("a lost segment in the middle: repeated after three that arrived, without a time-out", async (t) => {
  const { lab, near, far } = await connected({ delay: 10 });
  let count = 0;
  lab.filter = ({ outbound }) => !outbound || ++count !== 3;
  near.pour(new Uint8Array(10 * 1448), false);
  lab.run(100);
  t.equal(far.received, 14_480);
  const { counters } = lab.near.tcp;
  t.same([counters.fastRetrans, counters.sackRecovery, counters.timeouts], [1, 1, 0]);
  t.equal(near.connection.info().totalRetrans, 1);
});

t.test("the last segment lost: a tail loss probe brings it", async (t) => {
  const { lab, near, far } = await connected({ delay: 10 });
  let count = 0;
  lab.filter = ({ outbound }) => !outbound || ++count !== 10;
  near.pour(new Uint8Array(10 * 1448), false);
  lab.run(300);
  t.equal(far.received, 14_480);
  t.same([lab.near.tcp.counters.lossProbes, lab.near.tcp.counters.timeouts], [1, 0]);
});

t.test("without SACK: three duplicates, and partial acknowledgments (RFC 6582)", async (t) => {
  const lab = await TcpLab.open({ delay: 10 });
  lab.near.tcp.settings.sack = 0;
  const { peers } = lab.listen(80);
  const near = lab.connect(80);
  lab.run(100);
  t.equal(near.connection.info().sack, false);
  let count = 0;
  lab.filter = ({ outbound }) => !outbound || (++count !== 3 && count !== 5);
  near.pour(new Uint8Array(10 * 1448), false);
  lab.run(150);
  t.equal(peers[0]?.received, 14_480);
  t.same([lab.near.tcp.counters.renoRecovery, lab.near.tcp.counters.timeouts], [1, 0]);
});

t.test("a time-out that was needless is taken back (RFC 3522)", async (t) => {
  const { lab, near, far } = await connected({ delay: 10 });
  near.pour(new Uint8Array(20_000), false);
  lab.run(200);
  const before = near.connection.info().cwnd;
  lab.path.options.delay = 600;
  near.pour(new Uint8Array(14_480), false);
  lab.run(3000);
  t.equal(far.received, 34_480);
  t.equal(lab.near.tcp.counters.lossUndo, 1);
  t.ok(near.connection.info().cwnd >= before);
});

t.test("a closed window is probed, and opens again", async (t) => {
  const { lab, near, far } = await connected();
  far.reads = false;
  near.pour(new Uint8Array(400_000).fill(1), false);
  lab.run(1000);
  t.equal(far.connection.available, 262_144);
  t.equal(near.connection.info().sendWindow, 0);
  lab.segments();
  const start = lab.clock.now();
  lab.run(10_000);
  const probes = lab.segments().filter((line) => line.includes(" > "));
  t.same(seconds(probes, start), [0.7, 2.4, 5.7], "each twice as late as the one before");
  far.reads = true;
  far.take();
  lab.run(5000);
  t.equal(far.received, 400_000);
  t.ok(lab.near.tcp.counters.winProbe > 0);
  t.ok(lab.far.tcp.counters.toZeroWindow > 0);
});

t.test("a FIN behind a closed window waits for it, with a probe now and then", async (t) => {
  const { lab, near, far } = await connected();
  far.reads = false;
  near.pour(new Uint8Array(262_144), false);
  lab.run(1000);
  near.connection.end();
  t.equal(near.connection.state, "ESTABLISHED");
  lab.segments();
  lab.run(10_000);
  const probes = lab.segments().filter((line) => line.includes(" > "));
  t.ok(probes.length > 1 && probes.length < 8, `${probes.length} probes in 10 s`);
  far.reads = true;
  far.take();
  lab.run(100);
  t.same(far.events, ["ended"]);
  t.equal(far.received, 262_144);
});

t.test("a window update that is lost does not stop the connection", async (t) => {
  const { lab, near, far } = await connected();
  far.reads = false;
  near.pour(new Uint8Array(300_000), false);
  lab.run(5000);
  far.reads = true;
  lab.filter = ({ outbound }) => outbound;
  far.take();
  lab.run(10);
  lab.filter = null;
  lab.run(10_000);
  t.equal(far.received, 300_000);
});

t.test("small reads open the window in steps worth telling", async (t) => {
  const { lab, near, far } = await connected();
  far.reads = false;
  near.pour(new Uint8Array(300_000), false);
  lab.run(3000);
  lab.segments();
  for (let turn = 0; turn < 100; turn++) {
    far.connection.read(new Uint8Array(10));
    lab.run(1);
  }
  t.equal(lab.segments().filter((line) => line.includes(" < ")).length, 0);
});

t.test("without a window scale a window that was told in full is not told again by each read", async (t) => {
  const lab = await TcpLab.open();
  lab.near.tcp.settings.windowScaling = 0;
  const { peers } = lab.listen(80);
  const near = lab.connect(80);
  lab.run(100);
  for (let turn = 0; turn < 5; turn++) {
    near.say("ask");
    lab.run(60);
  }
  const acknowledgments = lab.segments().filter((line) => line.endsWith("< ACK 0"));
  t.equal(peers[0]?.text, "ask".repeat(5));
  t.equal(acknowledgments.length, 5, "one for each segment");
});

t.test("acknowledgments: at once at first and for every second segment, 40 ms later for a single one", async (t) => {
  const { lab, near, far, start } = await connected();
  near.say("x");
  lab.run(10);
  t.same(lab.segments(), [`${start} > PSH ACK 1`, `${start + 1} < ACK 0`]);
  // An answer makes it a conversation: acknowledgments wait for the next answer.
  far.say("y");
  lab.run(60);
  lab.segments();
  const then = lab.clock.now();
  near.say("x");
  lab.run(100);
  t.same(lab.segments(), [`${then} > PSH ACK 1`, `${then + 41} < ACK 0`]);
  t.equal(lab.far.tcp.counters.delayedAcks, 1);
});

t.test("Nagle: a small segment waits while another one is not acknowledged; noDelay sends it", async (t) => {
  const { lab, near } = await connected({ delay: 10 });
  for (const text of ["a", "b", "c"]) near.say(text);
  lab.run(100);
  const sent = (): string[] => lab.segments().filter((line) => line.includes(" > PSH"));
  t.same(
    sent().map((line) => line.split(" ").at(-1)),
    ["1", "2"],
  );
  near.connection.noDelay = true;
  for (const text of ["a", "b", "c"]) near.say(text);
  lab.run(100);
  t.equal(sent().length, 3);
});

t.test("keep-alive: a probe for each silence, answered; nine without an answer end it", async (t) => {
  const { lab, near, start } = await connected();
  near.connection.keepAlive(60_000, 10_000, 9);
  lab.run(60_100);
  t.same(lab.segments(), [`${start + 60_000} > ACK 0`, `${start + 60_001} < ACK 0`]);
  lab.filter = () => false;
  lab.run(200_000);
  const lines = lab.segments();
  t.equal(lines.filter((line) => line.endsWith("> ACK 0")).length, 9);
  t.match(lines.at(-1), "RST");
  t.same(near.events, ["connected", "closed ETIMEDOUT"]);
});

t.test("keep-alive can be turned off", async (t) => {
  const { lab, near } = await connected();
  near.connection.keepAlive(60_000);
  near.connection.keepAlive(0);
  lab.run(300_000);
  t.same(lab.segments(), []);
});

t.test("after a pause the window begins small again", async (t) => {
  const { lab, near, far } = await connected({ delay: 10 });
  near.pour(new Uint8Array(1_000_000), false);
  lab.run(2000);
  const { cwnd } = near.connection.info();
  t.ok(cwnd > 50, `${cwnd} segments`);
  lab.run(60_000);
  near.pour(new Uint8Array(100_000), false);
  lab.run(1);
  t.equal(near.connection.info().cwnd, 10);
  lab.run(1000);
  t.equal(far.received, 1_100_000);
});

t.test("a router tells of a shorter path: what is too long goes out again at once, in shorter segments", async (t) => {
  const { lab, near, far } = await connected({ delay: 10 });
  let told = 0;
  lab.filter = ({ outbound, bytes }) => {
    if (!outbound || bytes.length <= 1014) return true;
    told++;
    const quoted = bytes.slice(14, 42);
    lab.say(icmp({ source: "10.0.0.2", destination: "10.0.0.1", icmpType: 3, code: 4, icmpId: 0, sequence: 1000 }, quoted));
    return false;
  };
  near.pour(new Uint8Array(20_000), false);
  lab.run(150);
  t.equal(told, 10, "the first window");
  t.equal(far.received, 20_000);
  t.equal(near.connection.info().mss, 948);
  t.same([lab.near.tcp.counters.timeouts, near.connection.info().lost], [0, 0]);
});

t.test("SYN that is lost twice: the connection begins with one segment", async (t) => {
  const lab = await TcpLab.open();
  lab.near.addNeighbour("10.0.0.2", "02:00:00:00:00:02", lab.nearDevice);
  lab.listen(80);
  let count = 0;
  lab.filter = ({ outbound }) => !outbound || ++count > 2;
  const near = lab.connect(80);
  lab.run(2100);
  t.same(near.events, ["connected"]);
  t.same([near.connection.info().cwnd, near.connection.info().rto, near.connection.info().totalRetrans], [1, 1000, 2]);
});

t.test("the last acknowledgment is lost: TIME_WAIT answers the FIN that comes again", async (t) => {
  const { lab, near, far } = await connected();
  near.connection.end();
  lab.run(100);
  lab.filter = ({ outbound }) => !outbound;
  far.connection.end();
  lab.run(100);
  t.same([near.events.at(-1), far.over], ["closed", false]);
  lab.filter = null;
  lab.run(1000);
  t.equal(far.events.at(-1), "closed");
  t.equal(lab.near.tcp.timeWaits, 1);
  lab.run(61_000);
  t.equal(lab.near.tcp.timeWaits, 0);
});
