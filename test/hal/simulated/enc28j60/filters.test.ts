/** The ENC28J60's receive filters, each alone and together. */
import t from "tap";
import { Bench, BROADCAST, frame, STATION } from "./bench.ts";

const OTHER = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x02];
const ALL_HOSTS = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01];
const MDNS = [0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb];

const UCEN = 0x80;
const ANDOR = 0x40;
const CRCEN = 0x20;
const PMEN = 0x10;
const MPEN = 0x08;
const HTEN = 0x04;
const MCEN = 0x02;
const BCEN = 0x01;

function passes(bench: Bench, sent: Uint8Array): boolean {
  const before = bench.chip.counters.received;
  bench.arrive(sent);
  return bench.chip.counters.received > before;
}

t.test("which destinations each setting lets in", async (t) => {
  const cases: [string, number, station: boolean, other: boolean, multicast: boolean, broadcast: boolean][] = [
    ["promiscuous", 0, true, true, true, true],
    ["promiscuous with good CRC", CRCEN, true, true, true, true],
    ["AND of nothing", ANDOR | CRCEN, true, true, true, true],
    ["reset value", UCEN | CRCEN | BCEN, true, false, false, true],
    ["unicast", UCEN, true, false, false, false],
    ["multicast includes broadcast", MCEN, false, false, true, true],
    ["broadcast", BCEN, false, false, false, true],
    ["hash with an empty table", HTEN, false, false, false, false],
    ["unicast AND broadcast", ANDOR | UCEN | BCEN, false, false, false, false],
    ["multicast AND broadcast", ANDOR | MCEN | BCEN, false, false, false, true],
  ];
  for (const [what, config, ...expected] of cases) {
    const bench = new Bench().start({ filters: config });
    const got = [STATION, OTHER, ALL_HOSTS, BROADCAST].map((to) => passes(bench, frame(60, to)));
    t.same(got, expected, what);
  }
});

t.test("each octet of the station address counts", async (t) => {
  const bench = new Bench().start({ filters: UCEN });
  for (let octet = 0; octet < 6; octet++) {
    const near = [...STATION];
    near[octet] = near[octet]! ^ 0x10;
    t.notOk(passes(bench, frame(60, near)), `octet ${octet}`);
  }
  t.ok(passes(bench, frame(60)));
});

t.test("hash table", async (t) => {
  const bench = new Bench().start({ filters: HTEN | CRCEN });
  bench.put(0x27, 0x80); // bit 63
  t.ok(passes(bench, frame(60, ALL_HOSTS)));
  t.notOk(passes(bench, frame(60, MDNS)));
  bench.put(0x27, 0x40); // bit 62
  t.notOk(passes(bench, frame(60, ALL_HOSTS)));
  t.ok(passes(bench, frame(60, MDNS)));
  t.ok(passes(bench, frame(60, BROADCAST)), "shares the bit");
  bench.put(0x27, 0);
  bench.put(0x21, 0x40); // bit 14
  t.ok(passes(bench, frame(60, [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e])));
  bench.put(0x26, 0x08); // bit 51
  t.ok(passes(bench, frame(60, [0x33, 0x33, 0, 0, 0, 1])));
});

t.test("pattern: a broadcast ARP, and the data sheet's own example", async (t) => {
  const bench = new Bench().start({ filters: PMEN });
  bench.put(0x28, 0x3f);
  bench.put(0x29, 0x30);
  bench.put16(0x30, 0xf7f9);
  t.ok(passes(bench, frame(60, BROADCAST, 0x0806)), "window ends with the FCS of a 64-byte frame");
  t.notOk(passes(bench, frame(60, BROADCAST, 0x0800)));
  t.notOk(passes(bench, frame(60, STATION, 0x0806)));
  t.notOk(passes(bench, frame(59, BROADCAST, 0x0806)), "a window beyond the FCS never matches");

  // Figure 8-3: offset 6, mask 1F0Ah selects 88 AA 09 0A 0B 0C 0D.
  const example = frame(100, [0x11, 0x22, 0x33, 0x44, 0x55, 0x66], 0x005a);
  example.set([0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc], 6);
  example.set([0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e], 14);
  bench.put16(0x34, 0x0006);
  bench.put(0x28, 0x0a);
  bench.put(0x29, 0x1f);
  bench.put16(0x30, 0x563f);
  t.ok(passes(bench, example));
  example[18] = 0x0e;
  t.notOk(passes(bench, example));
});

t.test("magic packet", async (t) => {
  const bench = new Bench().start({ filters: MPEN });
  const magic = frame(14 + 5 + 102 + 3);
  magic.fill(0xff, 19, 25);
  for (let repeat = 0; repeat < 16; repeat++) magic.set(STATION, 25 + 6 * repeat);
  t.ok(passes(bench, magic));
  t.notOk(passes(bench, frame(124)));
  const last = 25 + 6 * 15 + 5;
  magic[last] = 0x02;
  t.notOk(passes(bench, magic), "one octet wrong");
  magic[last] = 0x01;
  magic.set(BROADCAST);
  t.notOk(passes(bench, magic), "the destination must be the station too");
});
