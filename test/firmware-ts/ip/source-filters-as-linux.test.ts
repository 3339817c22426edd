/**
 * Groups and their sources: the same joins, blocks and queries to the kernel and to us, in both families. The same errors come of them,
 * routers are told the same, and the same sockets hear a source.
 */
import t from "tap";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import type { UdpSocket } from "../../../firmware-ts/transport/udp-socket.ts";
import { GroupKernel } from "../../support/group-kernel.ts";
import { Lab } from "../../support/lab.ts";
import { missingForNetns, missingPrograms } from "../../support/netns.ts";
import { Operator } from "../../support/operator.ts";
import { realTime } from "../../support/real-time.ts";
import { udp } from "../../support/wire-format.ts";
import { udp6 } from "../../support/wire-format6.ts";
import { groupLine, igmp2, igmpQuery } from "../../support/wire-groups.ts";
import { mldQuery } from "../../support/wire-routers6.ts";

/** Names of the story, and the addresses that they stand for. */
interface Names {
  readonly family: 4 | 6;
  readonly G: string;
  readonly H: string;
  readonly A: string;
  readonly B: string;
  readonly C: string;
  /** No group. */
  readonly N: string;
}

const FOUR: Names = { family: 4, G: "239.1.2.3", H: "239.1.2.4", A: "10.0.0.5", B: "10.0.0.6", C: "10.0.0.7", N: "10.0.0.9" };
const SIX: Names = { family: 6, G: "ff05::99", H: "ff05::9a", A: "fd00::5", B: "fd00::6", C: "fd00::7", N: "fd00::9" };

/**
 * A step: what is done, what comes of it, what routers are told. `a join G`: socket a does so. `A > G`: a datagram; the answer is who hears
 * it. `query G A`: a router's question, which is answered once; changes are told twice.
 */
type Step = readonly [act: string, answer: string, ...reports: string[]];

const STORY: readonly Step[] = [
  ["a join N", "EINVAL"],
  ["a joinSource N A", "EINVAL"],
  ["a join G", "ok", "4 G"],
  ["a join G", "EADDRINUSE"],
  ["A > G", "a b"],
  ["a block G A", "ok", "6 G {A}"],
  ["a block G A", "EADDRNOTAVAIL"],
  ["A > G", "-"],
  ["B > G", "a b"],
  ["a joinSource G B", "EINVAL"],
  ["a leaveSource G A", "EINVAL"],
  ["query G", "", "2 G {A}"],
  ["query G B", "", "2 G {A}"],
  ["query G A", ""],
  ["query G A B", "", "2 G {A}"],
  ["a unblock G B", "EADDRNOTAVAIL"],
  ["a unblock G A", "ok", "5 G {A}"],
  ["a joinSource G A", "EINVAL"],
  ["a exclude G", "ok"],
  ["a joinSource G A", "ok", "3 G {A}"],
  ["A > G", "a b"],
  ["B > G", "-"],
  ["a joinSource G A", "EADDRNOTAVAIL"],
  ["a joinSource G B", "ok", "5 G {B}"],
  ["a leaveSource G C", "EADDRNOTAVAIL"],
  ["a block G A", "EINVAL"],
  ["query G B C", "", "1 G {B}"],
  ["query G C", ""],
  ["query G", "", "1 G {A,B}"],
  ["b join G", "ok", "4 G"],
  ["C > G", "b"],
  ["A > G", "a b"],
  ["b block G A", "ok"],
  ["A > G", "a"],
  ["b block G C", "ok", "6 G {C}"],
  ["C > G", "-"],
  ["b unblock G A", "ok"],
  ["query", "", "2 G {C}"],
  ["b leave G", "ok", "3 G {A,B}"],
  ["a leaveSource G A", "ok", "6 G {A}"],
  ["a leaveSource G B", "ok", "6 G {B}"],
  ["a leaveSource G B", "EINVAL"],
  ["B > G", "-"],
  ["query G", ""],
  ["a exclude G A", "EINVAL"],
  ["a join G", "ok", "4 G"],
  ["a exclude G A B", "ok", "6 G {A,B}"],
  ["a exclude G B C", "ok", "6 G {C}, 5 G {A}"],
  ["a include G B C", "ok", "3 G {B,C}"],
  ["a include G A C", "ok", "5 G {A}, 6 G {B}"],
  ["a exclude G", "ok", "4 G"],
  ["a include G", "ok", "3 G"],
  ["a leave G", "EADDRNOTAVAIL"],
  ["a joinSource H A", "ok", "5 H {A}"],
  ["a joinSource H B", "ok", "5 H {B}"],
  ["b join G", "ok", "4 G"],
  ["query", "", "2 G, 1 H {A,B}"],
  ["a leave H", "ok", "6 H {B,A}"],
  ["b leave G", "ok", "3 G"],
];

