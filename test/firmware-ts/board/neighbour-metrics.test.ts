/** The figures of neighbours in `GET /metrics`: how long the gateway was silent, what a strategy does, who lies, and what it all costs. */
import { readFileSync } from "node:fs";
import t from "tap";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { metricsText } from "../../../firmware-ts/control/metrics/index.ts";
import type { Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { arp, T2 } from "../../support/wire-format.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const PINNED = readFileSync(new URL("../../fixtures/rigs/pinned-gateway.yaml", import.meta.url), "utf8");
const DYNAMIC = PINNED.replace(/neighbours:\n( {2}.*\n)+/, "");

/** The collector is behind a second gateway, which does not exist: a simulated wire has one gateway. */
function astray(rig: string): string {
  return rig
    .replace("via: 192.168.10.1 }", "via: 192.168.10.1 }, { to: 10.0.0.0/8, via: 192.168.10.77 }")
    .replace("ip: 192.168.10.1,", "ip: 192.168.10.77,")
    .replace("to: 192.168.10.1:", "to: 10.9.9.9:");
}

interface Running {
  readonly system: System;
  readonly clock: VirtualClock;
  /** Samples by name and labels, now. */
  figures(): Readonly<Record<string, number>>;
}

async function run(rig: string, time: number): Promise<Running> {
  const clock = new VirtualClock();
  const system = await System.make(parseRig(rig, "f"), { clock });
  await startSystem(system);
  await clock.advance(time);
  const figures = (): Record<string, number> => {
    const stacks: [string, Stack][] = [["", system.stack], ...system.namespaces];
    const text = metricsText({ stacks, apps: system.figures, version: "1", instance: "t", startedAt: 0 }, "prometheus");
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
    );
  };
  return { system, clock, figures };
}

const age = (role: string): string => `whohas_neighbour_proof_age_seconds{device="eth0",family="ipv4",role="${role}"}`;
const phase = (word: string): string => `whohas_neighbours_looked_after{phase="${word}"}`;

t.test("pinned: the gateway's age, looks by cause, the budget; a liar is an alarm", async (t) => {
  const { system, clock, figures } = await run(PINNED, 2 * HOUR);
  const before = figures();
  t.match(before, {
    'whohas_neighbour_strategy_info{strategy="pinned"}': 1,
    'whohas_neighbour_looks_total{cause="check"}': 2,
    'whohas_neighbour_looks_total{cause="claim"}': 0,
    'whohas_neighbour_strategy_events_total{event="answered"}': 2,
    'whohas_neighbour_strategy_events_total{event="spoofing_alarms"}': 0,
    'whohas_neighbour_suspicions_total{family="ipv4",kind="refused"}': 0,
    whohas_neighbour_budget_left: 46,
    [phase("trusted")]: 1,
    [phase("doubted")]: 0,
    'whohas_arp_frames_per_1000_datagrams{cause="resolution"}': 0,
  });
  const silent = before[age("gateway")] ?? Number.NaN;
  t.ok(silent > 0 && silent < 3600, `${silent} s`);
  await clock.advance(10 * SECOND);
  t.ok(Math.abs((figures()[age("gateway")] ?? 0) - silent - 10) < 0.001, "it grows with the time");
  const claim = arp({ sha: T2, from: T2, sip: "192.168.10.1", to: "ff:ff:ff:ff:ff:ff" });
  system
    .wire("eth0")
    ?.attach("liar", { wireFrame: () => {}, wireLink: () => {} })
    .transmit(claim, 0, 42);
  await clock.advance(10 * SECOND);
  const after = figures();
  t.match(after, {
    'whohas_neighbour_looks_total{cause="claim"}': 1,
    'whohas_neighbour_strategy_events_total{event="spoofing_alarms"}': 1,
    'whohas_neighbour_suspicions_total{family="ipv4",kind="refused"}': 1,
    whohas_neighbour_budget_left: 45,
  });
  t.ok((after[age("gateway")] ?? HOUR) < 11, "its answer is a proof");
  t.notOk(
    Object.keys(after).some((key) => /192\.168|5e:10/.test(key)),
    "no label is an address",
  );
  await system.stop();
});

