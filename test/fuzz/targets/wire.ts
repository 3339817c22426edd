/** Frames to a stack on an ideal controller: the fastest way to the protocols; and the same with hardly any packet buffers. */
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { oneIn } from "../bytes.ts";
import { makeFrame } from "../frames.ts";
import { makeFrame6 } from "../frames6.ts";
import { type BenchOptions, type Silicon, STATION } from "../stack-bench.ts";
import type { Target } from "../target.ts";
import { makeWireCase, mutateWireCase, WireSubject } from "../wire-subject.ts";

const silicon: BenchOptions["silicon"] = (clock, segment): Silicon => {
  const controller = new WireNic(clock, segment, "eth0", STATION, { queue: 8 });
  return { controller, kept: () => controller.statistics.rxErrors, settle: 0, ownBuffers: false };
};

export const WIRE: Target = {
  name: "wire",
  session: 4000,
  turns: 40,
  corpus: "frames.hex",
  open: (seed) => WireSubject.open(seed, { silicon }),
  make: (random) => makeWireCase(random, 16),
  mutate: mutateWireCase,
};

/** The same to a stack of both families: nine frames in ten are IPv6. */
export const WIRE6: Target = {
  name: "wire6",
  session: 4000,
  turns: 40,
  corpus: "frames6.hex",
  open: (seed) => WireSubject.open(seed, { silicon, ipv6: true }),
  make: (random) => makeWireCase(random, 16, oneIn(random, 10) ? makeFrame : makeFrame6),
  mutate: mutateWireCase,
};

/** A pool of a few buffers, of which neighbours' queues may hold all, and which runs dry besides whenever a frame says so. */
export const POOLS: Target = {
  name: "pools",
  session: 1000,
  turns: 20,
  corpus: "frames.hex",
  open: (seed) => WireSubject.open(seed, { silicon, pool: { limit: 12, chunk: 4 }, thirst: true }),
  make: (random) => makeWireCase(random, 2),
  mutate: mutateWireCase,
};
