/** Versions of IGMP beside the kernel: routers of version 2 and 1 are answered by their words, and what an operator forces is spoken. */
import t from "tap";
import { readProc } from "../../../firmware-ts/control/proc.ts";
import { writeSysctl } from "../../../firmware-ts/control/sysctl.ts";
import { GroupKernel } from "../../support/group-kernel.ts";
import { Lab } from "../../support/lab.ts";
import { missingForNetns, missingPrograms } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { groupLine, igmp2, igmpQuery } from "../../support/wire-groups.ts";

const [G, H] = ["239.1.2.3", "239.1.2.4"];

/** A frame, several at once, something that the socket does, or a setting; then what routers are told, in any order of several frames. */
type Step = readonly [act: Uint8Array | readonly Uint8Array[] | string, ...reports: string[]];

const twice = (line: string): string[] => [line, line];

/** The version in /proc/net/igmp, which is told with the step's reports, ends each chapter. */
const STORY: readonly Step[] = [
  [`join ${G}`, ...twice(`4 ${G}`)],
  // Another host's report silences ours, in version 3 as well.
  [igmpQuery({ group: G, code: 20 })],
  [igmp2({ igmpType: 0x16, group: G, code: 0 })],
  ["igmp_link_local_mcast_reports=0"],
  ["join 224.0.0.99"],
  [igmpQuery(), `2 ${G}`],
  ["leave 224.0.0.99"],
  ["igmp_link_local_mcast_reports=1"],
  // A router that says so has a change told more often, or once.
  [igmpQuery({ robustness: 3 }), `2 ${G}`],
  [`join ${H}`, ...twice(`4 ${H}`), `4 ${H}`],
  [igmpQuery({ robustness: 1 }), `2 ${H}, 2 ${G}`],
  [`leave ${H}`, `3 ${H}`],
  ["version", "V3"],
  ["conf.%.force_igmp_version=2"],
  [`join ${H}`, ...twice(`v2 report ${H}`)],
  [`leave ${H}`, `v2 leave ${H}`],
  ["conf.%.force_igmp_version=1"],
  ["version", "V1"],
  [`join ${H}`, ...twice(`v1 report ${H}`)],
  [`leave ${H}`],
  ["conf.%.force_igmp_version=3"],
  ["version", "V3"],
  // The answer to the query before is given all the same.
  [[igmpQuery({ code: 3 }), igmp2()], `2 ${G}`, `v2 report ${G}`],
  ["version", "V2"],
  ["conf.%.force_igmp_version=0"],
  [igmpQuery(), `v2 report ${G}`],
  [igmpQuery({ group: G, sources: ["10.0.0.5"] }), `v2 report ${G}`],
  [igmp2({ group: H })],
  [igmp2({ group: G }), `v2 report ${G}`],
  [`joinSource ${H} 10.0.0.5`, ...twice(`v2 report ${H}`)],
  [`joinSource ${H} 10.0.0.6`],
  [`leave ${H}`, `v2 leave ${H}`],
  [igmp2({ group: G, code: 20 })],
  // A host without an address says so from nobody.
  [igmp2({ igmpType: 0x16, group: G, code: 0, source: "0.0.0.0" })],
  // One who was not the last to report a group says no farewell.
  [`leave ${G}`],
  [igmp2({ code: 0 })],
  ["version", "V1"],
  [`join ${H}`, ...twice(`v1 report ${H}`)],
  [`leave ${H}`],
];

function framesOf(act: Exclude<Step[0], string>): readonly Uint8Array[] {
  return act instanceof Uint8Array ? [act] : act;
}

function ordered(act: Step[0], reports: string[]): string[] {
  return Array.isArray(act) ? reports.sort() : reports;
}

