/**
 * The machine knows no family: a table whose family is none of the project's, with keys of sixteen octets, an EtherType and start values
 * of its own, resolves, queues, updates and collects, alone and beside the ARP table of the same device.
 */
import t from "tap";
import type { NeighDefaults } from "../../../firmware-ts/neigh/defaults.ts";
import type { Neighbour, NeighFamily } from "../../../firmware-ts/neigh/entry.ts";
import { NeighFlags } from "../../../firmware-ts/neigh/flags.ts";
import type { KeyRest } from "../../../firmware-ts/neigh/key.ts";
import { output, probesUnicast, QUEUED } from "../../../firmware-ts/neigh/machine.ts";
import { NEIGH_FILES, readNeighParameter, writeNeighParameter } from "../../../firmware-ts/neigh/parameter-files.ts";
import { Nud, nudName } from "../../../firmware-ts/neigh/states.ts";
import { NeighTable, type NeighTableOptions } from "../../../firmware-ts/neigh/table.ts";
import { UpdateFlags, update } from "../../../firmware-ts/neigh/update.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { SeededRandom } from "../../../hal/random.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { Lab } from "../../support/lab.ts";
import { mac, TRUESIZE } from "../../support/neigh-bench.ts";

/** IEEE 802 "local experimental" EtherType 1. */
const ETHER_TYPE = 0x88b5;

const DEFAULTS: NeighDefaults = {
  name: "sixteen_cache",
  limits: { thresh1: 2, thresh2: 4, thresh3: 6, interval: 7000 },
  parameters: {
    mcastProbes: 2,
    ucastProbes: 1,
    appProbes: 0,
    mcastReprobes: 0,
    retransTime: 200,
    baseReachableTime: 10_000,
    delayProbeTime: 1000,
    intervalProbeTime: 2000,
    gcStaleTime: 3000,
    queueLengthBytes: 2 * TRUESIZE,
    proxyQueueLength: 1,
    anycastDelay: 0,
    proxyDelay: 40,
    lockTime: 0,
  },
};

/** One network. Keys that begin with ff are groups; a key without a rest is none. */
const NET: KeyRest = { a: 0x20010db8, b: 0, c: 0x00010000 };
const OTHER_NET: KeyRest = { a: 0x20010db8, b: 0, c: 0x00020000 };
const GROUP: KeyRest = { a: 0xff020000 | 0, b: 0, c: 1 };

class Sixteen implements NeighFamily {
  readonly keyLength = 16;
  readonly defaults = DEFAULTS;
  readonly lab: Lab;
  readonly table: NeighTable;
  readonly log: string[] = [];

  constructor(lab: Lab, options: NeighTableOptions = {}) {
    this.lab = lab;
    this.table = new NeighTable(lab.clock, new SeededRandom(6), this, options);
  }

  static async open(options?: NeighTableOptions): Promise<Sixteen> {
    return new Sixteen(await Lab.open(), options);
  }

  construct(entry: Neighbour): boolean {
    if (!entry.rest) return false;
    entry.multicast = entry.rest.a >>> 24 === 0xff;
    if (entry.multicast) {
      entry.nudState = Nud.NOARP;
      entry.addressHigh = 0x3333;
      entry.addressLow = entry.key;
    }
    return true;
  }

  solicit(entry: Neighbour, packet: SkBuff | null): void {
    this.#say(`ask ${entry.key} ${probesUnicast(entry) ? "one" : "all"}${packet ? ` for ${packet.cookie}` : ""}`);
  }

  reportError(entry: Neighbour, packet: SkBuff): void {
    this.#say(`error ${entry.key} ${packet.cookie}`);
  }

  entry(key: number, rest: KeyRest = NET): Neighbour {
    const { table, lab } = this;
    const entry = table.find(key, lab.eth0, rest) ?? table.create(key, lab.eth0, false, 0, rest);
    if (!entry) throw new Error(`no entry for ${key}: ${table.refusal}`);
    return entry;
  }

  state(key: number, rest: KeyRest = NET): string {
    const entry = this.table.find(key, this.lab.eth0, rest);
    return entry ? nudName(entry.nudState) || "NONE" : "-";
  }

  send(key: number, cookie: number, rest: KeyRest = NET): number {
    const packet = this.lab.stack.network.pool.allocate() as SkBuff;
    packet.protocol = ETHER_TYPE;
    packet.bytes[packet.put(20)] = cookie;
    packet.truesize = TRUESIZE;
    packet.cookie = cookie;
    return output(this.entry(key, rest), packet);
  }

