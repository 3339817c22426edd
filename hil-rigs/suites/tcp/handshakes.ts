/** Handshakes that the DUT begins, and those that do not come to an end: what it offers, repeats, believes and gives up (RFC 9293 3.5). */
import type { Case } from "../../contract/case.ts";
import type { TcpFrame } from "../../contract/frame.ts";
import type { TcpFields } from "../../wire/build-tcp.ts";
import { icmp } from "../../wire/build4.ts";
import { acquainted } from "../ip/kit/answers.ts";
import { bytes, connecting, halfOpen, listening, OFFERS, Talk } from "./kit/talk.ts";

const needs = ["streams"] as const;
/** The options that the DUT offers by default. */
const ALL = "mss 1460,sack-ok,ts,nop,ws";

/** The options of the DUT's SYN with one of its settings off. */
const SETTINGS: readonly (readonly [id: string, what: string, settings: Readonly<Record<string, number>>, options: string])[] = [
  ["all", "everything on", {}, ALL],
  ["no-stamps", "tcp_timestamps 0", { tcp_timestamps: 0 }, "mss 1460,nop,nop,sack-ok,nop,ws"],
  ["no-sack", "tcp_sack 0", { tcp_sack: 0 }, "mss 1460,nop,nop,ts,nop,ws"],
  ["no-scale", "tcp_window_scaling 0", { tcp_window_scaling: 0 }, "mss 1460,sack-ok,ts"],
  ["none", "all three 0", { tcp_timestamps: 0, tcp_sack: 0, tcp_window_scaling: 0 }, "mss 1460"],
];

const offers: readonly Case[] = SETTINGS.map(([id, what, settings, options]) => ({
  id: `TCP-20/${id}`,
  title: `SYN of ours with ${what}: ${options}`,
  source: "RFC 9293 3.7.1 MUST send MSS, RFC 7323, RFC 2018; kernel: tcp_connect_options",
  needs,
  async run(bench) {
    for (const [name, value] of Object.entries(settings)) bench.expect(name, bench.sysctl(`net.ipv4.${name}`, value), "ok");
    await acquainted(bench);
    const { syn, stream } = await connecting(bench);
    bench.expect("its options", syn.options, options);
    bench.expect("flags, ack, window", [syn.flags, syn.ack, syn.window > 1000], ["S", 0, true]);
    bench.expect("state", stream.state(), "SYN_SENT");
  },
}));

/** An answer that is for another SYN has the SYN repeated at once. */
const AGAIN = `S seq -1 ack=0 ${ALL} ecr 0`;

/** Segments to a connection in SYN_SENT: what is said because of them, the state and the error after them. */
const ANSWERS: readonly (readonly [id: string, what: string, send: TcpFields, answers: string[], state: string, error: string])[] =
  [
    ["syn-ack", "SYN and ACK", { flags: "SA", seq: -1 }, ["A seq 0 ack 0"], "ESTABLISHED", ""],
    ["syn-ack-data", "SYN and ACK with data", { flags: "SA", seq: -1, payload: "abc" }, ["A seq 0 ack 0"], "ESTABLISHED", ""],
    ["wrong-ack", "SYN with the ACK of something else", { flags: "SA", seq: -1, ack: 5 }, ["R seq 5 ack=0", AGAIN], "SYN_SENT", ""],
    ["low-ack", "SYN with the ACK of nothing", { flags: "SA", seq: -1, ack: -1 }, ["R seq -1 ack=0", AGAIN], "SYN_SENT", ""],
    ["ack", "ACK alone", { flags: "A", seq: 0 }, [], "SYN_SENT", ""],
    ["ack-wrong", "ACK of something else", { flags: "A", ack: 9 }, ["R seq 9 ack=0", AGAIN], "SYN_SENT", ""],
    ["rst-ack", "RST with the ACK of our SYN", { flags: "RA" }, [], "CLOSE", "ECONNREFUSED"],
    ["rst", "RST without ACK", { flags: "R" }, [], "SYN_SENT", ""],
    ["rst-wrong", "RST with the ACK of something else", { flags: "RA", ack: 9 }, [AGAIN], "SYN_SENT", ""],
    ["fin", "FIN and ACK", { flags: "FA" }, [], "SYN_SENT", ""],
    [
      "syn",
      "SYN alone: both have asked",
      { flags: "S", seq: -1, options: OFFERS.all },
      [`SA seq -1 ack 0 ${ALL} ecr 5000`],
      "SYN_RECV",
      "",
    ],
    ["syn-plain", "SYN alone without options", { flags: "S", seq: -1 }, ["SA seq -1 ack 0 mss 1460"], "SYN_RECV", ""],
    ["checksum", "SYN and ACK with a wrong checksum", { flags: "SA", seq: -1, sumError: 1 }, [], "SYN_SENT", ""],
    ["other-port", "SYN and ACK from another port", { flags: "SA", seq: -1, ack: 77, sport: 99 }, [], "SYN_SENT", ""],
  ];