const PORT = 5000;

function named(text: string, names: Names): string {
  return text.replace(/\b[GHABCN]\b/g, (name) => String(names[name as keyof Names]));
}

function datagram(act: string, names: Names): Uint8Array {
  const [source = "", destination = ""] = named(act, names).split(" > ");
  if (names.family === 6) return udp6({ source, destination, dport: PORT, to: "33:33:00:00:00:99" }, "x");
  return udp({ source, destination, dport: PORT, to: "01:00:5e:01:02:03" }, "x");
}

function query(act: string, names: Names): Uint8Array {
  const [, group, ...sources] = named(act, names).split(" ");
  if (names.family === 4) return igmpQuery({ sources, ...(group === undefined ? {} : { group }) });
  return mldQuery({ delay: 100, sources, ...(group === undefined ? {} : { group }) });
}

function expected([act, , ...reports]: Step, names: Names): string[] {
  const once = reports.map((report) => named(report, names));
  return act.startsWith("query") ? once : once.flatMap((report) => [report, report]);
}

for (const names of [FOUR, SIX]) {
  realTime(t, `IPv${names.family}: the kernel`, { skip: missingForNetns() || missingPrograms("python3") }, async (t) => {
    const kernel = await GroupKernel.open();
    t.teardown(() => kernel.close());
    for (const step of STORY) {
      const [act, answer] = step;
      if (act.includes(">")) {
        kernel.say(datagram(act, names));
        const hearers = answer === "-" ? 0 : answer.split(" ").length;
        t.equal(await kernel.ask(named(`- hears G ${hearers}`, names)), answer, act);
      } else if (act.startsWith("query")) {
        kernel.say(query(act, names));
      } else {
        t.equal(await kernel.ask(named(act, names)), answer, act);
      }
      const reports = expected(step, names);
      t.same(await kernel.reports(reports.length), reports, `${act}: reports`);
    }
  });

  t.test(`IPv${names.family}: our stack`, async (t) => {
    const lab = await Lab.open({ ip6: true, automatic: true });
    lab.run(60_000);
    lab.take();
    const open = (): UdpSocket => lab.stack.udp.open(PORT, null, { shared: true, family: names.family });
    const sockets = { a: open(), b: open() };
    const heard: string[] = [];
    for (const [name, socket] of Object.entries(sockets)) socket.onDatagram = () => heard.push(name);
    for (const step of STORY) {
      const [act, answer] = step;
      if (act.includes(">")) {
        lab.say(datagram(act, names));
        t.equal(heard.splice(0).sort().join(" ") || "-", answer, act);
      } else if (act.startsWith("query")) {
        lab.say(query(act, names));
      } else {
        t.equal(done(sockets, named(act, names), lab.eth0), answer, act);
      }
      lab.run(2000);
      const reports = lab.take().flatMap(({ bytes }) => groupLine(bytes) ?? []);
      t.same(reports, expected(step, names), `${act}: reports`);
    }
    t.equal(lab.inUse, 0);
  });
}

function done(sockets: Readonly<Record<string, UdpSocket>>, act: string, device: NetDevice): string {
  const [name = "", word, group = "", ...sources] = act.split(" ");
  const { groups } = sockets[name] as UdpSocket;
  const [source = ""] = sources;
  try {
    if (word === "join") groups.join(group, device);
    else if (word === "leave") groups.leave(group, device);
    else if (word === "include" || word === "exclude") groups.setFilter(group, word, sources, device);
    else groups[word as "block" | "unblock" | "joinSource" | "leaveSource"](group, source, device);
    return "ok";
  } catch (error) {
    return (error as { errno: string }).errno;
  }
}

