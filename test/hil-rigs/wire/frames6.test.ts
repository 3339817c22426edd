/** IPv6 frames built and read by the rigs, against tshark. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Direction, pcapngHeader, pcapngPacket } from "../../../firmware-ts/control/pcapng.ts";
import type { Frame } from "../../../hil-rigs/contract/frame.ts";
import { PLANS } from "../../../hil-rigs/contract/plan.ts";
import {
  advertise,
  advertiseAll,
  advertiseRouter,
  mtuOption,
  prefixOption,
  redirect,
  routeOption,
  solicit,
  solicitAlone,
  solicitRouters,
  solicitUnspecified,
} from "../../../hil-rigs/wire/build-nd.ts";
import { echo6, udp6 } from "../../../hil-rigs/wire/build6.ts";
import { ip6Bytes, ip6Text } from "../../../hil-rigs/wire/bytes.ts";
import { DUT_LOCAL, groupMac, linkLocal, local, solicitedNode, withEui64 } from "../../../hil-rigs/wire/hosts6.ts";
import { describe, parse } from "../../../hil-rigs/wire/parse.ts";
import { missingPrograms, run } from "../../support/netns.ts";
import { scratch } from "../../support/own.ts";

const { T1, T2, dut } = PLANS[6];
const DUT = dut.e0;
const ROUTER = local(T2);
const NONCE = [1, 2, 3, 4, 5, 6];

function read(bytes: Uint8Array): Frame {
  return parse({ time: 0, port: "p0", bytes });
}

t.test("addresses as text and as bytes", async (t) => {
  for (const text of ["::", "::1", "fd00::1", "1:2:3:4:5:6:7:8", "fe80::ff:fe00:1000", "1:0:0:2::3", "2001:db8:0:1:1:1:1:1"])
    t.equal(ip6Text(Uint8Array.from(ip6Bytes(text)), 0), text);
  t.equal(ip6Text(Uint8Array.from(ip6Bytes("0:0:1:0:0:0:0:0")), 0), "0:0:1::", "the longest run, not the first");
  t.equal(ip6Text(Uint8Array.from(ip6Bytes("1:0:0:2:3:0:0:4")), 0), "1::2:3:0:0:4", "the first of two");
  for (const text of ["", "1:2:3", "1::2::3", "1:2:3:4:5:6:7:8:9", "g::1", "10000::1"])
    t.throws(() => ip6Bytes(text), /no IPv6 address/, text);
  t.equal(linkLocal(DUT.mac), "fe80::ff:fe00:1000");
  t.equal(withEui64("2001:db8:1::", "02:00:5e:10:00:01"), "2001:db8:1::5eff:fe10:1");
  t.equal(solicitedNode("fd00::12:3456"), "ff02::1:ff12:3456");
  t.equal(groupMac("ff02::1:ff12:3456"), "33:33:ff:12:34:56");
});

const FIELDS = [
  "eth.dst",
  "ipv6.src",
  "ipv6.dst",
  "ipv6.hlim",
  "icmpv6.type",
  "icmpv6.checksum.status",
  "udp.checksum.status",
  "icmpv6.nd.ns.target_address",
  "icmpv6.nd.na.target_address",
  "icmpv6.opt.linkaddr",
  "icmpv6.opt.nonce",
  "icmpv6.nd.ra.router_lifetime",
  "icmpv6.nd.ra.retrans_timer",
  "icmpv6.opt.prefix",
  "icmpv6.opt.mtu",
  "icmpv6.nd.rd.target_address",
];
const GOOD = "1";

t.test("built frames are what tshark reads", { skip: missingPrograms("tshark") }, async (t) => {
  const options = [prefixOption("2001:db8::"), mtuOption(1400), routeOption("2001:db8:7::", 60)];
  const frames = [
    solicit(),
    solicitAlone({ lladdr: null }),
    solicitUnspecified({ from: T2 }, NONCE),
    advertise(),
    advertiseAll({ from: T2 }),
    solicitRouters(),
    advertiseRouter({ from: ROUTER, lifetime: 9, retrans: 250, options }),
    redirect({ from: ROUTER, target: ROUTER.ip, about: "2001:db8::1", lladdr: T2.mac }),
    echo6(),
    udp6({ payload: "odd" }),
  ];
  const file = join(scratch("frames6"), "frames.pcapng");
  writeFileSync(
    file,
    Buffer.concat([pcapngHeader(["p0"]), ...frames.map((frame, at) => pcapngPacket(0, at, frame, Direction.OUT))]),
  );
  const fields = FIELDS.flatMap((field) => ["-e", field]);
  const lines = run("tshark", ["-r", file, "-o", "udp.check_checksum:TRUE", "-T", "fields", "-E", "separator=|", ...fields])
    .trimEnd()
    .split("\n");
  const line = (...values: Record<string, string | number>[]): string => {
    const all: Record<string, string | number> = Object.assign({}, ...values);
    return FIELDS.map((field) => all[field] ?? "").join("|");
  };
  const ip = (dst: string, source: string, destination: string, hops: number): Record<string, string | number> => ({
    "eth.dst": dst,
    "ipv6.src": source,
    "ipv6.dst": destination,
    "ipv6.hlim": hops,
  });
  const nd = (type: number): Record<string, string | number> => ({ "icmpv6.type": type, "icmpv6.checksum.status": GOOD });
  const group = solicitedNode(DUT.ip);
  const link = (mac: string): Record<string, string> => ({ "icmpv6.opt.linkaddr": mac });
  const ns = { "icmpv6.nd.ns.target_address": DUT.ip };
  const na = (target: string): Record<string, string> => ({ "icmpv6.nd.na.target_address": target });
  const all = "33:33:00:00:00:01";
  t.same(
    lines.map((each) => each.replace(/\|\d*$/, "|")),
    [
      line(ip(groupMac(group), T1.ip, group, 255), nd(135), ns, link(T1.mac)),
      line(ip(DUT.mac, T1.ip, DUT.ip, 255), nd(135), ns),
      line(ip(groupMac(group), "::", group, 255), nd(135), ns, { "icmpv6.opt.nonce": "010203040506" }),
      line(ip(DUT.mac, T1.ip, DUT.ip, 255), nd(136), na(T1.ip), link(T1.mac)),
      line(ip(all, T2.ip, "ff02::1", 255), nd(136), na(T2.ip), link(T2.mac)),
      line(ip("33:33:00:00:00:02", T1.ip, "ff02::2", 255), nd(133), link(T1.mac)),
      line(ip(all, ROUTER.ip, "ff02::1", 255), nd(134), link(T2.mac), {
        "icmpv6.nd.ra.router_lifetime": 9,
        "icmpv6.nd.ra.retrans_timer": 250,
        "icmpv6.opt.prefix": "2001:db8::,2001:db8:7::",
        "icmpv6.opt.mtu": 1400,
      }),
      line(ip(DUT.mac, ROUTER.ip, DUT_LOCAL.ip, 255), nd(137), link(T2.mac), { "icmpv6.nd.rd.target_address": ROUTER.ip }),
      line(ip(DUT.mac, T1.ip, DUT.ip, 64), nd(128)),
      line(ip(DUT.mac, T1.ip, DUT.ip, 64), { "udp.checksum.status": GOOD }),
    ],
  );
});

t.test("what is built is read back, wrong fields included", async (t) => {
  t.match(read(solicit()), { kind: "nd", message: "ns", target: DUT.ip, lladdr: T1.mac, options: "1", faults: [] });
  t.match(read(solicitUnspecified({ from: T2 }, NONCE)), { source: "::", lladdr: "", nonce: "010203040506", options: "14" });
  t.match(read(advertise({ target: "fd00::9" }, "RSO")), { message: "na", target: "fd00::9", flags: "RSO", destination: DUT.ip });
  t.match(read(advertise({ lladdr: null, tclass: 0xb8 }, "")), { flags: "", lladdr: "", options: "", tos: 0xb8 });
  t.match(read(advertiseRouter({ options: [mtuOption(9)] })), { message: "ra", options: "1 5", dst: "33:33:00:00:00:01" });
  t.match(read(redirect({ target: T2.ip, about: "2001:db8::1" })), { message: "redirect", target: T2.ip, about: "2001:db8::1" });
  t.match(read(udp6({ sport: 1, dport: 2, payload: "text" })), { kind: "udp", sport: 1, dport: 2, payload: "text", faults: [] });
  t.match(read(echo6()), { kind: "icmp", type: 128, code: 0, faults: [] });
  t.match(read(udp6({ extensions: [[44, [0, 0, 1, 0, 0, 0, 9]]] })), {
    kind: "packet",
    protocol: 17,
    id: 9,
    offset: 0,
    more: true,
  });
  t.equal(read(solicit({ cut: 53 })).kind, "other", "a frame that is cut short is not taken for IPv6");
  t.match(describe(read(advertise())), /^p0 .* na fd00::2 > fd00::1 fd00::2 SO lladdr 02:00:00:00:00:02$/);
});

t.test("a damaged frame has its faults named", async (t) => {
  t.same(read(solicit({ hops: 64 })).faults, ["ns with hop limit 64"]);
  t.same(read(solicit({ code: 3 })).faults, ["ns with code 3"]);
  t.same(read(solicit({ sumError: 1 })).faults, ["ICMPv6 checksum"]);
  t.same(read(solicit({ options: [[200, 0, 0, 0, 0, 0, 0, 0]] })).faults, ["ND options"]);
  t.same(read(echo6({ sumError: 7 })).faults, ["ICMPv6 checksum"]);
});