realTime(t, "the kernel", { skip: missingForNetns() || missingPrograms("python3") }, async (t) => {
  const kernel = await GroupKernel.open();
  t.teardown(() => kernel.close());
  const { far, farName } = kernel.veth;
  for (const [at, [act, ...reports]] of STORY.entries()) {
    const name = `${at} ${typeof act === "string" ? act : "a frame"}`;
    if (act === "version") {
      t.match(far.run("grep", farName, "/proc/net/igmp"), new RegExp(`${reports[0]}$`, "m"), name);
      continue;
    }
    if (typeof act !== "string") for (const frame of framesOf(act)) kernel.say(frame);
    else if (act.includes("=")) far.run("sysctl", "-qw", `net.ipv4.${act.replace("%", farName)}`);
    else t.equal(await kernel.ask(`a ${act}`), "ok", name);
    t.same(ordered(act, await kernel.reports(reports.length)), reports, `${name}: reports`);
  }
});

t.test("our stack", async (t) => {
  const lab = await Lab.open();
  const socket = lab.stack.udp.open();
  for (const version of [2, 3]) lab.stack.ip.conf.write(lab.eth0, `igmpv${version}_unsolicited_report_interval`, 20);
  for (const [at, [act, ...reports]] of STORY.entries()) {
    const name = `${at} ${typeof act === "string" ? act : "a frame"}`;
    if (act === "version") {
      t.match(readProc(lab.stack, "/proc/net/igmp"), new RegExp(`eth0 .* ${reports[0]}$`, "m"), name);
      continue;
    }
    if (typeof act !== "string") for (const frame of framesOf(act)) lab.say(frame);
    else if (act.includes("=")) {
      const [key = "", value = ""] = act.replace("%", "eth0").split("=");
      writeSysctl(lab.stack, `net.ipv4.${key}`, value);
    } else {
      const [word, group = "", source = ""] = act.split(" ");
      if (word === "join") socket.groups.join(group, lab.eth0);
      else if (word === "leave") socket.groups.leave(group, lab.eth0);
      else socket.groups.joinSource(group, source, lab.eth0);
    }
    // A question that another host is to answer first still waits.
    const waits = act instanceof Uint8Array && act[39] === 20;
    if (!waits) lab.run(400);
    const told = lab.take().flatMap(({ bytes }) => groupLine(bytes) ?? []);
    t.same(ordered(act, told), reports, `${name}: reports`);
  }
  t.equal(lab.inUse, 0);
});

t.test(
  "a router of an old version is forgotten after as many of its intervals as it repeats itself, and an answer's time",
  async (t) => {
    const lab = await Lab.open();
    const { igmp } = lab.stack.ip;
    const version = (): number => igmp.of(lab.eth0).version;
    lab.say(igmp2());
    t.equal(version(), 2);
    lab.run(2 * 125_000 + 9999);
    t.equal(version(), 2);
    lab.run(1);
    t.equal(version(), 3);
    lab.say(igmpQuery({ robustness: 4, interval: 0x9f, code: 0x8f }));
    lab.say(igmp2({ code: 0 }));
    // (15 + 16) * 2^(1 + 3) seconds, and as many tenths of 2^3.
    lab.run(4 * 496_000 + 24_799);
    t.equal(version(), 1);
    lab.run(1);
    t.equal(version(), 3);
  },
);

t.test(
  "groups of a device that goes down and comes up are told again; without an address, from nobody; of `lo` nobody is told",
  async (t) => {
    const lab = await Lab.open({ loopback: true });
    const socket = lab.stack.udp.open();
    socket.join("239.1.2.3", lab.eth0);
    const lo = lab.stack.devices.find(({ loopback }) => loopback);
    socket.groups.joinSource("239.1.2.4", "10.0.0.5", lab.eth0);
    socket.join("239.1.2.5", lo);
    lab.run(2000);
    lab.take();
    await lab.eth0.close();
    socket.leave("239.1.2.3");
    socket.join("239.1.2.6", lab.eth0);
    lab.run(2000);
    t.same(lab.take(), []);
    lab.stack.removeAddress(lab.eth0, "10.0.0.1/24");
    await lab.eth0.open();
    lab.run(2000);
    const told = lab.take().flatMap(({ bytes }) => groupLine(bytes) ?? []);
    t.same(told, new Array(2).fill("3 239.1.2.3, 4 239.1.2.6, 5 239.1.2.4 {10.0.0.5}; from 0.0.0.0"));
    t.equal(lab.inUse, 0);
  },
);
