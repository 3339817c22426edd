/** Congestion that the network tells of by marks (RFC 3168): agreed on, told, and answered by one reduction for a window. */
import t from "tap";
import { type Peer, TcpLab, type TcpLabOptions } from "../../../support/tcp-lab.ts";
import { checksum } from "../../../support/wire-format.ts";

const ECE = 0x40;
const CWR = 0x80;

interface Look {
  outbound: boolean;
  /** ECN codepoint of the IP header. */
  codepoint: number;
  flags: number;
  length: number;
}

function look(bytes: Uint8Array, outbound: boolean, ip6: boolean): Look {
  const tcp = ip6 ? 54 : 34;
  const total = ip6 ? 54 + (bytes[18]! << 8) + bytes[19]! : 14 + (bytes[16]! << 8) + bytes[17]!;
  const codepoint = ip6 ? (bytes[15]! >> 4) & 3 : bytes[15]! & 3;
  return { outbound, codepoint, flags: bytes[tcp + 13]!, length: total - tcp - (bytes[tcp + 12]! >> 4) * 4 };
}

function mark(bytes: Uint8Array, ip6: boolean): void {
  if (ip6) {
    bytes[15] = bytes[15]! | 0x30;
    return;
  }
  bytes[15] = bytes[15]! | 3;
  bytes.set([0, 0], 24);
  const sum = checksum(bytes.subarray(14, 34));
  bytes.set([sum >> 8, sum & 255], 24);
}

/** Both ends as their settings have it; `marked` says which data of the near one are marked on the way. */
async function talk(
  [near, far]: readonly [number, number],
  options: TcpLabOptions = {},
  marked: (count: number) => boolean = () => false,
): Promise<{ lab: TcpLab; peer: Peer; other: Peer; looks: Look[] }> {
  const { ip6 = false } = options;
  const lab = await TcpLab.open({ delay: 10, ...options });
  lab.near.tcp.settings.ecn = near;
  lab.far.tcp.settings.ecn = far;
  const looks: Look[] = [];
  let data = 0;
  lab.filter = ({ bytes, outbound }) => {
    if (bytes[12] !== (ip6 ? 0x86 : 8) || bytes[ip6 ? 20 : 23] !== 6) return true;
    const one = look(bytes, outbound, ip6);
    looks.push(one);
    if (outbound && one.length > 0 && one.codepoint === 2 && marked(data++)) mark(bytes, ip6);
    return true;
  };
  const { peers } = lab.listen(80);
  const peer = lab.connect(80);
  lab.run(100);
  return { lab, peer, other: peers[0] as Peer, looks };
}

for (const ip6 of [false, true]) {
  t.test(`agreed on where one side asks and the other takes, IPv${ip6 ? 6 : 4}`, async (t) => {
    const rows: [[number, number], number[], boolean][] = [
      [[1, 2], [ECE | CWR, ECE], true],
      [[1, 1], [ECE | CWR, ECE], true],
      [[1, 0], [ECE | CWR, 0], false],
      [[2, 1], [0, 0], false],
      [[0, 2], [0, 0], false],
    ];
    for (const [settings, bits, agreed] of rows) {
      const { lab, peer, other, looks } = await talk(settings, { ip6 });
      const marks = ECE | CWR;
      t.same([looks[0]!.flags & marks, looks[1]!.flags & marks], bits, `tcp_ecn ${settings}`);
      t.same([peer.connection.info().ecn, other.connection.info().ecn], [agreed, agreed]);
      t.ok(
        looks.every(({ codepoint }) => codepoint === 0),
        "a handshake is never to be marked",
      );
      peer.pour(new Uint8Array(100_000));
      lab.run(2000);
      t.equal(other.received, 100_000);
      const data = looks.filter(({ outbound, length }) => outbound && length > 0);
      t.ok(data.every(({ codepoint }) => codepoint === (agreed ? 2 : 0)));
      t.ok(
        looks.every(({ codepoint, length }) => length > 0 || codepoint === 0),
        "nor are acknowledgments",
      );
      t.ok(
        looks.slice(2).every(({ flags }) => (flags & marks) === 0),
        "nothing was marked",
      );
    }
  });

  t.test(`marks: told until the sender has heard, one reduction for a window, IPv${ip6 ? 6 : 4}`, async (t) => {
    const { lab, peer, other, looks } = await talk([1, 2], { ip6 }, (count) => count >= 40 && count < 45);
    peer.pour(new Uint8Array(1_000_000));
    let least = Number.POSITIVE_INFINITY;
    let before = 0;
    for (let step = 0; step < 400; step++) {
      lab.run(5);
      const { cwnd } = peer.connection.info();
      if (looks.some(({ outbound, flags }) => !outbound && (flags & ECE) !== 0 && (flags & 2) === 0)) least = Math.min(least, cwnd);
      else before = cwnd;
    }
    t.equal(other.received, 1_000_000);
    const told = looks.slice(2);
    const first = told.findIndex(({ outbound, flags }) => !outbound && (flags & ECE) !== 0);
    const heard = told.findIndex(({ outbound, flags }) => outbound && (flags & CWR) !== 0);
    t.ok(first >= 0 && heard > first, "the receiver tells, the sender answers");
    t.equal(told.filter(({ outbound, flags }) => outbound && (flags & CWR) !== 0).length, 1, "once");
    t.ok((told.at(-1)!.flags & ECE) === 0, "then it is told no more");
    t.ok(least >= 0.6 * before && least < before, `the window: ${before} before, ${least} at least`);
    t.equal(peer.connection.info().totalRetrans, 0, "nothing was lost");
  });
}

t.test("by cookies: the time stamp keeps it", async (t) => {
  const { lab } = await talk([1, 2]);
  lab.far.tcp.settings.syncookies = 2;
  const peer = lab.connect(80);
  lab.run(100);
  t.equal(peer.connection.info().ecn, true);
  t.equal(lab.far.tcp.counters.syncookiesRecv, 1);
  lab.near.tcp.settings.timestamps = 0;
  const other = lab.connect(80);
  lab.run(100);
  t.same([other.connection.state, other.connection.info().ecn], ["ESTABLISHED", false]);
});

t.test("segments that are sent again are not to be marked, and a SYN that was lost asks no more", async (t) => {
  const { lab, peer, other, looks } = await talk([1, 2]);
  const inner = lab.filter!;
  let data = 0;
  lab.filter = (crossing) => {
    inner(crossing);
    const one = looks.at(-1)!;
    return !(crossing.outbound && one.length > 0 && data++ === 5);
  };
  peer.pour(new Uint8Array(100_000));
  lab.run(5000);
  t.equal(other.received, 100_000);
  const { totalRetrans } = peer.connection.info();
  t.ok(totalRetrans > 0);
  const sent = looks.filter(({ outbound, length }) => outbound && length > 0);
  t.equal(sent.filter(({ codepoint }) => codepoint === 0).length, totalRetrans);
  t.equal(sent.filter(({ flags }) => (flags & CWR) !== 0).length, 1, "a loss is told as a reduction, too");
  let lost = 0;
  const asked: number[] = [];
  lab.filter = ({ bytes }) => {
    if (bytes[23] === 6 && bytes[47] !== undefined && (bytes[47] & 0x12) === 2) {
      asked.push(bytes[47] & (ECE | CWR));
      return lost++ > 0;
    }
    return true;
  };
  const late = lab.connect(80);
  lab.run(5000);
  t.equal(late.connection.info().ecn, false);
  t.same(asked.slice(0, 2), [ECE | CWR, 0]);
});
