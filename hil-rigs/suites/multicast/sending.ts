/** Datagrams that the DUT sends to groups (RFC 1112 6, RFC 3493 5.2), the limits of its sockets, and what the operator is shown. */
import type { Case } from "../../contract/case.ts";
import { datagram } from "../../stage/patterns.ts";

const GROUP = "239.1.2.3";

export const sending: readonly Case[] = [
  {
    id: "MC-30",
    title: "a datagram to a group goes to the group's address, with a TTL of 1, and asks for nobody",
    source: "RFC 1112 6.1, 6.4 MUST",
    needs: ["route-admin"],
    async run(bench) {
      bench.expect("without a route", await bench.poke(GROUP), "ENETUNREACH");
      await bench.must("route add 224.0.0.0/4 dev e0");
      bench.expect("with one", await bench.poke(GROUP), "ok");
      const sent = await bench.hears("it is sent", datagram(GROUP));
      bench.expect("to, TTL", [sent.dst, sent.ttl], ["01:00:5e:01:02:03", 1]);
      await bench.silence("nobody is asked for");
    },
  },
  {
    id: "MC-31",
    title: "32 groups share an address: the 23 low bits of theirs",
    source: "RFC 1112 6.4",
    needs: ["route-admin"],
    async run(bench) {
      await bench.must("route add 224.0.0.0/4 dev e0");
      for (const group of ["224.129.2.3", "239.255.255.255", "224.0.0.9"]) {
        await bench.poke(group);
        const { dst } = await bench.hears(`a datagram to ${group}`, datagram(group));
        const low = group.split(".").map(Number).slice(1);
        const mac = [low[0]! & 0x7f, ...low.slice(1)].map((octet) => octet.toString(16).padStart(2, "0"));
        bench.expect("address", dst, `01:00:5e:${mac.join(":")}`);
      }
    },
  },
  {
    id: "MC-32",
    title: "who is in the group hears what he sends to it himself",
    source: "RFC 1112 7; ip(7) IP_MULTICAST_LOOP",
    needs: ["groups", "route-admin"],
    drawn: true,
    async run(bench) {
      await bench.must("route add 224.0.0.0/4 dev e0");
      const socket = bench.socket({ port: 5000 });
      const heard = async (): Promise<number> => {
        socket.send(new TextEncoder().encode("hi"), GROUP, 5000);
        await bench.sleep(10);
        return socket.received().length;
      };
      bench.expect("before", await heard(), 0);
      bench.expect("join", socket.member("join", GROUP), "ok");
      bench.expect("in it", await heard(), 1);
      await bench.sleep(1100);
    },
  },
  {
    id: "MC-33",
    title: "a socket is in 20 groups, and a filter names ten sources; the operator may say otherwise",
    source: "kernel: igmp_max_memberships, igmp_max_msf",
    needs: ["groups"],
    drawn: true,
    async run(bench) {
      const socket = bench.socket();
      const join = (n: number): string => socket.member("join", `239.1.2.${n}`);
      const joined = Array.from({ length: 21 }, (_, n) => join(n));
      bench.expect("the last two", joined.slice(-2), ["ok", "ENOBUFS"]);
      bench.sysctl("net.ipv4.igmp_max_memberships", 21);
      bench.expect("one more", join(20), "ok");
      const sources = Array.from({ length: 11 }, (_, n) => `10.0.0.${100 + n}`);
      bench.expect("eleven sources", socket.member("exclude", "239.1.2.0", ...sources), "ENOBUFS");
      bench.expect("ten", socket.member("exclude", "239.1.2.0", ...sources.slice(1)), "ok");
      bench.expect("one more", socket.member("block", "239.1.2.0", "10.0.0.9"), "ENOBUFS");
      await bench.sleep(2200);
    },
  },
  {
    id: "MC-34",
    title: "the operator is shown the groups, their users and their sources",
    source: "kernel: /proc/net/igmp, /proc/net/mcfilter; iproute2: ip maddress",
    needs: ["groups"],
    drawn: true,
    async run(bench) {
      const [one, other] = [bench.socket(), bench.socket()];
      one.member("join", GROUP);
      one.member("block", GROUP, "10.0.0.5");
      other.member("join", GROUP);
      other.member("joinSource", "239.1.2.4", "10.0.0.6");
      await bench.ip("-4 maddress show dev e0");
      await bench.ip("-4 -j maddr show e0");
      await bench.ip("-4 -o maddr show e0");
      const sources = bench.cat("/proc/net/mcfilter").split("\n").slice(1, -1);
      bench.expect(
        "sources",
        sources.map((line) => line.trim().split(/\s+/).slice(2).join(" ")),
        ["0xef010204 0x0a000006 1 0", "0xef010203 0x0a000005 0 1"],
      );
      await bench.sleep(1100);
    },
  },
];
