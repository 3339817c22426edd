/** IP options: those that are filled in and come back with the answer, and those about which the sender hears; as the kernel does it. */
import t from "tap";
import { Lab } from "../../support/lab.ts";
import { BROADCAST, type IcmpFields, icmp, T1, T2, udp } from "../../support/wire-format.ts";
import { type Row, sameAnswers } from "./exchange.ts";

function bytesOf(hex: string): number[] {
  return [...Buffer.from(hex.replaceAll(" ", ""), "hex")];
}

/** An echo request with these options. */
function echo(options: string, fields: IcmpFields = {}): Uint8Array {
  return icmp({ options: bytesOf(options), ...fields }, [0xaa]);
}

/** The reply, with other options or none. */
function reply(what: string, options: string, returned: string): Row {
  const words = returned === "" ? "" : `options ${returned.replaceAll(" ", "")} `;
  return [`${what}: ${options}`, echo(options), [`icmp 0/0 00010001 ${words}aa`]];
}

function silent(what: string, options: string, fields: IcmpFields = {}): Row {
  return [`${what}: ${options}`, echo(options, fields), []];
}

/** A parameter problem, which points at a byte of the header and quotes the packet as it came. */
function problem(pointer: number, what: string, options: string, fields: IcmpFields = {}): Row {
  const frame = echo(options, fields);
  const quoted = Buffer.from(frame.subarray(14)).toString("hex");
  return [`${what}: ${options}`, frame, [`icmp 12/0 ${pointer.toString(16)}000000 tos c0 ${quoted}`]];
}

const ROUTES: readonly Row[] = [
  reply("room for one", "07 07 04 00000000 00", "07 07 08 0a000001 00"),
  reply("room for nine", `07 27 04 ${"00".repeat(36)} 00`, `07 27 0c 0a000001 0a000001 ${"00".repeat(28)} 00`),
  reply("one is there", "07 0b 08 09090909 00000000 00", "07 0b 0c 09090909 0a000001 00"),
  reply("full", "07 07 08 01020304 00", "07 07 08 01020304 00"),
  reply("a pointer far behind", "07 07 ff 00000000 00", "07 07 ff 00000000 00"),
  reply("room for none", "07 03 04 00", "07 03 04 00"),
  reply("behind padding", "01 07 07 04 00000000", "07 07 08 0a000001 00"),
  reply("behind an option that nobody knows", "de 04 0909 07 07 04 00000000 00", "07 07 08 0a000001 00"),
  reply("behind the end", "00 07 07 04 00000000", ""),
  silent("a slot that does not end with the option, for the answer", "07 0b 05 0000000000000000 00"),
  problem(22, "a slot that does not end with the option", "07 07 05 00000000 00"),
  problem(22, "two bytes of a slot", "07 07 06 00000000 00"),
  problem(22, "one byte of a slot", "07 04 04 00"),
  problem(22, "pointer 3", "07 07 03 00000000 00"),
  problem(22, "pointer 0", "07 07 00 00000000 00"),
  problem(22, "pointer 3, no room", "07 03 03 00"),
  problem(21, "no pointer", "07 02 00 00"),
  problem(20, "length 1", "07 01 00 00"),
  problem(20, "length 0", "07 00 00 00"),
  problem(20, "longer than the header", "07 30 04 00"),
  problem(23, "without its length", "01 01 01 07"),
];

