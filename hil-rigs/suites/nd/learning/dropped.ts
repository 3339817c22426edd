/** Advertisements that are dropped, and odd ones that are believed. */
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { advertise, advertiseAll, NdOption, option } from "../../../wire/build-nd.ts";
import { ALL_NODES, linkLocal, solicitedNode, UNSPECIFIED } from "../../../wire/hosts6.ts";
import { becomes, calm, make, told } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

const { T1, T2, dut } = PLANS[6];
const DUT = dut.e0;
/** From T1 with the link address of T2: believed, it would change the entry. */
const moved = { lladdr: T2.mac };
const ATOMIC = [44, [0, 0, 0, 0, 0, 0, 9]] as const;

const DROPPED: readonly (readonly [id: string, what: string, source: string, frame: Uint8Array])[] = [
  ["ND-A-03/hops-254", "a hop limit of 254", "RFC 4861 7.1.2", advertise({ ...moved, hops: 254 })],
  ["ND-A-03/hops-64", "a hop limit of 64", "RFC 4861 7.1.2", advertise({ ...moved, hops: 64 })],
  ["ND-A-03/checksum", "a wrong checksum", "RFC 4861 7.1.2", advertise({ ...moved, sumError: 1 })],
  ["ND-A-03/code", "code 1", "RFC 4861 7.1.2", advertise({ ...moved, code: 1 })],
  ["ND-A-05", "S, sent to all nodes", "RFC 4861 7.1.2; v6LC.2.1.15a", advertise({ ...moved, destination: ALL_NODES })],
  [
    "ND-A-05/group",
    "S, sent to our solicited-node group",
    "RFC 4861 7.1.2",
    advertise({ ...moved, destination: solicitedNode(DUT.ip) }),
  ],
  ["ND-A-06/option-0", "an option of length 0", "RFC 4861 7.1.2", advertise({ ...moved, options: [[200, 0, 0, 0, 0, 0, 0, 0]] })],
  [
    "ND-A-06/beyond",
    "an option beyond the end",
    "kernel: ndisc_parse_options",
    advertise({ ...moved, options: [[200, 2, 0, 0, 0, 0, 0, 0]] }),
  ],
  ["ND-A-06/one-byte", "one byte behind its options", "kernel: ndisc_parse_options", advertise({ ...moved, options: [[200]] })],
  [
    "ND-A-06/link-2",
    "a link-address option of 16 bytes",
    "kernel: ndisc_opt_addr_data",
    advertise({ lladdr: null, options: [option(NdOption.TARGET, [2, 0, 0, 0, 0, 0x77, 0, 0, 0])] }),
  ],
  ["ND-A-07", "a group as its target", "RFC 4861 7.1.2; v6LC.2.1.15f", advertise({ ...moved, target: ALL_NODES })],
  ["ND-A-09", "another target", "RFC 4861 7.2.5", advertise({ ...moved, target: T2.ip })],
  ["ND-A-11/fragment", "a fragment header", "RFC 6980", advertise({ ...moved, extensions: [ATOMIC] })],
  ["ND-A-11/other-station", "another station's address in its frame", "kernel", advertise({ ...moved, dst: "02:00:00:00:00:99" })],
  ["ND-A-11/source-group", "a group as its source", "kernel: ip6_rcv_core", advertise({ ...moved, source: ALL_NODES })],
  ["ND-A-11/length", "fewer than 24 bytes", "RFC 4861 7.1.2", advertise({ ...moved, payloadLength: 23 })],
];

const dropped: readonly Case[] = DROPPED.map(([id, what, source, frame]) => ({
  id,
  title: `an advertisement with ${what} does not touch the entry`,
  source,
  async run(bench) {
    calm(bench);
    await make(bench, "STALE", T1);
    await bench.say(frame);
    await bench.silence("nothing is sent", 15);
    await bench.expectState(T1.ip, "STALE", T1.mac);
    bench.expect("nothing is told", told(bench, T1.ip), []);
  },
}));

/** Odd, and believed. */
const BELIEVED: readonly (readonly [id: string, what: string, source: string, frame: Uint8Array, lladdr: string])[] = [
  ["ND-A-04/reserved", "reserved bits that are not zero", "RFC 4861 7.1.2", advertise({ reserved: 0x1fff_ffff, ...moved }), T2.mac],
  ["ND-A-04/unknown", "an unknown option first", "RFC 4861 7.1.2", advertise({ first: [option(200, [1])], ...moved }), T2.mac],
  [
    "ND-A-04/two",
    "two link addresses, of which the first counts",
    "kernel",
    advertise({ options: [option(2, [6, 6, 6, 6, 6, 6])], ...moved }),
    T2.mac,
  ],
  ["ND-A-12", "another host as its sender", "RFC 4861 7.2.5: the target counts", advertise({ source: T2.ip, ...moved }), T2.mac],
  [
    "ND-A-12/local",
    "a link-local address as its sender",
    "RFC 4861 7.2.5",
    advertise({ source: linkLocal(T2.mac), ...moved }),
    T2.mac,
  ],
  ["ND-A-12/unspecified", ":: as its sender", "kernel: not checked", advertise({ source: UNSPECIFIED, ...moved }), T2.mac],
  [
    "ND-A-12/station",
    "a sender's station that is not its link address",
    "RFC 4861 4.4",
    advertise({ src: "02:00:00:00:00:99", ...moved }),
    T2.mac,
  ],
  [
    "ND-A-13/zero",
    "a link address of zeros",
    "kernel: not checked by ndisc_recv_na",
    advertise({ lladdr: "00:00:00:00:00:00" }),
    "00:00:00:00:00:00",
  ],
  [
    "ND-A-13/group",
    "a group's link address",
    "kernel: not checked by ndisc_recv_na",
    advertise({ lladdr: "33:33:00:00:00:01" }),
    "33:33:00:00:00:01",
  ],
  [
    "ND-A-13/broadcast",
    "the broadcast address as its link address",
    "kernel: not checked",
    advertise({ lladdr: "ff:ff:ff:ff:ff:ff" }),
    "ff:ff:ff:ff:ff:ff",
  ],
  ["ND-A-13/ours", "our own link address", "kernel: not checked by ndisc_recv_na", advertise({ lladdr: DUT.mac }), DUT.mac],
];

