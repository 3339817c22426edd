/** Solicitations sent: for whom, from which address, how often. */
import type { Case } from "../../../contract/case.ts";
import { type Host, PLANS } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { advertise } from "../../../wire/build-nd.ts";
import { echo6 } from "../../../wire/build6.ts";
import { DUT_LOCAL, groupMac, local, solicitedNode } from "../../../wire/hosts6.ts";
import { calm, failed, make, seen, unhurried } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";
import { asks, asksGroup } from "../kit/patterns.ts";

const { T1, dut } = PLANS[6];
const DUT = dut.e0;
const L1 = local(T1);
/** An address outside all of our prefixes. */
const FAR = "2001:db8::1";

/** Ethernet 14, IPv6 40, the message 24, its option 8. */
const LENGTH = 86;

const first: readonly Case[] = (
  [
    ["global", T1, DUT.ip],
    ["link-local", L1, DUT_LOCAL.ip],
  ] as const
).map(([name, host, source]) => ({
  id: `ND-S-01/${name}`,
  title: `a datagram to an unknown host's ${name} address: three solicitations to its group, one retrans_time apart, then failure`,
  source: "RFC 4861 7.2.2; v6LC.2.1.5",
  async run(bench) {
    await bench.poke(host.ip);
    const one = await bench.hears("asks", asks(host.ip));
    const group = solicitedNode(host.ip);
    bench.expect("its group", [one.destination, one.dst], [group, groupMac(group)]);
    bench.expect("from the datagram's source", [one.source, one.src], [source, DUT.mac]);
    bench.expect("with our link address and nothing else", [one.lladdr, one.options, one.length], [DUT.mac, "1", LENGTH]);
    bench.expect("hop limit", one.ttl, 255);
    const two = await bench.hears("asks again", asksGroup(host.ip));
    const three = await bench.hears("and again", asksGroup(host.ip));
    bench.expectTime("the second", two.time - one.time, 100);
    bench.expectTime("the third", three.time - one.time, 200, 2);
    await bench.reaches(host.ip, "FAILED", 100);
    await bench.silence("no more", 150);
  },
}));

const ADDRESSES: Readonly<Record<string, string>> = { global: DUT.ip, "link-local": DUT_LOCAL.ip };
const TARGETS: Readonly<Record<string, Host>> = { global: T1, "link-local": L1 };

/** The datagram's source is no matter for a probe, because no datagram waits for it. */
const probes: readonly Case[] = Object.entries(ADDRESSES).flatMap(([from, address]) =>
  Object.entries(TARGETS).map(
    ([to, host]): Case => ({
      id: `ND-S-03/${from}-${to}`,
      title: `a probe after a datagram from our ${from} address to a host's ${to} one: to it alone, from our link-local address`,
      source: "RFC 4861 7.2.2, 7.3.3; v6LC.2.1.6; kernel: ndisc_solicit without a datagram takes the link-local address",
      patient: true,
      async run(bench) {
        await bench.must(`neigh add ${host.ip} lladdr ${host.mac} nud stale dev e0`);
        bench.socket({ address }).send(new Uint8Array(4), host.ip, 9);
        await bench.hears("sent at once", datagram(host.ip, { source: address, dst: host.mac }));
        const probe = await bench.hears("then a probe", asks(host.ip), { within: 1000 });
        bench.expect("to it alone", [probe.destination, probe.dst], [host.ip, host.mac]);
        bench.expect("from", probe.source, DUT_LOCAL.ip);
        bench.expect("link address and options", [probe.lladdr, probe.options], [DUT.mac, "1"]);
        await bench.say(advertise({ from: host, lladdr: null }, "S"));
        await bench.reaches(host.ip, "REACHABLE", 100);
      },
    }),
  ),
);

