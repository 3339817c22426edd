/** The text of a store's file: what was written is read again, and a text that was changed anywhere is refused or says the same. */
import fc from "fast-check";
import t from "tap";
import { TakenReading } from "../../../../../firmware-ts/apps/telemetry/store/reading.ts";
import { mostBytes, readReadings, writeReadings } from "../../../../../firmware-ts/apps/telemetry/store/text.ts";

const EPOCH = Date.UTC(2026, 0, 1);

const value = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.integer(), fc.constant(Number.NaN));
const stored = fc
  .tuple(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 64 }), { minLength: 1, maxLength: 5 }), fc.nat(20))
  .chain(([names, count]) =>
    fc.record({
      names: fc.constant(names),
      rows: fc.array(fc.tuple(fc.nat(1e9), fc.array(value, { minLength: names.length, maxLength: names.length })), {
        maxLength: count,
      }),
    }),
  );

function written({ names, rows }: { names: string[]; rows: [number, number[]][] }): string {
  const readings = rows.map(([at, values], index) => new TakenReading(index + 1, at, values));
  return writeReadings(names, readings, EPOCH);
}

t.test("what was written is read again: numbers, times, values", async (t) => {
  fc.assert(
    fc.property(stored, (store) => {
      const text = written(store);
      if (text.length > mostBytes(store.rows.length, store.names.length)) return false;
      const found = readReadings(text, store.names, 1000);
      if (typeof found === "string") throw new Error(found);
      const same = (one: number, other: number): boolean => one === other || (Number.isNaN(one) && Number.isNaN(other));
      return (
        found.length === store.rows.length &&
        found.every(({ seq, wall, values }, index) => {
          const [at, before] = store.rows[index] as [number, number[]];
          return seq === index + 1 && wall === EPOCH + at && values.every((one, place) => same(one, before[place]!));
        })
      );
    }),
  );
  t.pass();
});

t.test("a text with one change is refused, in words, and throws nothing", async (t) => {
  fc.assert(
    fc.property(stored, fc.nat(), fc.string({ minLength: 0, maxLength: 3 }), fc.nat(3), (store, place, put, cut) => {
      const text = written(store);
      const at = place % text.length;
      const changed = text.slice(0, at) + put + text.slice(at + cut);
      const found = readReadings(changed, store.names, 1000);
      if (typeof found === "string") return found.length > 0;
      // A change of the first line that means the same, or renames a value.
      return changed.slice(changed.indexOf("\n")) === text.slice(text.indexOf("\n"));
    }),
  );
  t.pass();
});

t.test("any text at all", async (t) => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => typeof readReadings(text, ["seq"], 10) === "string"));
  t.pass();
});

t.test("of more readings than are kept the newest stay; values follow their names", async (t) => {
  const readings = [1, 2, 3].map((seq) => new TakenReading(seq, seq, [seq * 10, seq]));
  const found = readReadings(writeReadings(["light", "seq"], readings, EPOCH), ["seq", "new", "light"], 2);
  t.match(found, [
    { seq: 2, values: [2, Number.NaN, 20] },
    { seq: 3, values: [3, Number.NaN, 30] },
  ]);
});