  /** The neighbour answers from mac(n). */
  answer(key: number, n: number, flags: number = UpdateFlags.OVERRIDE, rest: KeyRest = NET): void {
    update(this.entry(key, rest), mac(n), 0, Nud.REACHABLE, flags);
  }

  /** Data frames heard on the wire since the last time: `to-MAC's last octet, EtherType, first octet`. */
  frames(): string[] {
    this.lab.run(0);
    return this.lab.take().map(({ bytes }) => `${bytes[5]} ${(bytes[12]! << 8) | bytes[13]!} ${bytes[14]}`);
  }

  run(ms: number): void {
    this.lab.run(ms);
  }

  #say(what: string): void {
    this.log.push(`${this.lab.clock.now()} ${what}`);
  }
}

t.test(
  "resolved in its own rhythm; what waits is bounded by its own limit and goes out in order under its EtherType",
  async (t) => {
    const sixteen = await Sixteen.open();
    t.same(
      [1, 2, 3].map((cookie) => sixteen.send(9, cookie)),
      [QUEUED, QUEUED, QUEUED],
    );
    sixteen.run(250);
    t.same(sixteen.log, ["0 ask 9 all for 1", "200 ask 9 all for 3"]);
    t.same(
      [sixteen.table.drops.get(DropReason.NEIGH_QUEUEFULL), sixteen.table.statistics.unresolvedDiscards],
      [1, 1],
      "two fit, the oldest gave way",
    );
    sixteen.answer(9, 9);
    t.same([sixteen.state(9), sixteen.frames()], ["REACHABLE", [`9 ${ETHER_TYPE} 2`, `9 ${ETHER_TYPE} 3`]]);
    t.same([sixteen.send(9, 4), sixteen.frames()], [DropReason.NONE, [`9 ${ETHER_TYPE} 4`]]);
    t.equal(sixteen.state(9, OTHER_NET), "-", "the same last four octets elsewhere are another neighbour");
    t.equal(sixteen.send(9, 5, OTHER_NET), QUEUED);
    t.same([sixteen.frames(), sixteen.table.entries], [[], 2]);
  },
);

t.test("nobody answers: two requests, then FAILED and the senders told", async (t) => {
  const sixteen = await Sixteen.open();
  sixteen.send(9, 1);
  sixteen.run(400);
  t.same(sixteen.log, ["0 ask 9 all for 1", "200 ask 9 all for 1", "400 error 9 1"]);
  t.same([sixteen.state(9), sixteen.lab.inUse], ["FAILED", 0]);
});

t.test("reachable, stale, delay, probe by its own times and counts", async (t) => {
  const sixteen = await Sixteen.open();
  sixteen.answer(9, 9);
  const { reachableTime } = sixteen.table.parametersOf(sixteen.lab.eth0);
  t.ok(reachableTime >= 5000 && reachableTime < 15_000, `${reachableTime} of 10 s`);
  sixteen.run(reachableTime + 1);
  t.equal(sixteen.state(9), "STALE");
  sixteen.send(9, 1);
  t.equal(sixteen.state(9), "DELAY");
  sixteen.run(1000);
  t.equal(sixteen.state(9), "PROBE");
  t.match(sixteen.log, [/ ask 9 one$/]);
  sixteen.run(200);
  t.equal(sixteen.state(9), "FAILED", "one request to it alone, none to everybody");
});

t.test("updates: override, weak override and the router flag, with no lock time", async (t) => {
  const sixteen = await Sixteen.open();
  sixteen.answer(9, 9);
  const entry = sixteen.entry(9);
  t.equal(entry.parameters.lockTime, 0);
  sixteen.answer(9, 8, UpdateFlags.WEAK_OVERRIDE);
  t.same([sixteen.state(9), entry.address[5]], ["STALE", 9], "in doubt, but the address stays");
  sixteen.answer(9, 8, UpdateFlags.OVERRIDE | UpdateFlags.OVERRIDE_ISROUTER | UpdateFlags.ISROUTER);
  t.same([sixteen.state(9), entry.address[5], entry.flags], ["REACHABLE", 8, NeighFlags.ROUTER]);
  sixteen.answer(9, 8, UpdateFlags.OVERRIDE | UpdateFlags.OVERRIDE_ISROUTER);
  t.equal(entry.flags, 0);
});

