/** A segment in each of the states that the end of a connection goes through (RFC 9293 3.6, 3.10.7.4), and the state after it. */
import type { Case } from "../../contract/case.ts";
import type { TcpFields } from "../../wire/build-tcp.ts";
import { type EndState, openedTo } from "./kit/opened.ts";

/** The row's name, the segment in words, the answers, the state after it, the segment. */
type Row = readonly [id: string, what: string, answers: readonly string[], after: string, send: TcpFields];

/** Time within which an acknowledgment comes that may be delayed, in ms; the DUT's FIN is repeated after 200. */
const PATIENCE = 60;
const abc = "abc";
const FAR = 0x40000000;

const TABLES: readonly (readonly [id: string, state: EndState, rows: readonly Row[]])[] = [
  [
    "TCP-10",
    "FIN_WAIT1",
    [
      ["ack", "the ACK of our FIN", [], "FIN_WAIT2", { ack: 1 }],
      ["fin-ack", "FIN with the ACK of our FIN", ["A seq 1 ack 1"], "CLOSE", { flags: "FA", ack: 1 }],
      ["fin", "FIN without the ACK of our FIN", ["A seq 1 ack 1"], "CLOSING", { flags: "FA" }],
      ["data", "data", ["A seq 1 ack 3"], "FIN_WAIT1", { payload: abc }],
      ["rst", "RST that fits", [], "CLOSE", { flags: "R" }],
      ["rst-within", "RST within the window", ["A seq 1 ack 0"], "FIN_WAIT1", { flags: "R", seq: 5 }],
      ["syn", "SYN within the window", ["A seq 1 ack 0"], "FIN_WAIT1", { flags: "S", seq: 5 }],
      ["never-sent", "ACK of what was never sent", ["A seq 1 ack 0"], "FIN_WAIT1", { ack: 5 }],
    ],
  ],
  [
    "TCP-11",
    "FIN_WAIT2",
    [
      ["fin", "FIN", ["A seq 1 ack 1"], "CLOSE", { flags: "FA", ack: 1 }],
      ["data", "data", ["A seq 1 ack 3"], "FIN_WAIT2", { ack: 1, payload: abc }],
      ["ack", "the ACK of our FIN again", [], "FIN_WAIT2", { ack: 1 }],
      ["rst", "RST that fits", [], "CLOSE", { flags: "R" }],
      ["rst-within", "RST within the window", ["A seq 1 ack 0"], "FIN_WAIT2", { flags: "R", seq: 5 }],
      ["syn", "SYN within the window", ["A seq 1 ack 0"], "FIN_WAIT2", { flags: "S", seq: 5 }],
      ["behind", "data behind the window", ["A seq 1 ack 0"], "FIN_WAIT2", { ack: 1, seq: FAR, payload: abc }],
    ],
  ],
  [
    "TCP-12",
    "CLOSING",
    [
      ["ack", "the ACK of our FIN", [], "CLOSE", { seq: 1, ack: 1 }],
      ["fin", "FIN again", ["A seq 1 ack 1 0-1"], "CLOSING", { flags: "FA" }],
      ["rst", "RST that fits", [], "CLOSE", { flags: "R", seq: 1 }],
      ["syn", "SYN within the window", ["A seq 1 ack 1"], "CLOSING", { flags: "S", seq: 5 }],
    ],
  ],
  [
    "TCP-13",
    "TIME_WAIT",
    [
      ["fin", "FIN again", ["A seq 1 ack 1"], "CLOSE", { flags: "FA", ack: 1 }],
      ["ack", "an ACK that is as expected", [], "CLOSE", { seq: 1, ack: 1 }],
      ["data", "data", ["A seq 1 ack 1"], "CLOSE", { seq: 1, ack: 1, payload: abc }],
      ["old", "data of before", ["A seq 1 ack 1"], "CLOSE", { seq: -3, ack: 1, payload: abc }],
      ["syn-old", "a SYN with an old number", ["A seq 1 ack 1"], "CLOSE", { flags: "S", seq: -5 }],
      ["rst-before", "RST before the window", [], "CLOSE", { flags: "R", seq: -5 }],
    ],
  ],
  [
    "TCP-14",
    "CLOSE_WAIT",
    [
      ["data", "data behind the FIN", [], "CLOSE_WAIT", { seq: 1, payload: abc }],
      ["fin", "FIN again", ["A seq 0 ack 1 0-1"], "CLOSE_WAIT", { flags: "FA" }],
      ["ack", "ACK", [], "CLOSE_WAIT", { seq: 1 }],
      ["rst", "RST that fits", [], "CLOSE", { flags: "R", seq: 1 }],
      ["rst-within", "RST within the window", ["A seq 0 ack 1"], "CLOSE_WAIT", { flags: "R", seq: 5 }],
      ["syn", "SYN within the window", ["A seq 0 ack 1"], "CLOSE_WAIT", { flags: "S", seq: 5 }],
      ["keep-alive", "a keep-alive", ["A seq 0 ack 1"], "CLOSE_WAIT", { seq: 0 }],
    ],
  ],
  [
    "TCP-15",
    "LAST_ACK",
    [
      ["ack", "the ACK of our FIN", [], "CLOSE", { seq: 1, ack: 1 }],
      ["fin", "FIN again", ["A seq 1 ack 1 0-1"], "LAST_ACK", { flags: "FA" }],
      ["rst", "RST that fits", [], "CLOSE", { flags: "R", seq: 1 }],
      ["rst-within", "RST within the window", ["A seq 1 ack 1"], "LAST_ACK", { flags: "R", seq: 5 }],
      ["syn", "SYN within the window", ["A seq 1 ack 1"], "LAST_ACK", { flags: "S", seq: 5 }],
      ["never-sent", "ACK of what was never sent", ["A seq 1 ack 1"], "LAST_ACK", { seq: 1, ack: 5 }],
    ],
  ],
];

export const endings: readonly Case[] = TABLES.flatMap(([id, state, rows]) =>
  rows.map(
    ([row, what, answers, after, send]): Case => ({
      id: `${id}/${row}`,
      title: `${what} in ${state}: ${answers.length === 0 ? "nothing is said" : answers.join(", ")}; then ${after}`,
      source: "RFC 9293 3.10.7.4, RFC 5961; kernel: tcp_rcv_state_process, tcp_timewait_state_process",
      needs: ["streams"],
      async run(bench) {
        const { talk, stream } = await openedTo(bench, state);
        await talk.heard();
        await talk.say(send);
        bench.expect("what is said", await talk.heard(PATIENCE), answers);
        bench.expect("the state after it", stream.state(), after);
      },
    }),
  ),
);
