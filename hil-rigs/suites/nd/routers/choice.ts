/** Router solicitations, the choice among routers, and what happens when one dies. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { type Host, PLANS } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { advertise, advertiseRouter, solicitRouters } from "../../../wire/build-nd.ts";
import { ALL_ROUTERS, DUT_LOCAL, groupMac, UNSPECIFIED } from "../../../wire/hosts6.ts";
import { becomes, calm, seen } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";
import { FAR, R1, R2, taken } from "../kit/routers.ts";

const { T1, dut } = PLANS[6];

/** Makes the link come up once more with these values, so that routers are asked for. */
async function comesUp(bench: Bench, values: Readonly<Record<string, number>>): Promise<void> {
  await bench.must("link set e0 down");
  for (const [name, value] of Object.entries({ router_solicitation_delay: 0, ...values })) bench.conf(name, value);
  await bench.heard();
  await bench.must("link set e0 up");
}

const rs = { kind: "nd", message: "rs" } as const;

const solicitations: readonly Case[] = [
  {
    id: "ND-R-30",
    title: "a link that comes up asks for routers, from its link-local address",
    source: "RFC 4861 6.3.7; kernel",
    needs: ["link-admin"],
    async run(bench) {
      await comesUp(bench, { router_solicitations: 1 });
      const ask = await bench.hears("asks", rs, { within: 1500 });
      bench.expect("to all routers", [ask.destination, ask.dst], [ALL_ROUTERS, groupMac(ALL_ROUTERS)]);
      bench.expect("from", [ask.source, ask.ttl], [DUT_LOCAL.ip, 255]);
      bench.expect("with its link address", [ask.lladdr, ask.options, ask.length], [dut.e0.mac, "1", 70]);
    },
  },
  {
    id: "ND-R-31",
    title: "as often as router_solicitations says, with growing gaps",
    source: "RFC 7559; kernel: 0.9 to 1.1 times the interval, then 1.9 to 2.1 times the gap before",
    needs: ["link-admin"],
    patient: true,
    drawn: true,
    async run(bench) {
      await comesUp(bench, { router_solicitations: 3, router_solicitation_interval: 1 });
      const one = await bench.hears("asks", rs, { within: 1500 });
      const two = await bench.hears("again", rs, { within: 1100 });
      const three = await bench.hears("and again", rs, { within: 2310 });
      const [first, second] = [two.time - one.time, three.time - two.time];
      bench.expect("the first gap is 0.9 to 1.1 s", first > 895 && first < 1400 ? "so" : first, "so");
      bench.expect(
        "the second is 1.9 to 2.1 times it",
        second > 1.8 * first - 100 && second < 2.1 * first + 400 ? "so" : second,
        "so",
      );
      await bench.silence("no more", 2500, rs);
    },
  },
  {
    id: "ND-R-32",
    title: "no more once a router has answered",
    source: "RFC 4861 6.3.7",
    needs: ["link-admin"],
    patient: true,
    async run(bench) {
      await comesUp(bench, { router_solicitations: 3, router_solicitation_interval: 1 });
      await bench.hears("asks", rs, { within: 1500 });
      await bench.say(advertiseRouter({ from: R1 }));
      await bench.silence("no more", 1500, rs);
    },
  },
  {
    id: "ND-R-33",
    title: "one that forwards asks for no routers",
    source: "RFC 4861 6.2.8; kernel",
    needs: ["link-admin", "forwarding"],
    async run(bench) {
      await comesUp(bench, { router_solicitations: 3, forwarding: 1 });
      await bench.silence("nobody is asked", 800, rs);
    },
  },
  ...(
    [
      ["forwards", 1, {}, "STALE", true],
      ["host", 0, {}, "-", false],
      ["no-link", 1, { lladdr: null }, "NONE", false],
      ["no-source", 1, { source: UNSPECIFIED }, "-", false],
      ["hops", 1, { hops: 254 }, "-", false],
      ["checksum", 1, { sumError: 1 }, "-", false],
      ["code", 1, { code: 1 }, "-", false],
    ] as const
  ).map(
    ([id, forwarding, fields, state, link]): Case => ({
      id: `ND-R-34/${id}`,
      title: `a host's solicitation for routers (${id}): its entry is ${state}, and nobody is answered`,
      source: "RFC 4861 6.1.1, 6.2.6; kernel: ndisc_recv_rs, measured",
      needs: ["forwarding"],
      async run(bench) {
        calm(bench);
        bench.conf("forwarding", forwarding);
        await bench.settle();
        await bench.say(solicitRouters(fields));
        await bench.silence("no answer", 15);
        await becomes(bench, T1.ip, link ? `${state} ${T1.mac}` : state);
      },
    }),
  ),
  {
    id: "ND-R-35",
    title: "one that asks for routers is none: the flag of its entry goes",
    source: "RFC 4861 6.2.6; kernel, measured",
    needs: ["forwarding", "neigh-flags"],
    async run(bench) {
      calm(bench);
      bench.conf("forwarding", 1);
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud reachable router dev e0`);
      await bench.say(solicitRouters());
      await bench.sleep(10);
      bench.expect("flags", (await bench.neigh(T1.ip))?.flags, []);
      await bench.expectState(T1.ip, "REACHABLE", T1.mac);
    },
  },
];

/** Makes the tester's routers answer questions for them. */
function alive(bench: Bench, ...routers: Host[]): void {
  bench.respond((frame) => {
    const asked = frame.kind === "nd" && frame.message === "ns" ? routers.find(({ ip }) => ip === frame.target) : undefined;
    return asked ? advertise({ from: asked }, "RSO") : null;
  });
}

/** The router that takes the next datagram to a far host. */
async function taker(bench: Bench, to: string): Promise<string> {
  bench.socket().send(new Uint8Array(1), to, 9);
  const sent = await bench.hears("sent", datagram(to));
  return sent.dst;
}

const choice: readonly Case[] = [
  {
    id: "ND-R-40",
    title: "a router of high preference is chosen before one of medium, whichever came first",
    source: "RFC 4191 3.1",
    async run(bench) {
      calm(bench);
      alive(bench, R1, R2);
      await bench.say(advertiseRouter({ from: R1 }), advertiseRouter({ from: R2, bits: 0x08 }));
      await taken(bench);
      bench.expect("taker", await taker(bench, FAR), R2.mac);
      await bench.say(advertiseRouter({ from: R1, bits: 0x08 }), advertiseRouter({ from: R2, bits: 0x18 }));
      await taken(bench);
      bench.expect("taker", await taker(bench, "2001:db8::2"), R1.mac);
    },
  },
  {
    id: "ND-R-41",
    title: "a router that can be reached is chosen before one whose entry failed",
    source: "RFC 4861 6.3.6, RFC 4191 3.2; kernel: rt6_score_route",
    async run(bench) {
      bench.param("base_reachable_time_ms", 600_000);
      await bench.say(advertiseRouter({ from: R1, lladdr: null }), advertiseRouter({ from: R2 }));
      await taken(bench);
      await bench.must(`neigh replace ${R1.ip} nud failed dev e0`);
      for (let n = 0; n < 4; n++) bench.expect("taker", await taker(bench, `2001:db8::${n + 1}`), R2.mac);
    },
  },
  {
    id: "ND-S-13",
    title: "the default router dies: after its probes the other one takes over",
    source: "RFC 4861 7.3.3; v6LC.2.2.11",
    patient: true,
    async run(bench) {
      bench.param("delay_first_probe_time", 1);
      await bench.say(advertiseRouter({ from: R1 }), advertiseRouter({ from: R2 }));
      await taken(bench);
      const socket = bench.socket();
      const send = async (): Promise<string> => {
        socket.send(new Uint8Array(1), FAR, 9);
        return (await bench.hears("sent", datagram(FAR))).dst;
      };
      const first = await send();
      const [dead, other] = first === R1.mac ? [R1, R2] : [R2, R1];
      alive(bench, other);
      await bench.reaches(dead.ip, "FAILED", 2200);
      bench.expect("the other takes over", await send(), other.mac);
      bench.expect("and keeps it", await send(), other.mac);
      bench.expect("the dead one", seen(bench, dead.ip), "FAILED");
    },
  },
];

export const choices: readonly Case[] = overIpv6([...solicitations, ...choice]);
