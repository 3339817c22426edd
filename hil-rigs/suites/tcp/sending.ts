/** Data that the DUT sends: how much at a time, what it repeats and when, and how it ends (RFC 9293 3.8, RFC 5681, RFC 6298, RFC 2018). */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import type { TcpFrame } from "../../contract/frame.ts";
import { sacks, type TcpFields } from "../../wire/build-tcp.ts";
import { accepted, bytes, connecting, OFFERS, type Opened, type OpenOptions } from "./kit/talk.ts";

const needs = ["streams"] as const;
const SEGMENT = 1460;
/** Segments of the first window (RFC 6928). */
const FIRST_WINDOW = 10;

/** A path so long that a probe for a lost tail, which comes after two round trips, does not disturb. */
const ROUND_TRIP_MS = 40;

/** A connection over which the DUT has sent as much as it may, at once. */
async function poured(bench: Bench, options: OpenOptions, length: number): Promise<Opened> {
  const opened = await accepted(bench, { ...options, roundTrip: ROUND_TRIP_MS });
  opened.stream.send(new Uint8Array(length));
  await bench.heard(ROUND_TRIP_MS / 2);
  return opened;
}

function lengthsOf(frames: readonly { kind: string }[]): number[] {
  return frames.filter((frame): frame is TcpFrame => frame.kind === "tcp").map(({ payload }) => payload.length);
}

function times(length: number, count: number): number[] {
  return Array<number>(count).fill(length);
}

/** Conditions of a connection, and the segments that the tester gets by it. */
const SIZES: readonly (readonly [
  id: string,
  what: string,
  options: OpenOptions & { mss?: number },
  send: number,
  lengths: number[],
])[] = [
  ["first", "the first window has ten segments", {}, 30 * SEGMENT, times(SEGMENT, FIRST_WINDOW)],
  [
    "window",
    "no more than the peer's window, and no segment that it cuts short",
    { window: 4000 },
    30 * SEGMENT,
    times(SEGMENT, 2),
  ],
  ["stamps", "time stamps take twelve bytes of a segment", { offer: "stamps" }, 30 * SEGMENT, times(1448, FIRST_WINDOW)],
];

const sizes: readonly Case[] = SIZES.map(([id, what, options, send, lengths]) => ({
  id: `TCP-30/${id}`,
  title: what,
  source: "RFC 6928 2, RFC 9293 3.8.6.2.1, RFC 7323 3.2",
  needs,
  async run(bench) {
    const { stream } = await accepted(bench, options);
    stream.send(new Uint8Array(send));
    bench.expect("lengths of segments", lengthsOf(await bench.heard(20)), lengths);
  },
}));

/** The MSS that the tester's SYN has. */
const LARGEST: readonly (readonly [id: string, what: string, options: readonly number[], length: number])[] = [
  ["536", "an MSS of 536 bounds what is sent", [2, 4, 2, 24], 536],
  ["none", "without an MSS it is 536", [], 536],
  ["100", "an MSS of 100", [2, 4, 0, 100], 100],
  ["huge", "an MSS beyond the link's is not used", [2, 4, 0xff, 0xff], SEGMENT],
];

const largest: readonly Case[] = LARGEST.map(([id, what, options, length]) => ({
  id: `TCP-31/${id}`,
  title: what,
  source: "RFC 9293 3.7.1 MUST",
  needs,
  async run(bench) {
    await bench.must(`neigh add ${bench.plan.T1.ip} lladdr ${bench.plan.T1.mac} dev e0`);
    const { talk, stream } = await connecting(bench);
    await talk.say({ flags: "SA", seq: -1, options });
    await talk.hears("the handshake is done", "A seq 0 ack 0");
    stream.send(new Uint8Array(2 * SEGMENT));
    const first = await talk.next("a segment");
    bench.expect("its length", first.payload.length, length);
  },
}));

/** A time-out is longer than its least by the round trips, which a busy machine makes some ms long. */
const ROUND_TRIP = 1.15;

