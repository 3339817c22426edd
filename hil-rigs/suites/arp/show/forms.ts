/** Refused words, and the other forms in which entries and settings are shown. Measured with iproute2 6.1. */
import type { Case } from "../../../contract/case.ts";
import { asks } from "../../../stage/patterns.ts";
import { arpReply } from "../../../wire/build.ts";
import { T1 } from "../../../wire/hosts.ts";
import { becomes, calm, make, seen } from "../kit/setup.ts";
import { several } from "./several.ts";

/** Words that are refused. */
const REFUSED: readonly (readonly [words: string, exit: number, stderr: string])[] = [
  ["neigh get 10.0.0.9", 1, "Device and address are required arguments."],
  ["neigh get dev e0", 1, "Device and address are required arguments."],
  ["neigh get 10.0.0.9 dev x9", 1, 'Cannot find device "x9"'],
  ["neigh get 10.0.0.9 dev e0", 2, "Error: Neighbour entry not found."],
  ["neigh show dev x9", 1, 'Cannot find device "x9"'],
  ["neigh del 10.0.0.9", 255, "Device and destination are required arguments."],
  ["neigh del 10.0.0.9 dev x9", 1, 'Cannot find device "x9"'],
  ["neigh add 10.0.0.300 lladdr 02:00:00:00:00:02 dev e0", 1, 'Error: any valid address is expected rather than "10.0.0.300".'],
  ["neigh add 10.0.0.9 lladdr nonsense dev e0", 1, '"nonsense" is invalid lladdr.'],
  ["neigh show nud nonsense", 255, 'Error: argument "nonsense" is wrong: nud state is bad'],
  ["neigh show proto nonsense", 255, 'Error: argument "nonsense" is wrong: invalid "protocol"'],
  ["neigh nonsense", 255, 'Command "nonsense" is unknown, try "ip neigh help".'],
  ["ntable change name nonsense retrans 5", 2, "RTNETLINK answers: No such file or directory"],
  ["ntable change name arp_cache dev x9 retrans 5", 1, 'Cannot find device "x9"'],
];

const refused: readonly Case[] = REFUSED.map(([words, exit, stderr]) => ({
  id: `ARP-X-09/${words.replaceAll(" ", "_")}`,
  title: `ip ${words}: ${stderr}`,
  source: "iproute2, measured",
  needs: ["neigh-get", "ntable"],
  async run(bench) {
    const result = await bench.ip(words);
    bench.expect("refused", [result.exit, result.stdout, result.stderr.trim()], [exit, "", stderr]);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-X-10",
    title: "ip -br neigh show: address, device and link address in columns",
    source: "iproute2, measured",
    async run(bench) {
      calm(bench);
      await make(bench, "STALE");
      bench.expect("shown", await bench.must("-br neigh show"), `${T1.ip.padEnd(39)} ${"e0".padEnd(16)} ${T1.mac}\n`);
    },
  },
  {
    id: "ARP-X-11",
    title: "/proc/net/arp goes on showing the link address of an entry that failed",
    source: "kernel: arp_format_neigh_entry, measured",
    needs: ["proc"],
    async run(bench) {
      calm(bench);
      await make(bench, "REACHABLE");
      await bench.must(`neigh change ${T1.ip} nud failed dev e0`);
      const [, line] = bench.cat("/proc/net/arp").split("\n");
      bench.expect("shown", line, `${T1.ip.padEnd(16)} ${"0x1".padEnd(11)} ${"0x0".padEnd(11)} ${T1.mac}     *        e0`);
      bench.expect("though ip does not", await bench.must("neigh show"), `${T1.ip} dev e0 FAILED \n`);
    },
  },
  {
    id: "ARP-X-12",
    title: "ip ntable counts the entries that use a device's settings, and one",
    source: "kernel: neigh_parms refcnt, measured",
    needs: ["ntable", "neigh-flags"],
    shuffled: ["events"],
    async run(bench) {
      const count = async (): Promise<string | undefined> => /refcnt (\d+)/.exec(await bench.must("-4 ntable show dev e0"))?.[1];
      bench.expect("without an entry", await count(), "1");
      await several(bench);
      bench.expect("with eight", await count(), "9");
      await bench.must("neigh flush dev e0");
      bench.expect("with two", await count(), "3");
    },
  },
  {
    id: "ARP-X-13",
    title: "ip -s neigh shows a reference while a timer runs, and none when it does not",
    source: "kernel: a pending timer holds the entry, measured",
    async run(bench) {
      calm(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      const asked = await bench.must("-s neigh show");
      bench.expect("while asked for", asked.includes(" ref 1 used 0/"), true);
      await bench.say(arpReply({ from: T1 }));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      const text = await bench.must("-s neigh show");
      bench.expect("reachable", /^10\.0\.0\.2 dev e0 lladdr \S+ {2}ref 1 used 0\/0\/0probes 4 REACHABLE \n$/.test(text), true);
      await bench.must(`neigh change ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      const stale = await bench.must("-s neigh show");
      bench.expect("stale", /^10\.0\.0\.2 dev e0 lladdr \S+ {2}used 0\/0\/0probes 4 STALE \n$/.test(stale), true);
      const json = JSON.parse(await bench.must("-j -s neigh show")) as Record<string, unknown>[];
      bench.expect("as JSON", Object.keys(json[0] ?? {}), [
        "dst",
        "dev",
        "lladdr",
        "used",
        "confirmed",
        "updated",
        "probes",
        "state",
      ]);
    },
  },
  {
    id: "ARP-X-14",
    title: "link addresses in other spellings: capital letters, single digits; more octets than a device's are cut off",
    source: "iproute2 and kernel, measured",
    async run(bench) {
      await bench.must("neigh add 10.0.0.20 lladdr 0A:B:C:0D:E:f dev e0");
      bench.expect("letters and digits", seen(bench, "10.0.0.20"), "PERMANENT 0a:0b:0c:0d:0e:0f");
      await bench.must("neigh add 10.0.0.21 lladdr 02:00:00:00:00:21:77:88 dev e0");
      bench.expect("eight octets", seen(bench, "10.0.0.21"), "PERMANENT 02:00:00:00:00:21");
    },
  },
];

export const forms: readonly Case[] = [...refused, ...others];
