/** The energy model beside examples that were worked out by hand. */
import t, { type Test } from "tap";
import { batteryLife } from "../../../../firmware-ts/board/energy/battery.ts";
import { CAUSES, type Cause, type Ledger, ledgerOf, type Tally } from "../../../../firmware-ts/board/energy/ledger.ts";
import {
  type EnergyParameters,
  parametersOf,
  UNKNOWN_PARAMETERS,
  valuesOf,
} from "../../../../firmware-ts/board/energy/parameters.ts";

/** Round figures: a board of 0.5 W awake and 1 mW asleep, a controller of 0.6, 0.4, 0.3 W and 3 mW. */
const ROUND: EnergyParameters = {
  "board.volts": 5,
  "board.awake": 0.1,
  "board.asleep": 0.0002,
  "controller.volts": 3,
  "controller.transmit": 0.2,
  "controller.receive": 0.4 / 3,
  "controller.idle": 0.1,
  "controller.asleep": 0.001,
  "controller.rate": 10e6,
  "bus.rate": 1e6,
  "bus.transaction": 0.05,
  "wake.time": 20,
  "wake.energy": 0.002,
  "battery.capacity": 1,
  "battery.volts": 3.6,
  "battery.usable": 0.5,
  "battery.selfDischarge": 0,
};

const NOTHING: Tally = {
  span: 10_000,
  asleep: 0,
  listening: 0,
  wakes: 0,
  sent: { frames: 0, bytes: 0 },
  received: { frames: 0, bytes: 0 },
  resolution: { sent: { frames: 0, bytes: 0 }, received: { frames: 0, bytes: 0 }, waiting: 0 },
  bus: { transactions: 0, bytes: 0 },
  datagrams: 0,
};

function joules(ledger: Ledger, cause: Cause): number {
  return ledger.entries.find((entry) => entry.cause === cause)?.joules ?? Number.NaN;
}

/** Equal to a part in a thousand million. */
function near(t: Test, found: number, wanted: number, what: string): void {
  t.ok(Math.abs(found - wanted) <= Math.abs(wanted) * 1e-9 + 1e-15, `${what}: ${found} J, by hand ${wanted} J`);
}

t.test("a node that is awake and does nothing: 10 s of 0.5 W and 0.3 W", async (t) => {
  const ledger = ledgerOf(NOTHING, ROUND);
  near(t, ledger.joules, 8, "in all");
  near(t, joules(ledger, "waiting"), 8, "waiting");
  near(t, ledger.perDay, 69_120, "a day");
  t.equal(ledger.perDatagram, null);
  t.same(ledger.leftOut, []);
});

t.test("every cause by itself", async (t) => {
  const tally: Tally = {
    ...NOTHING,
    asleep: 9000,
    wakes: 2,
    // 1000 times 113 and 12 bytes are 1,000,000 bits: 100 ms at 10 Mbit/s.
    sent: { frames: 1000, bytes: 113_000 },
    // 500 times 88 and 12: 40 ms.
    received: { frames: 500, bytes: 44_000 },
    // 250 times 188 and 12: 40 ms; 125 times 88 and 12: 10 ms.
    resolution: { sent: { frames: 250, bytes: 47_000 }, received: { frames: 125, bytes: 11_000 }, waiting: 500 },
    // 12,500 bytes at 1 MHz: 100 ms; 1000 times 0.05: 50 ms.
    bus: { transactions: 1000, bytes: 12_500 },
    datagrams: 4,
  };
  const ledger = ledgerOf(tally, ROUND);
  near(t, joules(ledger, "sent"), 0.1 * 1.1, "100 ms of 0.5 and 0.6 W");
  near(t, joules(ledger, "received"), 0.04 * 0.9, "40 ms of 0.5 and 0.4 W");
  near(t, joules(ledger, "resolution"), 0.04 * 1.1 + 0.01 * 0.9 + 0.5 * 0.8, "40 ms sending, 10 ms receiving, 500 ms awake");
  near(t, joules(ledger, "bus"), 0.15 * 0.8, "150 ms");
  near(t, joules(ledger, "waking"), 0.04 * 0.8 + 0.004, "twice 20 ms, and twice 2 mJ");
  // 100 + 40 + 50 + 500 + 150 of the 1000 ms awake are told above.
  near(t, joules(ledger, "waiting"), 0.16 * 0.8, "160 ms");
  near(t, joules(ledger, "asleep"), 8.96 * 0.004, "9000 ms without twice 20, of 1 and 3 mW");
  t.equal(
    ledger.entries.reduce((sum, { time }) => sum + time, 0),
    tally.span,
    "every moment belongs to one cause",
  );
  const sum = 0.11 + 0.036 + 0.453 + 0.12 + 0.036 + 0.128 + 0.03584;
  near(t, ledger.joules, sum, "in all");
  near(t, ledger.perDatagram ?? 0, sum / 4, "a datagram");
});

