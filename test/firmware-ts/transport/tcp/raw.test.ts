/** Segments that a real peer would not send, and the counters that tell of them. */
import t from "tap";
import { Lab } from "../../../support/lab.ts";
import { MSS_1460, readTcp, SACK_OK, type TcpFields, type TcpHeard, tcp, timestamps } from "../../../support/tcp-frames.ts";
import { Peer } from "../../../support/tcp-lab.ts";
import { T1 } from "../../../support/wire-format.ts";

async function opened(): Promise<{ lab: Lab; say: (fields: TcpFields) => TcpHeard[]; peers: Peer[] }> {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const peers: Peer[] = [];
  lab.stack.tcp.listen(80, null, (connection) => {
    const peer = new Peer();
    peer.connection = connection;
    peer.reads = false;
    peers.push(peer);
    return peer;
  });
  const say = (fields: TcpFields): TcpHeard[] => {
    lab.say(tcp(fields));
    return lab.take().flatMap(({ bytes }) => readTcp(bytes) ?? []);
  };
  return { lab, say, peers };
}

/** Opens a connection whose next number is 1. Returns the stack's next one. */
function open(say: (fields: TcpFields) => TcpHeard[], tcpOptions: number[] = [...MSS_1460, ...SACK_OK]): number {
  const [answer] = say({ flags: "S", seq: 0, tcpOptions }) as [TcpHeard];
  const ack = (answer.seq + 1) >>> 0;
  say({ seq: 1, ack, tcpOptions: tcpOptions.includes(8) ? timestamps(1, 0) : [] });
  return ack;
}

t.test("data into a closed window, and beyond the end of an open one", async (t) => {
  const { lab, say, peers } = await opened();
  const ack = open(say);
  const full = new Uint8Array(1460).fill(1);
  let seq = 1;
  for (let window = 65_535; window > 0; ) {
    const part = full.subarray(0, Math.min(full.length, window));
    const [answer] = say({ seq, ack, payload: part });
    seq += part.length;
    window = answer?.window ?? window - part.length;
    lab.run(50);
    window =
      lab
        .take()
        .flatMap(({ bytes }) => readTcp(bytes) ?? [])
        .at(-1)?.window ?? window;
    if (seq > 300_000) break;
  }
  t.equal(peers[0]?.connection.info().receiveWindow, 0);
  const available = peers[0]?.connection.available;
  say({ seq, ack, payload: "too much" });
  t.equal(peers[0]?.connection.available, available);
  peers[0]?.take();
  lab.run(10);
  const [update] = lab.take().flatMap(({ bytes }) => readTcp(bytes) ?? []);
  t.ok((update?.window ?? 0) > 60_000, "the window is told as soon as it is open");
  say({ seq: seq + (update?.window ?? 0) - 2, ack, payload: "abcd" });
  say({ seq, ack, payload: full });
  t.equal(peers[0]?.connection.available, 1460);
  t.ok(lab.stack.tcp.counters.toZeroWindow >= 1);
});

t.test(
  "segments of a frame that its sender did not part have one acknowledgment; without the last one, a delayed one",
  async (t) => {
    const { lab, say } = await opened();
    const ack = open(say);
    const payload = new Uint8Array(1460).fill(1);
    let more = false;
    lab.stack.network.tap((skb, _device, outbound) => {
      if (!outbound) skb.more = more;
    });
    const heard: number[][] = [];
    for (let at = 0; at < 6; at++) {
      more = at % 3 < 2;
      heard.push(say({ seq: 1 + 1460 * at, ack, payload }).map((answer) => (answer.ack - 1) / 1460));
    }
    t.same(heard, [[], [], [3], [], [], [6]]);
    more = true;
    t.same(say({ seq: 1 + 1460 * 6, ack, payload }), []);
    lab.run(50);
    t.same(
      lab.take().flatMap(({ bytes }) => readTcp(bytes)?.ack ?? []),
      [1 + 1460 * 7],
    );
  },
);

