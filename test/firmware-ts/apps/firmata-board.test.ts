/**
 * A rig whose lamps, thermometer and chip reset are on an Arduino with Firmata, the network beside it: what its pins show while the
 * cable and the board itself are pulled and plugged. In real time; the Arduino is our firmware in a simulated ATmega328P.
 */
import t from "tap";
import type { TelemetryEvent } from "../../../firmware-ts/apps/telemetry/telemetry.ts";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { System } from "../../../firmware-ts/board/system.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { FirmataBoard } from "../../support/firmata-board.ts";
import { realTime } from "../../support/real-time.ts";
import { eventually } from "../../support/waiting.ts";

const [LINK, ACTIVITY, RESET] = ["13", "12", "7"];

realTime(t, "lamps follow the device; the board's loss is told once and costs readings only", {}, async (t) => {
  const uno = await FirmataBoard.plugged(t);
  uno.mcu.pins.voltage("A0", 0.75);
  const rig = parseRig(
    `board: { io: "firmata:${uno.path}", leds: { link: "${LINK}", activity: "${ACTIVITY}" } }
devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [192.168.10.10/24], reset: "${RESET}" } }
telemetry: { to: "192.168.10.1:8094", every: 150ms, sensors: [{ kind: thermometer, pin: A0 }] }`,
    "board.yaml",
  );
  const clock = new SystemClock();
  const told: string[] = [];
  const devices: string[] = [];
  let datagrams: TelemetryEvent[] = [];
  const system = await System.make(rig, {
    clock,
    listener: {
      ready: () => {},
      device: (device, event) => devices.push(`${device.name} ${event}`),
      board: (event, message) => told.push(`${event} ${message}`),
      datagram: (event) => datagrams.push({ ...event }),
    },
  });
  t.teardown(async () => {
    await system.stop();
    clock.stop();
  });
  await system.start();
  const value = (): number => datagrams.at(-1)?.readings[0]?.value ?? Number.NaN;

  await uno.until(() => uno.mcu.pins.level(LINK) && uno.mcu.pins.level(RESET));
  await eventually(() => Math.abs(value() - 25) < 0.5, "25 °C");
  uno.changes.length = 0;
  await uno.until(() => uno.changes.filter((change) => change === `${ACTIVITY} low`).length >= 3);
  const ends = system.wire("eth0")?.ports ?? [];
  for (const port of ends) port.plugged = false;
  await uno.until(() => !uno.mcu.pins.level(LINK));
  for (const port of ends) port.plugged = true;
  await uno.until(() => uno.mcu.pins.level(LINK));
  t.same(devices, ["eth0 carrier-down", "eth0 carrier-up"]);

  await uno.unplug();
  await eventually(() => told.length > 0, "the loss");
  t.match(told, [/^lost Firmata on .*\/uno at 57600 baud: the port closed by itself; plug the board in again$/]);
  // A reading from before may still have waited for its turn.
  await eventually(() => Number.isNaN(value()), "a report without a reading");
  datagrams = [];
  await eventually(() => datagrams.length >= 5, "five datagrams");
  t.ok(
    datagrams.every(({ status }) => status === "sent"),
    "the network lives on",
  );
  t.same(new Set(datagrams.flatMap(({ readings }) => readings.map((reading) => reading.value))), new Set([Number.NaN]));

  uno.changes.length = 0;
  uno.mcu.pins.voltage("A0", 0.6);
  await uno.plug();
  await eventually(() => told.length > 1, "the return");
  t.match(told.slice(1), [/^back Firmata on /], "one line each");
  await uno.until(() => uno.mcu.pins.level(LINK) && uno.mcu.pins.level(RESET));
  await eventually(() => Math.abs(value() - 10) < 0.5, "10 °C");
  t.equal(system.stack.network.device("eth0")?.error ?? null, null);
  // The one that was on its way when the chip was reset, if there was one.
  t.ok(datagrams.filter(({ status }) => status !== "sent").length <= 1, datagrams.map(({ status }) => status).join(" "));

  await system.stop();
  await uno.until(() => !uno.mcu.pins.level(LINK) && !uno.mcu.pins.level(ACTIVITY));
});
