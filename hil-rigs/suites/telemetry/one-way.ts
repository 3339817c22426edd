/** A datagram every few seconds to a host that tells its address when it is asked, and says nothing else. */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import { matches } from "../../stage/patterns.ts";
import { tally } from "../../stage/tally.ts";
import { addAndTry, detects, TRIED, untilDetected } from "../nd/kit/dad.ts";
import { overIpv6 } from "../nd/kit/family.ts";

/** In ms. */
const DURATION = 300_000;
const SECOND = 1000;

/**
 * Least and most requests to the host alone in five minutes, by ARP and by neighbour discovery. A confirmation holds for 15 to 45 s (drawn, base_reachable_time 30 s); then the
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
  /** Number of requests to everybody: broadcast, or to the solicited-node group. */
  everybody: number;
  /** Requests to the host alone, at least and at most. */
  alone: readonly [least: number, most: number];
}

const SENDERS: readonly Sender[] = [
  { id: "TEL-02/1-s", every: 1, everybody: 1, alone: RENEWED },
  { id: "TEL-03/2-s", every: 2, everybody: 1, alone: RENEWED },
  { id: "TEL-01/3-s", every: 3, everybody: 1, alone: RENEWED },
  { id: "TEL-02/10-s", every: 10, everybody: 1, alone: RENEWED },
  { id: "TEL-04/2-s-confirm", every: 2, how: "confirm", everybody: 1, alone: [0, 0] },
  { id: "TEL-04/10-s-confirm", every: 10, how: "confirm", everybody: 1, alone: [0, 0] },
  { id: "TEL-07/3-s-static", every: 3, how: "static", everybody: 0, alone: [0, 0] },
];

/** Makes the collector answer every request for it, at once. */
function answering(bench: Bench): void {
  const { T1 } = bench.plan;
  const asked = bench.resolution.asks(T1.ip);
  bench.respond((frame) => (matches(frame, asked) ? bench.resolution.reply(T1) : null));
}

/** Sends a datagram every so many ms for five minutes. */
async function report(bench: Bench, every: number, send: () => Promise<unknown>): Promise<void> {
  const start = bench.now();
  for (let at = 0; at < DURATION; at += every) {
    await bench.sleep(start + at - bench.now());
    await send();
  }
  await bench.sleep(start + DURATION - bench.now());
}

const senders: readonly Case[] = SENDERS.map(({ id, every, how = "plain", everybody, alone }) => {
  const [least, most] = alone;
  return {
    id,
    title: `one datagram every ${every} s for 300 s${WAYS[how]}: ${everybody} requests to everybody and ${least === most ? most : `${least} to ${most}`} to the host alone`,
    source: "kernel: neigh_timer_handler with default timers, measured",
    timers: "kernel",
    drawn: true,
    limit: DURATION + 10 * SECOND,
    async run(bench) {
      const { T1 } = bench.plan;
      answering(bench);
      if (how === "static") await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
      await report(bench, every * SECOND, () => bench.poke(T1.ip, how === "confirm" ? { confirm: true } : {}));
      const seen = tally(bench.frames);
      bench.expect("every datagram arrives", seen.datagrams, Math.ceil(DURATION / (every * SECOND)));
      bench.expect("requests to everybody", seen.everybody, everybody);
      const within = seen.alone >= least && seen.alone <= most;
      bench.expect(`requests to the host alone: ${least} to ${most}`, within ? "so many" : seen.alone, "so many");
    },
  };
});

/** A static entry for the collector saves the questions for it, and leaves that about the sensor's own address. */
const tried: Case = {
  id: "TEL-07/3-s-static-own",
  title:
    "one datagram every 3 s for 300 s to a static neighbour, from an address that is new: it is tried once, and nobody is asked for",
  source: "RFC 4862 5.4; kernel: addrconf_dad_start",
  timers: "kernel",
  limit: DURATION + 30 * SECOND,
  async run(bench) {
    const { T1 } = bench.plan;
    answering(bench);
    detects(bench);
    await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
    await addAndTry(bench);
    await untilDetected(bench);
    const socket = bench.socket({ address: TRIED });
    await report(bench, 3 * SECOND, async () => socket.send(new Uint8Array(8), T1.ip, 8094));
    const { datagrams, everybody, alone, claims } = tally(bench.frames);
    bench.expect("datagrams, requests to everybody and to the host alone", [datagrams, everybody, alone], [100, 0, 0]);
    bench.expect("questions about its own address", claims, 1);
  },
};

export const oneWay: readonly Case[] = senders;
/** The same by neighbour discovery. */
export const oneWay6: readonly Case[] = overIpv6([...senders, tried]).map((one) => ({ ...one, id: one.id.replace("TEL", "TEL6") }));
