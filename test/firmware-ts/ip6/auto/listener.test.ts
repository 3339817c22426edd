/** Groups told to routers (RFC 3810, RFC 2710), as a capture of the kernel has them: the reports of an address, a socket, a query. */
import t from "tap";
import type { LabOptions } from "../../../support/lab.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { PEER_IP6 } from "../../../support/wire-format6.ts";
import { type MldFields, mldQuery, mldQuery1, mldReport1 } from "../../../support/wire-routers6.ts";

/** A lab whose link-local address has come and was told of. */
async function open(options: LabOptions = {}): Promise<Lab6> {
  const lab = await Lab6.open({ addresses: [], automatic: true, ...options });
  lab.run(60_000);
  lab.heard();
  return lab;
}

/** The reports heard, as `time text`, times from `since` on. */
function reports(lab: Lab6, since: number): [time: number, text: string][] {
  return lab
    .heard()
    .filter((line) => / mld/.test(line))
    .map((line) => {
      const [, time = "", text = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
      return [Number(time) - since, text.replace(/fe80::ff:fe00:1 > /, "").replace(/ > 33:33.*/, "")];
    });
}

function texts(lab: Lab6): string[] {
  return reports(lab, 0).map(([, text]) => text);
}

const [OWN, NINE] = ["ff02::1:ff00:1", "ff02::99"];

t.test("a device that comes up tells its group, from nobody, and again when its link-local address is its own", async (t) => {
  const lab = await Lab6.open({ addresses: [], automatic: true });
  lab.run(10_000);
  const heard = lab.heard().filter((line) => / mld/.test(line));
  const lines = heard.map((line) => line.replace(/^\S+ /, ""));
  const end = "> ff02::16 > 33:33:00:00:00:16";
  const nobody = `mld2 [4 ${OWN}] :: ${end}`;
  const ours = `mld2 [4 ${OWN}] fe80::ff:fe00:1 ${end}`;
  t.equal(lines[0], nobody);
  // The second report from nobody may be due after the address is ours: both have their own random wait.
  t.same(lines.slice(-2), [ours, ours]);
  t.same(
    lines.filter((line) => line !== nobody && line !== ours),
    [],
  );
  t.equal(lines.length, 4);
  t.equal(lab.ip6.counters.icmp.outType[143], lines.length);
});

t.test("a group that is joined, and left: told at once and again within a second", async (t) => {
  const lab = await open();
  const group = lab.address(NINE);
  for (const [act, record] of [
    [() => lab.ip6.groups.join(lab.eth0, group), 4],
    [() => lab.ip6.groups.leave(lab.eth0, group), 3],
  ] as const) {
    const since = lab.lab.clock.now();
    act();
    lab.run(1100);
    const [first, second, ...others] = reports(lab, since);
    t.same([first?.[1], second?.[1], others], [`mld2 [${record} ${NINE}] ff02::16`, `mld2 [${record} ${NINE}] ff02::16`, []]);
    t.ok(first![0] < 13 && second![0] < first![0] + 1000, `${first![0]} ${second![0]}`);
  }
  lab.ip6.groups.join(lab.eth0, group);
  lab.run(20);
  lab.ip6.groups.leave(lab.eth0, group);
  lab.run(20);
  lab.ip6.groups.join(lab.eth0, lab.address("ff01::99"));
  lab.run(1100);
  t.same(texts(lab), [`mld2 [4 ${NINE}] ff02::16`, `mld2 [3 ${NINE}] ff02::16`, `mld2 [3 ${NINE}] ff02::16`]);
});

t.test("an operator's address has all groups told, the newest first, known or not", async (t) => {
  const lab = await open();
  for (const address of ["fd00::5/64", "fd00:1::5/64"]) {
    lab.stack.addAddress(lab.eth0, address);
    lab.run(3000);
    t.same(texts(lab), new Array(2).fill(`mld2 [4 ff02::1:ff00:5, 4 ${OWN}] ff02::16`));
  }
  lab.stack.removeAddress(lab.eth0, "fd00:1::5/64");
  lab.run(3000);
  t.same(texts(lab), []);
  lab.stack.removeAddress(lab.eth0, "fd00::5/64");
  lab.run(3000);
  t.same(texts(lab), new Array(2).fill("mld2 [3 ff02::1:ff00:5] ff02::16"));
});

t.test(
  "ARP is switched off, and on: groups are told and routers asked for, as the kernel does on a change of IFF_NOARP",
  async (t) => {
    const lab = await open();
    for (const on of [false, true]) {
      const since = lab.lab.clock.now();
      lab.eth0.setArp(on);
      lab.run(3000);
      const lines = lab.heard();
      const times = lines.filter((line) => / mld/.test(line)).map((line) => Number.parseFloat(line) - since);
      t.equal(times.length, 4, "told at once, at the introduction, and each once more");
      t.ok(times[0]! < 13, `${times[0]}`);
      t.equal(lines.filter((line) => / rs /.test(line)).length, 1);
    }
    lab.eth0.setArp(false);
    await lab.eth0.close();
    lab.run(3000);
    const asked = lab.heard().filter((line) => / rs /.test(line));
    t.same(asked, [], "a device that goes down asks nobody");
  },
);

t.test("queries of version 2 are answered within their delay, for all groups in one report", async (t) => {
  const lab = await open();
  lab.ip6.groups.join(lab.eth0, lab.address(NINE));
  lab.run(3000);
  lab.heard();
  for (const [query, text] of [
    [mldQuery(), `mld2 [2 ${NINE}, 2 ${OWN}] ff02::16`],
    [mldQuery({ group: NINE }), `mld2 [2 ${NINE}] ff02::16`],
    [mldQuery({ group: NINE, sources: [PEER_IP6] }), `mld2 [2 ${NINE}] ff02::16`],
  ] as const) {
    const since = lab.lab.clock.now();
    lab.say(query);
    lab.run(1000);
    const [[time, said] = [], ...others] = reports(lab, since);
    t.same([said, others], [text, []]);
    t.ok(time! > 0 && time! < 1000, `${time}`);
  }
  const since = lab.lab.clock.now();
  // A delay with exponent: (1 + 0xfff/0x1000) * 2^15.
  lab.say(mldQuery({ delay: 0x8fff }));
  lab.run(70_000);
  t.equal(reports(lab, since).length, 1);
});

const IGNORED: Record<string, MldFields> = {
  "not from the link": { source: PEER_IP6 },
  "with a hop limit of 2": { hops: 2 },
  "without router alert": { alert: [] },
  "with another option in its place": { alert: [58, 0, 1, 4, 0, 0, 0, 0] },
  "for a group that we have not": { group: "ff02::1:ff00:1234", destination: "ff02::1" },
  "for no group": { group: PEER_IP6, destination: "ff02::1" },
  "for all groups of some sources": { sources: [PEER_IP6] },
};
for (const [name, fields] of Object.entries(IGNORED)) {
  t.test(`a query ${name} is not answered`, async (t) => {
    const lab = await open();
    lab.say(mldQuery(fields));
    lab.run(3000);
    t.same([texts(lab), lab.inUse], [[], 0]);
  });
}

t.test("a router of version 1 hears version 1, until it has been silent for long", async (t) => {
  const lab = await open();
  lab.say(mldQuery1());
  lab.run(1000);
  t.same(texts(lab), [`mld report ${OWN} ${OWN}`]);
  const group = lab.address(NINE);
  lab.ip6.groups.join(lab.eth0, group);
  lab.run(10_000);
  t.same(texts(lab), new Array(2).fill(`mld report ${NINE} ${NINE}`));
  lab.say(mldQuery());
  lab.run(2000);
  const both = [OWN, NINE].map((each) => `mld report ${each} ${each}`);
  t.same(texts(lab).sort(), both, "a router of version 2 gets answers of version 1 meanwhile");
  const since = lab.lab.clock.now();
  lab.say(mldQuery({ delay: 0x8fff }));
  lab.run(70_000);
  const times = reports(lab, since).map(([time]) => time);
  t.ok(times.length === 2 && times.every((time) => time <= 0x7fff), `no code of version 2: ${times}`);
  lab.say(mldQuery1({ delay: 3000 }));
  lab.say(mldReport1(NINE));
  lab.run(3000);
  t.same(texts(lab), [`mld report ${OWN} ${OWN}`], "another host has reported the other group");
  lab.ip6.groups.leave(lab.eth0, group);
  lab.run(1000);
  t.same(texts(lab), [], "who was not the last to report a group need not say farewell");
  lab.ip6.groups.join(lab.eth0, group);
  lab.run(10_000);
  lab.heard();
  lab.ip6.groups.leave(lab.eth0, group);
  lab.run(0);
  t.same(texts(lab), [`mld done ${NINE} ff02::2`]);
  lab.run(260_000);
  lab.ip6.groups.join(lab.eth0, group);
  lab.run(1000);
  t.match(texts(lab)[0], /^mld2/);
  lab.ip6.conf.write(lab.eth0, "force_mld_version", 1);
  lab.say(mldQuery1({ group: NINE }));
  lab.run(1000);
  t.same(texts(lab).at(-1), `mld report ${NINE} ${NINE}`);
});

t.test("an introduction ends when a router of version 1 is heard", async (t) => {
  const lab = await Lab6.open({ addresses: [], automatic: true });
  let told: string[] = [];
  while (!told.some((line) => line.includes(" fe80"))) {
    lab.run(1);
    told = lab.heard().filter((line) => line.includes(" mld2 "));
  }
  lab.say(mldQuery1({ delay: 1 }));
  lab.run(3000);
  t.same(texts(lab), [`mld report ${OWN} ${OWN}`]);
});

t.test("a group that is left and joined again at once was never left; an operator's address ends version 1", async (t) => {
  const lab = await open();
  const group = lab.address(NINE);
  lab.ip6.groups.join(lab.eth0, group);
  lab.run(3000);
  lab.heard();
  lab.ip6.groups.leave(lab.eth0, group);
  lab.ip6.groups.join(lab.eth0, group);
  lab.run(3000);
  t.same(texts(lab), new Array(2).fill(`mld2 [4 ${NINE}] ff02::16`));
  lab.say(mldQuery1());
  lab.run(1000);
  lab.heard();
  lab.stack.addAddress(lab.eth0, "fd00:1::1/64");
  lab.run(1500);
  t.same(texts(lab), new Array(2).fill(`mld2 [4 ${NINE}, 4 ${OWN}] ff02::16`));
});

t.test("a link that comes back hears all groups; what was left while it was down is told as well", async (t) => {
  const lab = await open();
  lab.lab.port.plugged = false;
  lab.run(2000);
  lab.lab.port.plugged = true;
  lab.run(2000);
  t.same(texts(lab), new Array(2).fill(`mld2 [4 ${OWN}] ff02::16`));
  lab.stack.addAddress(lab.eth0, "fd00::6/64");
  lab.run(3000);
  lab.heard();
  await lab.eth0.close();
  lab.eth0.setAddress(Uint8Array.of(2, 0, 0, 0, 0, 9));
  await lab.eth0.open();
  lab.run(500);
  t.match(texts(lab)[0], `mld2 [3 ${OWN}, 3 ff02::1:ff00:6, 4 ff02::1:ff00:9] :: > ff02::16`);
});

t.test("more groups than a packet holds", async (t) => {
  const lab = await open();
  for (let at = 0; at < 100; at++) lab.ip6.groups.join(lab.eth0, lab.address(`ff05::${at}`));
  lab.run(20);
  const lines = texts(lab);
  t.equal(lines.length, 2);
  t.equal(lines.join().match(/4 ff05/g)?.length, 100);
});
