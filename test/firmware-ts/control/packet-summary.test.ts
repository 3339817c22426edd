/** Lines of a capture: those that tcpdump prints of the same frames, and something harmless for every other frame. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import t from "tap";
import { packetSummary } from "../../../firmware-ts/control/packet-summary.ts";
import { Direction, pcapngHeader, pcapngPacket } from "../../../firmware-ts/control/pcapng.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { Folder } from "../../support/control.ts";
import { missingPrograms } from "../../support/netns.ts";
import { arp, arpReply, icmp, ipv4Frame, T1, udp } from "../../support/wire-format.ts";

/** The first bytes of a packet, as an ICMP error has them. */
function first(protocol: number): number[] {
  return Array.from(ipv4Frame({}, protocol, [0x11, 0x5c, 0, 9, 0, 8, 0, 0])).slice(14);
}

function icmpError(type: number, code: number, rest: readonly number[], protocol = 17): Uint8Array {
  return ipv4Frame({}, 1, [type, code, 0, 0, ...rest, ...first(protocol)]);
}

const NONE = [0, 0, 0, 0];

const AS_TCPDUMP: readonly Uint8Array[] = [
  arp(),
  arp({ tha: T1 }),
  arp({ sip: "0.0.0.0" }),
  arp({ sip: "10.0.0.1" }),
  arpReply(),
  Uint8Array.from([...arp(), ...new Array<number>(18).fill(0)]),
  udp({}, "hi"),
  udp({}, ""),
  udp({ options: [1, 1, 1, 1] }, "hi"),
  ipv4Frame({ fragment: 0x2000 }, 17, [0, 9, 0, 10, 0, 20, 0, 0, 1, 2, 3]),
  ipv4Frame({ fragment: 0x10 }, 17, [0, 9, 0, 10, 0, 20, 0, 0]),
  ipv4Frame({ fragment: 0x10 }, 6, [0, 9, 0, 10, 0, 20, 0, 0]),
  icmp({}, new Array<number>(56).fill(1)),
  icmp({ icmpType: 0, icmpId: 77, sequence: 65_535 }),
  icmpError(3, 0, NONE),
  icmpError(3, 1, NONE),
  icmpError(3, 2, NONE, 99),
  icmpError(3, 3, NONE),
  icmpError(3, 3, NONE, 6),
  icmpError(3, 4, [0, 0, 2, 0x58]),
  icmpError(3, 4, NONE),
  icmpError(3, 77, NONE),
  icmpError(11, 0, NONE),
  icmpError(11, 1, NONE),
  icmpError(11, 2, NONE),
  ipv4Frame({}, 1, [40, 3, 0, 0, 0, 0, 0, 0]),
];

t.test("as tcpdump prints them", { skip: missingPrograms("tcpdump") }, async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = folder.file("c.pcapng");
  const packets = AS_TCPDUMP.map((bytes) => pcapngPacket(0, 0, bytes, Direction.IN));
  writeFileSync(file, Buffer.concat([pcapngHeader(["eth0"]), ...packets]));
  const { stdout } = spawnSync("tcpdump", ["-t", "-n", "-r", file], { encoding: "utf8", timeout: 20_000 });
  t.strictSame(
    AS_TCPDUMP.map((bytes) => packetSummary(bytes)),
    stdout.trimEnd().split("\n"),
  );
});

t.test("other frames, shorter", async (t) => {
  const frame = (type: number): Uint8Array => Uint8Array.of(...new Array<number>(12).fill(2), type >> 8, type & 255, 1, 2, 3);
  const rows: readonly [bytes: Uint8Array, words: string, length?: number][] = [
    [frame(0x88cc), "ethertype 0x88cc, length 3"],
    [frame(0x86dd), "IP6, length 3"],
    [frame(0x0806), "ARP, too short, length 3"],
    [frame(0x0800), "IP [|ip]"],
    [new Uint8Array(13), "[|ether]"],
    [arp({ op: 9 }), "ARP, Unknown (9), length 28"],
    [arp({ hln: 8 }), "ARP, not of Ethernet and IPv4, length 28"],
    [arp().subarray(0, 30), "ARP, [|arp], length 28", 42],
    [udp({}, "hi").subarray(0, 40), "IP 10.0.0.2 > 10.0.0.1: [|udp]", 44],
    [icmp({}).subarray(0, 40), "IP 10.0.0.2 > 10.0.0.1: ICMP [|icmp], length 8", 42] as const,
    [ipv4Frame({ ihl: 3 }, 17, []), "IP (invalid)"],
    [ipv4Frame({ version: 5 }, 17, []), "IP (invalid)"],
    [ipv4Frame({}, 2, [1]), "IP 10.0.0.2 > 10.0.0.1: igmp, length 1"],
    [ipv4Frame({}, 99, [1]), "IP 10.0.0.2 > 10.0.0.1: ip-proto-99 1"],
    [
      ipv4Frame({}, 6, [0, 80, 0x13, 0x88, ...new Array<number>(8).fill(0), 0x50, 2, 0, 0, 0, 0, 0, 0, 7]),
      "IP 10.0.0.2.80 > 10.0.0.1.5000: tcp 1",
    ],
    [icmpError(3, 0, NONE).subarray(0, 45), "IP 10.0.0.2 > 10.0.0.1: ICMP unreachable - #0, length 36"],
  ];
  for (const [bytes, words, length] of rows) t.equal(packetSummary(bytes, length), words);
});

t.test("any bytes", async (t) => {
  const random = new SeededRandom(3);
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from(AS_TCPDUMP[random.below(AS_TCPDUMP.length)] as Uint8Array);
    for (let flips = random.below(4); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256);
    t.match(packetSummary(bytes.subarray(0, random.below(bytes.length + 1)), bytes.length), /^[ -~]+$/);
  }
});
