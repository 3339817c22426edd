/** Frames built and read by the rigs, against tshark. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Direction, pcapngHeader, pcapngPacket } from "../../../firmware-ts/control/pcapng.ts";
import { arpAnnounce, arpAnnounceReply, arpProbe, arpReply, arpRequest } from "../../../hil-rigs/wire/build.ts";
import { echo, udp } from "../../../hil-rigs/wire/build4.ts";
import { BROADCAST, DUT, T1, T2, ZERO } from "../../../hil-rigs/wire/hosts.ts";
import { describe, parse } from "../../../hil-rigs/wire/parse.ts";
import { missingPrograms, run } from "../../support/netns.ts";
import { scratch } from "../../support/own.ts";

const FIELDS = [
  "eth.dst",
  "eth.src",
  "arp.opcode",
  "arp.src.hw_mac",
  "arp.src.proto_ipv4",
  "arp.dst.hw_mac",
  "arp.dst.proto_ipv4",
  "ip.src",
  "ip.dst",
  "ip.checksum.status",
  "udp.dstport",
  "udp.checksum.status",
  "icmp.type",
  "icmp.checksum.status",
];
const GOOD = "1";

t.test("built frames are what tshark reads", { skip: missingPrograms("tshark") }, async (t) => {
  const folder = scratch("frames");
  const frames = [
    arpRequest(),
    arpReply({ from: T2, tpa: "10.0.0.9" }),
    arpAnnounce(),
    arpAnnounceReply({ from: T2 }),
    arpProbe(),
    udp({ payload: "odd" }),
    echo(),
  ];
  const file = join(folder, "frames.pcapng");
  writeFileSync(
    file,
    Buffer.concat([pcapngHeader(["p0"]), ...frames.map((frame, at) => pcapngPacket(0, at, frame, Direction.OUT))]),
  );
  const fields = FIELDS.flatMap((field) => ["-e", field]);
  const checks = ["ip.check_checksum", "udp.check_checksum"].flatMap((option) => ["-o", `${option}:TRUE`]);
  const lines = run("tshark", ["-r", file, ...checks, "-T", "fields", "-E", "separator=|", ...fields])
    .trimEnd()
    .split("\n");
  const arp = (dst: string, src: string, op: number, ...body: string[]): string =>
    [dst, src, op, ...body, "", "", "", "", "", "", ""].join("|");
  t.same(lines, [
    arp(BROADCAST, T1.mac, 1, T1.mac, T1.ip, ZERO, DUT.ip),
    arp(DUT.mac, T2.mac, 2, T2.mac, T2.ip, DUT.mac, "10.0.0.9"),
    arp(BROADCAST, T1.mac, 1, T1.mac, T1.ip, ZERO, T1.ip),
    arp(BROADCAST, T2.mac, 2, T2.mac, T2.ip, T2.mac, T2.ip),
    arp(BROADCAST, T1.mac, 1, T1.mac, "0.0.0.0", ZERO, DUT.ip),
    [DUT.mac, T1.mac, "", "", "", "", "", T1.ip, DUT.ip, GOOD, "9", GOOD, "", ""].join("|"),
    [DUT.mac, T1.mac, "", "", "", "", "", T1.ip, DUT.ip, GOOD, "", "", "8", GOOD].join("|"),
  ]);
});

t.test("what is built is read back, wrong fields included", async (t) => {
  const at = (bytes: Uint8Array): ReturnType<typeof parse> => parse({ time: 0, port: "p0", bytes });
  const wrong = { htype: 6, ptype: 0x86dd, hlen: 8, plen: 16, op: 26, sha: ZERO, spa: "0.0.0.0", tha: BROADCAST, tpa: "1.2.3.4" };
  t.match(at(arpRequest({ dst: T2.mac, src: BROADCAST, ...wrong })), { kind: "arp", dst: T2.mac, src: BROADCAST, ...wrong });
  t.match(at(udp({ sport: 1, dport: 2, payload: "text", ttl: 3 })), { kind: "udp", sport: 1, dport: 2, payload: "text", ttl: 3 });
  t.equal(at(arpRequest({ cut: 41 })).kind, "other", "a frame that is cut short is not taken for ARP");
  t.equal(at(arpRequest({ cut: 41 })).length, 41);
  t.match(describe(at(arpReply())), /^p0 .* arp reply sender 10\.0\.0\.2 02:00:00:00:00:02 target 10\.0\.0\.1 02:00:00:00:10:00$/);
  t.throws(() => arpRequest({ sha: "02:00:00:00:00" }), /no MAC address/);
  t.throws(() => arpRequest({ tpa: "10.0.0.256" }), /no IPv4 address/);
});

t.test("a damaged frame has its faults named", async (t) => {
  const faultsOf = (bytes: Uint8Array, at: number): string[] => {
    bytes[at] = bytes[at]! ^ 0x10;
    return parse({ time: 0, port: "p0", bytes }).faults;
  };
  t.same(faultsOf(udp(), 22), ["IPv4 checksum"], "TTL changed");
  t.same(faultsOf(udp(), 43), ["UDP checksum"], "payload changed");
  t.same(faultsOf(echo(), 43), ["ICMP checksum"]);
  t.same(faultsOf(arpRequest({ trailer: new Uint8Array(18) }), 50), ["1 bytes of padding are not zero"]);
  t.same(parse({ time: 0, port: "p0", bytes: arpRequest({ trailer: new Uint8Array(18) }) }).faults, []);
});
