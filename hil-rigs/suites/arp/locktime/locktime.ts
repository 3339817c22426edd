/** Locktime: an entry that changed a moment ago keeps its address. */
import type { Case } from "../../../contract/case.ts";
import { arpReply } from "../../../wire/build.ts";
import { T1, T2 } from "../../../wire/hosts.ts";
import { moved } from "../kit/frames.ts";

const CLAIM = { from: moved(T1) };

export const updates: readonly Case[] = [
  {
    id: "ARP-U-01",
    title: "within locktime an answer with another address changes nothing, after it the entry follows",
    source: "kernel: locktime",
    async run(bench) {
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      await bench.say(arpReply(CLAIM));
      await bench.expectState(T1.ip, "STALE", T1.mac);
      await bench.sleep(320);
      await bench.say(arpReply(CLAIM));
      await bench.expectState(T1.ip, "REACHABLE", T2.mac);
      const events = bench.events().map(({ kind, state, lladdr }) => [kind, state, lladdr].join(" "));
      bench.expect("told once each", events, [`new STALE ${T1.mac}`, `new REACHABLE ${T2.mac}`]);
    },
  },
];