const believed: readonly Case[] = BELIEVED.map(([id, what, source, frame, lladdr]) => ({
  id,
  title: `an advertisement with ${what} is believed`,
  source,
  async run(bench) {
    calm(bench);
    await make(bench, "STALE", T1);
    await bench.say(frame);
    await becomes(bench, T1.ip, `REACHABLE ${lladdr}`);
    bench.expect("what is told", told(bench, T1.ip), [`new REACHABLE ${lladdr}`]);
    await bench.silence("nothing is sent", 5);
  },
}));

const others: readonly Case[] = [
  {
    id: "ND-A-01",
    title: "an answer makes the entry reachable, and what waited is sent",
    source: "RFC 4861 7.2.5; v6LC.2.1.17a",
    async run(bench) {
      calm(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", bench.resolution.asks(T1.ip, "everybody"));
      await bench.say(advertise({}, "SO"));
      const sent = await bench.hears("then sends it", datagram(T1.ip, { dst: T1.mac }));
      bench.expect("the one that waited", sent.payload, "poke 1");
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
    },
  },
  {
    id: "ND-A-02",
    title: "without O as well",
    source: "RFC 4861 7.2.5; v6LC.2.1.17b",
    async run(bench) {
      calm(bench);
      await bench.poke(T1.ip);
      await bench.say(advertise({}, "S"));
      await bench.hears("then sends it", datagram(T1.ip, { dst: T1.mac }));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
    },
  },
  {
    id: "ND-A-10",
    title: "unasked, it gives the waiting entry its address, and what waited is sent; the entry is stale, then in use",
    source: "RFC 4861 7.2.5; v6LC.2.1.17c",
    async run(bench) {
      calm(bench);
      await bench.poke(T1.ip);
      await bench.say(advertise({}, ""));
      await bench.hears("then sends it", datagram(T1.ip, { dst: T1.mac }));
      await becomes(bench, T1.ip, `DELAY ${T1.mac}`);
    },
  },
  {
    id: "ND-A-14",
    title: "without a link address it does not end the waiting",
    source: "RFC 4861 7.2.5; v6LC.2.1.17d",
    async run(bench) {
      calm(bench);
      await bench.poke(T1.ip);
      await bench.hears("asks", bench.resolution.asks(T1.ip));
      await bench.say(advertise({ lladdr: null }, "SO"));
      await bench.silence("nothing is sent");
      await bench.expectState(T1.ip, "INCOMPLETE");
    },
  },
  {
    id: "ND-A-08",
    title: "of an unknown host it teaches nothing, solicited or not",
    source: "RFC 4861 7.2.5; v6LC.2.1.16",
    async run(bench) {
      await bench.say(advertise(), advertise({}, ""), advertiseAll(), advertise({}, "RSO"));
      await bench.silence("nothing is sent");
      await bench.expectState(T1.ip, "-");
    },
  },
  {
    id: "ND-A-15",
    title: "one for our own address is ignored",
    source: "RFC 4862 5.4.4; kernel: logs that a host advertised our address",
    async run(bench) {
      await bench.say(advertiseAll({ from: { ip: DUT.ip, mac: T1.mac } }));
      await bench.silence("no defence");
      await bench.expectState(DUT.ip, "-");
      await bench.say(bench.resolution.request(T1));
      await bench.hears("the address is still ours", bench.resolution.answers(T1));
    },
  },
  {
    id: "ND-A-16",
    title: "drop_unsolicited_na drops those without S, and no others",
    source: "kernel: drop_unsolicited_na",
    async run(bench) {
      calm(bench);
      bench.conf("drop_unsolicited_na", 1);
      await make(bench, "STALE", T1);
      await bench.say(advertise(moved, "O"), advertiseAll(moved));
      await bench.sleep(10);
      await bench.expectState(T1.ip, "STALE", T1.mac);
      await bench.say(advertise(moved, "SO"));
      await becomes(bench, T1.ip, `REACHABLE ${T2.mac}`);
    },
  },
];

export const drops: readonly Case[] = overIpv6([...dropped, ...believed, ...others]);
