/**
 * A node that sleeps 99 % of the time, for a virtual month: it keeps its neighbour, loses no reading, and a second run is the same to the
 * byte. WHOHAS_SLEEP_DAYS=365 makes it a year of a reading a minute, as the nightly run does.
 */
import "../../support/without-domains.ts";
import t from "tap";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { SimulatedRun } from "../../../firmware-ts/board/simulated-run.ts";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { ipv4 } from "../../../firmware-ts/stack.ts";

const DAY = 86_400_000;
const NIGHTLY = process.env["WHOHAS_SLEEP_DAYS"];
const DAYS = Number(NIGHTLY ?? 30);
/** Between readings, in ms. */
const EVERY = NIGHTLY === undefined ? 300_000 : 60_000;

const RIG = `
seed: 7
board: { io: simulated }
devices:
  eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [192.168.10.10/24] }
telemetry:
  to: 192.168.10.1:8094
  every: ${EVERY / 1000}s
  sleep: { controller: down, timers: elapse }
  sensors: [{ kind: thermometer, pin: A0 }]
`;

async function month(): Promise<{ run: SimulatedRun; asleep: number; states: Set<number>; took: number }> {
  const began = performance.now();
  const run = await SimulatedRun.start(parseRig(RIG, "month.yaml"));
  const { stack } = run.system;
  let [asleep, fellAt] = [0, 0];
  const states = new Set<number>();
  stack.network.onDeviceEvent((device, event) => {
    if (event === "asleep") {
      fellAt = run.time;
      states.add(stack.neighbours(4).table.find(ipv4("192.168.10.1"), device)?.nudState ?? Nud.NONE);
    }
    if (event === "awake") asleep += run.time - fellAt;
  });
  await run.until(DAYS * DAY);
  const took = performance.now() - began;
  await run.close();
  return { run, asleep, states, took };
}

t.test(`${DAYS} days, asleep 99 % of the time`, async (t) => {
  const { run, asleep, states, took } = await month();
  const { datagrams, arp } = run.system.summary();
  const readings = Math.floor((DAYS * DAY) / EVERY);
  const share = asleep / (DAYS * DAY);
  t.ok(datagrams.sent >= readings && datagrams.sent <= readings + 1, `${datagrams.sent} readings of ${readings}`);
  t.equal(datagrams.failed, 0, "no reading was lost");
  t.ok(share >= 0.99, `asleep ${(100 * share).toFixed(2)} % of the time`);
  t.equal(arp.requestsBroadcast, 1, "the gateway was asked for once, ever");
  t.ok(
    [...states].every((state) => state === Nud.REACHABLE || state === Nud.STALE),
    "and was known at each sleep",
  );
  t.ok(arp.requestsUnicast <= DAYS * 24, `${arp.requestsUnicast} probes: no more than one an hour`);
  t.comment(
    `${DAYS} days, ${datagrams.sent} datagrams in ${(took / 1000).toFixed(1)} s, digest ${run.history.digest.slice(0, 16)}`,
  );
  const second = await month();
  t.equal(second.run.history.digest, run.history.digest, "twice the same bytes");
  t.equal(second.run.history.length, run.history.length);
});
