/** Solicitations that are dropped: nobody is answered, and nobody is learned. */
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { NdOption, option, solicit, solicitAlone, solicitUnspecified } from "../../../wire/build-nd.ts";
import { ALL_NODES, DUT_LOCAL, solicitedNode, UNSPECIFIED } from "../../../wire/hosts6.ts";
import { becomes, calm, make, seen, told } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

const { T1, T2, dut } = PLANS[6];
const DUT = dut.e0;

/** ICMPv6 of a solicitation is 24 bytes, and 32 with a link-address option. */
const WHOLE = 32;
/** A fragment header of a packet that is one fragment (RFC 6946). */
const ATOMIC = [44, [0, 0, 0, 0, 0, 0, 9]] as const;
const HOP_OPTIONS = [0, [0, 1, 4, 0, 0, 0, 0]] as const;

/** The fault, the place where it is forbidden, and the frame. */
const DROPPED: readonly (readonly [id: string, what: string, source: string, frame: Uint8Array])[] = [
  ["ND-N-10/hops-254", "a hop limit of 254", "RFC 4861 7.1.1", solicit({ hops: 254 })],
  ["ND-N-10/hops-64", "a hop limit of 64", "RFC 4861 7.1.1", solicit({ hops: 64 })],
  ["ND-N-10/hops-1", "a hop limit of 1", "RFC 4861 7.1.1", solicit({ hops: 1 })],
  ["ND-N-10/checksum", "a wrong checksum", "RFC 4861 7.1.1", solicit({ sumError: 1 })],
  ["ND-N-10/code", "code 1", "RFC 4861 7.1.1", solicit({ code: 1 })],
  ["ND-N-10/code-255", "code 255", "RFC 4861 7.1.1", solicit({ code: 255 })],
  [
    "ND-N-10/target-group",
    "a group as its target",
    "RFC 4861 7.1.1",
    solicit({ target: ALL_NODES, destination: solicitedNode(DUT.ip) }),
  ],
  ["ND-N-10/no-source-alone", "no source, to us alone", "RFC 4861 7.1.1", solicitUnspecified({ destination: DUT.ip })],
  ["ND-N-10/no-source-all", "no source, to all nodes", "RFC 4861 7.1.1", solicitUnspecified({ destination: ALL_NODES })],
  ["ND-N-10/no-source-link", "no source and yet a link address", "RFC 4861 7.1.1", solicitUnspecified({ lladdr: T1.mac })],
  ["ND-N-10/option-0", "an option of length 0", "RFC 4861 7.1.1", solicit({ options: [[200, 0, 0, 0, 0, 0, 0, 0]] })],
  [
    "ND-N-10/link-0",
    "a link-address option of length 0",
    "RFC 4861 7.1.1",
    solicit({ lladdr: null, options: [[1, 0, 2, 0, 0, 0, 0, 2]] }),
  ],
  [
    "ND-N-10/option-beyond",
    "an option beyond the end",
    "kernel: ndisc_parse_options",
    solicit({ options: [[200, 2, 0, 0, 0, 0, 0, 0]] }),
  ],
  ["ND-N-10/option-one-byte", "one byte behind its options", "kernel: ndisc_parse_options", solicit({ options: [[200]] })],
  [
    "ND-N-10/option-half",
    "half an option behind its options",
    "kernel: ndisc_parse_options",
    solicit({ options: [[200, 1, 0, 0]] }),
  ],
  [
    "ND-N-10/link-2",
    "a link-address option of 16 bytes",
    "kernel: ndisc_opt_addr_data; RFC 2464 6",
    solicit({ lladdr: null, options: [option(NdOption.SOURCE, [2, 0, 0, 0, 0, 2, 0, 0, 0])] }),
  ],
  ["ND-N-11/other", "a target that is not ours", "RFC 4861 7.2.3", solicit({ target: T2.ip, destination: solicitedNode(DUT.ip) })],
  [
    "ND-N-11/other-alone",
    "a target that is not ours, to us alone",
    "RFC 4861 7.2.3",
    solicit({ target: T2.ip, destination: DUT.ip }),
  ],
  ["ND-N-11/any", ":: as its target", "RFC 4861 7.2.3", solicit({ target: UNSPECIFIED, destination: solicitedNode(DUT.ip) })],
  [
    "ND-N-11/loopback",
    "::1 as its target",
    "kernel: not an address of the device",
    solicit({ target: "::1", destination: solicitedNode(DUT.ip) }),
  ],
  ["ND-N-11/anycast", "the routers' anycast address, while we do not forward", "RFC 4291 2.6.1", solicit({ target: "fd00::" })],
  [
    "ND-N-21/other-station",
    "another station's address in its frame",
    "kernel: PACKET_OTHERHOST",
    solicitAlone({ dst: "02:00:00:00:00:99" }),
  ],
  [
    "ND-N-21/other-group",
    "a group that we are not in",
    "kernel: ipv6_chk_mcast_addr",
    solicit({ destination: solicitedNode(T2.ip) }),
  ],
  ["ND-N-21/source-group", "a group as its source", "RFC 4291 2.7; kernel: ip6_rcv_core", solicit({ source: ALL_NODES })],
  ["ND-N-21/source-loopback", "::1 as its source", "RFC 4291 2.5.3; kernel: ip6_rcv_core", solicit({ source: "::1" })],
  ["ND-N-22/atomic", "a fragment header", "RFC 6980; kernel: suppress_frag_ndisc", solicit({ extensions: [ATOMIC] })],
  [
    "ND-N-22/after-options",
    "a fragment header behind hop-by-hop options",
    "RFC 6980",
    solicit({ extensions: [HOP_OPTIONS, ATOMIC] }),
  ],
  ["ND-N-23/length-24", "a length that ends before its option is whole", "kernel", solicit({ payloadLength: WHOLE - 1 })],
  ["ND-N-23/length-long", "a length beyond the frame", "RFC 8200 3; kernel: ip6_rcv_core", solicit({ payloadLength: WHOLE + 8 })],
  ["ND-N-23/ethertype", "the ethertype of IPv4", "RFC 2464 3", solicit({ ethertype: 0x0800 })],
];

