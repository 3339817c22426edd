/** `neighbours.strategy` of a rig: keys and refusals, and a system that runs by it. */
import { readFileSync } from "node:fs";
import t from "tap";
import { describeRig, parseRig, RigError } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { ControlClient } from "../../../firmware-ts/control/methods/client.ts";
import { stackMethods } from "../../../firmware-ts/control/methods/index.ts";
import { LocalCaller } from "../../../firmware-ts/control/rpc/local.ts";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";

const HOUR = 3_600_000;
const PINNED = readFileSync(new URL("../../fixtures/rigs/pinned-gateway.yaml", import.meta.url), "utf8");

function text(neighbours: string): string {
  return `devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.1/24] } }\nneighbours: { ${neighbours} }\n`;
}

function refusal(neighbours: string): string {
  try {
    parseRig(text(neighbours), "f");
  } catch (error) {
    if (error instanceof RigError) return error.message;
    throw error;
  }
  return "not refused";
}

t.test("strategies and their settings; what does not fit is said", async (t) => {
  t.match(parseRig(text("strategy: pinned, pinned: { checkEvery: 30m, framesPerDay: 96 }"), "f").neighbours, {
    strategy: "pinned",
    pinned: { checkEvery: HOUR / 2, framesPerDay: 96 },
  });
  t.match(parseRig(text("strategy: confirmed, confirmed: { within: 10m }"), "f").neighbours, { confirmed: { within: 600_000 } });
  t.equal(refusal("strategy: pined"), "f:2:25: neighbours.strategy: pined: did you mean pinned?");
  t.match(refusal("pinned: { checkEvery: 1h }"), "settings of another strategy than the rig's; say strategy: pinned");
  t.match(refusal("strategy: dynamic, confirmed: { within: 1h }"), "say strategy: confirmed");
  t.match(refusal("strategy: static"), "static: needs entries; say e.g. static: [{ ip: 192.168.10.1");
  t.match(refusal("strategy: pinned, pinned: { checkEvery: 1m, framesPerDay: 240 }"), "a look every 1m needs 1440");
  t.match(refusal("strategy: pinned, pinned: { checkEvery: 1s }"), "not from 10s to 30d");
  t.match(refusal("strategy: pinned, pinned: { framesPerDay: 0 }"), "0: not a whole number from 1 to 10000");
});

t.test("check tells them", async (t) => {
  const lines = describeRig(parseRig(PINNED, "f"));
  t.ok(
    lines.some((line) => /^neighbours +pinned, looked at every 1h, at most 48 frames a day$/.test(line)),
    lines.join("\n"),
  );
  t.ok(lines.some((line) => /^neighbour +192\.168\.10\.1 +lladdr 02:00:5e:10:00:fe dev eth0, pinned$/.test(line)));
});

async function run(rig: string, hours: number): Promise<System> {
  const clock = new VirtualClock();
  const system = await System.make(parseRig(rig, "f"), { clock, duration: hours * HOUR });
  await startSystem(system);
  await clock.advance(hours * HOUR);
  return system;
}

t.test(
  "the fixture: 55 minutes without an ARP frame, one request an hour; figures for ethtool and the control method",
  async (t) => {
    const system = await run(PINNED, 2);
    const { arp, datagrams } = system.summary();
    t.same([arp.requestsBroadcast, arp.requestsUnicast, datagrams.sent], [0, 2, 2400]);
    const client = new ControlClient(new LocalCaller(stackMethods(system.stack)));
    const { name, budgetLeft, neighbours } = await client.call("neigh.strategy", {});
    t.match(
      { name, budgetLeft, neighbours },
      {
        name: "pinned",
        budgetLeft: 46,
        neighbours: [{ dst: "192.168.10.1", dev: "eth0", lladdr: "02:00:5e:10:00:fe", state: "REACHABLE", phase: "trusted" }],
      },
    );
    t.ok((neighbours[0]?.proofAge ?? HOUR) < HOUR);
    const rows = Object.fromEntries(await client.call("ethtool.statistics", { dev: "eth0" }));
    t.match(rows, { neigh_looks_check: 2, neigh_answered: 2, neigh_spoofing_alarms: 0, neigh_budget_left: 46 });
    t.equal(rows["neigh_proof_age_ms"], neighbours[0]?.proofAge);
    await system.stop();
  },
);

t.test("a collector on the link is no next hop: it is pinned once it is known", async (t) => {
  const learned = PINNED.replace(/ {2}static.*\n/, "").replace(/routes.*\n/, "");
  const system = await run(learned, 0.9);
  const { arp } = system.summary();
  t.same([arp.requestsBroadcast, arp.requestsUnicast], [1, 0]);
  t.ok(system.stack.neighbours(4).table.find(ipv4("192.168.10.1"), system.stack.devices.at(-1)!)?.gcExempt);
  await system.stop();
});

t.test("piggyback and confirmed run, too", async (t) => {
  for (const [strategy, least, most] of [
    ["piggyback", 80, 240],
    ["confirmed", 1, 4],
  ] as const) {
    const rig = PINNED.replace("strategy: pinned", `strategy: ${strategy}`).replace(/ {2}(pinned|static): .*\n/g, "");
    const system = await run(rig, 1);
    const { arp, datagrams } = system.summary();
    t.same([arp.requestsBroadcast, datagrams.sent], [1, 1200]);
    t.ok(arp.requestsUnicast >= least && arp.requestsUnicast <= most, `${strategy}: ${arp.requestsUnicast}`);
    await system.stop();
  }
});