const answered: readonly Case[] = ANSWERS.map(([id, what, send, answers, state, error]) => ({
  id: `TCP-21/${id}`,
  title: `${what} to a SYN of ours: ${answers.length === 0 ? "nothing is said" : answers.join(", ")}; then ${state}`,
  source: "RFC 9293 3.10.7.3; kernel: tcp_rcv_synsent_state_process",
  needs,
  async run(bench) {
    await acquainted(bench);
    const { talk, stream } = await connecting(bench);
    await talk.say(send);
    bench.expect("what is said", await talk.heard(30), answers);
    bench.expect("state", stream.state(), state);
    bench.expect("error", stream.error(), error);
  },
}));

/** ICMP about a SYN of ours. */
const UNREACHABLE: readonly (readonly [code: number, what: string, error: string])[] = [
  [1, "host unreachable", "EHOSTUNREACH"],
  [2, "protocol unreachable", "ENOPROTOOPT"],
  [3, "port unreachable", "ECONNREFUSED"],
  [13, "prohibited", "EHOSTUNREACH"],
];

const unreachable: readonly Case[] = UNREACHABLE.flatMap(([code, what, error]) =>
  [true, false].map(
    (right): Case => ({
      id: `TCP-22/${code}${right ? "" : "-wrong"}`,
      title: right ? `${what} about a SYN of ours ends it with ${error}` : `${what} about a number that was not sent is ignored`,
      source: "RFC 9293 3.9.2.2, RFC 5927 4; kernel: tcp_v4_err",
      needs,
      async run(bench) {
        await acquainted(bench);
        const { syn, stream } = await connecting(bench);
        const quote = [...syn.bytes.subarray(14, 42)];
        // The sequence number is the second word of the segment.
        if (!right) quote[24] = (quote[24]! + 1) & 0xff;
        await bench.say(icmp({ code }, 3, [0, 0, 0, 0, ...quote]));
        await bench.sleep(10);
        bench.expect("state", stream.state(), right ? "CLOSE" : "SYN_SENT");
        bench.expect("error", stream.error(), right ? error : "");
      },
    }),
  ),
);

/** Times between frames, in ms, checked against those that are due; each is a timer of its own. */
function expectGaps(bench: Parameters<Case["run"]>[0], frames: readonly TcpFrame[], due: readonly number[]): void {
  for (const [at, gap] of due.entries())
    bench.expectTime(`between ${at} and ${at + 1}`, frames[at + 1]!.time - frames[at]!.time, gap);
}

const repeated: readonly Case[] = [
  {
    id: "TCP-23/linear",
    title: "a SYN of ours that nobody answers is repeated every second at first",
    source: "RFC 6298 2.1: 1 s; kernel: tcp_syn_linear_timeouts 4",
    needs,
    patient: true,
    async run(bench) {
      await acquainted(bench);
      const { talk, syn } = await connecting(bench);
      const [one, two] = [await talk.next("again", 1000), await talk.next("and again", 1000)];
      bench.expect(
        "the same",
        [one, two].map(({ seq, flags }) => [seq, flags]),
        [
          [syn.seq, "S"],
          [syn.seq, "S"],
        ],
      );
      expectGaps(bench, [syn, one, two], [1000, 1000]);
    },
  },
  {
    id: "TCP-23/doubling",
    title: "with tcp_syn_linear_timeouts 0 and tcp_syn_retries 2: after 1, 2 and 4 s; then ETIMEDOUT",
    source: "RFC 6298 5.5; kernel: tcp_syn_retries",
    needs,
    patient: true,
    async run(bench) {
      bench.sysctl("net.ipv4.tcp_syn_linear_timeouts", 0);
      bench.sysctl("net.ipv4.tcp_syn_retries", 2);
      await acquainted(bench);
      const { talk, stream, syn } = await connecting(bench);
      const [one, two] = [await talk.next("again", 1000), await talk.next("and again", 2000)];
      expectGaps(bench, [syn, one, two], [1000, 2000]);
      bench.expect("state", stream.state(), "SYN_SENT");
      await bench.silence("no more", 4300, { kind: "tcp" });
      bench.expect("state and error", [stream.state(), stream.error()], ["CLOSE", "ETIMEDOUT"]);
    },
  },
  {
    id: "TCP-23/syn-ack",
    title: "with tcp_synack_retries 1 the answer to a SYN is repeated once, after 1 s; then the request is forgotten",
    source: "RFC 6298 2.1; kernel: tcp_synack_retries",
    needs,
    patient: true,
    async run(bench) {
      bench.sysctl("net.ipv4.tcp_synack_retries", 1);
      await listening(bench);
      const talk = new Talk(bench);
      await talk.say({ flags: "S", seq: -1, options: OFFERS.plain });
      const first = await talk.next("answers");
      const again = await talk.next("again", 1000);
      bench.expect("the same", [again.seq, again.flags], [first.seq, "SA"]);
      expectGaps(bench, [first, again], [1000]);
      await bench.silence("no more", 2500, { kind: "tcp" });
      await talk.say({});
      await talk.hears("a late ACK is refused", "R seq 0 ack=0");
    },
  },
];