const dropped: readonly Case[] = DROPPED.map(([id, what, source, frame]) => ({
  id,
  title: `a solicitation with ${what} is dropped`,
  source,
  async run(bench) {
    calm(bench);
    await bench.say(frame);
    await bench.silence("no answer");
    bench.expect("nobody is learned", seen(bench, T1.ip), "-");
    // Nor is a known entry touched: the frame would move it from T2.mac to T1.mac.
    await make(bench, "STALE", { ip: T1.ip, mac: T2.mac });
    await bench.say(frame);
    await bench.silence("nor now", 10);
    await bench.expectState(T1.ip, "STALE", T2.mac);
    bench.expect("nothing is told", told(bench, T1.ip), []);
  },
}));

const others: readonly Case[] = [
  {
    id: "ND-N-23/cut",
    title: "a solicitation of fewer than 24 bytes is dropped, wherever it ends",
    source: "RFC 4861 7.1.1; kernel",
    async run(bench) {
      // 40 bytes behind Ethernet's 14 are the IPv6 header.
      for (let cut = 15; cut < 14 + 40 + 24; cut++) await bench.say(solicit({ lladdr: null, cut }));
      for (let length = 0; length < 24; length++) await bench.say(solicit({ lladdr: null, payloadLength: length }));
      await bench.silence("no answer");
      bench.expect("nobody is learned", seen(bench, T1.ip), "-");
    },
  },
  {
    id: "ND-N-22/allowed",
    title: "without suppress_frag_ndisc a solicitation in one fragment is answered",
    source: "kernel: suppress_frag_ndisc 0",
    async run(bench) {
      bench.conf("suppress_frag_ndisc", 0);
      await bench.say(solicit({ extensions: [ATOMIC] }));
      await bench.hears("answers", { kind: "nd", message: "na", dst: T1.mac });
    },
  },
  {
    id: "ND-N-11/other-device",
    title: "an address of another interface of ours is not answered for, unlike with ARP",
    source: "kernel: ndisc_recv_ns looks at the receiving device alone",
    needs: ["address-admin"],
    async run(bench) {
      await bench.must("address add fd99::1/128 dev lo");
      const group = solicitedNode(DUT.ip);
      await bench.say(solicit({ target: "fd99::1", destination: group }), solicit({ target: "fd99::1", destination: DUT.ip }));
      await bench.silence("no answer");
      bench.expect("nobody is learned", seen(bench, T1.ip), "-");
      // The low 24 bits are those of fd00::1, so that the group is one that we are in.
      await bench.say(solicit({ target: DUT.ip, destination: solicitedNode("fd99::1") }));
      await bench.hears("our own is", { kind: "nd", message: "na", target: DUT.ip });
    },
  },
  {
    id: "ND-N-24",
    title: "a solicitation that claims to come from our own address is answered, to the link address that it has",
    source: "kernel, measured",
    async run(bench) {
      await bench.say(solicit({ source: DUT.ip }));
      await bench.hears("answers", { kind: "nd", message: "na", source: DUT.ip, destination: DUT.ip, dst: T1.mac });
      await bench.say(solicit({ source: DUT_LOCAL.ip }));
      await bench.hears("once more", { kind: "nd", message: "na", source: DUT.ip, destination: DUT_LOCAL.ip, dst: T1.mac });
    },
  },
  {
    id: "ND-N-25",
    title: "a solicitation within a VLAN that we are not in is not heard, one with a priority alone is",
    source: "IEEE 802.1Q; kernel",
    async run(bench) {
      const plain = solicit();
      const tagged = (vid: number): Uint8Array =>
        Uint8Array.from([...plain.subarray(0, 12), 0x81, 0, 0, vid, ...plain.subarray(12)]);
      await bench.say(tagged(5));
      await bench.silence("no answer in VLAN 5");
      await bench.say(tagged(0));
      await bench.hears("answers", { kind: "nd", message: "na", dst: T1.mac });
    },
  },
  {
    id: "TBL-10/nd",
    title: "however many hosts ask for one another, none of them is learned",
    source: "RFC 4861 7.2.3",
    async run(bench) {
      for (let n = 0; n < 500; n++)
        bench.dut.send("p0", solicit({ source: `fd00::1:${n.toString(16)}`, target: T2.ip, destination: ALL_NODES }));
      await bench.silence("nobody is answered");
      const strangers = bench.dut.neighbours().filter(({ dst }) => dst.startsWith("fd00::1:"));
      bench.expect("the table has none of them", strangers.length, 0);
      await becomes(bench, T1.ip, "-");
    },
  },
];

export const drops: readonly Case[] = overIpv6([...dropped, ...others]);
