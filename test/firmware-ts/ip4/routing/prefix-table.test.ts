/** The longest match of prefixes: what a list that is searched from front to back would find, whatever comes and goes. */

import fc from "fast-check";
import t from "tap";
import { prefixMask } from "../../../../firmware-ts/ip/address.ts";
import { ANY_LENGTH, NOWHERE, type Prefixed, PrefixTable } from "../../../../firmware-ts/ip4/routing/prefix-table.ts";
import { SeededRandom } from "../../../../hal/random.ts";

/** A prefix at the edges: short ones that hold many hints, and long ones within few of them, so that prefixes hold one another. */
const PREFIX = fc
  .tuple(
    fc.integer({ min: 0, max: 32 }),
    fc.integer({ min: 0, max: 15 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([prefixLength, high, middle, low]) => {
    const address = (high << 28) | (middle << 15) | (low << 8) | low;
    return { destination: address & prefixMask(prefixLength), prefixLength };
  });

/** A route that comes, or, by its number among those that are there, one that goes. */
const STEP = fc.oneof(
  { weight: 3, arbitrary: fc.record({ prefix: PREFIX, metric: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ gone: fc.nat(10_000) }) },
);

/** All routes that hold the destination, in the order in which a scan of the list meets them. */
function scanned(list: readonly Prefixed[], destination: number): Prefixed[] {
  const holding = list.filter((one) => (destination & prefixMask(one.prefixLength)) === one.destination);
  const order = (one: Prefixed, other: Prefixed): number => other.prefixLength - one.prefixLength || one.metric - other.metric;
  return holding.sort(order);
}

/** The same, as the table tells them. */
function told(table: PrefixTable<Prefixed>, destination: number): Prefixed[] {
  const found: Prefixed[] = [];
  let place = table.longest(destination, ANY_LENGTH);
  for (; place !== NOWHERE; place = table.longest(destination, table.lengthAt(place)))
    found.push(table.firstAt(place), ...table.othersAt(place));
  return found;
}

function differences(table: PrefixTable<Prefixed>, list: readonly Prefixed[], destinations: readonly number[]): number[] {
  return destinations.filter((destination) => {
    const [ours, theirs] = [told(table, destination), scanned(list, destination)];
    return ours.length !== theirs.length || ours.some((one, at) => one !== theirs[at]);
  });
}

t.test("what comes and goes at random is found as a scan of a list finds it", async () => {
  const steps = fc.array(STEP, { minLength: 1, maxLength: 400 });
  const asked = fc.array(PREFIX, { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(steps, asked, (steps, asked) => {
      const table = new PrefixTable<Prefixed>();
      const list: Prefixed[] = [];
      for (const step of steps) {
        if ("prefix" in step) {
          const made = { ...step.prefix, metric: step.metric };
          list.push(made);
          table.add(made);
        } else if (list.length > 0) {
          const [gone] = list.splice(step.gone % list.length, 1);
          table.remove(gone as Prefixed);
        }
      }
      const destinations = [...asked, ...list].map(({ destination }) => destination | 1);
      const wrong = differences(table, list, destinations);
      const order = table.list.length === list.length;
      for (const one of list) table.remove(one);
      return wrong.length === 0 && order && table.list.length === 0 && told(table, 1).length === 0;
    }),
    { seed: 1, numRuns: 60 },
  );
});

t.test("a large table that grows, loses most, and is filled again", async (t) => {
  const random = new SeededRandom(11);
  const table = new PrefixTable<Prefixed>();
  const list: Prefixed[] = [];
  const destinations = Array.from({ length: 200 }, () => random.below(2 ** 32) | 0);
  const wrong = (): number[] =>
    differences(table, list, [...destinations, ...list.slice(0, 200).map(({ destination }) => destination)]);
  const fill = (): void => {
    for (let number = 0; number < 3000; number++) {
      const prefixLength = random.below(33);
      const made = { destination: (random.below(2 ** 32) | 0) & prefixMask(prefixLength), prefixLength, metric: random.below(3) };
      list.push(made);
      table.add(made);
    }
  };
  for (let round = 0; round < 3; round++) {
    fill();
    t.same(wrong(), [], "filled");
    while (list.length > 20) {
      const [gone] = list.splice(random.below(list.length), 1);
      table.remove(gone as Prefixed);
    }
    t.same(wrong(), [], "few are left");
  }
  const byLength = [...list].sort((one, other) => other.prefixLength - one.prefixLength || one.metric - other.metric);
  t.same(
    table.list.map(({ prefixLength, metric }) => [prefixLength, metric]),
    byLength.map(({ prefixLength, metric }) => [prefixLength, metric]),
    "the longest first, then by metric",
  );
});

t.test("prefixes of one length and metric are listed in the order in which they came", async (t) => {
  const table = new PrefixTable<Prefixed>();
  const made = [9, 3, 200, 7, 1, 44].map((high) => ({ destination: high << 16, prefixLength: 16, metric: 0 }));
  for (const one of made) table.add(one);
  t.same(table.list, made);
  table.remove(made[1] as Prefixed);
  table.add(made[1] as Prefixed);
  t.same(table.list, [made[0], made[2], made[3], made[4], made[5], made[1]]);
});

t.test("places among the routes of one prefix", async (t) => {
  const table = new PrefixTable<Prefixed & { name: string }>();
  const make = (name: string, metric: number): Prefixed & { name: string } => ({ destination: 0, prefixLength: 8, metric, name });
  const [b, d] = [make("b", 5), make("d", 9)];
  table.add(d);
  table.add(b);
  table.add(make("c", 5));
  table.addBefore(make("a", 5), b);
  const names = (): string =>
    table
      .of(b)
      .map(({ name }) => name)
      .join("");
  t.equal(names(), "abcd");
  table.replace(b, make("B", 5));
  t.equal(names(), "aBcd");
  table.remove(b);
  t.equal(names(), "aBcd", "one that is not there");
});