const others: readonly Case[] = [
  {
    id: "TCP-24",
    title: "both ask at the same time: one connection comes of it",
    source: "RFC 9293 3.5, figure 7 MUST",
    needs,
    async run(bench) {
      await acquainted(bench);
      const { talk, stream } = await connecting(bench);
      await talk.say({ flags: "S", seq: -1, options: OFFERS.all });
      await talk.hears("answers", `SA seq -1 ack 0 ${ALL} ecr 5000`);
      await talk.say({ flags: "SA", seq: -1, options: OFFERS.all });
      await bench.sleep(10);
      bench.expect("state", stream.state(), "ESTABLISHED");
      await talk.heard();
      stream.send(bytes("hi"));
      await talk.hears("the connection works", 'PA seq 0 ack 0 ecr 5000 "hi"');
    },
  },
  {
    id: "TCP-25",
    title: "data that come with the end of a handshake are there for who accepts it",
    source: "RFC 9293 3.10.7.4",
    needs,
    async run(bench) {
      const listener = await listening(bench);
      const talk = new Talk(bench);
      await halfOpen(talk, "plain");
      bench.expect("nobody yet", listener.accept(), null);
      await talk.say({ flags: "FA", payload: "abc" });
      await bench.sleep(10);
      const stream = listener.accept();
      const [received, ended] = [stream?.received(), stream?.ended()];
      bench.expect("bytes, end, state", [received?.length, ended, stream?.state()], [3, true, "CLOSE_WAIT"]);
    },
  },
  {
    id: "TCP-26",
    title: "two connections of one tester to one port are two",
    source: "RFC 9293 3.3.1: a connection is a pair of sockets",
    needs,
    async run(bench) {
      const listener = await listening(bench);
      const talks = [new Talk(bench, { sport: 4001 }), new Talk(bench, { sport: 4002 })];
      for (const talk of talks) {
        await halfOpen(talk, "plain");
        await talk.say({ payload: "abc" });
        await talk.hears("acknowledges", "A seq 0 ack 3");
      }
      const streams = [listener.accept(), listener.accept()];
      bench.expect(
        "bytes of each",
        streams.map((stream) => stream?.received().length),
        [3, 3],
      );
      bench.expect("no third", listener.accept(), null);
    },
  },
  {
    id: "TCP-27",
    title: "who listens no more refuses, and a connection that was accepted goes on",
    source: "RFC 9293 3.10.4",
    needs,
    async run(bench) {
      const listener = await listening(bench);
      const talk = new Talk(bench);
      await halfOpen(talk, "plain");
      await talk.say({});
      await bench.settle();
      const stream = listener.accept();
      listener.close();
      const other = new Talk(bench, { sport: 4001 });
      await other.say({ flags: "S", seq: -1 });
      await other.hears("refuses", "RA seq=0 ack 0");
      await talk.say({ payload: "abc" });
      await talk.hears("goes on", "A seq 0 ack 3");
      bench.expect("state", stream?.state(), "ESTABLISHED");
    },
  },
  {
    id: "TCP-28",
    title: "two connections begin with different numbers, and one from another port with another number",
    source: "RFC 9293 3.4.1, RFC 6528: a keyed hash of the ends, and a clock",
    needs,
    async run(bench) {
      await listening(bench);
      const numbers = new Set<number>();
      for (const sport of [4001, 4002, 4003]) {
        const talk = new Talk(bench, { sport });
        await halfOpen(talk, "plain");
        numbers.add(talk.absolute(0));
      }
      bench.expect("three numbers", numbers.size, 3);
      const all = [...numbers];
      bench.expect(
        "not one behind the other",
        all.every((one) => !all.some((other) => Math.abs(one - other) === 64_000)),
        true,
      );
    },
  },
  {
    id: "TCP-29",
    title: "no program can send before the handshake is done, nor after it has ended its side",
    source: "RFC 9293 3.9.1.2, 3.9.1.5; kernel: EAGAIN, EPIPE",
    needs,
    async run(bench) {
      await acquainted(bench);
      const { talk, stream } = await connecting(bench);
      bench.expect("before", stream.send(bytes("early")), "EAGAIN");
      await talk.say({ flags: "SA", seq: -1, options: OFFERS.plain });
      await talk.hears("done", "A seq 0 ack 0");
      bench.expect("then", stream.send(bytes("hi")), "2");
      await talk.hears("is sent", 'PA seq 0 ack 0 "hi"');
      stream.end();
      bench.expect("after", stream.send(bytes("late")), "EPIPE");
    },
  },
];

export const handshakes: readonly Case[] = [...offers, ...answered, ...unreachable, ...repeated, ...others];
