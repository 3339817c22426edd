/**
 * To add a kind of thing takes one new file, and its name in one list. A copy of the tree gets a made-up device, SPI bus, app and control
 * method in this way; a rig file, a SPEC, a system, clients and docs know them then.
 */
import t from "tap";
import { TreeCopy } from "./support/tree-copy.ts";

const copy = new TreeCopy();

copy.write(
  "firmware-ts/board/kinds/w9999.ts",
  `/** A controller that is not there. */
import type { DeviceKind } from "./kind.ts";

export const w9999: DeviceKind = {
  driver: "w9999",
  attach: {
    model: async () => {
      const { WireNic } = await import("../../../hal/simulated/wire-nic.ts");
      return ({ clock, name, address }, segment) => new WireNic(clock, segment, name, address);
    },
  },
};
`,
);
copy.addTo("firmware-ts/board/kinds/index.ts", "DEVICE_KINDS", "w9999", "./w9999.ts");

copy.write(
  "firmware-ts/board/kinds/ch999.ts",
  `/** A USB adapter that is not there: a chip's model is behind it. */
import { parseInteger } from "../rig/units.ts";
import type { BusKind, SourceOf } from "./kind.ts";
import { type SpiBusConfig, spiBusKind } from "./spi.ts";

interface Ch999Bus extends SpiBusConfig {
  readonly kind: "ch999";
  readonly adapter: string;
}

const keys = {};

export const ch999: BusKind<Ch999Bus> = spiBusKind<Ch999Bus>({
  kind: "ch999",
  path: { key: "adapter", example: "7", parse: (text) => String(parseInteger(text, 0, 9)) },
  keys,
  fromFile: ({ adapter }: SourceOf<typeof keys> & { readonly adapter: string }) => ({ kind: "ch999", adapter, spiHz: 12_000_000 }),
  resource: ({ adapter }) => \`ch999 \${adapter}\`,
  describe: ({ adapter }) => \`on adapter \${adapter}\`,
  load: async () => {
    const { SeededRandom } = await import("../../../hal/random.ts");
    const { Enc28j60Chip } = await import("../../../hal/simulated/enc28j60/chip.ts");
    const { EthernetSegment } = await import("../../../hal/simulated/segment.ts");
    const { SimulatedSpiBus } = await import("../../../hal/simulated/spi-bus.ts");
    return (clock) => new SimulatedSpiBus(new Enc28j60Chip(clock, new EthernetSegment(clock, new SeededRandom(1)), "chip"), clock);
  },
});
`,
);
copy.addTo("firmware-ts/board/kinds/index.ts", "BUS_KINDS", "ch999", "./ch999.ts");

copy.write(
  "firmware-ts/apps/hail.ts",
  `/** Says one thing at a time, for nothing. */
import type { Timer } from "../../hal/clock.ts";
import type { App, AppContext, AppKind } from "./app.ts";
import type { Endpoint, OptionShapes } from "./options.ts";

interface HailConfig {
  readonly to: Endpoint;
  readonly every: number;
}

class Hail implements App {
  readonly counters = { sent: 0 };
  readonly #timer: Timer;

  constructor({ every }: HailConfig, { stack, tell }: AppContext) {
    this.#timer = stack.clock.timer(() => {
      tell({ seq: ++this.counters.sent, time: 0, status: "sent", reason: "", waited: null, readings: [] });
      this.#timer.arm(every);
    });
  }

  start(): void {
    this.#timer.arm(0);
  }

  stop(): void {
    this.#timer.cancel();
  }
}

const options: OptionShapes<HailConfig> = {
  to: { is: "endpoint", example: "10.0.0.1:9", needed: true },
  every: { is: "duration", example: "1s", min: 1, max: 60_000, otherwise: 1000 },
};

export const hail: AppKind<HailConfig> = {
  kind: "hail",
  role: "firmware",
  options,
  describe: ({ to, every }, say) => [["hail", to.address, \`every \${say.duration(every)}\`]],
  make: (config, context) => new Hail(config, context),
};
`,
);
copy.addTo("firmware-ts/apps/index.ts", "APP_KINDS", "hail", "./hail.ts");

copy.write(
  "firmware-ts/control/methods/parrot.ts",
  `/** \`parrot\`: a word, twice. */
import * as v from "valibot";
import { needed, TEXT } from "./forms.ts";
import { method } from "./method.ts";

export const parrotMethods = {
  parrot: method({
    about: "Says a word twice.",
    params: { word: needed(TEXT, "the word") },
    result: v.string(),
    errors: [],
    run: (_context, { word }) => word + word,
  }),
};
`,
);
copy.addTo("firmware-ts/control/methods/index.ts", "METHODS", "parrotMethods", "./parrot.ts", "...parrotMethods");

