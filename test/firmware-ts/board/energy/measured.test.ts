/** A meter's record: joules worked out by hand, the forms of Joulescope and Otii, and hostile files. */
import fc from "fast-check";
import t from "tap";
import { type Measured, MeasuredError, MeasuredReader } from "../../../../firmware-ts/board/energy/measured.ts";

function read(text: string, volts: number | null = null): Measured {
  const reader = new MeasuredReader("m.csv", volts);
  for (const line of text.split("\n")) reader.push(line);
  return reader.end();
}

function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof MeasuredError) return error.message;
    throw error;
  }
  return "not refused";
}

t.test("Joulescope: its count of energy, from the first row to the last", async (t) => {
  const text =
    "#time,current,voltage,power,charge,energy\n0.0,0.4,4.75,1.9,0,0.5\n0.5,0.4,4.75,1.9,0.2,1.45\n1.0,0.4,4.75,1.9,0.4,2.4\n";
  t.strictSame(read(text), { joules: 1.9, span: 1000, rows: 3, skipped: 0, columns: ["time", "energy"] });
});

t.test("Joulescope's statistics: times in ISO 8601, the mean and no other", async (t) => {
  const text = [
    "#start(samples),end_time(iso),current_mean(A),current_max(A),voltage_mean(V),voltage_std(V),power_mean(mW),power_max(mW)",
    "1,2026-04-12T02:31:06.000,0,9,0,9,1000,9",
    "2,2026-04-12T02:31:08.500,0,9,0,9,3000,9",
  ].join("\n");
  t.strictSame(read(text), { joules: 5, span: 2500, rows: 2, skipped: 0, columns: ["end_time(iso)", "power_mean(mW)"] });
});

t.test("Otii: current times voltage, the main channel of several, units in brackets", async (t) => {
  const text =
    "Timestamp (ms);Main current (mA);ADC current (mA);Main voltage (V)\r\n0;100;1;3,0\r\n1000;200;1;3,0\r\n3000;200;1;2,5\r\n";
  // 0.3 to 0.6 W in 1 s, and 0.6 to 0.5 W in 2 s.
  const { joules, span, columns } = read(text);
  t.equal(joules.toFixed(9), "1.550000000");
  t.equal(span, 3000);
  t.same(columns, ["Timestamp (ms)", "Main current (mA)", "Main voltage (V)"]);
});

t.test("current alone needs the supply's volts", async (t) => {
  const text = "time_s,current_mA\n0,10\n10,10\n";
  t.match(refusal(text), /^m\.csv:1: current without voltage: say the supply's, as in --volts 3\.6V$/);
  t.equal(read(text, 3).joules.toFixed(9), "0.300000000");
});

t.test("a row without its value is left out and counted; the time goes on", async (t) => {
  const { joules, rows, skipped } = read("time,power\n0,2\n1,NaN\n2,2\n3,\n4,2\n");
  t.same([joules, rows, skipped], [8, 5, 2]);
  t.match(read("time,power\n0,\n1,2\n2,2\n9,-\n"), { joules: 2, span: 1000, rows: 4, skipped: 2 });
  t.match(refusal("time,energy\n0,-\n1,-\n"), /less than two rows with a value/);
});

t.test("refusals say where, what is wrong, and what would be right", async (t) => {
  t.equal(refusal(""), "m.csv:1: no names of columns; say e.g. time,current,voltage");
  t.equal(refusal("1,2,3\n"), "m.csv:1: 1,2,3: no names of columns; say e.g. time,current,voltage");
  t.equal(refusal("# a comment\n\ntime,power\n0,1\n2,1\n1,1\n"), "m.csv:6: the time goes back, from 2 s to 1 s");
  t.equal(refusal("time,energy\n0,5\n1,4\n"), "m.csv:3: the counted energy goes back, from 5 J to 4 J");
  t.equal(refusal("time,power\nsoon,1\n"), "m.csv:2: soon: not a time; say seconds, or e.g. 2026-04-12T02:31:06.295");
  t.equal(
    refusal("time,power\n0,1\n0,1\n"),
    "m.csv:4: less than two rows with a value and of different times: nothing was measured",
  );
  t.equal(
    refusal("time,a current,b current,voltage\n0,1,1,1\n"),
    'm.csv:1: several columns of current ("a current", "b current"): leave one in the file',
  );
  t.equal(refusal(`time,power${",x".repeat(300)}\n`), "m.csv:1: more than 256 columns");
});

t.test("any text is read or refused with its line, and never counts as more than it says", async () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.double().map(String),
    fc.constantFrom("time", "power(mW)", "current", "energy", "1e308", "-0"),
  );
  const line = fc.array(cell, { maxLength: 6 }).chain((cells) => fc.constantFrom(",", ";", "\t").map((mark) => cells.join(mark)));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const reader = new MeasuredReader("f");
      try {
        for (const text of ["time,power", ...lines]) reader.push(text);
        const { span } = reader.end();
        return span > 0;
      } catch (error) {
        return error instanceof MeasuredError && /^f:\d+: /.test(error.message);
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});
