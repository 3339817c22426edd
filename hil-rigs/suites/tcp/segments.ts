/** A segment to a port in each state, and all that is said because of it (RFC 9293 3.10.7, RFC 5961, RFC 2018, RFC 2883, RFC 7323). */
import type { Case } from "../../contract/case.ts";
import type { Family } from "../../contract/plan.ts";
import { mss, SACK_OK, type TcpFields, timestamps, windowScale } from "../../wire/build-tcp.ts";
import { accepted, CLOSED, halfOpen, listening, NOW, OFFERS, type Offer, PORT, Talk } from "./kit/talk.ts";

/** `closed`: nobody listens. `half-open`: the DUT has answered a SYN. `open`: its program has the connection. */
type From = "closed" | "listening" | "half-open" | "open" | "open-stamps";

/** The row's name, the segment in words, the answers, the segment, and those before it. */
type Row = readonly [id: string, what: string, answers: readonly string[], send: TcpFields, ...before: TcpFields[]];

interface Table {
  readonly id: string;
  readonly from: From;
  readonly place: string;
  readonly source: string;
  readonly rows: readonly Row[];
}

/** Time within which an acknowledgment comes that may be delayed, in ms. */
const PATIENCE = 60;
const abc = "abc";
const MSS_1460 = mss(1460);
const STAMPS = timestamps(NOW, 0);
const HANDSHAKE = "SA seq -1 ack 0 mss 1460";
const WRAP = 0x40000000;

