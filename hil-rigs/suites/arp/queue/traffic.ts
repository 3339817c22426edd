/** Datagrams of programs, alone and under load: the first one, waiting ones, a gateway that changes, thousands of requests. */
import type { Case } from "../../../contract/case.ts";
import { answers, asks, datagram } from "../../../stage/patterns.ts";
import { arpReply, arpRequest } from "../../../wire/build.ts";
import { echo } from "../../../wire/build4.ts";
import { BROADCAST, DUT, host, T1, T2, ZERO } from "../../../wire/hosts.ts";
import { becomes, calm, make, untilFailed } from "../kit/setup.ts";

/** A wrong answer while the host is asked for: the datagram goes on waiting, and so does the asking. */
const WRONG: readonly (readonly [id: string, what: string, fields: Parameters<typeof arpReply>[0]])[] = [
  ["ARP-V-06/ptype", "another protocol type", { ptype: 0x86dd }],
  ["ARP-V-11/plen", "a wrong protocol length", { plen: 16 }],
  ["ARP-V-11/hlen", "a wrong hardware length", { hlen: 8 }],
  ["ARP-V-06/htype", "another hardware type", { htype: 2 }],
  ["ARP-V-11/op", "operation 4", { op: 4 }],
  ["ARP-V-11/other-host", "another host's address as its sender", { spa: "10.0.0.9" }],
  ["ARP-V-11/other-station", "another station as its destination", { dst: "02:00:00:00:00:99" }],
  ["ARP-V-11/short", "its last byte missing", { cut: 41 }],
];

