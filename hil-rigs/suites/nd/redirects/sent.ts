/** Redirects that the DUT sends while it forwards (RFC 4861 8.2). */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { udp6 } from "../../../wire/build6.ts";
import { DUT_LOCAL } from "../../../wire/hosts6.ts";
import { calm } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";
import { FAR, R2 } from "../kit/routers.ts";

const { T1, T2 } = PLANS[6];

/** The DUT forwards, knows T1, and reaches the far host by R2 on the same link. */
async function router(bench: Bench, known = true): Promise<void> {
  calm(bench);
  bench.conf("forwarding", 1, "all");
  await bench.must(`route add ${FAR}/128 via ${R2.ip} dev e0`);
  await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
  if (known) await bench.must(`neigh add ${R2.ip} lladdr ${R2.mac} dev e0`);
  await bench.heard();
}

const through = udp6({ destination: FAR, payload: "through" });

const cases: readonly Case[] = [
  {
    id: "ND-D-20",
    title: "a packet that leaves by the device that it came by: its sender is told of the better router, and it goes on",
    source: "RFC 4861 8.2; kernel, measured",
    needs: ["forwarding", "route-admin"],
    async run(bench) {
      await router(bench);
      await bench.say(through);
      const told = await bench.hears("tells", { kind: "nd", message: "redirect" });
      bench.expect("from and to", [told.source, told.destination, told.dst], [DUT_LOCAL.ip, T1.ip, T1.mac]);
      bench.expect("the router, and what it is about", [told.target, told.about, told.lladdr], [R2.ip, FAR, R2.mac]);
      bench.expect("options: link address and quoted packet", told.options, "2 4");
      await bench.hears("and forwards", datagram(FAR, { dst: R2.mac, ttl: 63 }));
    },
  },
  {
    id: "ND-D-21",
    title: "a destination on the link is its own better next hop",
    source: "RFC 4861 8.2",
    needs: ["forwarding", "route-admin"],
    async run(bench) {
      await router(bench);
      await bench.must(`neigh add ${T2.ip} lladdr ${T2.mac} dev e0`);
      await bench.say(udp6({ destination: T2.ip }));
      const told = await bench.hears("tells", { kind: "nd", message: "redirect" });
      bench.expect("target and destination", [told.target, told.about, told.lladdr], [T2.ip, T2.ip, T2.mac]);
      await bench.hears("and forwards", datagram(T2.ip, { dst: T2.mac, ttl: 63 }));
    },
  },
  {
    id: "ND-D-22",
    title: "while the router's link address is not known, it is left out",
    source: "RFC 4861 8.2; kernel, measured",
    needs: ["forwarding", "route-admin"],
    async run(bench) {
      await router(bench, false);
      await bench.say(through);
      const told = await bench.hears("tells", { kind: "nd", message: "redirect" });
      bench.expect("link address and options", [told.lladdr, told.options], ["", "4"]);
    },
  },
  {
    id: "ND-D-23",
    title: "a large packet is quoted as far as 1280 bytes allow",
    source: "RFC 4861 4.5, 8.2",
    needs: ["forwarding", "route-admin"],
    async run(bench) {
      await router(bench);
      await bench.say(udp6({ destination: FAR, payload: "x".repeat(1400) }));
      const told = await bench.hears("tells", { kind: "nd", message: "redirect" });
      bench.expect("length without Ethernet", told.length - 14, 1280);
    },
  },
  {
    id: "ND-D-24",
    title: "a sender is told no more than once a second, though a burst may be told more often",
    source: "RFC 4861 8.2; kernel: inet_peer_xrlim_allow, measured",
    needs: ["forwarding", "route-admin"],
    async run(bench) {
      await router(bench);
      for (let n = 0; n < 12; n++) await bench.say(through);
      const frames = await bench.heard(30);
      bench.expect("redirects", frames.filter((frame) => frame.kind === "nd" && frame.message === "redirect").length, 6);
      bench.expect("forwarded", frames.filter(({ kind }) => kind === "udp").length, 12);
    },
  },
  {
    id: "ND-D-25",
    title: "one that does not forward sends nothing on, and tells nobody",
    source: "RFC 4861 8.2",
    needs: ["forwarding", "route-admin"],
    async run(bench) {
      await router(bench);
      bench.conf("forwarding", 0, "all");
      await bench.settle();
      await bench.say(through);
      await bench.silence("nothing is sent");
    },
  },
  {
    id: "ND-D-26",
    title: "a router that has a global address only is never told of",
    source: "kernel: ndisc_send_redirect wants a link-local target, measured",
    needs: ["forwarding", "route-admin"],
    async run(bench) {
      await router(bench);
      await bench.must(`neigh add ${T2.ip} lladdr ${T2.mac} dev e0`);
      await bench.must(`route replace ${FAR}/128 via ${T2.ip} dev e0`);
      await bench.say(through);
      await bench.hears("forwards", datagram(FAR, { dst: T2.mac }));
      bench.expect("no redirect", bench.frames.filter((frame) => frame.kind === "nd" && frame.message === "redirect").length, 0);
    },
  },
];

export const sent: readonly Case[] = overIpv6(cases);