t.test("groups need no answer; a key that the family does not take makes no entry", async (t) => {
  const sixteen = await Sixteen.open();
  t.equal(sixteen.send(0x16, 7, GROUP), DropReason.NONE);
  t.same([sixteen.frames(), sixteen.log], [[`22 ${ETHER_TYPE} 7`], []]);
  t.same([sixteen.table.create(9, sixteen.lab.eth0), sixteen.table.refusal], [null, "unconfigured"]);
});

t.test("collection by its own limits", async (t) => {
  const sixteen = await Sixteen.open();
  const { table } = sixteen;
  for (let key = 1; key <= 6; key++) sixteen.answer(key, key);
  t.throws(() => sixteen.entry(7), /full/, "six young entries whose timers run");
  t.equal(table.statistics.tableFulls, 1);
  for (let key = 1; key <= 3; key++) table.remove(sixteen.entry(key));
  for (let key = 1; key <= 3; key++) sixteen.entry(key, GROUP);
  sixteen.entry(7);
  t.same([table.statistics.forcedGcRuns, sixteen.state(1, GROUP), sixteen.state(4)], [2, "-", "REACHABLE"], "groups go first");
  sixteen.run(15_000 + 3000 + 5000);
  t.equal(table.entries, 0, "once reachable, then unused for gc_stale_time");
  sixteen.entry(1);
  sixteen.run(60_000);
  t.equal(table.entries, 1, "fewer than gc_thresh1 stay");
});

t.test("managed entries and proxied requests: its own intervals", async (t) => {
  const sixteen = await Sixteen.open();
  const { table, lab } = sixteen;
  const rest = { ...NET };
  table.proxies.add(5, lab.eth0, { rest });
  rest.c = 0;
  t.same([table.proxies.find(5, lab.eth0, NET)?.rest, table.proxies.find(5, lab.eth0, OTHER_NET)], [NET, null]);
  const again: number[] = [];
  const request = lab.stack.network.pool.allocate() as SkBuff;
  table.proxyQueue.enqueue(request, lab.eth0, (packet) => {
    again.push(lab.clock.now());
    packet.consume();
  });
  sixteen.run(40);
  t.ok(again[0]! <= 40 && again.length === 1, `${again}`);
  table.create(9, lab.eth0, false, NeighFlags.MANAGED, NET);
  sixteen.run(2004);
  t.same(sixteen.log, ["2044 ask 9 all"], "with the next jiffy after the tick");
});

t.test("beside ARP on the same device: two tables, each with its own settings", async (t) => {
  const sixteen = await Sixteen.open({ profile: "lowpower" });
  const { lab, table } = sixteen;
  lab.poke("0.0.0.9");
  sixteen.send(9, 1);
  const both = [lab.stack.neighbours(4).table, table].map((one) => one.parametersOf(lab.eth0));
  const read = (name: string): string[] => both.map((parameters) => readNeighParameter(parameters, name));
  t.same(
    [read("locktime"), read("retrans_time_ms"), read("unres_qlen_bytes")],
    [
      ["100", "0"],
      ["1000", "200"],
      ["212992", "1664"],
    ],
  );
  t.same(read("base_reachable_time"), ["30", "300"], "a profile's value stands above the family's");
  writeNeighParameter(table.defaults, "retrans_time_ms", "400");
  t.same(read("retrans_time_ms"), ["1000", "400"]);
  t.equal(NEIGH_FILES.length, Object.keys(DEFAULTS.parameters).length + 3, "every value has a file, three of them two");
  t.same(
    [table.name, lab.stack.neighbours(4).table.name, table.gc.thresh3, table.gc.interval],
    ["sixteen_cache", "arp_cache", 6, 7000],
  );
  table.close();
  t.same([table.entries, lab.stack.neighbours(4).table.close()], [0, undefined]);
});

t.test("a stack gives the neighbours of the families it has", async (t) => {
  const { stack, eth0 } = await Lab.open();
  const { table, namespace } = stack.neighbours(4);
  t.same([table.name, table.family.keyLength, namespace === table.on(eth0).namespace], ["arp_cache", 4, true]);
  t.throws(() => stack.neighbours(6), { code: "FAMILY_UNSUPPORTED", message: "no IPv6 in this stack" });
});
