/** The longest match of prefixes: what a list that is searched from front to back would find, whatever comes and goes. */
import t from "tap";
import { prefixMask } from "../../../../firmware-ts/ip/address.ts";
import { type Prefixed, PrefixTable } from "../../../../firmware-ts/ip4/routing/prefix-table.ts";
import { SeededRandom } from "../../../../hal/random.ts";

/** Finds the route as a list does. */
function searched(list: readonly Prefixed[], destination: number): Prefixed | undefined {
  const holding = list.filter((one) => (destination & prefixMask(one.prefixLength)) === one.destination);
  const least = (one: Prefixed, other: Prefixed): number => other.prefixLength - one.prefixLength || one.metric - other.metric;
  return holding.sort(least)[0];
}

/** One of few addresses that differ at both ends. */
function addressOf(random: SeededRandom): number {
  return (random.below(16) << 28) | (random.below(4) << 8) | random.below(4);
}

function found(table: PrefixTable<Prefixed>, destination: number): Prefixed | undefined {
  for (const length of table.lengths) {
    const [first] = table.at(length, destination) ?? [];
    if (first) return first;
  }
  return undefined;
}

t.test("routes come and go at random", async (t) => {
  const random = new SeededRandom(11);
  const table = new PrefixTable<Prefixed>();
  const list: Prefixed[] = [];
  const differences: string[] = [];
  for (let step = 0; step < 4000; step++) {
    if (list.length > 0 && random.below(5) < 2) {
      const [gone] = list.splice(random.below(list.length), 1);
      table.remove(gone as Prefixed);
    } else {
      const prefixLength = random.below(33);
      // Few addresses, so that prefixes hold one another.
      const destination = addressOf(random) & prefixMask(prefixLength);
      const made = { destination, prefixLength, metric: random.below(3) };
      list.push(made);
      table.add(made);
    }
    const destination = addressOf(random);
    const [ours, theirs] = [found(table, destination), searched(list, destination)];
    if (ours?.prefixLength !== theirs?.prefixLength || ours?.metric !== theirs?.metric) differences.push(`step ${step}`);
  }
  t.same(differences, []);
  t.equal(table.list.length, list.length);
  for (const one of list) table.remove(one);
  t.same([table.list, table.lengths], [[], []], "nothing is left");
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