copy.write(
  "probe.ts",
  `import { parseDeviceSpecs } from "./firmware-ts/board/device-spec.ts";
import { loadDevice } from "./firmware-ts/board/parts.ts";
import { describeRig, parseRig } from "./firmware-ts/board/rig-file.ts";
import { System, startSystem } from "./firmware-ts/board/system.ts";
import { ControlClient, describeMethods, LocalCaller, stackMethods } from "./firmware-ts/control/index.ts";
import { VirtualClock } from "./hal/clock.ts";
import { SeededRandom } from "./hal/random.ts";

function refusal(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    return (error as Error).message.split("\\n");
  }
}

const rig = parseRig(\`devices:
  eth0: { driver: w9999, bus: { kind: sim }, addresses: [10.0.0.5/24] }
  eth1: { driver: enc28j60, bus: { kind: ch999, adapter: 3 }, fallback: simulated }
apps: [{ kind: hail, to: "10.0.0.9:9", every: 2s }]
\`, "rig.yaml");
const wrong = \`devices:
  eth0: { driver: w9998, bus: { kind: ch998 } }
  eth1: { driver: enc28j60, bus: { kind: ch999, adapter: 17 } }
  eth2: { driver: w9999, bus: { kind: ch999, adapter: 1 } }
  eth3: { driver: enc28j60, bus: { kind: ch999, adapter: 1 } }
apps: [{ kind: hali }, { kind: hail, to: "10.0.0.9:9", every: 2h }]
\`;
const clock = new VirtualClock();
const system = await System.make(rig, { clock, duration: 20_000 });
await startSystem(system);
await clock.advance(20_000);
const { datagrams } = system.summary();
const devices = system.reports();
const client = new ControlClient(new LocalCaller(stackMethods(system.stack)));
const parrot = [
  await client.call("parrot", { word: "hi" }),
  await client.call("parrot", {}).catch(({ message }) => message),
  describeMethods().methods.find(({ name }) => name === "parrot"),
];
await system.stop();
const [config] = parseDeviceSpecs(["enc28j60:ch999:3"]);
const shop = { clock, random: new SeededRandom(1), onWire: () => {} };
const fromSpec = (await loadDevice(config!))(config!, shop).controller.description;
const wrongSpec = refusal(() => parseDeviceSpecs(["enc28j60:ch998:3"]));
console.log(JSON.stringify({ check: describeRig(rig), wrong: refusal(() => parseRig(wrong, "f")), wrongSpec, datagrams, devices, fromSpec, parrot }));
`,
);
const { code, stdout, stderr } = copy.run("probe.ts");
t.strictSame([code, stderr], [0, ""]);
const seen = JSON.parse(stdout || "{}");

t.test("whohas check and a SPEC know them", async (t) => {
  t.strictSame(seen.check.slice(2), [
    "device   eth0      w9999 simulated, on a simulated wire with a simulated gateway",
    "address  eth0      10.0.0.5/24",
    "device   eth1      enc28j60 on adapter 3, if it is not there: simulated",
    "hail     10.0.0.9  every 2s",
  ]);
  t.strictSame(seen.wrong, [
    "f:2:19: devices.eth0.driver: w9998: did you mean w9999?",
    "f:2:39: devices.eth0.bus.kind: ch998: not a bus; did you mean ch999?",
    "f:3:58: devices.eth1.bus.adapter: 17: not a whole number from 0 to 9",
    "f:4:39: devices.eth2.bus.kind: ch999: not a bus of w9999, which has sim",
    "f:5:58: devices.eth3.bus.adapter: 1: eth2 has it already; each device needs one of its own",
    "f:6:16: apps[0].kind: hali: not an app; did you mean hail?",
    "f:6:63: apps[1].every: 2h: not from 1ms to 1m",
  ]);
  t.match(seen.wrongSpec[0], /ch998: not a bus of enc28j60, perhaps ch999; say enc28j60:sim, .*, enc28j60:ch999:7$/);
});

t.test("a system has them", async (t) => {
  t.match(seen.devices, [
    { name: "eth0", description: /^ideal controller eth0/, carrier: true, gateway: "10.0.0.9" },
    { name: "eth1", description: /simulated ENC28J60/, fallback: null },
  ]);
  t.match(seen.datagrams, { sent: 10, failed: 0 });
  t.match(seen.fromSpec, /simulated ENC28J60/);
});

t.test("clients and docs know the method", async (t) => {
  const word = { name: "word", form: "string", optional: false, meaning: "the word", values: [] };
  const description = { name: "parrot", about: "Says a word twice.", params: [word], result: "string", notes: [], errors: [] };
  t.strictSame(seen.parrot, ["hihi", "word is missing", description]);
});