t.test("pinned: a gateway that nobody has seen has no age, and is doubted once it was asked for", async (t) => {
  const { system, figures } = await run(astray(PINNED), 1.5 * HOUR);
  const found = figures();
  t.equal(found[age("gateway")], undefined);
  t.match(found, { [phase("trusted")]: 0, [phase("doubted")]: 1 });
  t.ok((found['whohas_neighbour_strategy_events_total{event="unanswered"}'] ?? 0) > 0);
  await system.stop();
});

t.test("pinned: the collector on the link is a host", async (t) => {
  const { system, figures } = await run(PINNED.replace(/ {2}static.*\n/, "").replace(/routes.*\n/, ""), HOUR / 2);
  const found = figures();
  t.equal(Math.floor(found[age("host")] ?? 0), 1800, "its first answer is the last proof");
  t.equal(found[age("gateway")], undefined);
  await system.stop();
});

t.test("dynamic: the gateway's age and suspicions, without a strategy", async (t) => {
  const { system, clock, figures } = await run(DYNAMIC, HOUR);
  const found = figures();
  t.match(found, { 'whohas_neighbour_strategy_info{strategy="dynamic"}': 1 });
  t.notOk(Object.keys(found).some((key) => /looks|budget|strategy_events|looked_after/.test(key)));
  const silent = found[age("gateway")] ?? HOUR;
  t.ok(silent < 60, `${silent} s`);
  t.ok(found['whohas_arp_frames_per_1000_datagrams{cause="verification"}']! > 50);
  const claim = arp({ sha: T2, from: T2, sip: "192.168.10.1", to: "ff:ff:ff:ff:ff:ff" });
  system
    .wire("eth0")
    ?.attach("liar", { wireFrame: () => {}, wireLink: () => {} })
    .transmit(claim, 0, 42);
  await clock.advance(100);
  t.match(figures(), { 'whohas_neighbour_suspicions_total{family="ipv4",kind="changed"}': 1 });
  await system.stop();
});

t.test("dynamic: a gateway that does not answer grows old; a static entry has no age", async (t) => {
  const lost = await run(astray(DYNAMIC), 10 * MINUTE);
  const silent = lost.figures()[age("gateway")] ?? 0;
  t.ok(silent >= 600 && silent < 700, `${silent} s`);
  await lost.system.stop();
  const fixed = await run(PINNED.replace("strategy: pinned", "strategy: static").replace(/ {2}pinned: .*\n/, ""), MINUTE);
  t.equal(fixed.figures()[age("gateway")], undefined);
  await fixed.system.stop();
});

t.test("both families and a namespace: each device has its own gateways' age", async (t) => {
  const rig = `board: { io: none }
devices:
  eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.2/24, "fd00::2/64"] }
  eth1: { driver: e1000, bus: { kind: sim }, netns: blue, addresses: [10.0.1.2/24] }
routes: [{ to: default, via: 10.0.0.1 }, { to: default, via: "fd00::1" }, { to: default, via: 10.0.1.1, dev: eth1 }]
`;
  const { system, clock, figures } = await run(rig, 5 * SECOND);
  const blue = system.namespaces.get("blue") as Stack;
  const say = (stack: Stack, host: string): void => {
    const socket = stack.udp.open();
    socket.send(Uint8Array.of(1), socket.to(host, 9));
    socket.close();
  };
  say(system.stack, "8.8.8.8");
  say(system.stack, "2001:db8::1");
  say(blue, "8.8.8.8");
  await clock.advance(2 * SECOND);
  const found = Object.entries(figures()).filter(([name]) => name.startsWith("whohas_neighbour_proof_age_seconds"));
  t.strictSame(
    found.map(([name]) => name.slice(name.indexOf("{"))),
    [
      '{device="eth0",family="ipv4",role="gateway"}',
      '{device="eth1",family="ipv4",role="gateway",netns="blue"}',
      '{device="eth0",family="ipv6",role="gateway"}',
    ],
  );
  t.ok(
    found.every(([, seconds]) => seconds > 0 && seconds < 3),
    String(found),
  );
  t.match(figures(), { 'whohas_nd_messages_per_1000_datagrams{cause="resolution"}': 1000 });
  await system.stop();
});
