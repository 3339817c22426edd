/** The counters: the kernel's names in the kernel's order, and after the same frames the same values. */
import { readFileSync } from "node:fs";
import t from "tap";
import { Lab6 } from "../../support/lab6.ts";
import { missingForNetns } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { echo6, ip6Frame, na, ns, OUR_IP6, PEER_IP6, udp6 } from "../../support/wire-format6.ts";
import { Kernel6, openLab } from "./exchange.ts";

const GLOBAL = { source: PEER_IP6, destination: OUR_IP6 };

const FRAMES: readonly Uint8Array[] = [
  udp6(GLOBAL, "nobody listens"),
  udp6({ ...GLOBAL, udpSum: 1 }, "wrong"),
  udp6({ ...GLOBAL, destination: "ff02::1" }, "to all"),
  udp6({ ...GLOBAL, destination: "fd00::9" }, "another's"),
  udp6({ ...GLOBAL, destination: "fd99::9" }, "no route"),
  udp6({ ...GLOBAL, destination: "ff02::77" }, "another group"),
  echo6({ ...GLOBAL, tclass: 1 }),
  echo6({ ...GLOBAL, tclass: 2 }),
  echo6({ ...GLOBAL, tclass: 3 }),
  echo6({ ...GLOBAL, icmpSum: 1 }),
  echo6({ ...GLOBAL, destination: "ff02::1" }),
  echo6({ ...GLOBAL, version: 5 }),
  echo6({ ...GLOBAL, length: 99 }),
  echo6(GLOBAL, [], 129),
  echo6(GLOBAL, [], 200),
  ip6Frame(GLOBAL, 253, new Uint8Array(8)),
  ip6Frame(GLOBAL, 59, new Uint8Array(8)),
  ip6Frame(GLOBAL, 60, [58, 9, 0, 0]),
  ip6Frame(GLOBAL, 60, [58, 0, 0x9e, 4, 0, 0, 0, 0]),
  ip6Frame(GLOBAL, 43, [58, 0, 0, 1, 0, 0, 0, 0]),
  ip6Frame(GLOBAL, 44, [59, 0, 0, 1, 0, 0, 0, 1, ...new Uint8Array(8)]),
  ip6Frame(GLOBAL, 44, [59, 0, 0, 8, 0, 0, 0, 1, ...new Uint8Array(8)]),
  ip6Frame(GLOBAL, 44, [17, 0, 0, 1, 0, 0, 0, 2, ...new Uint8Array(16)]),
  ip6Frame(GLOBAL, 44, [17, 0, 0, 8, 0, 0, 0, 2, ...new Uint8Array(16)]),
  ns({}),
  ns({ hops: 9 }),
  na({ flags: "O" }),
];

/** Counters that the kernel's other work moves, too: its reports of groups, and the length of all it sends. */
const APART = /MLDv2|Type143|OutMcast|OutOctets|InOctets|InMcastOctets|OutRequests|OutTransmits|OutMsgs/;

function parse(text: string): Map<string, number> {
  return new Map(
    text
      .trim()
      .split("\n")
      .map((line) => [line.split(/\s+/)[0] as string, Number(line.split(/\s+/)[1])]),
  );
}

t.test("names", { skip: process.platform === "linux" ? false : "needs Linux" }, async (t) => {
  const lab = await Lab6.open();
  const typed = /^Icmp6(In|Out)Type/;
  const kernels = [...parse(readFileSync("/proc/net/snmp6", "utf8")).keys()].filter((name) => !typed.test(name));
  const ours = lab.ip6.counters.list().map(([name]) => name);
  t.same(
    ours,
    kernels.filter((name) => ours.includes(name)),
    "the same order",
  );
});

realTime(t, "values", { skip: missingForNetns() }, async (t) => {
  const kernel = await Kernel6.open();
  t.teardown(() => kernel.close());
  const read = (): Map<string, number> => parse(kernel.veth.far.run("cat", "/proc/net/snmp6"));
  // The mark at the end of an exchange counts as well: an echo request, and its reply.
  await kernel.answers();
  const [before, lab] = [read(), await openLab()];
  await kernel.answers(...FRAMES);
  const after = read();
  // A veth hands up the frames of every group.
  lab.lab.nic.setReceiveMode({ promiscuous: false, allMulticast: true, groups: [] });
  const mark = echo6({ source: "fd00::beef", destination: OUR_IP6 });
  lab.stack.addNeighbour("fd00::beef", "02:00:00:00:00:02", lab.eth0);
  for (const frame of [...FRAMES, mark]) lab.say(frame);
  for (const [name, value] of lab.ip6.counters.list()) {
    if (APART.test(name)) continue;
    t.equal(value, (after.get(name) ?? 0) - (before.get(name) ?? 0), name);
  }
});