const TIMES: readonly Row[] = [
  reply("times", "44 0c 05 00 00000000 00000000", "44 0c 0d 00 NOW NOW"),
  reply("times, one is there", "44 0c 09 00 01020304 00000000", "44 0c 0d 00 01020304 NOW"),
  reply("times, full", "44 08 09 00 01020304", "44 08 09 10 01020304"),
  reply("times, full for the 15th", "44 08 09 e0 01020304", "44 08 09 f0 01020304"),
  problem(23, "times, full for the 16th", "44 08 09 f0 01020304"),
  reply("addresses and times", "44 0c 05 01 00000000 00000000", "44 0c 0d 01 0a000001 NOW"),
  reply("addresses and times, twice", `44 14 05 01 ${"00".repeat(16)}`, "44 14 15 01 0a000001 NOW 0a000001 NOW"),
  reply("addresses and times, full", "44 0c 0d 01 01020304 05060708", "44 0c 0d 11 01020304 05060708"),
  silent("addresses and times, half a slot for the answer", `44 10 05 01 ${"00".repeat(12)}`),
  reply("our address given", "44 0c 05 03 0a000001 00000000", "44 0c 0d 03 0a000001 NOW"),
  reply("another's given", "44 0c 05 03 0a000009 00000000", "44 0c 05 03 0a000009 00000000"),
  reply(
    "another's given, then ours",
    "44 14 05 03 0a000009 00000000 0a000001 00000000",
    "44 14 05 03 0a000009 00000000 0a000001 00000000",
  ),
  reply("ours next", "44 14 0d 03 0a000009 01020304 0a000001 00000000", "44 14 15 03 0a000009 01020304 0a000001 NOW"),
  reply("ours twice", "44 14 05 03 0a000001 00000000 0a000001 00000000", "44 14 15 03 0a000001 NOW 0a000001 NOW"),
  reply("ours, then another's", "44 14 05 03 0a000001 00000000 0a000009 00000000", "44 14 0d 03 0a000001 NOW 0a000009 00000000"),
  reply("ours, then half a slot", "44 10 05 03 0a000001 00000000 0a000001", "44 10 0d 03 0a000001 NOW 0a000001"),
  reply("a broadcast address given", "44 0c 05 03 0a0000ff 00000000", "44 0c 0d 03 0a0000ff NOW"),
  reply("an unknown flag", "44 08 05 02 00000000", "44 08 05 02 00000000"),
  reply("another unknown flag", "44 08 05 07 00000000", "44 08 05 07 00000000"),
  reply("room for none", "44 04 05 00", "44 04 05 10"),
  silent("a slot that does not end with the option, for the answer", "44 0c 07 00 00000000 00000000"),
  problem(22, "addresses, and room for a time", "44 08 05 01 00000000"),
  problem(22, "addresses, a slot that does not end with the option", "44 0c 06 01 00000000 00000000"),
  problem(22, "a slot that does not end with the option", "44 08 06 00 00000000"),
  problem(22, "pointer 4", "44 08 04 00 00000000"),
  problem(22, "pointer 4, no room", "44 04 04 00"),
  problem(21, "length 3", "44 03 05 00"),
];

