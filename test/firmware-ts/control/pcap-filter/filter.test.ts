/** Filters choose the packets that tcpdump chooses with the same words, and refuse what they do not understand, by name. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import t from "tap";
import { FilterError, PcapFilter } from "../../../../firmware-ts/control/pcap-filter/index.ts";
import { Direction, pcapngHeader, pcapngPacket } from "../../../../firmware-ts/control/pcapng.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { Folder } from "../../../support/control.ts";
import { missingPrograms } from "../../../support/netns.ts";
import { arp, BROADCAST, icmp, ipv4Frame, T1, T2, US, udp } from "../../../support/wire-format.ts";

/** An Ethernet frame of any type. */
function frame(type: number, payload: ArrayLike<number>, dst = "33:33:00:00:00:16"): Uint8Array {
  const octets = dst.split(":").map((octet) => Number.parseInt(octet, 16));
  return Uint8Array.of(...octets, 2, 0, 0, 0, 0, 2, type >> 8, type & 255, ...Array.from(payload));
}

/** IPv6 from fe80::2 to fe80::1. */
function ip6(next: number, payload: readonly number[]): Uint8Array {
  const address = (last: number): number[] => [0xfe, 0x80, ...new Array<number>(13).fill(0), last];
  return frame(0x86dd, [0x60, 0, 0, 0, 0, payload.length, next, 64, ...address(2), ...address(1), ...payload]);
}

const PORTS = [0x13, 0x88, 0, 53, 0, 8, 0, 0];
const FRAMES: readonly Uint8Array[] = [
  arp({}),
  arp({ sip: "10.0.1.7", tip: "10.0.0.1", to: US, from: T1 }),
  arp({ sip: "192.168.5.1", tip: "10.0.0.2", from: T2 }),
  frame(0x8035, arp({ sip: "10.0.0.2" }).subarray(14)),
  udp({}, "hello"),
  udp({ source: "10.0.1.2", destination: "10.0.0.1", sport: 53, dport: 5000 }, "x".repeat(200)),
  udp({ source: "10.0.0.2", destination: "224.0.0.1", sport: 5000, dport: 53, to: "01:00:5e:00:00:01" }, "x"),
  udp({ source: "10.0.0.2", destination: "255.255.255.255", to: BROADCAST }, "x".repeat(1400)),
  udp({ sport: 67, dport: 68 }, "").subarray(0, 34),
  udp({ sport: 67, dport: 68 }, "").subarray(0, 30),
  udp({}, "").subarray(0, 20),
  udp({}, "").subarray(0, 14),
  ipv4Frame({ fragment: 0x2000 }, 17, PORTS),
  ipv4Frame({ fragment: 0x0010 }, 17, PORTS),
  ipv4Frame({ options: [1, 1, 1, 1] }, 17, PORTS),
  ipv4Frame({}, 6, [0x13, 0x88, 0, 80, ...new Array<number>(16).fill(0x50)]),
  ipv4Frame({ source: "172.16.3.4" }, 132, [0, 53, 0, 80, ...new Array<number>(16).fill(0)]),
  ipv4Frame({ destination: "224.0.0.22" }, 2, [0x16, 0, 0, 0, 224, 0, 0, 1]),
  icmp({ icmpType: 8 }, [1, 2, 3]),
  icmp({ icmpType: 3, code: 3, source: "10.0.0.1", destination: "10.0.1.7" }, new Array<number>(28).fill(1)),
  ip6(17, PORTS),
  ip6(58, [128, 0, 0, 0, 0, 1, 0, 1]),
  ip6(44, [17, 0, 0, 0, 0, 0, 0, 1, ...PORTS]),
  ip6(6, [0, 80, 0x13, 0x88, ...new Array<number>(16).fill(0)]),
  frame(0x88cc, [2, 7, 4, 2, 0, 0]),
  frame(0x0026, [0x42, 0x42, 3, 0, 0, 0]),
];

