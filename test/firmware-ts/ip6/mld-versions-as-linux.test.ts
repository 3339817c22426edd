/** Versions of MLD beside the kernel: a router of version 1 is answered by its words, and what an operator forces is spoken. */
import t from "tap";
import { writeSysctl } from "../../../firmware-ts/control/sysctl.ts";
import { GroupKernel } from "../../support/group-kernel.ts";
import { Lab } from "../../support/lab.ts";
import { missingForNetns, missingPrograms } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { groupLine } from "../../support/wire-groups.ts";
import { mldQuery, mldQuery1, mldReport1 } from "../../support/wire-routers6.ts";

const [G, H] = ["ff05::99", "ff05::9a"];

/** A frame, something that the socket does, or a setting; then what routers are told. */
type Step = readonly [act: Uint8Array | string, ...reports: string[]];

const twice = (line: string): string[] => [line, line];
const delay = 20;

const STORY: readonly Step[] = [
  [`join ${G}`, ...twice(`4 ${G}`)],
  [mldQuery({ delay }), `2 ${G}`],
  [mldQuery1({ delay, behind: [0, 0] })],
  ["force_mld_version=2"],
  [mldQuery1({ delay })],
  [mldQuery({ delay }), `2 ${G}`],
  ["force_mld_version=1"],
  [mldQuery({ delay }), `v1 report ${G}`],
  [`join ${H}`, ...twice(`v1 report ${H}`)],
  [`leave ${H}`, `v1 done ${H}`],
  ["force_mld_version=0"],
  [mldQuery({ delay }), `2 ${G}`],
  [mldQuery1({ delay }), `v1 report ${G}`],
  // A query of version 2 is taken as one of version 1, whatever its length and its sources.
  [mldQuery({ delay }), `v1 report ${G}`],
  [mldQuery({ delay, group: G, sources: ["fd00::5"] }), `v1 report ${G}`],
  [mldQuery({ delay, group: H })],
  [mldQuery({ delay, sources: ["fd00::5"] }), `v1 report ${G}`],
  [mldQuery1({ delay, behind: [0, 0] }), `v1 report ${G}`],
  [`joinSource ${H} fd00::5`, ...twice(`v1 report ${H}`)],
  [`joinSource ${H} fd00::6`],
  [`leave ${H}`, `v1 done ${H}`],
  [mldQuery1({ group: G, delay: 2000 })],
  [mldReport1(G)],
  // One who was not the last to report a group says no farewell.
  [`leave ${G}`],
];

realTime(t, "the kernel", { skip: missingForNetns() || missingPrograms("python3") }, async (t) => {
  const kernel = await GroupKernel.open();
  t.teardown(() => kernel.close());
  const { far, farName } = kernel.veth;
  far.run("sysctl", "-qw", `net.ipv6.conf.${farName}.mldv1_unsolicited_report_interval=20`);
  for (const [at, [act, ...reports]] of STORY.entries()) {
    const name = `${at} ${typeof act === "string" ? act : "a frame"}`;
    if (typeof act !== "string") kernel.say(act);
    else if (act.includes("=")) far.run("sysctl", "-qw", `net.ipv6.conf.${farName}.${act}`);
    else t.equal(await kernel.ask(`a ${act}`), "ok", name);
    t.same(await kernel.reports(reports.length), reports, `${name}: reports`);
  }
});

t.test("our stack", async (t) => {
  const lab = await Lab.open({ ip6: true, automatic: true });
  lab.run(60_000);
  lab.take();
  const socket = lab.stack.udp.open(0, null, { family: 6 });
  for (const version of [1, 2]) {
    writeSysctl(lab.stack, `net.ipv6.conf.eth0.mldv${version}_unsolicited_report_interval`, "20");
  }
  for (const [at, [act, ...reports]] of STORY.entries()) {
    const name = `${at} ${typeof act === "string" ? act : "a frame"}`;
    if (typeof act !== "string") lab.say(act);
    else if (act.includes("=")) {
      const [key = "", value = ""] = act.split("=");
      writeSysctl(lab.stack, `net.ipv6.conf.eth0.${key}`, value);
    } else {
      const [word, group = "", source = ""] = act.split(" ");
      if (word === "join") socket.groups.join(group, lab.eth0);
      else if (word === "leave") socket.groups.leave(group, lab.eth0);
      else socket.groups.joinSource(group, source, lab.eth0);
    }
    // A question that another host is to answer first still waits.
    const waits = act instanceof Uint8Array && at === STORY.length - 3;
    if (!waits) lab.run(250);
    t.same(
      lab.take().flatMap(({ bytes }) => groupLine(bytes) ?? []),
      reports,
      `${name}: reports`,
    );
  }
  t.equal(lab.inUse, 0);
});
