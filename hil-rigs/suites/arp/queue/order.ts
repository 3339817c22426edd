/** The queue of an entry: its order, and which datagram a full queue drops. */
import type { Case } from "../../../contract/case.ts";

export const order: readonly Case[] = [
  {
    id: "ARP-Q-01",
    title: "what waits is sent in the order it came, and before the answer to the request that brought the address",
    source: "RFC 1122 2.3.2.2; kernel",
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks, request } = bench.resolution;
      bench.param("retrans_time_ms", 1000);
      await bench.poke(T1.ip, { count: 5 });
      await bench.hears("asks once for all of them", asks(T1.ip));
      await bench.silence("and only once", 20);
      await bench.say(request(T1));
      const sent = (await bench.heard()).map((frame) => (frame.kind === "udp" ? frame.payload : "answer"));
      bench.expect("five datagrams, then the answer", sent, ["poke 1", "poke 2", "poke 3", "poke 4", "poke 5", "answer"]);
      await bench.expectState(T1.ip, "DELAY", T1.mac);
    },
  },
  {
    id: "ARP-Q-02",
    title: "a full queue drops the oldest; one with no room keeps the newest",
    source: "kernel: unres_qlen_bytes",
    async run(bench) {
      const { T1 } = bench.plan;
      const { reply } = bench.resolution;
      bench.param("unres_qlen_bytes", 0);
      await bench.poke(T1.ip, { count: 3 });
      await bench.say(reply(T1));
      const sent = (await bench.heard()).flatMap((frame) => (frame.kind === "udp" ? [frame.payload] : []));
      bench.expect("only the last is sent", sent, ["poke 3"]);
    },
  },
];