const wrong: readonly Case[] = WRONG.map(([id, what, fields]) => ({
  id,
  title: `an answer with ${what} does not end the asking`,
  source: "IWL 006, 012, 014; kernel",
  async run(bench) {
    await bench.poke(T1.ip);
    await bench.hears("asks", asks(T1.ip));
    await bench.say(arpReply({ from: T1, ...fields }));
    await bench.hears("asks again", asks(T1.ip), { within: 200 });
    await bench.say(arpReply({ from: T1 }));
    await bench.hears("a right one lets the datagram go", datagram(T1.ip, { dst: T1.mac }));
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-G-16",
    title: "the very first datagram after an address was given asks in its name, with every field filled",
    source: "arduino_uip #45",
    needs: ["address-admin"],
    async run(bench) {
      await bench.must("address add 172.20.0.1/16 dev e0");
      await bench.poke("172.20.0.2");
      const ask = await bench.hears("asks", asks("172.20.0.2"));
      bench.expect("fields", [ask.src, ask.dst, ask.sha, ask.spa, ask.tha], [DUT.mac, BROADCAST, DUT.mac, "172.20.0.1", ZERO]);
    },
  },
  {
    id: "ARP-Q-09",
    title: "five datagrams wait for a host that does not answer: each is reported, none is ever sent, and the next starts anew",
    source: "kernel: neigh_invalidate",
    needs: ["socket-errors"],
    async run(bench) {
      bench.param("mcast_solicit", 1);
      const socket = bench.socket({ errors: true });
      for (let n = 1; n <= 5; n++) socket.send(Uint8Array.of(n), T1.ip, 9);
      await bench.hears("asks", asks(T1.ip));
      await untilFailed(bench);
      await bench.sleep(20);
      bench.expect("reported", socket.errors(), Array<string>(5).fill("EHOSTUNREACH"));
      await bench.poke(T1.ip, { payload: "six" });
      await bench.hears("asks again", asks(T1.ip));
      await bench.say(arpReply({ from: T1 }));
      const sent = (await bench.heard(10)).flatMap((frame) => (frame.kind === "udp" ? [frame.payload] : []));
      bench.expect("sent", sent, ["six"]);
    },
  },
  {
    id: "ARP-Q-18",
    title:
      "what waits fills the sender's buffer: of 300 small datagrams 256 are taken, and the queue holds no more of them than it may",
    source: "kernel: SO_SNDBUF 212992, 832 bytes each; measured",
    async run(bench) {
      calm(bench);
      const socket = bench.socket();
      const results = Array.from({ length: 300 }, () => socket.send(Uint8Array.of(1), T1.ip, 9));
      bench.expect("taken", [results.indexOf("EAGAIN"), results.at(-1)], [256, "EAGAIN"]);
      await bench.say(arpReply({ from: T1 }));
      const sent = (await bench.heard(20)).filter((frame) => frame.kind === "udp");
      bench.expect("sent", sent.length, 256);
      bench.expect("and there is room again", socket.send(Uint8Array.of(1), T1.ip, 9), "ok");
    },
  },
  {
    id: "ARP-Q-19",
    title: "a route that changes while datagrams wait for its gateway: they go where they were to go, later ones by the new route",
    source: "kernel: the queue belongs to the entry, measured",
    needs: ["route-admin"],
    async run(bench) {
      calm(bench);
      await bench.must(`route add 192.168.50.0/24 via ${T1.ip} dev e0`);
      await bench.poke("192.168.50.7", { payload: "before" });
      await bench.hears("asks for the gateway", asks(T1.ip));
      await bench.must(`neigh add 10.0.0.9 lladdr ${T2.mac} dev e0`);
      await bench.must("route replace 192.168.50.0/24 via 10.0.0.9 dev e0");
      await bench.poke("192.168.50.7", { payload: "after" });
      await bench.hears("the later one at once", datagram("192.168.50.7", { dst: T2.mac, payload: "after" }));
      await bench.say(arpReply({ from: T1 }));
      await bench.hears("the one that waited", datagram("192.168.50.7", { payload: "before", dst: T1.mac }));
    },
  },
  {
    id: "ARP-Q-20",
    title: "a route that is gone while datagrams wait for its gateway: they are sent all the same, later ones are refused",
    source: "kernel: the queue belongs to the entry, measured",
    needs: ["route-admin"],
    async run(bench) {
      calm(bench);
      await bench.must(`route add 192.168.50.0/24 via ${T1.ip} dev e0`);
      await bench.poke("192.168.50.7", { payload: "before" });
      await bench.hears("asks for the gateway", asks(T1.ip));
      await bench.must("route del 192.168.50.0/24");
      bench.expect("a later one", await bench.poke("192.168.50.7"), "ENETUNREACH");
      await bench.say(arpReply({ from: T1 }));
      await bench.hears("the one that waited", datagram("192.168.50.7", { payload: "before", dst: T1.mac }));
    },
  },
  {
    id: "ARP-R-15",
    title: "of 20,000 requests for us many are answered, and we go on answering",
    source: "the project's own aim; kernel",
    alone: true,
    limit: 30_000,
    async run(bench) {
      const { onFrame } = bench.dut;
      let heard = 0;
      bench.dut.onFrame = () => heard++;
      for (let n = 1; n <= 20_000; n++) {
        bench.dut.send("p0", arpRequest({ from: host(2 + (n % 200)) }));
        if (n % 500 === 0) await bench.settle();
      }
      await bench.sleep(100);
      bench.dut.onFrame = onFrame;
      bench.expect("one in ten at least", heard >= 2000, true);
      bench.expect("hosts learned", bench.dut.neighbours().length, 200);
      await bench.say(arpRequest({ from: T1 }));
      await bench.hears("still answers", answers(T1), { within: 1000 });
      await bench.say(echo({ from: T1 }));
      await bench.hears("and a ping", { kind: "icmp", type: 0, destination: T1.ip, dst: T1.mac }, { within: 1000 });
    },
  },
  {
    id: "NUD-01",
    title: "with nothing done, nothing is in the table, nothing is told and nothing is sent",
    source: "gVisor",
    async run(bench) {
      await bench.silence("nothing is sent", 300);
      bench.expect("the table is empty", bench.dut.neighbours().length, 0);
      bench.expect("nothing is told", bench.events(), []);
    },
  },
  {
    id: "ARP-V-23/route-localnet",
    title: "with route_localnet a request for an address of 127.0.0.0/8 is answered",
    source: "kernel: arp_process, measured",
    needs: ["arp-sysctl"],
    async run(bench) {
      bench.conf("route_localnet", 1);
      await bench.say(arpRequest({ from: T1, tpa: "127.0.0.1" }));
      await bench.hears("answers", { kind: "arp", op: 2, spa: "127.0.0.1", dst: T1.mac });
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
    },
  },
  {
    id: "LNK-10/arp-on",
    title: "ip link set e0 arp on removes every entry as arp off does",
    source: "kernel: NETDEV_CHANGE with IFF_NOARP, measured",
    needs: ["link-admin"],
    async run(bench) {
      await bench.must("link set e0 arp off");
      await make(bench, "PERMANENT");
      await bench.must("link set e0 arp on");
      await bench.expectState(T1.ip, "-");
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
    },
  },
];

export const traffic: readonly Case[] = [...wrong, ...others];