t.test("more holes than are remembered", async (t) => {
  const { lab, say, peers } = await opened();
  const ack = open(say);
  for (let hole = 0; hole < 140; hole++) say({ seq: 3 + 2 * hole, ack, payload: "x" });
  t.equal(lab.stack.tcp.counters.ofoDrop, 12);
  say({ seq: 1, ack, payload: "ab".repeat(200) });
  t.equal(peers[0]?.connection.available, 400);
});

t.test("answers to a SYN of ours that are none", async (t) => {
  const { lab, say } = await opened();
  const user = new Peer();
  user.connection = lab.stack.tcp.connect("10.0.0.2", 7, user, { localPort: 4000 });
  lab.run(0);
  const [syn] = lab.take().flatMap(({ bytes }) => readTcp(bytes) ?? []) as [TcpHeard];
  t.same(syn.options, ["mss 1460", "sack-ok", "ts", "nop", "ws"]);
  const ports = { sport: 7, dport: 4000 };
  t.match(say({ ...ports, flags: "SA", seq: 9, ack: (syn.seq + 5) >>> 0 }), [{ flags: "R", seq: (syn.seq + 5) >>> 0 }]);
  t.same(say({ ...ports, flags: "R", seq: 9, ack: 0 }), []);
  t.same(say({ ...ports, flags: "A", seq: 9, ack: (syn.seq + 1) >>> 0 }), []);
  t.equal(user.connection.state, "SYN_SENT");
  t.match(say({ ...ports, flags: "SA", seq: 9, ack: (syn.seq + 1) >>> 0 }), [{ flags: "A", ack: 10 }]);
  t.same(user.events, ["connected"]);
  t.same([user.connection.info().mss, user.connection.info().sack], [536, false]);
});

t.test("handshakes that go wrong", async (t) => {
  const { lab, say, peers } = await opened();
  const handshake = (): number => {
    const [answer] = say({ flags: "S", seq: 0, tcpOptions: [...MSS_1460, ...timestamps(100, 0)] }) as [TcpHeard];
    return (answer.seq + 1) >>> 0;
  };
  const ack = handshake();
  t.match(say({ seq: 0x40000000, ack, tcpOptions: timestamps(100, 0) }), [{ flags: "SA" }], "behind the window");
  t.match(say({ seq: 1, ack, tcpOptions: timestamps(90, 0) }), [{ flags: "SA" }], "an old time stamp");
  t.same(say({ flags: "", seq: 1 }), []);
  t.same(say({ flags: "S", seq: 0 }).length, 1);
  t.same(say({ flags: "S", seq: 0 }).length, 0, "no second answer within half a second");
  t.match(say({ flags: "SA", seq: 1, ack }), [{ flags: "R" }]);
  t.equal(lab.stack.tcp.counters.embryonicRsts, 1);
  t.equal(peers.length, 0);
  t.equal(lab.stack.tcp.flows.size, 0);
});

t.test("nstat's counters, in the kernel's places", async (t) => {
  const { lab, say } = await opened();
  const ack = open(say);
  say({ seq: 1, ack, payload: "x" });
  say({ flags: "S", seq: 5, sport: 5, dport: 9 });
  say({ sport: 5, tcpSum: 1 });
  say({ dataOffset: 3 });
  const rows = lab.stack.counters();
  const names = rows.map(([name]) => name);
  t.same(
    rows.filter(([name, value]) => /^Tcp(?!Ext)/.test(name) && value !== 0),
    [
      ["TcpPassiveOpens", 1],
      ["TcpCurrEstab", 1],
      ["TcpInSegs", 6],
      ["TcpOutSegs", 3],
      ["TcpInErrs", 2],
      ["TcpOutRsts", 1],
      ["TcpInCsumErrors", 1],
    ],
  );
  t.ok(names.indexOf("TcpActiveOpens") < names.indexOf("UdpInDatagrams"));
  t.ok(names.indexOf("TcpExtOutOfWindowIcmps") < names.indexOf("TcpExtArpFilter"));
  t.ok(names.indexOf("TcpExtTW") > names.indexOf("TcpExtArpFilter"));
  t.equal(names.indexOf("TcpExtTCPTimeWaitOverflow"), names.indexOf("TcpExtIPReversePathFilter") + 1);
});
