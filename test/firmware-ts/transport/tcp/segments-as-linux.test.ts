/**
 * Segments played to this machine's kernel and to our stack, which listen to port 80 and nothing else: both answer as the table says
 * (RFC 9293 3.10.7, RFC 5961, RFC 2018, RFC 2883, RFC 7323).
 */
import { once } from "node:events";
import t from "tap";
import { Lab } from "../../../support/lab.ts";
import { missingForNetns, missingPrograms } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { MSS_1460, readTcp, SACK_OK, type TcpFields, type TcpHeard, tcp, timestamps } from "../../../support/tcp-frames.ts";
import { Peer } from "../../../support/tcp-lab.ts";
import { T1 } from "../../../support/wire-format.ts";
import { Kernel } from "../../ip4/exchange.ts";

/** Our first sequence number. Rows count from the one behind it, and acknowledge from the one behind the peer's first. */
const ISS = 1000;
/** Our time stamp in a handshake. */
const NOW = 5000;

type Opening = "closed" | "listening" | "half-open" | "open" | "open-ts";

/** Segments that are sent, one after the other; the answers to the last one. */
interface Row {
  what: string;
  from: Opening;
  before?: TcpFields[];
  send: TcpFields;
  answers: string[];
}

const ROWS: Row[] = [
  { what: "SYN to a closed port", from: "closed", send: { flags: "S" }, answers: ["RA seq=0 ack 1"] },
  { what: "SYN with data to a closed port", from: "closed", send: { flags: "S", payload: "abc" }, answers: ["RA seq=0 ack 4"] },
  { what: "ACK to a closed port", from: "closed", send: { flags: "A", ack: 77 }, answers: ["R seq=77 ack=0"] },
  { what: "FIN to a closed port", from: "closed", send: { flags: "F" }, answers: ["RA seq=0 ack 1"] },
  { what: "nothing to a closed port", from: "closed", send: { flags: "" }, answers: ["RA seq=0 ack 0"] },
  { what: "RST to a closed port", from: "closed", send: { flags: "R" }, answers: [] },
  { what: "RST and ACK to a closed port", from: "closed", send: { flags: "RA", ack: 77 }, answers: [] },
  { what: "a wrong checksum to a closed port", from: "closed", send: { flags: "S", tcpSum: 1 }, answers: [] },
  { what: "a header of 4 words", from: "closed", send: { flags: "S", dataOffset: 4 }, answers: [] },
  { what: "a header longer than the segment", from: "closed", send: { flags: "S", dataOffset: 15 }, answers: [] },

  { what: "SYN", from: "listening", send: { flags: "S" }, answers: ["SA seq -1 ack 0 mss 1460"] },
  { what: "SYN with MSS", from: "listening", send: { flags: "S", tcpOptions: MSS_1460 }, answers: ["SA seq -1 ack 0 mss 1460"] },
  {
    what: "SYN with SACK",
    from: "listening",
    send: { flags: "S", tcpOptions: [...MSS_1460, ...SACK_OK] },
    answers: ["SA seq -1 ack 0 mss 1460,nop,nop,sack-ok"],
  },
  {
    what: "SYN with a window scale",
    from: "listening",
    send: { flags: "S", tcpOptions: [...MSS_1460, 3, 3, 7] },
    answers: ["SA seq -1 ack 0 mss 1460,nop,ws"],
  },
  {
    what: "SYN with time stamps",
    from: "listening",
    send: { flags: "S", tcpOptions: [...MSS_1460, ...timestamps(NOW, 0)] },
    answers: ["SA seq -1 ack 0 mss 1460,nop,nop,ts ecr 5000"],
  },
  {
    what: "SYN with everything",
    from: "listening",
    send: { flags: "S", tcpOptions: [...MSS_1460, ...SACK_OK, ...timestamps(NOW, 0).slice(2), 1, 3, 3, 7] },
    answers: ["SA seq -1 ack 0 mss 1460,sack-ok,ts,nop,ws ecr 5000"],
  },
  { what: "SYN with data", from: "listening", send: { flags: "S", payload: "abc" }, answers: ["SA seq -1 ack 0 mss 1460"] },
  {
    what: "SYN with broken options",
    from: "listening",
    send: { flags: "S", tcpOptions: [2, 0] },
    answers: ["SA seq -1 ack 0 mss 1460"],
  },
  { what: "ACK to a listener", from: "listening", send: { flags: "A", ack: 77 }, answers: ["R seq=77 ack=0"] },
  { what: "SYN and ACK to a listener", from: "listening", send: { flags: "SA", ack: 77 }, answers: ["R seq=77 ack=0"] },
  { what: "FIN to a listener", from: "listening", send: { flags: "F" }, answers: [] },
  { what: "SYN and FIN to a listener", from: "listening", send: { flags: "SF" }, answers: [] },
  { what: "nothing to a listener", from: "listening", send: { flags: "" }, answers: [] },
  { what: "RST to a listener", from: "listening", send: { flags: "R" }, answers: [] },

  {
    what: "the same SYN again",
    from: "half-open",
    send: { flags: "S", seq: -1 },
    answers: ["SA seq -1 ack 0 mss 1460,nop,nop,sack-ok"],
  },
  { what: "ACK of something else", from: "half-open", send: { flags: "A", ack: 5 }, answers: ["R seq 5 ack=0"] },
  { what: "another SYN", from: "half-open", send: { flags: "S", seq: 5 }, answers: ["RA seq=0 ack 6"] },
  { what: "ACK", from: "half-open", send: { flags: "A" }, answers: [] },
  { what: "ACK with data", from: "half-open", send: { flags: "A", payload: "abc" }, answers: ["A seq 0 ack 3"] },
  { what: "ACK with data and FIN", from: "half-open", send: { flags: "FA", payload: "abc" }, answers: [] },
  { what: "RST", from: "half-open", send: { flags: "R", seq: 0 }, answers: [] },
  { what: "ACK behind RST", from: "half-open", before: [{ flags: "R", seq: 0 }], send: { flags: "A" }, answers: ["R seq 0 ack=0"] },

  { what: "data", from: "open", send: { payload: "abc" }, answers: ["A seq 0 ack 3"] },
  { what: "data with PSH", from: "open", send: { flags: "PA", payload: "abc" }, answers: ["A seq 0 ack 3"] },
  { what: "no data", from: "open", send: {}, answers: [] },
  { what: "data without ACK", from: "open", send: { flags: "P", payload: "abc" }, answers: [] },
  {
    what: "the same data again",
    from: "open",
    before: [{ payload: "abc" }],
    send: { payload: "abc" },
    answers: ["A seq 0 ack 3 0-3"],
  },
  {
    what: "data that begin with known ones",
    from: "open",
    before: [{ payload: "abc" }],
    send: { payload: "abcdef" },
    answers: ["A seq 0 ack 6 0-3"],
  },
  { what: "data behind a hole", from: "open", send: { seq: 10, payload: "abc" }, answers: ["A seq 0 ack 0 10-13"] },
  {
    what: "data behind two holes",
    from: "open",
    before: [{ seq: 10, payload: "abc" }],
    send: { seq: 20, payload: "abc" },
    answers: ["A seq 0 ack 0 20-23 10-13"],
  },
  {
    what: "data between two holes",
    from: "open",
    before: [
      { seq: 10, payload: "abc" },
      { seq: 16, payload: "abc" },
    ],
    send: { seq: 13, payload: "abc" },
    answers: ["A seq 0 ack 0 10-19"],
  },
  {
    what: "data behind a hole again",
    from: "open",
    before: [{ seq: 10, payload: "abc" }],
    send: { seq: 10, payload: "abc" },
    answers: ["A seq 0 ack 0 10-13 10-13"],
  },
  {
    what: "data that fill a hole",
    from: "open",
    before: [{ seq: 3, payload: "def" }],
    send: { payload: "abc" },
    answers: ["A seq 0 ack 6"],
  },
  { what: "FIN", from: "open", send: { flags: "FA" }, answers: [] },
  { what: "FIN with data", from: "open", send: { flags: "FA", payload: "abc" }, answers: [] },
  { what: "FIN behind a hole", from: "open", send: { flags: "FA", seq: 5 }, answers: ["A seq 0 ack 0 5-6"] },
  {
    what: "data in front of FIN",
    from: "open",
    before: [{ flags: "FA", seq: 3 }],
    send: { payload: "abc" },
    answers: ["A seq 0 ack 4"],
  },
  {
    what: "data behind FIN",
    from: "open",
    before: [{ flags: "FA" }, { flags: "FA" }],
    send: { seq: 1, payload: "abc" },
    answers: [],
  },
  { what: "FIN again", from: "open", before: [{ flags: "FA" }], send: { flags: "FA" }, answers: ["A seq 0 ack 1 0-1"] },
  { what: "RST that fits", from: "open", send: { flags: "R" }, answers: [] },
  {
    what: "data behind RST that fits",
    from: "open",
    before: [{ flags: "R" }],
    send: { payload: "abc" },
    answers: ["R seq 0 ack=0"],
  },
  { what: "RST within the window", from: "open", send: { flags: "R", seq: 5 }, answers: ["A seq 0 ack 0"] },
  { what: "RST before the window", from: "open", send: { flags: "R", seq: -5 }, answers: [] },
  { what: "RST behind the window", from: "open", send: { flags: "R", seq: 0x40000000 }, answers: [] },
  {
    what: "data behind RST within the window",
    from: "open",
    before: [{ flags: "R", seq: 5 }],
    send: { payload: "abc" },
    answers: ["A seq 0 ack 3"],
  },
  { what: "SYN within the window", from: "open", send: { flags: "S", seq: 5 }, answers: ["A seq 0 ack 0"] },
  { what: "SYN before the window", from: "open", send: { flags: "S", seq: -5 }, answers: ["A seq 0 ack 0"] },
  { what: "the first SYN again", from: "open", send: { flags: "S", seq: -1 }, answers: ["A seq 0 ack 0"] },
  { what: "data behind the window", from: "open", send: { seq: 0x40000000, payload: "abc" }, answers: ["A seq 0 ack 0"] },
  {
    what: "data long past",
    from: "open",
    send: { seq: -0x40000000, payload: "abc" },
    answers: ["A seq 0 ack 0 -1073741824--1073741821"],
  },
  { what: "a keep-alive", from: "open", send: { seq: -1 }, answers: ["A seq 0 ack 0"] },
  { what: "ACK of what was never sent", from: "open", send: { ack: 5 }, answers: ["A seq 0 ack 0"] },
  { what: "ACK of what was never sent, with data", from: "open", send: { ack: 5, payload: "abc" }, answers: ["A seq 0 ack 0"] },
  { what: "ACK long past", from: "open", send: { ack: -0x40000000 }, answers: ["A seq 0 ack 0"] },
  {
    what: "data with a time stamp",
    from: "open-ts",
    send: { payload: "abc", tcpOptions: timestamps(NOW + 1, 0) },
    answers: ["A seq 0 ack 3 ecr 5001"],
  },
  {
    what: "data with a time stamp a little older",
    from: "open-ts",
    send: { payload: "abc", tcpOptions: timestamps(NOW - 1, 0) },
    answers: ["A seq 0 ack 3 ecr 5000"],
  },
  {
    what: "data with an older time stamp",
    from: "open-ts",
    send: { payload: "abc", tcpOptions: timestamps(NOW - 2, 0) },
    answers: ["A seq 0 ack 0 ecr 5000"],
  },
  {
    what: "RST with an older time stamp",
    from: "open-ts",
    before: [{ flags: "R", tcpOptions: timestamps(NOW - 1, 0) }],
    send: { payload: "abc", tcpOptions: timestamps(NOW, 0) },
    answers: ["R seq 0 ack=0"],
  },
  { what: "data without a time stamp", from: "open-ts", send: { payload: "abc" }, answers: ["A seq 0 ack 3 ecr 5000"] },
];

