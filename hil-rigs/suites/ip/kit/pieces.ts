/** Cases about packets in fragments that are the same in both families, but for the frames and the names. */
import type { Case } from "../../../contract/case.ts";
import { acquainted } from "./answers.ts";
import { PORT } from "./delivered.ts";

/** The data of the datagram that is to be delivered whole. */
export const LONG_TEXT: string = "abcdefgh".repeat(300);
/** The data of each fragment of the flood. */
export const FLOOD: readonly number[] = new Array<number>(1000).fill(0);

interface Named {
  readonly id: string;
  readonly source: string;
}

export interface Pieces {
  readonly expired: Named;
  readonly silent: Named;
  readonly flood: Named;
  readonly whole: Named;
  /** The first and the last fragment of one packet. */
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  /** The first fragment, with FLOOD, of the packet with this identification. */
  readonly firstOf: (identification: number) => Uint8Array;
  /** A datagram to PORT with LONG_TEXT. */
  readonly datagram: readonly Uint8Array[];
  readonly echo: Uint8Array;
  /** ICMP types of the reply to it, and of "time exceeded". */
  readonly reply: number;
  readonly exceeded: number;
  /** The setting below net.ipv4 or net.ipv6 that bounds the wait for the rest of a packet. */
  readonly time: string;
}

export function pieces({ expired, silent, flood, whole, ...frames }: Pieces): Case[] {
  const { first, last, firstOf, datagram, echo, reply, exceeded, time } = frames;
  return [
    {
      ...expired,
      title: `of a packet whose first fragment came and whose last did not, its sender is told after ${time}`,
      patient: true,
      async run(bench) {
        await acquainted(bench);
        bench.expect(time, bench.sysctl(`net.${bench.plan.keys}.${time}`, 1), "ok");
        await bench.say(first);
        await bench.hears("tells", { kind: "icmp", type: exceeded, code: 1, destination: bench.plan.T1.ip }, { within: 1100 });
      },
    },
    {
      ...silent,
      title: "of a packet whose first fragment never came nobody is told",
      patient: true,
      async run(bench) {
        await acquainted(bench);
        bench.expect(time, bench.sysctl(`net.${bench.plan.keys}.${time}`, 1), "ok");
        await bench.say(last);
        await bench.silence("nobody is told", 1300);
      },
    },
    {
      ...flood,
      title: "three thousand first fragments of different packets: a whole packet is answered all the same",
      async run(bench) {
        await acquainted(bench);
        for (let id = 0; id < 3000; id++) bench.dut.send("p0", firstOf(id));
        await bench.settle();
        await bench.say(echo);
        await bench.hears("answers", { kind: "icmp", type: reply });
      },
    },
    {
      ...whole,
      title: "a datagram in fragments is delivered whole",
      async run(bench) {
        await acquainted(bench);
        const socket = bench.socket({ port: PORT });
        await bench.say(...datagram);
        await bench.settle();
        bench.expect(
          "delivered",
          socket.received().map(({ bytes }) => new TextDecoder().decode(bytes) === LONG_TEXT),
          [true],
        );
      },
    },
  ];
}