const others: readonly Case[] = [
  {
    id: "ND-S-04/prefix",
    title: "a host of a prefix that a route puts on the link is asked for itself",
    source: "RFC 4861 5.2; v6LC.2.1.1b",
    needs: ["route-admin"],
    async run(bench) {
      await bench.must("route add 2001:db8::/64 dev e0");
      await bench.poke(FAR);
      await bench.hears("asks", asksGroup(FAR));
    },
  },
  {
    id: "ND-S-04/router",
    title: "for a host that is not on the link its router is asked for, from the datagram's source",
    source: "RFC 4861 5.2; v6LC.2.1.1c",
    needs: ["route-admin"],
    async run(bench) {
      await bench.must(`route add default via ${L1.ip} dev e0`);
      await bench.poke(FAR);
      const ask = await bench.hears("asks", asks(L1.ip));
      bench.expect("from", ask.source, DUT.ip);
      await bench.say(advertise({ from: L1 }, "RSO"));
      await bench.hears("then sends it", datagram(FAR, { dst: L1.mac, ttl: 64 }));
      bench.expect("the far host has no entry", seen(bench, FAR), "-");
    },
  },
  {
    id: "ND-S-04/no-route",
    title: "without a route nobody is asked, and the sender is told",
    source: "RFC 4861 5.2; kernel",
    async run(bench) {
      bench.expect("send", await bench.poke(FAR), "ENETUNREACH");
      await bench.silence("nothing is sent");
    },
  },
  {
    id: "ND-S-18",
    title: "the source of a solicitation is that of the newest datagram that waits",
    source: "kernel: neigh_probe looks at the queue's tail",
    needs: ["address-admin"],
    async run(bench) {
      bench.param("retrans_time_ms", 200);
      await bench.must("address add fd00::e/64 dev e0");
      const [one, two] = [bench.socket({ address: DUT.ip }), bench.socket({ address: "fd00::e" })];
      one.send(new Uint8Array(1), T1.ip, 9);
      const ask = await bench.hears("asks", asks(T1.ip));
      two.send(new Uint8Array(2), T1.ip, 9);
      const again = await bench.hears("asks again", asks(T1.ip), { within: 200 });
      bench.expect("from", [ask.source, again.source], [DUT.ip, "fd00::e"]);
      await bench.say(advertise());
      const sent = await bench.heard(20);
      bench.expect(
        "both are sent, in order",
        sent.flatMap((frame) => (frame.kind === "udp" ? [frame.source] : [])),
        [DUT.ip, "fd00::e"],
      );
    },
  },
  {
    id: "ND-S-19",
    title: "a datagram from an address of another interface: the solicitation has one of ours on the link",
    source: "kernel: ndisc_solicit takes the datagram's source if it is the device's",
    needs: ["address-admin"],
    async run(bench) {
      await bench.must("address add fd99::1/128 dev lo");
      bench.socket({ address: "fd99::1" }).send(new Uint8Array(1), T1.ip, 9);
      const ask = await bench.hears("asks", asks(T1.ip));
      bench.expect("from", ask.source, DUT_LOCAL.ip);
    },
  },
  {
    id: "ND-S-17",
    title: "a static entry: no solicitation, ever",
    source: "telemetry with a static collector",
    async run(bench) {
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
      for (let n = 1; n <= 20; n++) {
        await bench.poke(T1.ip);
        await bench.hears("sent", datagram(T1.ip, { dst: T1.mac, payload: `poke ${n}` }));
        await bench.sleep(20);
      }
      await bench.silence("and nothing else", 50);
      bench.expect("no solicitation", bench.frames.filter(({ kind }) => kind !== "udp").length, 0);
    },
  },
  {
    id: "ND-S-20",
    title: "a group's datagram goes to its mapped address and asks nobody",
    source: "RFC 2464 7",
    async run(bench) {
      await bench.poke("ff02::1:99");
      await bench.hears("to the low 32 bits under 33:33", datagram("ff02::1:99", { dst: "33:33:00:01:00:99", ttl: 1 }));
      await bench.silence("without asking");
      await bench.expectState("ff02::1:99", "NOARP", "33:33:00:01:00:99");
    },
  },
  {
    id: "ND-S-21",
    title: "a datagram to ourselves stays with us",
    source: "kernel",
    async run(bench) {
      const socket = bench.socket({ port: 7 });
      for (const to of [DUT.ip, "::1"]) bench.socket().send(new Uint8Array(3), to, 7);
      await bench.silence("nothing is sent");
      bench.expect(
        "received",
        socket.received().map(({ from }) => from),
        [DUT.ip, "::1"],
      );
    },
  },
  {
    id: "ND-S-22",
    title: "when nobody answers, a socket that asks for errors gets one for each datagram",
    source: "RFC 4443 3.1, code 3; kernel: ndisc_error_report",
    needs: ["socket-errors"],
    async run(bench) {
      const socket = bench.socket({ errors: true });
      for (let n = 0; n < 3; n++) socket.send(new Uint8Array(3), T1.ip, 9);
      await failed(bench);
      bench.expect("errors", socket.errors(), ["EHOSTUNREACH", "EHOSTUNREACH", "EHOSTUNREACH"]);
    },
  },
  {
    id: "ND-S-25",
    title: "an echo request from an unknown host: it is asked for first, and the answer is not lost",
    source: "RFC 4861 7.2.2; kernel: receiving IP teaches nothing",
    async run(bench) {
      unhurried(bench);
      await bench.say(echo6());
      await bench.hears("asks", asksGroup(T1.ip));
      await bench.say(advertise());
      const answer = await bench.hears("then answers", { kind: "icmp", type: 129, destination: T1.ip, dst: T1.mac });
      bench.expect("the same data", new TextDecoder().decode(answer.quoted), "hi");
    },
  },
  {
    id: "ND-S-23",
    title: "a datagram sent with MSG_CONFIRM keeps an entry reachable without a probe",
    source: "RFC 4861 7.3.1; kernel",
    patient: true,
    drawn: true,
    async run(bench) {
      await make(bench, "REACHABLE", T1);
      for (let n = 0; n < 15; n++) {
        await bench.poke(T1.ip, { confirm: true });
        await bench.sleep(150);
      }
      bench.expect("no probe", bench.frames.filter(({ kind }) => kind === "nd").length, 0);
    },
  },
  {
    id: "ND-S-24",
    title: "two hosts of the same solicited-node group are asked for apart",
    source: "RFC 4291 2.7.1",
    async run(bench) {
      calm(bench);
      const twin = "fd00::1:0:0:2";
      await bench.poke(T1.ip);
      await bench.poke(twin);
      const one = await bench.hears("asks", asks(T1.ip));
      const two = await bench.hears("asks for the other", asks(twin));
      bench.expect("the same group", one.dst, two.dst);
      await bench.say(advertise());
      await bench.hears("sends to the one", datagram(T1.ip));
      await bench.expectState(twin, "INCOMPLETE");
    },
  },
];

export const questions: readonly Case[] = overIpv6([...first, ...probes, ...others]);
