/** arp_ignore and arp_filter: which requests are answered, by value, target and sender. Measured cell by cell. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { TWO_LINKS } from "../../../contract/topology.ts";
import { arpProbe, arpRequest } from "../../../wire/build.ts";
import { host, T1 } from "../../../wire/hosts.ts";
import { answeredFor, counter, hearsAnyone } from "../kit/setup.ts";
import { MANY_ADDRESSES, OURS } from "../kit/topologies.ts";

const TARGETS: readonly string[] = [...Object.values(OURS), "127.0.0.1"];
const { first, secondary, wide, link, e1, lo } = OURS;
const ALL: readonly string[] = Object.values(OURS);
const ON_E0: readonly string[] = [first, secondary, wide, link, OURS.host];
const NOT_HOST: readonly string[] = [first, secondary, wide, link, e1, lo];

const SENDERS = {
  near: T1,
  far: host(2, "192.168.9.9"),
  /** A host that probes for the address: 0.0.0.0. */
  nobody: host(2, "0.0.0.0"),
} as const;
type Sender = keyof typeof SENDERS;

/** For each value the targets for which each sender is answered. */
const ANSWERED: readonly (readonly [value: number, near: readonly string[], far: readonly string[], nobody: readonly string[]])[] =
  [
    [0, ALL, ALL, ALL],
    [1, ON_E0, ON_E0, ON_E0],
    [2, [first, secondary], [], ON_E0],
    [3, NOT_HOST, NOT_HOST, NOT_HOST],
    [4, ALL, ALL, ALL],
    [7, ALL, ALL, ALL],
    [8, [], [], []],
    [9, ALL, ALL, ALL],
    [-1, ALL, ALL, ALL],
  ];

/** Asks for each target; the targets that were answered for. */
async function ask(bench: Bench, sender: Sender): Promise<string[]> {
  const from = SENDERS[sender];
  const request = sender === "nobody" ? arpProbe : arpRequest;
  await bench.say(...TARGETS.map((tpa) => request({ from, tpa })));
  return answeredFor(bench, 15);
}

const byValue: readonly Case[] = ANSWERED.flatMap(([value, ...lists]) =>
  (["near", "far", "nobody"] as const).map((sender, index): Case => {
    const answered = lists[index] ?? [];
    const { ip } = SENDERS[sender];
    return {
      id: `ARP-R-13/ignore-${value}/${sender}`,
      title: `arp_ignore ${value}: ${answered.length} of ${TARGETS.length} addresses are answered for to ${ip}`,
      source: "kernel: arp_ignore, measured",
      topology: MANY_ADDRESSES,
      async run(bench) {
        bench.conf("arp_ignore", value);
        const heard = await ask(bench, sender);
        for (const target of TARGETS) {
          const is = answered.includes(target);
          bench.expect(`${target} ${is ? "is" : "is not"} answered for`, heard.filter((spa) => spa === target).length, is ? 1 : 0);
        }
        const learned = answered.length > 0 && sender !== "nobody";
        await bench.expectState(ip, learned ? "STALE" : "-");
      },
    };
  }),
);

/** The larger of both counts. */
const COMBINED: readonly (readonly [all: number, dev: number, answered: readonly string[]])[] = [
  [1, 0, ON_E0],
  [0, 1, ON_E0],
  [8, 1, []],
  [1, 8, []],
  [3, 1, NOT_HOST],
  [2, 3, NOT_HOST],
];

const combined: readonly Case[] = COMBINED.map(([all, dev, answered]) => ({
  id: `ARP-R-13/all-${all}-dev-${dev}`,
  title: `arp_ignore ${all} for all and ${dev} for the device: the larger counts`,
  source: "kernel: IN_DEV_ARP_IGNORE",
  topology: MANY_ADDRESSES,
  async run(bench) {
    bench.conf("arp_ignore", all, "all");
    bench.conf("arp_ignore", dev);
    bench.expect("answered for", await ask(bench, "near"), answered);
  },
}));

const FILTER: readonly (readonly [
  id: string,
  what: string,
  from: string,
  on: "all" | "e0" | null,
  answered: boolean,
  counted: number,
])[] = [
  ["near", "reached through the device that heard it", "10.0.0.2", "e0", true, 0],
  ["other-device", "reached through another device", "10.0.1.2", "e0", false, 1],
  ["other-device-all", "reached through another device, set for all", "10.0.1.2", "all", false, 1],
  ["other-device-off", "reached through another device, not set", "10.0.1.2", null, true, 0],
  ["no-route", "that cannot be reached", "192.168.9.9", "e0", false, 0],
];

const filter: readonly Case[] = FILTER.map(([id, what, from, on, answered, counted]) => ({
  id: `ARP-R-14/${id}`,
  title: `arp_filter and an asker ${what}: ${answered ? "" : "not "}answered, ${counted} counted`,
  source: "kernel: arp_filter, measured",
  topology: TWO_LINKS,
  needs: ["arp-sysctl", "proc"],
  async run(bench) {
    hearsAnyone(bench);
    if (on !== null) bench.conf("arp_filter", 1, on);
    await bench.say(arpRequest({ from: host(2, from) }));
    bench.expect("answers", (await answeredFor(bench, 15)).length, answered ? 1 : 0);
    await bench.expectState(from, answered ? "STALE" : "-");
    bench.expect("TcpExtArpFilter", counter(bench, "/proc/net/netstat", "TcpExt", "ArpFilter"), counted);
  },
}));

const probe: Case = {
  id: "ARP-R-14/probe",
  title: "arp_filter does not look at a host that probes for our address",
  source: "kernel: arp_process answers sender 0.0.0.0 first",
  topology: TWO_LINKS,
  needs: ["arp-sysctl"],
  async run(bench) {
    bench.conf("arp_filter", 1, "all");
    await bench.say(arpProbe({ from: T1 }));
    await bench.hears("answers", { kind: "arp", op: 2, spa: first });
  },
};

export const arpIgnore: readonly Case[] = [...byValue, ...combined, ...filter, probe];
