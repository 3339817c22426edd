/** The fuzzer finds what is planted in stand-ins of the product, plays it again from a file, and repeats itself by its seed. */
import { join } from "node:path";
import t from "tap";
import type { EthernetController } from "../../hal/ethernet.ts";
import type { Random } from "../../hal/random.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { scratch } from "../support/own.ts";
import { readCorpus } from "./corpus.ts";
import { type Found, fuzz, type Plan } from "./fuzzer.ts";
import { faultOf } from "./judge.ts";
import { table } from "./report.ts";
import { failureOf, load, replay, save, shrink } from "./session.ts";
import { type BenchOptions, type Silicon, STATION } from "./stack-bench.ts";
import { FuzzError, type Target } from "./target.ts";
import { TARGETS } from "./targets/index.ts";
import { makeWireCase, WireSubject } from "./wire-subject.ts";

const FRAMES = 2000;

function plan(targets: readonly Target[], frames: number, seed = "1"): Plan {
  return { seed, targets, corpus: new Map(), frames, over: () => false };
}

/** A target on a controller that is broken in some way. */
function broken(name: string, breakIt: (controller: EthernetController) => void): Target {
  const silicon: BenchOptions["silicon"] = (clock, segment): Silicon => {
    const controller = new WireNic(clock, segment, "eth0", STATION);
    breakIt(controller);
    return { controller, kept: () => controller.statistics.rxErrors, settle: 0, ownBuffers: false };
  };
  const make = (random: Random): Uint8Array => makeWireCase(random, 16);
  return { name, session: 500, turns: 1, corpus: "frames.hex", open: (seed) => WireSubject.open(seed, { silicon }), make };
}

/** LLDP, of which the maker of frames makes one in some hundred. */
function isLldp(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 12] === 0x88 && bytes[at + 13] === 0xcc;
}

/** The controller with its wireFrame() in other hands. */
function meddled(controller: EthernetController, take: (bytes: Uint8Array, pass: () => void) => void): void {
  const nic = controller as WireNic;
  const wireFrame = nic.wireFrame.bind(nic);
  nic.wireFrame = (bytes, length, fcsOk) => take(bytes, () => wireFrame(bytes, length, fcsOk));
}

const LOSES: Target = broken("loses", (controller) =>
  meddled(controller, (bytes, pass) => {
    if (!isLldp(bytes, 0)) pass();
  }),
);
const DOUBLES: Target = broken("doubles", (controller) =>
  meddled(controller, (bytes, pass) => {
    pass();
    if (isLldp(bytes, 0)) pass();
  }),
);
const THROWS: Target = broken("throws", (controller) =>
  meddled(controller, (bytes, pass) => {
    if (isLldp(bytes, 0)) throw new RangeError("planted");
    pass();
  }),
);
const LEAKS: Target = broken("leaks", (controller) => {
  const transmit = controller.transmit.bind(controller);
  // A frame of ours that is never sent: its buffer is nobody's.
  controller.transmit = (skb) => (skb.length > 100 ? true : transmit(skb));
});
const MANGLES: Target = broken("mangles", (controller) => {
  const transmit = controller.transmit.bind(controller);
  controller.transmit = (skb) => {
    if (skb.length > 100) skb.bytes[skb.data + 30] = skb.bytes[skb.data + 30]! ^ 1;
    return transmit(skb);
  };
});

async function foundIn(target: Target): Promise<Found> {
  const { found, rows } = await fuzz(plan([target], FRAMES));
  const [first] = found;
  if (!first) throw new Error(`nothing found in ${table(rows).join("\n")}`);
  return first;
}

t.test("a frame that is lost without a trace: found, made short, played again from its file", async (t) => {
  const found = await foundIn(LOSES);
  t.equal(found.failure.complaint, "unaccounted");
  t.match(found.failure.message, /of 1 frame 0 came up, 0 were kept by the controller, 0 had no buffer/);
  const short = await shrink(LOSES, found.recording, found.failure);
  t.equal(short.pieces.length, 1);
  t.ok(isLldp(short.pieces[0] as Uint8Array, 1));
  const file = join(scratch("fuzz"), "lost.json");
  save(file, short, found.failure);
  t.strictSame(load(file), short);
  t.match(await replay(LOSES, load(file)), { complaint: "unaccounted" });
  t.equal(await replay(TARGETS[0] as Target, short), null, "the product has a place for it");
});

t.test("a frame that comes twice, an error that is thrown, a buffer that is lost, a frame that is malformed", async (t) => {
  t.match((await foundIn(DOUBLES)).failure, { complaint: "unaccounted", message: /of 1 frame 2 came up/ });
  t.match((await foundIn(THROWS)).failure, { complaint: "exception", message: /RangeError: planted/ });
  t.match((await foundIn(LEAKS)).failure, { complaint: "promise", message: /packet buffers? (is|are) out/ });
  t.match((await foundIn(MANGLES)).failure, { complaint: "promise", message: /^sent .*checksum/ });
});

t.test("a counter that the product forgets", async (t) => {
  const forgetful: Target = {
    ...LOSES,
    name: "forgets",
    open: async (seed) => {
      const silicon: BenchOptions["silicon"] = (clock, segment): Silicon => {
        const controller = new WireNic(clock, segment, "eth0", STATION);
        return { controller, kept: () => 0, settle: 0, ownBuffers: false };
      };
      // Frames that the controller has counted as too short are nobody's here.
      return WireSubject.open(seed, { silicon });
    },
  };
  t.match((await foundIn(forgetful)).failure, { complaint: "unaccounted" });
});

t.test("the same seed and number of frames give the same bytes and the same result; another seed others", async (t) => {
  const targets = TARGETS.filter(({ name }) => ["wire", "pools", "control", "rings", "spi"].includes(name));
  const few = targets.map((target) => ({ ...target, session: 40, turns: 2 }));
  const run = async (seed: string): Promise<string[]> => table((await fuzz(plan(few, 400, seed))).rows);
  const first = await run("7");
  t.strictSame(await run("7"), first);
  t.notSame(await run("8"), first);
});

t.test("the kept corpus: small, and harmless to all targets", async (t) => {
  const corpus = readCorpus();
  const bytes = [...corpus.values()].flat().reduce((sum, piece) => sum + piece.length, 0);
  t.ok(bytes < 64 * 1024, `${bytes} bytes`);
  for (const target of TARGETS) {
    const pieces = corpus.get(target.corpus);
    t.ok(pieces, `${target.name} has ${target.corpus}`);
    t.equal(await replay(target, { seed: "corpus", pieces: pieces ?? [] }), null, target.name);
  }
});

t.test("what is no complaint, and what is", async (t) => {
  t.equal(await failureOf(() => {}), null);
  t.match(await failureOf(() => Promise.reject(new FuzzError("promise", "x"))), { complaint: "promise", message: "x" });
  t.match(faultOf(new Uint8Array(59), 59), /not padded/);
  t.match(faultOf(new Uint8Array(60), 60), /source/);
});
