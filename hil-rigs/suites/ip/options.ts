/** IPv4 options of packets that come in (RFC 791 3.1, RFC 1122 3.2.1.8): what the answer has of them, and what is wrong with some. */
import type { Case } from "../../contract/case.ts";
import { echo } from "../../wire/build4.ts";
import { DUT, T1 } from "../../wire/hosts.ts";
import { acquainted, type Row, row, rows } from "./kit/answers.ts";

const REPLY = "echo reply";

function bad(id: string, what: string, options: readonly number[], ...sends: string[]): Row {
  return row(
    `IP-19/${id}`,
    `an echo request with ${what}`,
    "RFC 791, RFC 1122 3.2.1.8; kernel: ip_options_compile",
    echo({ options }),
    ...sends,
  );
}

/** The option begins behind the header's 20 bytes. */
const faults: readonly Row[] = [
  bad("length-0", "an option of length 0", [7, 0, 4, 0], "parameter problem at 20"),
  bad("length-1", "an option of length 1", [7, 1, 4, 0], "parameter problem at 20"),
  bad("length-2", "record route of length 2", [7, 2, 1, 1], "parameter problem at 21"),
  bad("length-beyond", "an option beyond the header", [7, 9, 4, 0], "parameter problem at 20"),
  bad("no-length", "an option without a length at the header's end", [1, 1, 1, 7], "parameter problem at 23"),
  bad("pointer-3", "record route with pointer 3", [7, 7, 3, 0, 0, 0, 0, 0], "parameter problem at 22"),
  bad("pointer-inside", "record route with too little room for an address", [7, 7, 6, 0, 0, 0, 0, 0], "parameter problem at 22"),
  bad("twice", "record route twice", [7, 7, 4, 0, 0, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0, 0], "parameter problem at 27"),
  bad("time-length-3", "a timestamp of length 3", [68, 3, 5, 0], "parameter problem at 21"),
  bad("time-pointer-4", "a timestamp with pointer 4", [68, 8, 4, 0, 0, 0, 0, 0], "parameter problem at 22"),
  bad("time-flag-2", "a timestamp with flag 2", [68, 8, 5, 2, 0, 0, 0, 0], REPLY),
  bad("time-overflow", "a full timestamp that has overflowed 15 times", [68, 8, 9, 0xf0, 0, 0, 0, 0], "parameter problem at 23"),
  bad("alert-length", "a router alert of length 3", [148, 3, 0, 0], "parameter problem at 21"),
  bad("unknown-length", "an unknown option beyond the header", [200, 8, 0, 0], "parameter problem at 20"),
  bad("after-end", "anything behind the end of the list", [0, 7, 0, 0], REPLY),
];

const routes: readonly Row[] = [
  row(
    "IP-18/loose",
    "an echo request with a loose source route through us",
    "RFC 791; RFC 7126; kernel: accept_source_route 0 by default",
    echo({ options: [131, 7, 4, 10, 0, 0, 2, 0] }),
  ),
  row(
    "IP-18/strict",
    "an echo request with a strict source route through us",
    "RFC 791; RFC 7126",
    echo({ options: [137, 7, 4, 10, 0, 0, 2, 0] }),
  ),
  row(
    "IP-18/finished",
    "an echo request whose source route is at its end",
    "RFC 1122 3.2.1.8; RFC 7126",
    echo({ options: [131, 7, 8, 10, 0, 0, 2, 0] }),
  ),
];

/** Options that are answered, and those of the answer, in hexadecimal. We are a hop twice: as the packet comes in, and as its answer leaves. */
const US = "0a000001";
const ANSWERS: readonly (readonly [id: string, what: string, options: readonly number[], answer: string])[] = [
  ["nop", "no operations", [1, 1, 1, 1], ""],
  ["end", "the end of the list", [0, 0, 0, 0], ""],
  ["route", "record route with room for two addresses", [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0], `070b0c${US}${US}00`],
  ["route-full", "record route without room", [7, 7, 8, 9, 9, 9, 9], "0707080909090900"],
  ["route-empty", "record route of three bytes", [7, 3, 4, 0], "07030400"],
  ["alert", "router alert", [148, 4, 0, 0], ""],
  ["security", "the security option", [130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0], ""],
  ["stream", "a stream identifier", [136, 4, 0, 1], ""],
  ["unknown", "an unknown option", [200, 4, 1, 2], ""],
  ["unknown-low", "an unknown option that is not copied", [30, 4, 1, 2], ""],
];

const answered: readonly Case[] = ANSWERS.map(([id, what, options, answer]) => ({
  id: `IP-17/${id}`,
  title: `an echo request with ${what}: the reply has "${answer}"`,
  source: "RFC 1122 3.2.2.6; kernel: __ip_options_echo, measured",
  async run(bench) {
    await acquainted(bench);
    await bench.say(echo({ options }));
    const reply = await bench.hears("answers", { kind: "icmp", type: 0 });
    const end = 14 + (reply.bytes[14]! & 15) * 4;
    const hex = [...reply.bytes.subarray(34, end)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    bench.expect("options", hex, answer);
    bench.expect("data", new TextDecoder().decode(reply.quoted), "hi");
  },
}));

const times: readonly Case[] = (
  [
    ["times", 0, [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0], 13],
    ["addresses", 1, [68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0], 13],
    ["given", 3, [68, 12, 5, 3, 10, 0, 0, 1, 0, 0, 0, 0], 13],
  ] as const
).map(([id, flag, options, pointer]) => ({
  id: `IP-16/${id}`,
  title: `an echo request with a timestamp option, flag ${flag}: we leave ${flag === 0 ? "the time" : "our address and the time"}, and the reply has it`,
  source: "RFC 781; RFC 1122 3.2.1.8; kernel: ip_options_compile, measured",
  async run(bench) {
    await acquainted(bench);
    await bench.say(echo({ options }));
    const reply = await bench.hears("answers", { kind: "icmp", type: 0 });
    bench.expect("type, length, pointer", [...reply.bytes.subarray(34, 37)], [68, 12, pointer]);
    if (flag !== 0) bench.expect("our address", [...reply.bytes.subarray(38, 42)].join("."), DUT.ip);
    bench.expect("to", reply.destination, T1.ip);
  },
}));

export const options: readonly Case[] = [...rows([...faults, ...routes]), ...answered, ...times];
