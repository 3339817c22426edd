/** A datagram every few seconds to a host that answers ARP and nothing else. */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import { tally } from "../../stage/tally.ts";
import { arpReply } from "../../wire/build.ts";
import { type Host, T1 } from "../../wire/hosts.ts";

/** In ms. */
const DURATION = 300_000;
const SECOND = 1000;

/**
 * Least and most unicast requests in five minutes. A confirmation holds for 15 to 45 s (drawn, base_reachable_time 30 s); then the
 * entry is stale. The next datagram still goes to it, and 5 s later (delay_first_probe_time) the DUT asks the host alone. So it asks every
 * 20 to 50 s, and later by up to one interval and the kernel's timer wheel (2.3 s).
 */
const RENEWED = [5, 14] as const;

const WAYS = { plain: "", confirm: ", each sent with MSG_CONFIRM", static: " to a static neighbour" } as const;

interface Sender {
  id: string;
  /** Seconds between datagrams. */
  every: number;
  /** Default `plain`. */
  how?: keyof typeof WAYS;
  /** Number of requests to everybody. */
  broadcast: number;
  /** Requests to the host alone, at least and at most. */
  unicast: readonly [least: number, most: number];
}

const SENDERS: readonly Sender[] = [
  { id: "TEL-02/1-s", every: 1, broadcast: 1, unicast: RENEWED },
  { id: "TEL-03/2-s", every: 2, broadcast: 1, unicast: RENEWED },
  { id: "TEL-01/3-s", every: 3, broadcast: 1, unicast: RENEWED },
  { id: "TEL-02/10-s", every: 10, broadcast: 1, unicast: RENEWED },
  { id: "TEL-04/2-s-confirm", every: 2, how: "confirm", broadcast: 1, unicast: [0, 0] },
  { id: "TEL-04/10-s-confirm", every: 10, how: "confirm", broadcast: 1, unicast: [0, 0] },
  { id: "TEL-07/3-s-static", every: 3, how: "static", broadcast: 0, unicast: [0, 0] },
];

/** Makes the tester's host answer every request for it, at once. */
function answering(bench: Bench, who: Host): void {
  bench.respond((frame) => {
    const asked = frame.kind === "arp" && frame.op === 1 && frame.tpa === who.ip;
    return asked ? arpReply({ from: who }) : null;
  });
}

export const oneWay: readonly Case[] = SENDERS.map(({ id, every, how = "plain", broadcast, unicast }) => {
  const [least, most] = unicast;
  return {
    id,
    title: `one datagram every ${every} s for 300 s${WAYS[how]}: ${broadcast} broadcast and ${least === most ? most : `${least} to ${most}`} unicast requests`,
    source: "kernel: neigh_timer_handler with default timers, measured",
    timers: "kernel",
    drawn: true,
    limit: DURATION + 10 * SECOND,
    async run(bench) {
      answering(bench, T1);
      if (how === "static") await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
      const start = bench.now();
      for (let at = 0; at < DURATION; at += every * SECOND) {
        await bench.sleep(start + at - bench.now());
        await bench.poke(T1.ip, how === "confirm" ? { confirm: true } : {});
      }
      await bench.sleep(start + DURATION - bench.now());
      const seen = tally(bench.frames);
      bench.expect("every datagram arrives", seen.datagrams, Math.ceil(DURATION / (every * SECOND)));
      bench.expect("requests to everybody", seen.broadcast, broadcast);
      const within = seen.unicast >= least && seen.unicast <= most;
      bench.expect(`requests to the host alone: ${least} to ${most}`, within ? "so many" : seen.unicast, "so many");
    },
  };
});