t.test("bus and frames keep a node awake whose time awake was told as nothing", async (t) => {
  const tally: Tally = {
    ...NOTHING,
    asleep: 10_000,
    wakes: 1,
    sent: { frames: 1, bytes: 113 },
    bus: { transactions: 0, bytes: 0 },
  };
  const { entries } = ledgerOf(tally, ROUND);
  t.match(entries, [{ cause: "sent", time: 0.1 }, {}, {}, {}, { cause: "waking", time: 20 }, { time: 0 }, { time: 9979.9 }]);
});

t.test("asleep with a controller that listens: 6 s of 1 and 3 mW, 4 s of 1 and 300 mW", async (t) => {
  near(t, ledgerOf({ ...NOTHING, asleep: 10_000, listening: 4000 }, ROUND).joules, 6 * 0.004 + 4 * 0.301, "in all");
});

t.test("what is unknown is left out and named, once for each cause that needed it", async (t) => {
  const tally: Tally = { ...NOTHING, asleep: 9000, wakes: 1, sent: { frames: 1, bytes: 113 } };
  const parameters = { ...ROUND, "controller.asleep": null, "wake.energy": null, "controller.receive": null };
  const ledger = ledgerOf(tally, parameters);
  t.same(ledger.leftOut, [
    { parameter: "wake.energy", cause: "waking" },
    { parameter: "controller.asleep", cause: "asleep" },
  ]);
  near(t, joules(ledger, "asleep"), 8.98 * 0.001, "the board alone");
  const none = ledgerOf(tally, UNKNOWN_PARAMETERS);
  t.equal(none.joules, 0);
  t.ok(none.leftOut.some(({ parameter, cause }) => parameter === "board.awake" && cause === "waiting"));
  t.same(
    none.entries.map(({ cause }) => cause),
    CAUSES,
  );
});

t.test("a tally of no time is none", async (t) => {
  for (const wrong of [{ span: 0 }, { asleep: 10_001 }, { asleep: -1 }, { span: Number.NaN }])
    t.throws(() => ledgerOf({ ...NOTHING, ...wrong }, ROUND), RangeError);
});

t.test("a battery: 1 Ah at 3.6 V, half of it usable, are 6480 J", async (t) => {
  t.same(batteryLife(64.8, ROUND), { days: 100, leftOut: [] });
  // ln(1 + 0.05 * 6480 / 32.4) / 0.05 in units of the load's day, for 5 % a day.
  const leaky = { ...ROUND, "battery.selfDischarge": 0.05 * 365.25 };
  near(t, batteryLife(32.4, leaky).days ?? 0, Math.log(11) / 0.05, "days");
  t.same(batteryLife(64.8, { ...ROUND, "battery.usable": null, "battery.selfDischarge": null }), {
    days: 200,
    leftOut: ["battery.usable", "battery.selfDischarge"],
  });
  t.same(batteryLife(64.8, { ...ROUND, "battery.capacity": null }), { days: null, leftOut: [] });
  t.equal(batteryLife(0, ROUND).days, null, "nothing drains it");
});

t.test("where a parameter comes from: the rig, a source, nowhere", async (t) => {
  const config = { board: { kind: "pi-zero-2w", asleep: 0.001 }, controller: { idle: null, transmit: 0.15 } } as const;
  const parameters = parametersOf(config, "enc28j60", 10e6);
  const of = (name: string) => parameters.find((one) => one.name === name);
  t.match(of("board.awake"), { value: 0.12, source: /CNX Software/ });
  t.match(of("board.asleep"), { value: 0.001, source: "rig" });
  t.match(of("controller.transmit"), { value: 0.15, source: "rig" });
  t.match(of("controller.receive"), { value: 0.12, source: /DS39662/ });
  t.match(of("controller.idle"), { value: null, source: null }, "unknown by the rig's own word");
  t.match(of("controller.asleep"), { value: null, source: null }, "nobody published it where we have seen it");
  t.match(of("bus.rate"), { value: 10e6, source: "rig" });
  t.equal(valuesOf(parametersOf({}, "e1000", null))["controller.idle"], null);
});
