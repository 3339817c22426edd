/** The switch's table of stations: what it knows, until when, and how much; against a list that is searched from end to end. */
import fc from "fast-check";
import t from "tap";
import { Learned, MacTable } from "../../../../hal/simulated/switch/mac-table.ts";

function mac(number: number): Uint8Array {
  return Uint8Array.of(0x02, number >> 8, 0, 0x80 | (number & 3), 0, number & 0xff);
}

t.test("it answers as a plain list does, whatever is learned, moved, aged and flushed", async (t) => {
  const step = fc.record({
    kind: fc.constantFrom("learn", "learn", "learn", "find", "wait", "flush"),
    station: fc.nat(400),
    port: fc.nat(3),
    time: fc.nat(60),
  });
  const result = fc.check(
    fc.property(fc.array(step, { minLength: 100, maxLength: 600 }), (steps) => {
      const limit = 150;
      const ageing = 100;
      const table = new MacTable<number>(limit, ageing);
      let now = 0;
      let known: { station: number; port: number; seen: number }[] = [];
      const live = () => known.filter(({ seen }) => now - seen < ageing);
      for (const { kind, station, port, time } of steps) {
        const entry = live().find((each) => each.station === station);
        if (kind === "wait") now += time;
        else if (kind === "flush") {
          table.flush(port);
          known = known.filter((each) => each.port !== port);
        } else if (kind === "find") {
          if (table.find(mac(station), 0, now) !== (entry?.port ?? null)) return false;
        } else {
          const full = !entry && live().length >= limit;
          const expected = entry ? (entry.port === port ? Learned.KNOWN : Learned.MOVED) : full ? Learned.FULL : Learned.NEW;
          // A forgotten station that is still in the table keeps its place in a full one.
          const learned = table.learn(mac(station), 0, port, now);
          if (learned !== expected && !(full && learned === Learned.NEW)) return false;
          if (learned !== Learned.FULL) known = [...known.filter((each) => each.station !== station), { station, port, seen: now }];
        }
        if (table.sizeAt(now) !== live().length) return false;
      }
      const listed = table.entries(now).map(({ address, port, age }) => `${address.join(":")} ${port} ${age}`);
      const wanted = live().map(({ station, port, seen }) => `${mac(station).join(":")} ${port} ${now - seen}`);
      return listed.sort().join() === wanted.sort().join();
    }),
    { seed: 1, numRuns: 200 },
  );
  t.notOk(result.failed, JSON.stringify(result.counterexample));
});

t.test("a station is forgotten when it was silent for the whole of the time, and a changed time counts at once", async (t) => {
  const table = new MacTable<string>(10, 300_000);
  t.equal(table.learn(mac(1), 0, "a", 0), Learned.NEW);
  t.equal(table.find(mac(1), 0, 299_999), "a");
  t.equal(table.learn(mac(1), 0, "a", 299_999), Learned.KNOWN, "a frame of its own keeps it");
  t.equal(table.find(mac(1), 0, 599_998), "a");
  t.equal(table.find(mac(1), 0, 599_999), null);
  table.learn(mac(2), 0, "b", 600_000);
  t.equal(table.sizeAt(610_000), 1);
  table.ageing = 5000;
  t.equal(table.sizeAt(610_000), 0);
  table.ageing = 0;
  table.learn(mac(3), 0, "b", 610_000);
  t.equal(table.find(mac(3), 0, 610_000), null, "with no time at all nothing is learned");
});

t.test("a full table takes no more, however many knock, and takes the next when one is forgotten", async (t) => {
  const table = new MacTable<string>(3, 100);
  for (let number = 0; number < 3; number++) table.learn(mac(number), 0, "a", number);
  const knocked = Array.from({ length: 200 }, (_, number) => table.learn(mac(number + 3), 0, "a", 50));
  t.ok(knocked.every((learned) => learned === Learned.FULL));
  t.equal(table.learn(mac(1), 0, "b", 60), Learned.MOVED, "those that are known stay");
  t.equal(table.learn(mac(9), 0, "a", 100), Learned.NEW, "the first one is too old now");
  t.equal(table.learn(mac(8), 0, "a", 101), Learned.FULL);
});