/** Queries that are not answered, or not by all, beside those above. */
const ODD: Readonly<Record<string, readonly [frame: Uint8Array, ...reports: string[]]>> = {
  "for all groups, of some sources": [igmpQuery({ sources: ["10.0.0.5"] })],
  "for a group that is not joined": [igmpQuery({ group: "239.9.9.9" })],
  "for no group": [igmpQuery({ group: "10.0.0.9" })],
  "for the group of all hosts": [igmpQuery({ group: "224.0.0.1" })],
  "without a router alert": [igmpQuery({ options: [] }), "2 224.0.0.99, 2 239.1.2.3"],
  "from far away": [igmpQuery({ ttl: 64, source: "192.168.7.7" }), "2 224.0.0.99, 2 239.1.2.3"],
  "from nobody": [igmpQuery({ source: "0.0.0.0" }), "2 224.0.0.99, 2 239.1.2.3"],
  "to us alone": [igmpQuery({ destination: "10.0.0.1" }), "2 224.0.0.99, 2 239.1.2.3"],
  "with bytes behind it": [igmpQuery({ behind: [1, 2, 3, 4] }), "2 224.0.0.99, 2 239.1.2.3"],
  "with code 0": [igmpQuery({ code: 0 }), "2 224.0.0.99, 2 239.1.2.3"],
  "with a wrong checksum": [igmpQuery({ igmpSum: 1 })],
  "of ten bytes": [igmp2({ behind: [2, 125] })],
  "with fewer sources than it says": [igmp2({ group: "239.1.2.3", behind: [2, 125, 0, 3] })],
};

/** Steps that come besides; files and words then say the following of a device, wherever its number stands. */
const MORE: readonly string[] = ["block 239.1.2.3 10.0.0.7", "joinSource 239.1.2.4 10.0.0.5"];

function shownOf(device: string): Record<string, string> {
  const groups = ["239.1.2.4", "224.0.0.99", "239.1.2.3", "224.0.0.1"].map((group) => `\tinet  ${group}`);
  const told = ["040201EF     1 0:00000000\t\t0", "630000E0     1 0:00000000\t\t0", "030201EF     1 0:00000000\t\t1"];
  return {
    "cat /proc/net/igmp": `N\t${device.padEnd(10)}:     4      V3\n${told.map((line) => `\t\t\t\t${line}\n`).join("")}`,
    "cat /proc/net/mcfilter": `Idx Device        MCA        SRC    INC    EXC
  N   ${device} 0xef010204 0x0a000005      1      0
  N   ${device} 0xef010203 0x0a000007      0      1
`,
    [`ip -4 maddr show dev ${device}`]: [`N:\t${device}`, ...groups, ""].join("\n"),
    [`ip -4 -o maddr show ${device}`]: groups.map((group) => `N:\t${device}\\${group}\n`).join(""),
    "ip maddr show nothing": "",
    "ip -4 -j maddr": `{"ifindex":N,"ifname":"${device}","maddr":[{"family":"inet","address":"239.1.2.4"},`,
  };
}

function numberless(text: string): string {
  return text.replaceAll(/^( *)\d+(?=[:\s])/gm, "$1N").replaceAll(/"ifindex":\d+/g, '"ifindex":N');
}

realTime(t, "odd queries: the kernel", { skip: missingForNetns() || missingPrograms("python3") }, async (t) => {
  const kernel = await GroupKernel.open();
  t.teardown(() => kernel.close());
  for (const group of ["239.1.2.3", "224.0.0.99"]) {
    await kernel.ask(`a join ${group}`);
    await kernel.reports(2);
  }
  for (const [name, [frame, ...reports]] of Object.entries(ODD)) {
    kernel.say(frame);
    t.same(await kernel.reports(reports.length), reports, name);
  }
  kernel.say(igmpQuery({ group: "239.1.2.3" }));
  t.same(await kernel.reports(1), ["2 239.1.2.3"], "and nothing but what was expected");
  for (const act of MORE) {
    t.equal(await kernel.ask(`a ${act}`), "ok", act);
    await kernel.reports(2);
  }
  const { far, farName } = kernel.veth;
  for (const [line, text] of Object.entries(shownOf(farName))) {
    const [program = "", ...words] = line.split(" ");
    t.match(numberless(far.run(program, ...words)), text, line);
  }
});

t.test("odd queries: our stack", async (t) => {
  const lab = await Lab.open();
  const socket = lab.stack.udp.open();
  for (const group of ["239.1.2.3", "224.0.0.99"]) socket.join(group, lab.eth0);
  lab.run(2000);
  lab.take();
  for (const [name, [frame, ...reports]] of Object.entries(ODD)) {
    lab.say(frame);
    lab.run(2000);
    t.same(
      lab.take().flatMap(({ bytes }) => groupLine(bytes) ?? []),
      reports,
      name,
    );
  }
  lab.say(igmpQuery({ group: "239.1.2.3" }));
  lab.run(2000);
  socket.groups.block("239.1.2.3", "10.0.0.7", lab.eth0);
  socket.groups.joinSource("239.1.2.4", "10.0.0.5", lab.eth0);
  lab.run(2000);
  const operator = new Operator(lab.stack);
  for (const [line, text] of Object.entries(shownOf("eth0"))) t.match(numberless(await operator.type(line)), text, line);
  t.equal(lab.inUse, 0);
});