const TABLES: readonly Table[] = [
  {
    id: "TCP-01",
    from: "closed",
    place: "to a port where nobody listens",
    source: "RFC 9293 3.10.7.1",
    rows: [
      ["syn", "SYN", ["RA seq=0 ack 1"], { flags: "S" }],
      ["syn-data", "SYN with data", ["RA seq=0 ack 4"], { flags: "S", payload: abc }],
      ["ack", "ACK", ["R seq=77 ack=0"], { ack: 77 }],
      ["fin", "FIN", ["RA seq=0 ack 1"], { flags: "F" }],
      ["nothing", "a segment without control bits", ["RA seq=0 ack 0"], { flags: "" }],
      ["rst", "RST", [], { flags: "R" }],
      ["rst-ack", "RST and ACK", [], { flags: "RA", ack: 77 }],
      ["checksum", "SYN with a wrong checksum", [], { flags: "S", sumError: 1 }],
      ["swapped", "SYN with a checksum 256 too high", [], { flags: "S", sumError: 0x100 }],
      ["short-header", "SYN with a header of 4 words", [], { flags: "S", words: 4 }],
      ["long-header", "SYN with a header that is longer than the segment", [], { flags: "S", words: 15 }],
    ],
  },
  {
    id: "TCP-02",
    from: "listening",
    place: "to a listener",
    source: "RFC 9293 3.10.7.2, RFC 7323 2, 3, RFC 2018 2",
    rows: [
      ["syn", "SYN", [HANDSHAKE], { flags: "S", seq: -1 }],
      ["mss", "SYN with MSS", [HANDSHAKE], { flags: "S", seq: -1, options: MSS_1460 }],
      [
        "sack",
        "SYN with SACK permitted",
        [`${HANDSHAKE},nop,nop,sack-ok`],
        { flags: "S", seq: -1, options: [...MSS_1460, ...SACK_OK] },
      ],
      [
        "scale",
        "SYN with a window scale",
        [`${HANDSHAKE},nop,ws`],
        { flags: "S", seq: -1, options: [...MSS_1460, ...windowScale(7)] },
      ],
      [
        "stamps",
        "SYN with time stamps",
        [`${HANDSHAKE},nop,nop,ts ecr 5000`],
        { flags: "S", seq: -1, options: [...MSS_1460, ...STAMPS] },
      ],
      ["all", "SYN with every option", [`${HANDSHAKE},sack-ok,ts,nop,ws ecr 5000`], { flags: "S", seq: -1, options: OFFERS.all }],
      ["data", "SYN with data", [HANDSHAKE], { flags: "S", seq: -1, payload: abc }],
      ["broken", "SYN with an option of length 0", [HANDSHAKE], { flags: "S", seq: -1, options: [2, 0] }],
      ["unknown", "SYN with an unknown option", [HANDSHAKE], { flags: "S", seq: -1, options: [77, 4, 1, 2] }],
      ["ack", "ACK", ["R seq=77 ack=0"], { ack: 77 }],
      ["syn-ack", "SYN and ACK", ["R seq=77 ack=0"], { flags: "SA", ack: 77 }],
      ["fin", "FIN", [], { flags: "F" }],
      ["syn-fin", "SYN and FIN", [], { flags: "SF" }],
      ["nothing", "a segment without control bits", [], { flags: "" }],
      ["rst", "RST", [], { flags: "R" }],
    ],
  },
  {
    id: "TCP-03",
    from: "half-open",
    place: "in SYN-RECEIVED",
    source: "RFC 9293 3.10.7.4, RFC 5961",
    rows: [
      ["syn", "the same SYN again", [`${HANDSHAKE},nop,nop,sack-ok`], { flags: "S", seq: -1 }],
      ["other-ack", "ACK of something else", ["R seq 5 ack=0"], { ack: 5 }],
      ["other-syn", "another SYN", ["RA seq=0 ack 6"], { flags: "S", seq: 5 }],
      ["ack", "ACK", [], {}],
      ["ack-data", "ACK with data", ["A seq 0 ack 3"], { payload: abc }],
      ["ack-fin", "ACK with data and FIN", ["A seq 0 ack 4"], { flags: "FA", payload: abc }],
      ["rst", "RST", [], { flags: "R" }],
      ["behind-rst", "ACK behind RST", ["R seq 0 ack=0"], {}, { flags: "R" }],
    ],
  },
  {
    id: "TCP-04",
    from: "open",
    place: "in ESTABLISHED",
    source: "RFC 9293 3.10.7.4, RFC 5961 3 to 5, RFC 2018, RFC 2883",
    rows: [
      ["data", "data", ["A seq 0 ack 3"], { payload: abc }],
      ["push", "data with PSH", ["A seq 0 ack 3"], { flags: "PA", payload: abc }],
      ["none", "no data", [], {}],
      ["no-ack", "data without ACK", [], { flags: "P", payload: abc }],
      ["checksum", "data with a wrong checksum", [], { payload: abc, sumError: 1 }],
      ["again", "the same data again", ["A seq 0 ack 3 0-3"], { payload: abc }, { payload: abc }],
      ["overlap", "data that begin with known ones", ["A seq 0 ack 6 0-3"], { payload: "abcdef" }, { payload: abc }],
      ["hole", "data behind a hole", ["A seq 0 ack 0 10-13"], { seq: 10, payload: abc }],
      ["two-holes", "data behind two holes", ["A seq 0 ack 0 20-23 10-13"], { seq: 20, payload: abc }, { seq: 10, payload: abc }],
      [
        "between",
        "data between two holes",
        ["A seq 0 ack 0 10-19"],
        { seq: 13, payload: abc },
        { seq: 10, payload: abc },
        { seq: 16, payload: abc },
      ],
      [
        "hole-again",
        "data behind a hole again",
        ["A seq 0 ack 0 10-13 10-13"],
        { seq: 10, payload: abc },
        { seq: 10, payload: abc },
      ],
      ["fills", "data that fill a hole", ["A seq 0 ack 6"], { payload: abc }, { seq: 3, payload: "def" }],
      ["fin", "FIN", ["A seq 0 ack 1"], { flags: "FA" }],
      ["fin-data", "FIN with data", ["A seq 0 ack 4"], { flags: "FA", payload: abc }],
      ["fin-hole", "FIN behind a hole", ["A seq 0 ack 0 5-6"], { flags: "FA", seq: 5 }],
      ["before-fin", "data in front of FIN", ["A seq 0 ack 4"], { payload: abc }, { flags: "FA", seq: 3 }],
      ["behind-fin", "data behind FIN", [], { seq: 1, payload: abc }, { flags: "FA" }, { flags: "FA" }],
      ["fin-again", "FIN again", ["A seq 0 ack 1 0-1"], { flags: "FA" }, { flags: "FA" }],
      ["rst", "RST that fits", [], { flags: "R" }],
      ["behind-rst", "data behind RST that fits", ["R seq 0 ack=0"], { payload: abc }, { flags: "R" }],
      ["rst-within", "RST within the window", ["A seq 0 ack 0"], { flags: "R", seq: 5 }],
      ["rst-before", "RST before the window", [], { flags: "R", seq: -5 }],
      ["rst-behind", "RST behind the window", [], { flags: "R", seq: WRAP }],
      ["rst-survived", "data behind RST within the window", ["A seq 0 ack 3"], { payload: abc }, { flags: "R", seq: 5 }],
      ["syn-within", "SYN within the window", ["A seq 0 ack 0"], { flags: "S", seq: 5 }],
      ["syn-before", "SYN before the window", ["A seq 0 ack 0"], { flags: "S", seq: -5 }],
      ["syn-first", "the first SYN again", ["A seq 0 ack 0"], { flags: "S", seq: -1 }],
      ["syn-survived", "data behind SYN within the window", ["A seq 0 ack 3"], { payload: abc }, { flags: "S", seq: 5 }],
      ["behind", "data behind the window", ["A seq 0 ack 0"], { seq: WRAP, payload: abc }],
      ["past", "data long past", ["A seq 0 ack 0 -1073741824--1073741821"], { seq: -WRAP, payload: abc }],
      ["keep-alive", "a keep-alive", ["A seq 0 ack 0"], { seq: -1 }],
      ["never-sent", "ACK of what was never sent", ["A seq 0 ack 0"], { ack: 5 }],
      ["never-sent-data", "ACK of what was never sent, with data", ["A seq 0 ack 0"], { ack: 5, payload: abc }],
      ["ack-past", "ACK long past", ["A seq 0 ack 0"], { ack: -WRAP }],
    ],
  },
  {
    id: "TCP-05",
    from: "open-stamps",
    place: "in ESTABLISHED with time stamps",
    source: "RFC 7323 4, 5",
    rows: [
      ["newer", "data with a newer time stamp", ["A seq 0 ack 3 ecr 5001"], { payload: abc, options: timestamps(NOW + 1, 0) }],
      [
        "little-older",
        "data with a time stamp a little older",
        ["A seq 0 ack 3 ecr 5000"],
        { payload: abc, options: timestamps(NOW - 1, 0) },
      ],
      ["older", "data with an older time stamp", ["A seq 0 ack 0 ecr 5000"], { payload: abc, options: timestamps(NOW - 2, 0) }],
      [
        "rst",
        "data behind RST with an older time stamp",
        ["R seq 0 ack=0"],
        { payload: abc, options: STAMPS },
        { flags: "R", options: timestamps(NOW - 1, 0) },
      ],
      ["none", "data without a time stamp", ["A seq 0 ack 3 ecr 5000"], { payload: abc }],
    ],
  },
];

