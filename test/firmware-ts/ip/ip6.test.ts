/** One object for each IPv6 address, held no longer than anybody wants it. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import t from "tap";
import { type Ip6, Ip6Interner } from "../../../firmware-ts/ip/ip6.ts";

t.test("an address is one frozen object, and different addresses are different objects", async (t) => {
  const interner = new Ip6Interner(1);
  const word = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
  const known = new Map<string, Ip6>();
  fc.assert(
    fc.property(word, word, word, word, (a, b, c, d) => {
      const address = interner.intern(a, b, c, d);
      const before = known.get(`${[a, b, c, d]}`) ?? address;
      known.set(`${[a, b, c, d]}`, address);
      return before === address && address.a === a && address.b === b && address.c === c && address.d === d;
    }),
    { numRuns: 3000 },
  );
  t.equal(new Set(known.values()).size, known.size);
  for (const [words, address] of known) {
    const [a, b, c, d] = words.split(",").map(Number) as [number, number, number, number];
    if (interner.intern(a, b, c, d) !== address) t.fail(words);
  }
  t.ok([...known.values()].every((address) => Object.isFrozen(address)));
});

t.test("read from a packet", async (t) => {
  const interner = new Ip6Interner(1);
  const bytes = Uint8Array.of(9, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 2);
  t.equal(interner.read(new DataView(bytes.buffer), 1), interner.intern(0xfd000000 | 0, 0, 0x80000000 | 0, 2));
});

t.test("two interners do not know of each other", async (t) => {
  const one = new Ip6Interner(1).intern(0, 0, 0, 1);
  const other = new Ip6Interner(2).intern(0, 0, 0, 1);
  t.not(one, other);
  t.not(one.hash, other.hash);
});

t.test("forged sources leave nothing behind; who is held stays the same", async (t) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const interner = new Ip6Interner(3);
  const held = interner.intern(0xfd000000 | 0, 0, 0, 2);
  for (let round = 0; round < 20; round++) {
    for (let n = 0; n < 5000; n++) interner.intern(0x20010db8, round, n, n * n);
    // Weak references keep what they name until the turn of the event loop is over.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  t.ok(interner.size < 20_000, `${interner.size} of 100,000 are known`);
  t.equal(interner.intern(0xfd000000 | 0, 0, 0, 2), held);
});
