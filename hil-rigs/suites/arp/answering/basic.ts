/** Requests that reach the DUT: which ones it answers, and with what. */
import type { Case } from "../../../contract/case.ts";
import { answers } from "../../../stage/patterns.ts";
import { arpProbe, arpRequest } from "../../../wire/build.ts";
import { BROADCAST, DUT, T1, ZERO } from "../../../wire/hosts.ts";

const THA: readonly (readonly [name: string, tha: string])[] = [
  ["zero", ZERO],
  ["ones", BROADCAST],
  ["ours", DUT.mac],
  ["others", "02:00:00:00:00:99"],
];

export const basic: readonly Case[] = [
  ...THA.map(
    ([name, tha]): Case => ({
      id: `ARP-R-01/tha-${name}`,
      title: `a request is answered whatever its target hardware address says (${tha})`,
      source: "RFC 826; TC8 ARP_16..ARP_18",
      async run(bench) {
        await bench.say(arpRequest({ from: T1, tha }));
        const reply = await bench.hears("answers", answers(T1));
        bench.expect("to the asker alone", reply.dst, T1.mac);
        bench.expect("with its address as the target", reply.tha, T1.mac);
        await bench.silence("once");
      },
    }),
  ),
  {
    id: "ARP-R-05",
    title: "a request in a frame for another station is not for us",
    source: "IEEE 802.3; kernel: OTHERHOST",
    async run(bench) {
      await bench.say(arpRequest({ from: T1, dst: "02:00:00:00:00:99" }));
      await bench.silence("no answer");
      await bench.expectState(T1.ip, "-");
    },
  },
  {
    id: "ARP-R-17",
    title: "bytes behind the request are not sent back",
    source: "IWL",
    async run(bench) {
      await bench.say(arpRequest({ from: T1, trailer: Array.from({ length: 200 }, () => 0x5a) }));
      const reply = await bench.hears("answers", answers(T1));
      bench.expect("with no more than Ethernet's padding", reply.length <= 60, true);
    },
  },
  {
    id: "ARP-R-21",
    title: "a host that probes for our address is answered and not learned",
    source: "RFC 5227 2.1.1; kernel",
    async run(bench) {
      await bench.say(arpProbe({ from: T1 }));
      const reply = await bench.hears("defends it", { kind: "arp", op: 2, spa: DUT.ip, dst: T1.mac });
      bench.expect("to the address 0.0.0.0 at the prober", [reply.tpa, reply.tha], ["0.0.0.0", T1.mac]);
      await bench.expectState(T1.ip, "-");
      await bench.expectState("0.0.0.0", "-");
    },
  },
];