const OTHERS: readonly Row[] = [
  reply("both", "07 07 04 00000000 44 08 05 00 00000000 00", "07 07 08 0a000001 44 08 09 00 NOW 00"),
  reply("both, the other way round", "44 08 05 00 00000000 07 07 04 00000000 00", "07 07 08 0a000001 44 08 09 00 NOW 00"),
  [
    "record route twice: the first is filled in, answered and quoted so",
    echo("07 07 04 00000000 07 07 04 00000000 0000"),
    [
      "icmp 12/0 1b000000 tos c0 options 0707080a00000100 4900002d00000000400150bc0a0000020a0000010707080a00000107070400000000000008004dfd00010001aa",
    ],
  ],
  [
    "timestamp twice",
    echo("44 08 05 00 00000000 44 08 05 00 00000000"),
    [
      "icmp 12/0 1c000000 tos c0 options 44080900NOW 4900002d000000004001d0bd0a0000020a00000144080900NOW440805000000000008004dfd00010001aa",
    ],
  ],
  [
    "nobody on that port: what was filled in comes back",
    udp({ options: bytesOf("07 07 04 00000000 00"), dport: 7 }, "x"),
    [
      "icmp 3/3 00000000 tos c0 options 0707080a00000100 4700002500000000401159bf0a0000020a0000010707080a000001000fa000070009643278",
    ],
  ],
  [
    "a timestamp request",
    icmp({ icmpType: 13, options: bytesOf("07 07 04 00000000 00") }, new Uint8Array(12)),
    ["icmp 14/0 00010001 options 0707080a00000100 00000000NOWNOW"],
  ],
  problem(20, "an option of length 0 that nobody knows", "99 00 00 00"),
  problem(20, "an option of length 1 that nobody knows", "99 01 00 00"),
  problem(21, "one longer than the header", "01 99 04 00"),
  problem(23, "one without its length", "01 01 01 99"),
  reply("one of length 2", "99 02 00 00", ""),
  reply("one of length 4", "99 04 01 02", ""),
  reply("router alert", "94 04 00 00", ""),
  reply("router alert, longer", "94 05 00 00 00 00 00 00", ""),
  reply("router alert twice", "94 04 00 00 94 04 00 00", ""),
  problem(21, "router alert, short", "94 03 00 00"),
  reply("security", "82 04 00 00", ""),
  reply("stream identifier", "88 04 00 01", ""),
  silent("source route, loose", "83 07 04 0a000001 00"),
  silent("source route, strict", "89 07 04 0a000001 00"),
  silent("source route that has come to its end", "83 07 08 0a000001 00"),
  silent("source route without a slot", "83 03 04 00"),
  problem(21, "source route without a pointer", "89 02 00 00"),
  problem(22, "source route, pointer 3", "83 07 03 0a000001 00"),
  silent("for another host", "07 07 04 00000000 00", { destination: "10.0.0.9" }),
  problem(21, "for another host, and wrong", "07 02 00 00", { destination: "10.0.0.9" }),
  problem(20, "a first fragment", "99 00 00 00", { fragment: 0x2000 }),
  silent("a later fragment", "99 00 00 00", { fragment: 5 }),
  silent("in a broadcast frame, and wrong", "99 00 00 00", { to: BROADCAST }),
  silent("to the subnet's broadcast address, and wrong", "99 00 00 00", { to: BROADCAST, destination: "10.0.0.255" }),
  silent("an error, and wrong", "99 00 00 00", { icmpType: 3, code: 1 }),
];

/** A label of a domain that nobody has set up is answered with a parameter problem, which has the label too. */
function label(pointer: number, options: string, fields: IcmpFields = {}): Row {
  const [what, frame, [answer = ""]] = problem(pointer, "a label", options, fields);
  const padded = options.replaceAll(" ", "");
  return [what, frame, [answer.replace("tos c0", `tos c0 options ${padded}`)]];
}

const LABELS: readonly Row[] = [
  label(22, "86 08 00000001 01 02"),
  label(22, "86 08 00000000 01 02"),
  label(22, "86 0c 00000001 01 06 00 01 00 00"),
  label(22, "86 08 00000001 01 03"),
  label(21, "86 07 00000001 01 00"),
  label(21, "86 06 00000001 00 00"),
  label(21, "86 02 00 00"),
  label(21, "86 04 00 00"),
  label(22, "86 08 00000001 01 02", { destination: "10.0.0.9" }),
  silent("a label, to everybody", "86 08 00000001 01 02", { to: BROADCAST, destination: "10.0.0.255" }),
];

sameAnswers("security labels", LABELS);
sameAnswers("record route", ROUTES);
sameAnswers("timestamp", TIMES);
sameAnswers("other options", OTHERS);

t.test("handed on: the address of the way out is recorded, and the header's checksum is right", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "172.16.0.1/24"] });
  lab.stack.ip.conf.write("all", "forwarding", 1);
  for (const which of ["all", lab.eth0] as const) lab.stack.ip.conf.write(which, "send_redirects", 0);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.stack.addNeighbour("172.16.0.2", T2, lab.eth0);
  lab.say(echo("07 0b 04 00000000 00000000 00", { destination: "172.16.0.2" }));
  const [frame] = lab.take();
  t.equal(Buffer.from(frame!.bytes.subarray(34, 46)).toString("hex"), "070b08ac1000010000000000");
  lab.say(echo("07 02 00 00", { destination: "172.16.0.2" }));
  t.match(lab.heard(), [/^0 icmp 12\/0 /]);
  t.equal(lab.inUse, 0);
});

t.test("a long packet with options is quoted up to 576 bytes of error", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.say(udp({ options: bytesOf(`07 27 04 ${"00".repeat(36)} 00`), dport: 7 }, new Uint8Array(1000)));
  t.equal(lab.take()[0]?.bytes.length, 14 + 576);
});