/** The tables as cases of a family. IPv6's have a 6 in their ids, and an MSS of 20 bytes less. */
export function segments(family: Family): Case[] {
  const name = (id: string): string => (family === 4 ? id : id.replace(/^TCP/, "TCP6"));
  return TABLES.flatMap(({ id, from, place, source, rows }) =>
    rows.map(([row, what, answers, send, ...before]) => ({
      id: `${name(id)}/${row}`,
      title: `${what} ${place}: ${answers.length === 0 ? "nothing is said" : answers.join(", ")}`,
      source,
      family,
      needs: ["streams"] as const,
      async run(bench) {
        const talk = await begin(bench, from);
        for (const fields of before) await talk.say(fields);
        await talk.heard(before.length > 0 ? PATIENCE : 0);
        await talk.say(send);
        const expected = answers.map((answer) => (family === 4 ? answer : answer.replace("mss 1460", "mss 1440")));
        bench.expect("what is said", await talk.heard(PATIENCE), expected);
      },
    })),
  );
}

async function begin(bench: Parameters<Case["run"]>[0], from: From): Promise<Talk> {
  const offer: Offer = from === "open-stamps" ? "stamps" : "sack";
  if (from === "open" || from === "open-stamps") return (await accepted(bench, { offer })).talk;
  await listening(bench);
  const talk = new Talk(bench, { dport: from === "closed" ? CLOSED : PORT });
  if (from === "half-open") await halfOpen(talk, offer);
  return talk;
}