/** The times between a segment and its repetitions. */
async function expectRepeated(bench: Bench, first: TcpFrame, next: () => Promise<TcpFrame>, due: readonly number[]): Promise<void> {
  let last = first;
  for (const [at, gap] of due.entries()) {
    const again = await next();
    bench.expect(`repetition ${at + 1}`, [again.seq, again.payload], [first.seq, first.payload]);
    const took = again.time - last.time;
    bench.expectTime("time before it", took > gap ? Math.max(gap, took / ROUND_TRIP) : took, gap);
    last = again;
  }
}

const lost: readonly Case[] = [
  {
    id: "TCP-32/silence",
    title: "a segment that nobody acknowledges is repeated after 200 ms, then 400, 800 and 1600",
    source: "RFC 6298 5; kernel: TCP_RTO_MIN 200 ms",
    needs,
    patient: true,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.send(bytes("hello"));
      const first = await talk.hears("sent", 'PA seq 0 ack 0 "hello"');
      await expectRepeated(bench, first, () => talk.next("again", 1700), [200, 400, 800, 1600]);
      await talk.say({ ack: 5 });
      await bench.silence("acknowledged", 3400, { kind: "tcp" });
    },
  },
  {
    id: "TCP-32/probe",
    title: "with SACK the first repetition is a probe for a lost tail, and the time-out begins anew with it",
    source: "RFC 8985 7; kernel: tcp_early_retrans 3",
    needs,
    patient: true,
    async run(bench) {
      const { talk, stream } = await accepted(bench, { offer: "sack" });
      stream.send(bytes("hello"));
      const first = await talk.hears("sent", 'PA seq 0 ack 0 "hello"');
      await expectRepeated(bench, first, () => talk.next("again", 900), [200, 200, 400, 800]);
    },
  },
  {
    id: "TCP-32/fin",
    title: "a FIN that nobody acknowledges is repeated",
    source: "RFC 9293 3.6, RFC 6298 5",
    needs,
    patient: true,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.end();
      const first = await talk.hears("sent", "FA seq 0 ack 0");
      await expectRepeated(bench, first, () => talk.next("again", 900), [200, 400, 800]);
      await talk.say({ ack: 1 });
      await bench.silence("acknowledged", 1700, { kind: "tcp" });
      bench.expect("state", stream.state(), "FIN_WAIT2");
    },
  },
  {
    id: "TCP-32/partly",
    title: "a segment of which a part is acknowledged: only the rest is repeated",
    source: "RFC 9293 3.10.7.4",
    needs,
    patient: true,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.send(bytes("hello"));
      await talk.hears("sent", 'PA seq 0 ack 0 "hello"');
      await talk.say({ ack: 2 });
      await talk.hears("the rest", 'PA seq 2 ack 0 "llo"', 300);
    },
  },
  {
    id: "TCP-32/given-up",
    title: "with tcp_retries2 3 the connection ends with ETIMEDOUT when four time-outs are over",
    source: "RFC 9293 3.8.3 R2; kernel: tcp_retries2 counts the time of so many doublings",
    needs,
    patient: true,
    async run(bench) {
      bench.sysctl("net.ipv4.tcp_retries2", 3);
      const { talk, stream } = await accepted(bench);
      stream.send(bytes("hello"));
      const first = await talk.hears("sent", 'PA seq 0 ack 0 "hello"');
      await expectRepeated(bench, first, () => talk.next("again", 1700), [200, 400, 800, 1600]);
      await bench.silence("no more", 3800, { kind: "tcp" });
      bench.expect("state and error", [stream.state(), stream.error()], ["CLOSE", "ETIMEDOUT"]);
    },
  },
];

/** Answers of the tester to the ten segments of a window whose first one is lost. */
const LOSSES: readonly (readonly [id: string, what: string, offer: "plain" | "sack", says: TcpFields[], again: number[]])[] = [
  ["two", "two duplicates: nothing is repeated", "plain", [{}, {}], []],
  ["three", "three duplicates: the first segment is repeated at once", "plain", [{}, {}, {}], [0]],
];

const fast: readonly Case[] = LOSSES.map(([id, what, offer, says, again]) => ({
  id: `TCP-33/${id}`,
  title: what,
  source: "RFC 5681 3.2",
  needs,
  async run(bench) {
    const { talk } = await poured(bench, { offer }, FIRST_WINDOW * SEGMENT);
    for (const fields of says) await talk.say(fields);
    const said = await repeatedSince(bench, talk.absolute(0), FIRST_WINDOW * SEGMENT);
    bench.expect("what is repeated", said, again);
  },
}));