/** Sends frames, and returns those that are heard until all is quiet, and at least so many segments if they come at all. */
type Exchange = (frame: Uint8Array, least: number) => Promise<Uint8Array[]>;

/** Plays a row. */
async function play(row: Row, sport: number, exchange: Exchange): Promise<string[]> {
  const { from, before = [], send } = row;
  const ports = { sport, dport: from === "closed" ? 81 : 80 };
  let theirs: number | null = null;
  const heard = async (fields: TcpFields, least = 0): Promise<string[]> => {
    const seq = fields.seq ?? 0;
    const known = theirs;
    const ack = (fields.flags ?? "A").includes("A") ? (fields.ack ?? 0) + (known ?? 0) : 0;
    const frame = tcp({ ...ports, ...fields, seq: (ISS + 1 + seq) >>> 0, ack: ack >>> 0 });
    const ours = (answer: TcpHeard | null): answer is TcpHeard => answer?.dport === sport;
    // Other connections, of rows before this one, may have something to say yet.
    const answers = (await exchange(frame, least)).map(readTcp).filter(ours);
    return answers.map((answer) => {
      if (answer.flags === "SA") theirs = (answer.seq + 1) >>> 0;
      const relative = (value: number, to: number): number => (value - to) | 0;
      const words = [answer.flags];
      words.push(theirs === null || answer.seq === 0 ? `seq=${answer.seq}` : `seq ${relative(answer.seq, theirs)}`);
      words.push(answer.flags.includes("A") ? `ack ${relative(answer.ack, ISS + 1)}` : `ack=${answer.ack}`);
      words.push(...answer.sack.map(([begin, end]) => `${relative(begin, ISS + 1)}-${relative(end, ISS + 1)}`));
      if (answer.flags.includes("S")) words.push(answer.options.join(","));
      if (answer.options.includes("ts")) words.push(`ecr ${answer.tsEcr}`);
      return [...words, ...answer.faults].join(" ");
    });
  };
  if (from === "half-open" || from === "open") await heard({ flags: "S", seq: -1, tcpOptions: [...MSS_1460, ...SACK_OK] }, 1);
  if (from === "open-ts") await heard({ flags: "S", seq: -1, tcpOptions: [...MSS_1460, ...timestamps(NOW, 0)] }, 1);
  if (from === "open") await heard({});
  if (from === "open-ts") await heard({ tcpOptions: timestamps(NOW, 0) });
  for (const fields of before) await heard(fields);
  // A SYN to a port counts from itself.
  const counted = from === "listening" && (send.flags ?? "").includes("S") ? { seq: -1, ...send } : send;
  return heard(from === "closed" ? { ...send } : counted, row.answers.length);
}

