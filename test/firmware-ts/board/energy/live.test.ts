/** The joules of a running node, beside those that `whohas energy` counts frame by frame, and in its readings. */
import t from "tap";
import { EnergyComparison } from "../../../../firmware-ts/board/energy-comparison.ts";
import { liveEnergy } from "../../../../firmware-ts/board/energy-live.ts";
import type { Rig } from "../../../../firmware-ts/board/rig/rig.ts";
import { parseRig } from "../../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../../firmware-ts/board/system.ts";
import { VirtualClock } from "../../../../hal/clock.ts";

const SPAN = 1_200_000;
const ENERGY = `
energy:
  board: { volts: 5V, awake: 100mA, asleep: 0.2mA }
  controller: { volts: 3V, transmit: 200mA, receive: 100mA, idle: 100mA, asleep: 1mA }
  bus: { transaction: 0.02ms }
  wake: { time: 20ms, energy: 2mJ }
`;

function rig(sleep: string, more = ENERGY): Rig {
  const telemetry = `{ to: 192.168.10.1:8094, every: 10s, own: [joules], ${sleep}sensors: [{ kind: thermometer, pin: A0 }] }`;
  const device = "{ driver: enc28j60, bus: { kind: sim }, addresses: [192.168.10.10/24] }";
  return parseRig(`board: { io: simulated }\ndevices: { eth0: ${device} }\ntelemetry: ${telemetry}\n${more}`, "node.yaml");
}

/** A rig's node for 20 minutes. */
async function play(rig: Rig, look: (system: System, at: number) => void, every: number = SPAN): Promise<void> {
  const clock = new VirtualClock();
  const listener = { ready: () => undefined, device: () => undefined, datagram: () => undefined };
  const system = await System.make(rig, { clock, listener, duration: SPAN + 1000 });
  try {
    await startSystem(system);
    const begun = clock.now();
    for (let at = 0; at <= SPAN; at += every) {
      await clock.advance(begun + at - clock.now());
      look(system, at);
    }
    // Its end wakes it.
    await clock.advance(system.deadline - clock.now());
  } finally {
    await system.stop();
  }
}

/** As the device's own counts have it, made when the node is ready. */
async function joulesOf(rig: Rig): Promise<number[]> {
  let joules: (() => number) | null = null;
  const seen: number[] = [];
  await play(
    rig,
    (system) => {
      const device = system.stack.network.device("eth0");
      if (!device) throw new Error("no eth0");
      joules ??= liveEnergy(system.rig, system.clock, { stack: system.stack, device });
      seen.push(joules?.() ?? Number.NaN);
    },
    SPAN / 200,
  );
  return seen;
}

for (const [life, sleep, way] of [
  ["awake", "", "awake"],
  ["asleep with its controller down", "sleep: { controller: down }, ", "slept"],
  ["asleep with a controller that listens", "sleep: { controller: listen }, ", "slept"],
] as const) {
  t.test(`${life}: the joules of each frame and transfer, to a hundredth; they never go back`, async (t) => {
    const node = rig(sleep);
    const seen = await joulesOf(node);
    t.equal(seen[0], 0);
    t.ok(seen.every((joules, at) => at === 0 || joules > (seen[at - 1] ?? 0)));
    const [result] = await new EnergyComparison(node, { strategies: ["dynamic"], duration: SPAN }).run();
    const counted = result?.ways.find((one) => one.way === way)?.ledger.joules ?? Number.NaN;
    const told = seen.at(-1) ?? Number.NaN;
    t.ok(Math.abs(told / counted - 1) < 0.01, `${told} J told, ${counted} J counted`);
  });
}

t.test("readings have them; a rig without parameters tells none", async (t) => {
  const lines: string[] = [];
  await play(rig(""), (system, at) => {
    if (at > 0) return;
    system.wire("eth0")?.tap((bytes, length) => {
      const text = Buffer.from(bytes.subarray(0, length)).toString("latin1");
      if (text.includes("telemetry,")) lines.push(text);
    });
  });
  const values = lines.map((line) => Number(/joules=([\d.]+)/.exec(line)?.[1]));
  t.ok(values.length > 115, `${values.length} readings`);
  // 0.5 W of the board and 0.3 W of the controller.
  t.ok(
    values.every((value, at) => at === 0 || Math.abs(value - (values[at - 1] ?? 0) - 8) < 0.1),
    values.slice(0, 5).join(" "),
  );
  const { energy: _none, ...silent } = rig("");
  await play(silent, (system) => {
    const device = system.stack.network.device("eth0");
    if (device) t.equal(liveEnergy(system.rig, system.clock, { stack: system.stack, device }), null);
  });
});