const UNDERSTOOD: readonly string[] = [
  "",
  "arp",
  "rarp",
  "ip",
  "ip6",
  "icmp",
  "igmp",
  "udp",
  "tcp",
  "not arp",
  "! arp && ! icmp",
  "arp or icmp",
  "arp || ( icmp and greater 60 )",
  "arp or icmp and ip",
  "ip and not (udp or tcp)",
  "not not arp",
  "host 10.0.0.2",
  "src 10.0.0.2",
  "dst 10.0.0.1",
  "src host 10.0.0.2 and dst host 10.0.0.1",
  "src or dst 10.0.1.7",
  "dst or src host 10.0.1.7",
  "src and dst host 10.0.0.2",
  "dst and src net 10.0.0.0/8",
  "host 10.0.1.2 or 10.0.1.7",
  "host 10.0.0.1 and not 10.0.1.7",
  "not host 10.0.0.1 and not port 53",
  "ip host 10.0.0.2",
  "arp host 10.0.0.2",
  "rarp host 10.0.0.2",
  "arp src host 10.0.1.7",
  "ip src 10.0.0.2",
  "host (10.0.1.2 or 10.0.1.7)",
  "src (10.0.1.2 or 10.0.1.7) and udp",
  "port (53 or 67)",
  "port 53 or 67 or 80",
  "not port 53 or 67",
  "net 10",
  "net 10.0.1",
  "net 10.0.1.0",
  "net 10.0.1.0/24",
  "net 10.0/16",
  "net 0.0.0.0/0",
  "src net 10.0.0.0 mask 255.255.0.0",
  "ip net 192.168.5.0/30",
  "arp net 192.168.5.0/30",
  "port 53",
  "src port 53",
  "dst port 53",
  "src and dst port 5000",
  "src or dst port 5000",
  "udp port 53",
  "tcp port 80",
  "udp src port 5000",
  "tcp dst port 5000",
  "portrange 50-70",
  "portrange 53",
  "udp portrange 4999-5000",
  "src portrange 70-50",
  "port 0x35",
  "ether host 02:00:00:00:00:02",
  "ether src 2:0:0:0:0:2",
  "ether dst ff:ff:ff:ff:ff:ff",
  "ether broadcast",
  "broadcast",
  "ether multicast",
  "multicast and not broadcast",
  "ip multicast",
  "less 60",
  "greater 100 and less 1000",
  "ip proto 132",
  "ip proto 1 or 17",
  "ether proto 0x88cc",
  "ether proto 2054",
  "arp and host 10.0.0.1 and not ether src 02:00:00:00:00:02",
  "(arp)and(host 10.0.0.1)",
  "arp or(icmp)",
];

