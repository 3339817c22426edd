/** The 82540EM's receive filters: addresses, hash table, VLAN. */
import t from "tap";
import { Bench, BROADCAST, frame, RCTL, RDH, STATION } from "./bench.ts";

const EN = 0x04000002;
const UPE = 0x08;
const MPE = 0x10;
const BAM = 0x8000;
const VFE = 0x40000;
const CFIEN = 0x80000;
const CFI = 0x100000;

const OTHER = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x02];
const GROUP = [0x01, 0x00, 0x5e, 0x12, 0x34, 0x56];

/** Whether a frame gets through; -1: not, else the status of its descriptor. */
function through(bench: Bench, sent: Uint8Array): number {
  const before = bench.get(RDH);
  bench.arrive(sent);
  const piece = bench.get(RDH) === before ? null : bench.take();
  return piece ? piece.status : -1;
}

t.test("addresses: exact, promiscuous, broadcast", async (t) => {
  const cases: [rctl: number, to: readonly number[], passes: boolean][] = [
    [0, STATION, true],
    [0, OTHER, false],
    [0, BROADCAST, false],
    [0, GROUP, false],
    [BAM, BROADCAST, true],
    [BAM, GROUP, false],
    [UPE, OTHER, true],
    [UPE, GROUP, false],
    [UPE, BROADCAST, false],
    [MPE, GROUP, true],
    [MPE, BROADCAST, true],
    [MPE, OTHER, false],
  ];
  for (const [rctl, to, passes] of cases) {
    const bench = new Bench().start({ rctl: EN | rctl });
    t.equal(through(bench, frame(60, to)) >= 0, passes, `RCTL ${rctl.toString(16)}, to ${to.map((octet) => octet.toString(16))}`);
    t.equal(bench.chip.counters.filtered, passes ? 0 : 1);
  }
});

t.test("all sixteen addresses, valid ones only; a group address may be one", async (t) => {
  const bench = new Bench().start({ rctl: EN });
  for (let entry = 1; entry < 16; entry++) {
    const address = entry === 15 ? GROUP : [...OTHER.slice(0, 5), 0x80 + entry];
    const view = new DataView(Uint8Array.from([...address, 0, 0]).buffer);
    bench.put(0x5400 + 8 * entry, view.getUint32(0, true));
    bench.put(0x5404 + 8 * entry, view.getUint32(4, true));
    t.equal(through(bench, frame(60, address)), -1, `${entry} is not valid yet`);
    bench.put(0x5404 + 8 * entry, (view.getUint32(4, true) | 0x80000000) >>> 0);
    t.equal(through(bench, frame(60, address)), 0x07, `${entry}`);
  }
  t.equal(through(bench, frame(60, STATION)), 0x07);
});

t.test("hash table: twelve bits of the last two octets, as MO says, for groups only", async (t) => {
  // The last two octets are 34h 56h: low octet first, 5634h.
  const places: [mo: number, value: number][] = [
    [0, 0x563],
    [1, 0xac6],
    [2, 0x58d],
    [3, 0x634],
  ];
  for (const [mo, value] of places) {
    const bench = new Bench().start({ rctl: EN | (mo << 12) });
    const register = 0x5200 + 4 * (value >> 5);
    bench.put(register, ~(1 << (value & 31)));
    t.equal(through(bench, frame(60, GROUP)), -1, `MO ${mo}: all bits but its own`);
    bench.put(register, 1 << (value & 31));
    t.equal(through(bench, frame(60, GROUP)), 0x87, `MO ${mo}: PIF, for the table may have meant another`);
    t.equal(through(bench, frame(60, [0x02, ...GROUP.slice(1)])), -1, "no unicast address");
  }
});

t.test("VLAN filter: tagged frames need their bit, untagged ones pass; CFI when asked for", async (t) => {
  const tagged = (tag: number) => {
    const sent = frame(100, STATION, 0x8100);
    sent.set([tag >> 8, tag & 0xff, 0x08, 0x00], 14);
    return sent;
  };
  const bench = new Bench().start({ rctl: EN | VFE });
  bench.put(0x5600 + 4 * (0x123 >> 5), 1 << (0x123 & 31));
  t.equal(through(bench, frame(60)), 0x07);
  t.equal(through(bench, tagged(0xe123)), 0x07);
  t.equal(through(bench, tagged(0x0124)), -1);
  bench.put(RCTL, EN | VFE | UPE);
  t.equal(through(bench, tagged(0x0124)), -1, "promiscuous or not");
  bench.put(RCTL, EN | VFE | CFIEN);
  t.equal(through(bench, tagged(0x0123)), 0x07);
  t.equal(through(bench, tagged(0x1123)), -1);
  bench.put(RCTL, EN | VFE | CFIEN | CFI);
  t.equal(through(bench, tagged(0x0123)), -1);
  t.equal(through(bench, tagged(0x1123)), 0x07);
  bench.put(RCTL, EN);
  t.equal(through(bench, tagged(0x0999)), 0x07, "without VFE");
});

t.test("MAC control frames: PMCF, DPF, and their counters", async (t) => {
  const control = (to: readonly number[], opcode: number, pause = 0) => {
    const sent = frame(60, to, 0x8808);
    sent.set([opcode >> 8, opcode & 0xff, pause >> 8, pause & 0xff], 14);
    return sent;
  };
  const bench = new Bench().start({ rctl: EN });
  t.equal(through(bench, control(STATION, 2)), -1);
  t.equal(through(bench, control(STATION, 1, 0xffff)), 0x07, "PAUSE for the station");
  t.equal(through(bench, control([1, 0x80, 0xc2, 0, 0, 1], 1)), -1, "the group is not ours");
  bench.put(RCTL, EN | 0xc00000);
  t.equal(through(bench, control(STATION, 2)), 0x07, "PMCF");
  t.equal(through(bench, control(STATION, 1)), -1, "DPF");
  t.same(
    [0x4058, 0x4050, 0x4048].map((at) => bench.get(at)),
    [2, 1, 2],
    "FCRUC, XOFFRXC, XONRXC",
  );
});

t.test("statistics of reception, and what filters turn away", async (t) => {
  const bench = new Bench().start({ rctl: EN | BAM | MPE });
  const lengths = [60, 61, 124, 252, 508, 1020, 1514];
  for (const length of lengths) bench.arrive(frame(length));
  bench.arrive(frame(60, BROADCAST));
  bench.arrive(frame(60, GROUP));
  bench.arrive(frame(60, OTHER));
  const octets = lengths.reduce((sum, length) => sum + length + 4, 0) + 128;
  t.same([bench.get(0x4088), bench.get(0x408c)], [octets, 0], "GORC");
  t.same([bench.get(0x40c0), bench.get(0x40c4)], [octets + 64, 0], "TOR: all");
  t.same([bench.get(0x4074), bench.get(0x40d0)], [9, 10], "GPRC, TPR");
  t.same([bench.get(0x4078), bench.get(0x407c)], [1, 1], "BPRC, MPRC");
  t.same(
    [0x405c, 0x4060, 0x4064, 0x4068, 0x406c, 0x4070].map((at) => bench.get(at)),
    [3, 1, 1, 1, 1, 2],
    "PRC64 to PRC1522: 64, 65, 128, 256, 512, 1024 and 1518",
  );
  t.same([bench.get(0x4074), bench.get(0x405c)], [0, 0], "reading cleared them");
});