/** Numbers of the segments since the last look that were sent before, counted in segments. @param from the first number */
async function repeatedSince(bench: Bench, from: number, sent: number): Promise<number[]> {
  const frames = (await bench.heard(30)).filter((frame): frame is TcpFrame => frame.kind === "tcp");
  return frames.map(({ seq }) => (seq - from) | 0).flatMap((at) => (at < sent ? [at / SEGMENT] : []));
}

const selective: readonly Case[] = [
  {
    id: "TCP-33/sack-hole",
    title: "SACK of three segments behind the first: the first is repeated at once, and no other",
    source: "RFC 6675 5, RFC 8985 6",
    needs,
    async run(bench) {
      const { talk } = await poured(bench, { offer: "sack" }, FIRST_WINDOW * SEGMENT);
      for (const last of [2, 3, 4]) await talk.say({ options: sacks([talk.absolute(SEGMENT), talk.absolute(last * SEGMENT)]) });
      bench.expect("what is repeated", await repeatedSince(bench, talk.absolute(0), FIRST_WINDOW * SEGMENT), [0]);
    },
  },
  {
    id: "TCP-33/sack-two-holes",
    title: "SACK that shows two holes: both are filled, and nothing that arrived is sent again",
    source: "RFC 6675 5, RFC 8985 6",
    needs,
    async run(bench) {
      const { talk } = await poured(bench, { offer: "sack" }, FIRST_WINDOW * SEGMENT);
      const block = (begin: number, end: number): [number, number] => [
        talk.absolute(begin * SEGMENT),
        talk.absolute(end * SEGMENT),
      ];
      await talk.say({ options: sacks(block(1, 4)) });
      await talk.say({ options: sacks(block(5, FIRST_WINDOW), block(1, 4)) });
      bench.expect("what is repeated", await repeatedSince(bench, talk.absolute(0), FIRST_WINDOW * SEGMENT), [0, 4]);
    },
  },
  {
    id: "TCP-33/partial",
    title: "without SACK an acknowledgment of a part shows the next hole, which is filled at once",
    source: "RFC 6582 3.2 step 3",
    needs,
    async run(bench) {
      const { talk } = await poured(bench, { offer: "plain" }, FIRST_WINDOW * SEGMENT);
      for (let turn = 0; turn < 3; turn++) await talk.say({});
      bench.expect("the first", await repeatedSince(bench, talk.absolute(0), FIRST_WINDOW * SEGMENT), [0]);
      await talk.say({ ack: 4 * SEGMENT });
      bench.expect("the next", await repeatedSince(bench, talk.absolute(0), FIRST_WINDOW * SEGMENT), [4]);
    },
  },
  {
    id: "TCP-34",
    title: "each acknowledgment of a window that was full makes room for twice as much: slow start",
    source: "RFC 5681 3.1",
    needs,
    async run(bench) {
      const { talk } = await poured(bench, { offer: "plain" }, 31 * SEGMENT);
      for (let acked = 2; acked <= FIRST_WINDOW; acked += 2) await talk.say({ ack: acked * SEGMENT });
      bench.expect("segments for ten that arrived", lengthsOf(await bench.heard(10)).length, 2 * FIRST_WINDOW);
    },
  },
];

const small: readonly Case[] = [
  {
    id: "TCP-35/nagle",
    title: "a short segment waits while another is not acknowledged; then they go together",
    source: "RFC 9293 3.7.4 SHOULD, RFC 896",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      for (const part of ["a", "b", "c"]) stream.send(bytes(part));
      await talk.hears("the first", 'PA seq 0 ack 0 "a"');
      bench.expect("the others wait", await talk.heard(20), []);
      await talk.say({ ack: 1 });
      await talk.hears("together", 'PA seq 1 ack 0 "bc"');
    },
  },
  {
    id: "TCP-35/no-delay",
    title: "with TCP_NODELAY short segments go at once",
    source: "RFC 9293 3.7.4 MUST be able to turn it off",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.noDelay();
      for (const part of ["a", "b", "c"]) stream.send(bytes(part));
      bench.expect("all", await talk.heard(20), ['PA seq 0 ack 0 "a"', 'PA seq 1 ack 0 "b"', 'PA seq 2 ack 0 "c"']);
    },
  },
  {
    id: "TCP-35/fin",
    title: "the FIN goes with the last data",
    source: "RFC 9293 3.6",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.send(bytes("a"));
      stream.send(bytes("b"));
      stream.end();
      bench.expect("what is said", await talk.heard(20), ['PA seq 0 ack 0 "a"', 'FPA seq 1 ack 0 "b"']);
    },
  },
];

