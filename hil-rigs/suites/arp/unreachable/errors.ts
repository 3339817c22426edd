/** A host that does not answer: errors on the sender's socket, or an ICMP message when the DUT forwards. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { asks } from "../../../stage/patterns.ts";
import { arpRequest } from "../../../wire/build.ts";
import { udp } from "../../../wire/build4.ts";
import { DUT, T1 } from "../../../wire/hosts.ts";
import { unhurried, untilFailed } from "../kit/setup.ts";
import { FAR, ROUTER } from "../kit/topologies.ts";

type End = (bench: Bench) => Promise<void>;

/** Ways in which an entry ends while datagrams wait in it, and whether their senders hear of it. */
const ENDS: readonly (readonly [id: string, what: string, needs: Case["needs"], reported: boolean, end: End])[] = [
  ["silence", "nobody answers", [], true, untilFailed],
  ["del", "neigh del", [], true, async (bench) => void (await bench.must(`neigh del ${T1.ip} dev e0`))],
  [
    "failed",
    "neigh change nud failed",
    [],
    true,
    async (bench) => void (await bench.must(`neigh change ${T1.ip} nud failed dev e0`)),
  ],
  ["down", "link set down", ["link-admin"], false, async (bench) => void (await bench.must("link set e0 down"))],
  [
    "address",
    "link set address",
    ["link-admin"],
    false,
    async (bench) => void (await bench.must("link set e0 address 02:00:00:00:10:77")),
  ],
  ["carrier", "the cable is pulled", ["carrier"], false, async (bench) => bench.plug(false)],
];

const ends: readonly Case[] = ENDS.map(([id, what, needs = [], reported, end]) => ({
  id: `ARP-G-11/${id}`,
  title: `two datagrams wait and ${what}: EHOSTUNREACH ${reported ? "for each" : "for none"}`,
  source: "kernel: neigh_invalidate, arp_error_report; measured",
  needs: ["socket-errors", ...needs],
  patient: id === "silence",
  async run(bench) {
    unhurried(bench);
    bench.param("mcast_solicit", 1);
    const socket = bench.socket({ errors: true });
    for (const byte of [1, 2]) socket.send(Uint8Array.of(byte), T1.ip, 9);
    await bench.hears("asks", asks(T1.ip));
    bench.expect("nothing is reported while it asks", socket.errors(), []);
    await end(bench);
    await bench.sleep(30);
    bench.expect("reported", socket.errors(), reported ? ["EHOSTUNREACH", "EHOSTUNREACH"] : []);
  },
}));

const plain: Case = {
  id: "ARP-G-10",
  title: "a socket that did not ask for errors hears nothing, before failure or after",
  source: "RFC 1122 2.4; kernel",
  async run(bench) {
    bench.param("mcast_solicit", 1);
    bench.expect("first", await bench.poke(T1.ip), "ok");
    await untilFailed(bench);
    bench.expect("after the failure", await bench.poke(T1.ip), "ok");
  },
};

const refused: Case = {
  id: "ARP-G-11/refused",
  title: "every datagram to a port of our own that nobody listens on is reported, and none keeps the next from being sent",
  source: "RFC 1122 4.1.3.1; kernel, measured",
  needs: ["socket-errors"],
  async run(bench) {
    const socket = bench.socket({ errors: true });
    const sent = [1, 2, 3].map((byte) => socket.send(Uint8Array.of(byte), DUT.ip, 9));
    bench.expect("sent", sent, ["ok", "ok", "ok"]);
    await bench.sleep(5);
    bench.expect("reported", socket.errors(), ["ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED"]);
    await bench.silence("nothing is sent", 10);
  },
};

/** A datagram from FAR to T1, on its way through us. */
const through = (payload: string): Uint8Array =>
  udp({ from: FAR, dst: PLANS[4].dut.e1.mac, source: FAR.ip, destination: T1.ip, payload });

const forwarded: readonly Case[] = [
  {
    id: "ARP-G-40",
    title: "a forwarded datagram whose next hop does not answer comes back as ICMP host unreachable",
    source: "RFC 1812 3.3.2; kernel, measured",
    topology: ROUTER,
    async run(bench) {
      bench.param("mcast_solicit", 1);
      await bench.sayOn("p1", through("hello"));
      const ask = await bench.hears("asks on the other side", asks(T1.ip));
      bench.expect("in its own name", ask.spa, DUT.ip);
      const error = await bench.hears("reports", { kind: "icmp", type: 3, code: 1 }, { port: "p1", within: 300 });
      bench.expect("from where to where", [error.source, error.destination, error.ttl], ["10.0.1.1", FAR.ip, 64]);
      bench.expect("the quoted header's time to live is one less", error.quoted[8], 63);
      bench.expect("and its precedence is internetwork control", error.tos, 0xc0);
    },
  },
  {
    id: "ARP-G-41",
    title: "of eight reports to one host six are sent: a burst of six, then one a second",
    source: "kernel: icmp_ratelimit, measured",
    topology: ROUTER,
    async run(bench) {
      bench.param("mcast_solicit", 1);
      await bench.sayOn("p1", ...Array.from({ length: 8 }, (_, n) => through(`n ${n}`)));
      await untilFailed(bench);
      const errors = (await bench.heard(30)).filter((frame) => frame.kind === "icmp" && frame.type === 3);
      bench.expect("reports", errors.length, 6);
    },
  },
  {
    id: "ARP-G-42",
    title: "asked for by a forwarded datagram, a host's answer sends it on with our address as its source",
    source: "RFC 1812; kernel",
    topology: ROUTER,
    async run(bench) {
      unhurried(bench);
      await bench.sayOn("p1", through("hello"));
      await bench.hears("asks", asks(T1.ip));
      await bench.say(arpRequest({ from: T1 }));
      const sent = await bench.hears("sent on", { kind: "udp", destination: T1.ip, payload: "hello" });
      bench.expect("from and to", [sent.src, sent.dst, sent.ttl], [DUT.mac, T1.mac, 63]);
    },
  },
];

export const errors: readonly Case[] = [...ends, plain, refused, ...forwarded];
