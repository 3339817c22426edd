/** `energy:` of a rig file: units, unknown values, refusals that say what would be right. */
import { readFileSync } from "node:fs";
import t from "tap";
import { PARAMETER_NAMES } from "../../../../firmware-ts/board/energy/parameters.ts";
import { formatQuantity, threeDigits } from "../../../../firmware-ts/board/rig/electric.ts";
import { ENERGY_GROUPS } from "../../../../firmware-ts/board/rig/energy-config.ts";
import { describeRig, parseRig, RigError } from "../../../../firmware-ts/board/rig-file.ts";

const DEVICES = "devices: { eth0: { driver: enc28j60, bus: { kind: sim } } }\n";

function energyOf(text: string): unknown {
  return parseRig(`${DEVICES}energy: ${text}\n`, "f").energy;
}

function refusal(text: string): string {
  try {
    energyOf(text);
  } catch (error) {
    if (error instanceof RigError) return error.message;
    throw error;
  }
  return "not refused";
}

t.test("values in their units; unknown is one", async (t) => {
  t.strictSame(
    energyOf(
      "{ board: { kind: pi-zero, volts: 5V, asleep: 500uA }, controller: { transmit: 0.18A, asleep: unknown, rate: 10Mbps } }",
    ),
    {
      board: { kind: "pi-zero", volts: 5, asleep: 0.0005 },
      controller: { transmit: 0.18, asleep: null, rate: 10e6 },
    },
  );
  t.strictSame(energyOf("{ bus: { rate: 8MHz, transaction: 0.04ms }, wake: { time: 50ms, energy: 5mJ } }"), {
    bus: { rate: 8e6, transaction: 0.04 },
    wake: { time: 50, energy: 0.005 },
  });
  const { battery } = energyOf("{ battery: { capacity: 2600mAh, volts: 3600mV, usable: 0.85, selfDischarge: 2%/month } }") as {
    battery: Record<string, number>;
  };
  t.match(battery, { capacity: 2.6, volts: 3.6, usable: 0.85 });
  // 98 % are left after a month, twelve times that after a year.
  t.equal(Math.exp(-(battery["selfDischarge"] ?? 0)).toFixed(9), (0.98 ** 12).toFixed(9));
});

t.test("refusals", async (t) => {
  t.equal(refusal("{ board: { awake: 120 } }"), "f:2:27: energy.board.awake: 120: a current without its unit; say e.g. 120mA");
  t.match(refusal("{ board: { awake: 120mW } }"), /mW is not a unit of a current; units are uA, mA, A/);
  t.match(refusal("{ board: { awake: -1mA } }"), /not a current; say a number and a unit/);
  t.match(refusal("{ board: { kind: pi-9 } }"), /did you mean pi-zero\?|what may stand here: pi-zero/);
  t.match(refusal("{ board: { tranmsit: 1mA } }"), /unknown key/);
  t.match(refusal("{ controller: { tranmsit: 1mA } }"), /unknown key; did you mean transmit\?/);
  t.match(refusal("{ battery: { usable: 1.5 } }"), /not a number from 0 to 1/);
  t.match(refusal("{ battery: { selfDischarge: 2% } }"), /say e\.g\. 2%\/month or 10%\/year/);
  t.match(refusal("{ battery: { selfDischarge: 100%/year } }"), /not a self-discharge/);
  t.match(refusal("3V"), /where a mapping belongs/);
  t.match(refusal("{ wake: 50ms }"), /where a mapping belongs; say e\.g\. \{ time: 50ms \}/);
});

t.test("every key of a rig is a parameter of the model, and the other way round", async (t) => {
  const keys = Object.entries(ENERGY_GROUPS).flatMap(([group, entries]) => Object.keys(entries).map((key) => `${group}.${key}`));
  t.same(keys, PARAMETER_NAMES);
});

t.test("the example of the documentation; check tells which values a rig gives", async (t) => {
  const text = readFileSync(new URL("../../../fixtures/rigs/energy.yaml", import.meta.url), "utf8");
  const last = describeRig(parseRig(text, "energy.yaml", { firmware: true })).at(-1);
  t.match(last, /^energy +board\.volts, board\.awake, board\.asleep, controller\.asleep, bus\.transaction, wake\.time, /);
});

t.test("quantities for people: three digits and a prefix", async (t) => {
  const shown = [0, 0.05, 0.9996, 1, 39_900, 2.5e6, 1e-6, 5e-10, -0.12].map((value) => formatQuantity(value, "J"));
  t.same(shown, ["0 J", "50.0 mJ", "1.00 J", "1.00 J", "39.9 kJ", "2.50 MJ", "1.00 µJ", "0.50 nJ", "-120 mJ"]);
  t.same([0.72, 9.996, 99.96, 123.4, 12_345].map(threeDigits), ["0.72", "10.0", "100", "123", "12345"]);
});