const closed: readonly Case[] = [
  {
    id: "TCP-36/unread",
    title: "a program lets go of bytes that it has not read: RST",
    source: "RFC 9293 3.6.1 SHOULD, RFC 2525 2.17",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      await talk.say({ payload: "abc" });
      await talk.hears("acknowledged", "A seq 0 ack 3");
      stream.close();
      await talk.hears("reset", "RA seq 0 ack 3");
      await talk.say({ seq: 3 });
      await talk.hears("it is gone", "R seq 0 ack=0");
    },
  },
  {
    id: "TCP-36/late",
    title: "bytes for a program that has let go: RST",
    source: "RFC 9293 3.6.1 MUST, RFC 1122 4.2.2.13",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.close();
      await talk.hears("ends its side", "FA seq 0 ack 0");
      await talk.say({ ack: 1 });
      await talk.say({ ack: 1, payload: "abc" });
      await talk.hears("reset", "R seq 1 ack=0");
    },
  },
  {
    id: "TCP-36/abort",
    title: "a program aborts: RST, and nothing is left",
    source: "RFC 9293 3.10.5",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.abort();
      await talk.hears("reset", "RA seq 0 ack 0");
      await talk.say({ payload: "abc" });
      await talk.hears("it is gone", "R seq 0 ack=0");
    },
  },
  {
    id: "TCP-36/written",
    title: "what was written before close() is sent, then FIN",
    source: "RFC 9293 3.10.4",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.send(new Uint8Array(2000));
      stream.close();
      bench.expect("what is said", await talk.heard(20), [
        "A seq 0 ack 0 1460 bytes",
        "PA seq 1460 ack 0 540 bytes",
        "FA seq 2000 ack 0",
      ]);
      await talk.say({ ack: 2001, flags: "FA" });
      await talk.hears("ends", "A seq 2001 ack 1");
    },
  },
  {
    id: "TCP-36/fin-timeout",
    title: "with tcp_fin_timeout 1 who was let go waits a second for the peer's FIN, and no longer",
    source: "kernel: tcp_fin_timeout",
    needs,
    patient: true,
    async run(bench) {
      bench.sysctl("net.ipv4.tcp_fin_timeout", 1);
      const { talk, stream } = await accepted(bench);
      stream.close();
      await talk.hears("ends its side", "FA seq 0 ack 0");
      await talk.say({ ack: 1 });
      await bench.sleep(300);
      await talk.say({ seq: -1, ack: 1 });
      await talk.hears("it is there", "A seq 1 ack 0");
      await bench.sleep(1700);
      await talk.say({ seq: -1, ack: 1 });
      await talk.hears("it is gone", "R seq 1 ack=0");
    },
  },
  {
    id: "TCP-37",
    title: "a new connection of the same ends takes the place of one in TIME_WAIT",
    source: "RFC 9293 3.6.1 MAY, RFC 6191; kernel: tcp_timewait_state_process",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.end();
      await talk.hears("ends its side", "FA seq 0 ack 0");
      await talk.say({ flags: "FA", ack: 1 });
      await talk.hears("TIME_WAIT", "A seq 1 ack 1");
      const before = talk.theirs;
      await talk.say({ flags: "S", seq: 1000, options: OFFERS.plain });
      const answer = await talk.next("a new handshake");
      bench.expect("flags", answer.flags, "SA");
      bench.expect("its number is beyond those of before", ((answer.seq - (before ?? 0)) | 0) > 0, true);
    },
  },
];

export const sending: readonly Case[] = [...sizes, ...largest, ...lost, ...fast, ...selective, ...small, ...closed];
