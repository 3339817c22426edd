/** Static entries: used as configured, changed by an operator only. */
import type { Case } from "../../../contract/case.ts";
import type { AddressPlan } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { moved } from "../kit/frames.ts";

/** The command that makes a static entry for T1. */
const add = ({ T1 }: AddressPlan): string => `neigh add ${T1.ip} lladdr ${T1.mac} dev e0`;

export const basic: readonly Case[] = [
  {
    id: "ARP-S-01",
    title: "a datagram to a static neighbour leaves at once, to the address configured, and nobody is asked",
    source: "TC8 ARP_01, ARP_02",
    async run(bench) {
      const { T1 } = bench.plan;
      await bench.must(add(bench.plan));
      await bench.poke(T1.ip);
      await bench.hears("sent at once", datagram(T1.ip, { dst: T1.mac }), { within: 10 });
      await bench.silence("asks nobody", 400);
      await bench.expectState(T1.ip, "PERMANENT", T1.mac);
    },
  },
  {
    id: "ARP-S-03",
    title: "answers and announcements with another address do not touch a static entry",
    source: "RFC 826; NetX static pollute",
    async run(bench) {
      const { T1, host } = bench.plan;
      const { announce, reply, request } = bench.resolution;
      await bench.must(add(bench.plan));
      const claim = moved(T1);
      await bench.say(reply(claim), announce(claim), request(claim), request(claim, host(9).ip));
      await bench.expectState(T1.ip, "PERMANENT", T1.mac);
      await bench.poke(T1.ip);
      await bench.hears("later datagrams keep to it", datagram(T1.ip, { dst: T1.mac }));
      bench.expect(
        "and only its making was told",
        bench.events().map(({ kind, state }) => `${kind} ${state}`),
        ["new PERMANENT"],
      );
    },
  },
  {
    id: "ARP-S-13",
    title: "add refuses an entry that exists, replace overwrites it",
    source: "iproute2",
    async run(bench) {
      const { T1, T2 } = bench.plan;
      await bench.must(add(bench.plan));
      const again = await bench.ip(`neigh add ${T1.ip} lladdr ${T2.mac} dev e0`);
      bench.expect("add says why", [again.exit, again.stderr], [2, "RTNETLINK answers: File exists\n"]);
      await bench.expectState(T1.ip, "PERMANENT", T1.mac);
      await bench.must(`neigh replace ${T1.ip} lladdr ${T2.mac} dev e0`);
      await bench.expectState(T1.ip, "PERMANENT", T2.mac);
    },
  },
  {
    id: "ARP-S-14",
    title: "a static entry that was deleted is resolved like any other",
    source: "kernel",
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks } = bench.resolution;
      // Not so short that it fails again before it is looked at.
      bench.param("retrans_time_ms", 1000);
      await bench.must(add(bench.plan));
      await bench.must(`neigh del ${T1.ip} dev e0`);
      await bench.expectState(T1.ip, "-");
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      bench.expect(
        "its end was told as a failure and a removal",
        bench.events().map(({ kind, state }) => `${kind} ${state}`),
        ["new PERMANENT", "new FAILED", "deleted FAILED"],
      );
    },
  },
];
