/** The promises of docs/faults.md, on a sample; the page has a row for everything that `npm run faults` does. */
import { readFileSync } from "node:fs";
import t from "tap";
import { VirtualClock } from "../../hal/clock.ts";
import { ModelSubject } from "./e1000.ts";
import { KINDS } from "./kinds.ts";
import { measure, type Outcome } from "./measure.ts";
import type { Fault } from "./subject.ts";
import { revised, rowsOf } from "./table.ts";

const page = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");

/** Kind, fault, and the longest time to heal, in ms. */
const SAMPLE: readonly (readonly [kind: string, fault: string, healed: number])[] = [
  ["plain SPI", "all registers lost (SRC)", 2000],
  ["plain SPI", "ECON1.RXRST set", 2000],
  ["plain SPI", "MISO stuck at 00 for 10 s", 60_000],
  ["slow SPI", "ECON2.AUTOINC cleared", 2000],
  ["lossy SPI", "MACON1.MARXEN cleared", 2000],
  ["responder, pipelined", "EIE.INTIE cleared", 2000],
  ["one operation at a time", "bridge unplugged for 10 s", 60_000],
  ["pico-serprog", "all registers lost (SRC)", 2000],
  ["spidev", "chip without supply for 10 min", 60_000],
  ["Bus Pirate", "MISO stuck at ff for 2 s", 60_000],
  ["e1000, chip model", "all registers lost (CTRL.RST)", 2000],
  ["e1000, chip model", "chip pulled out for 2 min", 60_000],
  ["e1000, chip model", "the process stands still for 30 s", 0],
];

for (const [word, fault, limit] of SAMPLE) {
  const kind = KINDS.find(({ name }) => name.includes(word)) as (typeof KINDS)[number];
  t.test(`${kind.name}: ${fault}`, async (t) => {
    const { healed, falselyLater } = await kind.play(fault, 1);
    t.ok(healed !== null && healed <= limit, `healed after ${healed} ms`);
    t.equal(falselyLater, 0, "and none was falsely said to be sent later than two seconds after it began");
  });
}

t.test("the measure itself: a far end that is deaf for five seconds makes liars of us, and nobody can know", async (t) => {
  let heard: ModelSubject["onArrived"] = () => undefined;
  const deaf: Fault<ModelSubject> = {
    name: "deaf",
    lasts: 5000,
    begin: (subject) => {
      heard = subject.onArrived;
      subject.onArrived = () => undefined;
    },
    end: (subject) => {
      subject.onArrived = heard;
    },
  };
  const outcome = await measure(new ModelSubject(new VirtualClock()), deaf, 0);
  t.strictSame(outcome, { noticed: null, healed: 0, falselyEarly: 20, falselyLater: 30 });
});

t.test("the page has a row for each fault of each kind, in the command's order", async (t) => {
  t.strictSame(
    [...rowsOf(page)],
    KINDS.map(({ name, faults }) => [name, [...faults]]),
  );
});

t.test("the page promises what was measured", async (t) => {
  const later = page.split("\n").filter((line) => line.startsWith("| ") && /\*\*(never|\d+)\*\*/.test(line));
  t.strictSame(later, [], "no row that never heals or lies later");
});

t.test("rows are put in place of older ones, and nothing else is touched", async (t) => {
  const outcome: Outcome = { noticed: null, healed: null, falselyEarly: 1, falselyLater: 2 };
  const [first, second] = KINDS.map(({ name }) => name) as [string, string];
  const changed = revised(page, [{ kind: second, rows: [["fire", outcome]] }], [first, second]);
  t.strictSame(
    [...rowsOf(changed)],
    [
      [first, rowsOf(page).get(first)],
      [second, ["fire"]],
    ],
  );
  t.match(changed, "| fire | not told | **never** | 1 | **2** |\n");
  t.equal(changed.slice(0, changed.indexOf("### enc")), page.slice(0, page.indexOf("### enc")));
});