t.test("our stack", async (t) => {
  let sport = 20_000;
  for (const row of ROWS) {
    const lab = await Lab.open();
    lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
    lab.stack.tcp.listen(80, null, (connection) => {
      const peer = new Peer();
      peer.connection = connection;
      return peer;
    });
    const answers = await play(row, sport++, async (frame) => {
      lab.say(frame);
      return lab.take().map(({ bytes }) => bytes);
    });
    t.same(answers, row.answers, `${row.from}: ${row.what}`);
    await lab.stack.close();
    t.equal(lab.inUse, 0, `${row.what}: nothing is left behind`);
  }
});

/** Pings in all whose answers are waited for, where there are too few segments. */
const MORE = 20;

const SERVER = `
import socket, threading
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 80))
s.listen(500)
print("ready", flush=True)
def take(c):
    try:
        while c.recv(1000): pass
        threading.Event().wait()
    except OSError:
        pass
while True:
    c, _ = s.accept()
    threading.Thread(target=take, args=(c,), daemon=True).start()
`;

realTime(t, "the kernel", { skip: missingForNetns() || missingPrograms("python3", "ethtool") }, async (t) => {
  const kernel = await Kernel.open();
  t.teardown(() => kernel.close());
  kernel.veth.far.run("ethtool", "-K", kernel.veth.farName, "tx", "off");
  const server = kernel.veth.far.spawn("python3", ["-c", SERVER]);
  t.teardown(() => server.kill("SIGKILL"));
  await once(server.stdout as NonNullable<typeof server.stdout>, "data");
  let sport = 20_000;
  for (const row of ROWS) {
    const port = sport++;
    const answers = await play(row, port, async (frame, least) => {
      await kernel.answers(frame);
      const frames = [...kernel.frames];
      // A busy kernel may answer a ping before a segment that came earlier.
      for (let more = 0; more < MORE && frames.filter((one) => readTcp(one)?.dport === port).length < least; more++) {
        await kernel.answers();
        frames.push(...kernel.frames);
      }
      return frames;
    });
    t.same(answers, row.answers, `${row.from}: ${row.what}`);
  }
});
