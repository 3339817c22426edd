/** `apps:` of a rig file: read, refused, described and run; `telemetry:` and `board.leds:` are short forms of two of them. */
import t from "tap";
import type { AppDatagram } from "../../../firmware-ts/apps/app.ts";
import { APP_KINDS } from "../../../firmware-ts/apps/index.ts";
import { appsOf } from "../../../firmware-ts/board/apps.ts";
import type { Rig } from "../../../firmware-ts/board/rig/rig.ts";
import { describeRig, parseRig, RigError } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { VirtualClock } from "../../../hal/clock.ts";

const DEVICES = "devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.5/24] } }\n";

function rig(text: string, board = "board: { io: simulated }\n"): Rig {
  return parseRig(board + DEVICES + text, "f");
}

function refusal(text: string, board?: string): string {
  try {
    rig(text, board);
    return "";
  } catch (error) {
    if (error instanceof RigError) return error.message;
    throw error;
  }
}

t.test("options are those of the short form, with the same defaults", async (t) => {
  const sensors = [{ kind: "light", pin: "A1" }];
  const long = rig(`apps:
  - { kind: link-leds, activity: "12" }
  - { kind: telemetry, to: "10.0.0.1:8094", sensors: [{ kind: light, pin: A1 }] }
`);
  t.strictSame(long.apps, [
    { kind: "link-leds", activity: "12" },
    { kind: "telemetry", to: { address: "10.0.0.1", port: 8094 }, every: 3000, format: "line", batch: 1, sensors },
  ]);
  const short = rig(
    'telemetry: { to: "10.0.0.1:8094", sensors: [{ kind: light, pin: A1 }] }\n',
    'board: { io: simulated, leds: { activity: "12" } }\n',
  );
  t.equal(short.apps, undefined);
  t.strictSame(appsOf(short), appsOf(long));
  t.strictSame(appsOf(rig("")), []);
});

t.test("what whohas check prints of them", async (t) => {
  const lines = describeRig(
    rig(`apps:
  - { kind: link-leds, link: "13", activity: "12" }
  - { kind: telemetry, to: "10.0.0.1:8094", every: 250ms, sensors: [{ kind: light, pin: A1 }] }
`),
  );
  t.strictSame(lines.slice(4), [
    "lights                    link light on pin 13, activity light on pin 12",
    "telemetry  10.0.0.1:8094  every 250ms, format line",
    "sensor     light          on pin A1",
  ]);
});

t.test("what is wrong is said where it is", async (t) => {
  const kinds = `kinds are ${APP_KINDS.map(({ kind }) => kind).join(", ")}`;
  for (const [text, ...lines] of [
    ["apps: []\n"],
    [
      "apps: telemetry\n",
      "f:3:7: apps: telemetry: one value, where a list belongs; say e.g. [{ kind: telemetry, to: 192.168.10.1:8094 }]",
    ],
    ["apps: [{ to: x }]\n", `f:3:8: apps[0].kind: missing; say e.g. kind: telemetry (${kinds})`],
    ["apps: [{ kind: blink }]\n", `f:3:16: apps[0].kind: blink: not an app; ${kinds}`],
    ["apps: [{ kind: telemetri }]\n", "f:3:16: apps[0].kind: telemetri: not an app; did you mean telemetry?"],
    ["apps: [{ kind: telemetry }]\n", "f:3:8: apps[0].to: missing; say e.g. to: 192.168.10.1:8094"],
    [
      'apps: [{ kind: telemetry, to: "10.0.0.1:8094", every: 0s, pin: 3 }]\n',
      "f:3:55: apps[0].every: 0s: not from 1ms to 365d",
      "f:3:59: apps[0].pin: unknown key; what may stand here: kind, to, every, format, batch, timestamp, sequence, sleep, sensors, own, tags, store, jitter, statsd, coap, mqtt",
    ],
    [
      'apps: [{ kind: link-leds, link: "7", activity: "8" }, { kind: link-leds, link: "8" }]\n',
      "f:3:80: apps[1].link: 8: taken already by apps[0].activity; each part needs a pin of its own",
    ],
    [
      'telemetry: { to: "10.0.0.1:1", sensors: [{ kind: light, pin: A1 }] }\napps: [{ kind: telemetry, to: "10.0.0.1:2", sensors: [{ kind: light, pin: A1 }] }]\n',
      "f:4:75: apps[0].sensors[0].pin: A1: taken already by telemetry.sensors[0]; each part needs a pin of its own",
    ],
    [
      'telemetry: { to: "10.0.0.1:1", format: mqtt, mqtt: { topic: a }, sleep: {} }\n',
      "f:3:66: telemetry.sleep: mqtt waits for answers, and a node that sleeps hears none",
    ],
    [
      'telemetry: { to: "10.0.0.1:1", sleep: { controller: off, confirmEvery: 1 } }\n',
      "f:3:53: telemetry.sleep.controller: off: what may stand here: down, listen, on",
      "f:3:72: telemetry.sleep.confirmEvery: 1: a duration without its unit; say e.g. 1s",
    ],
    [
      'telemetry: { to: "10.0.0.1:1", sleep: {} }\napps: [{ kind: telemetry, to: "10.0.0.1:2" }]\n',
      "f:3:32: telemetry.sleep: the node sleeps as a whole, and the rig has another firmware",
    ],
    ["snapshot: {}\n", "f:3:1: snapshot.file: missing; say e.g. file: /var/lib/whohas/node"],
    ["snapshot: { file: /n, every: 1ms }\n", "f:3:30: snapshot.every: 1ms: not from 1s to 365d"],
  ] as [string, ...string[]][]) {
    t.strictSame(refusal(text), lines.join("\n"), text);
  }
  const noBoard = refusal('apps: [{ kind: link-leds, link: "13" }]\n', "name: bare\n");
  t.match(noBoard, "f:3:8: apps[0]: lights need a board; say e.g. io: simulated");
});

t.test("several run side by side, and the simulated gateway takes the datagrams of all", async (t) => {
  const two = rig(`telemetry: { to: "10.0.0.1:8094", every: 1s }
apps:
  - { kind: telemetry, to: "10.0.0.1:8095", every: 2s }
  - { kind: link-leds, link: "13" }
`);
  const clock = new VirtualClock();
  const events: AppDatagram[] = [];
  const listener = { ready: () => {}, device: () => {}, datagram: (event: AppDatagram) => void events.push({ ...event }) };
  const system = await System.make(two, { clock, listener, duration: 10_000 });
  await startSystem(system);
  await clock.advance(20_000);
  t.match(system.summary(), { datagrams: { sent: 15, failed: 0 }, drops: {} }, "10 and 5, no port unreachable");
  t.equal(events.length, 15);
  const of = (app: string): number => events.filter((event) => event.app === app).length;
  t.same([of("telemetry-1"), of("telemetry-2")], [10, 5], "each event says whose it is");
  t.same(
    Object.entries(system.summary().apps).map(([name, { sent }]) => [name, sent]),
    [
      ["telemetry-1", 10],
      ["telemetry-2", 5],
    ],
  );
  await system.stop();

  const silent = await System.make(two, { clock, listener, app: false });
  await startSystem(silent);
  await clock.advance(10_000);
  t.match(silent.summary().datagrams, { sent: 0, queued: 0, failed: 0 }, "--no-app leaves out what has the role of a firmware");
  await silent.stop();
});