/** Both refuse these. */
const WRONG: readonly [text: string, message: RegExp][] = [
  ["bogus", /"bogus" is not understood there; there are: arp, .* parentheses$/],
  ["10.0.0.1", /"10\.0\.0\.1" is not understood there/],
  ["arp arp", /"arp" is not understood there/],
  ["arp and", /it ends too early; there are: arp/],
  ["and arp", /"and" is not understood there/],
  ["(arp", /a "\)" is missing/],
  ["arp)", /"\)" is not understood there/],
  ["()", /"\)" is not understood there/],
  ["not", /it ends too early/],
  ["host", /it ends where an address is expected/],
  ["host and arp", /"and" stands where an address is expected/],
  ["host arp", /"arp" stands where an address is expected/],
  ["host 10.0.0.256", /"10\.0\.0\.256" is no IPv4 address/],
  ["host 10.0.0.0/8", /"10\.0\.0\.0\/8" is no IPv4 address/],
  ["net 10.0.0.1/8", /"10\.0\.0\.1\/8" has bits beyond its mask/],
  ["net 10.0.0.0/33", /"33" is no length of a prefix; say a number from 0 to 32/],
  ["port 65536", /"65536" is no port/],
  ["port 10.0.0.1", /"10\.0\.0\.1" is no port/],
  ["icmp port 53", /"icmp port" means nothing/],
  ["udp host 10.0.0.1", /"udp host" means nothing/],
  ["udp 53", /"53" is not understood there/],
  ["host 02:00:00:00:00:02", /is no IPv4 address/],
  ["ether host 10.0.0.1", /is no Ethernet address; say e\.g\. ether host 02:00:5e:10:00:01$/],
  ["ether net 10", /"ether net" means nothing/],
  ["less", /it ends where a length is expected/],
  ["less x", /"x" is no length/],
  ["src arp", /"arp" stands where an address is expected/],
  ["arp & icmp", /"&" is not understood there/],
  ["portrange x", /"x" is no port/],
  ["ip proto", /it ends where a protocol's number is expected/],
];

/** tcpdump has these. */
const NOT_OURS: readonly string[] = [
  "tcp[13] & 2 != 0",
  "vlan 5",
  "ip proto \\udp",
  "ip6 host fe80::1",
  "ip broadcast",
  "len > 5",
  "port domain",
];

const skip = missingPrograms("tcpdump");

/** Indices of the packets that tcpdump chooses; null when it refuses the filter. */
function chosenByTcpdump(file: string, filter: string): number[] | null {
  const words = filter === "" ? [] : [filter];
  const { stdout, stderr, status } = spawnSync("tcpdump", ["-tt", "-n", "-r", file, ...words], {
    encoding: "utf8",
    timeout: 20_000,
  });
  // Its optimizer finds out a contradiction, and says so.
  if (stderr.includes("expression rejects all packets")) return [];
  if (status !== 0) return null;
  return [...stdout.matchAll(/^(\d+)\.000000 /gm)].map(([, second]) => Number(second) - 1);
}

function chosen(filter: string): number[] | null {
  let made: PcapFilter;
  try {
    made = new PcapFilter(filter);
  } catch (error) {
    if (error instanceof FilterError) return null;
    throw error;
  }
  return FRAMES.flatMap((bytes, at) => (made.matches(bytes, false) ? [at] : []));
}

/** Each frame a second after the one before. */
function written(folder: Folder): string {
  const file = folder.file("c.pcapng");
  const packets = FRAMES.map((bytes, at) => pcapngPacket(0, (at + 1) * 1000, bytes, Direction.IN));
  writeFileSync(file, Buffer.concat([pcapngHeader(["eth0"]), ...packets]));
  return file;
}

t.test("the packets that tcpdump chooses", { skip }, async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = written(folder);
  for (const filter of UNDERSTOOD) {
    const theirs = chosenByTcpdump(file, filter);
    t.strictSame(chosen(filter), theirs, filter);
  }
  for (const [filter] of WRONG) t.equal(chosenByTcpdump(file, filter), null, `tcpdump refuses ${filter}`);
  for (const filter of NOT_OURS) t.ok(chosenByTcpdump(file, filter), `tcpdump has ${filter}`);
});

/** An expression made of what is understood. */
function expression(random: SeededRandom, depth: number): string {
  const pick = <T>(of: readonly T[]): T => of[random.below(of.length)] as T;
  if (depth === 0 || random.below(4) === 0) return pick(UNDERSTOOD.slice(1));
  const left = expression(random, depth - 1);
  const right = expression(random, depth - 1);
  return pick([
    `${left} and ${right}`,
    `${left} or ${right}`,
    `not ${left}`,
    `(${left}) and not (${right})`,
    `not (${left} or ${right})`,
  ]);
}

t.test("the same in combinations at random", { skip }, async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = written(folder);
  const random = new SeededRandom(12);
  for (let round = 0; round < 40; round++) {
    const filter = expression(random, 3);
    t.strictSame(chosen(filter), chosenByTcpdump(file, filter), filter);
  }
});

t.test("the direction is known where the frame is seen", async (t) => {
  const [any] = FRAMES as [Uint8Array];
  t.strictSame([new PcapFilter("inbound").matches(any, false), new PcapFilter("inbound").matches(any, true)], [true, false]);
  t.strictSame([new PcapFilter("outbound").matches(any, false), new PcapFilter("outbound").matches(any, true)], [false, true]);
});

t.test("anything else is refused by name", async (t) => {
  for (const [filter, message] of WRONG) t.throws(() => new PcapFilter(filter), { code: "FILTER_SYNTAX", message }, filter);
  for (const filter of NOT_OURS) t.throws(() => new PcapFilter(filter), { code: "FILTER_SYNTAX" }, filter);
  t.throws(() => new PcapFilter(`${"not ".repeat(200)}arp`), { message: "filter: it is nested deeper than 100" });
  t.throws(() => new PcapFilter(`${"(".repeat(200)}arp`), { message: "filter: it is nested deeper than 100" });
  t.throws(() => new PcapFilter("arp or ".repeat(1000)), { message: "filter: it is longer than 4096 characters" });
});
