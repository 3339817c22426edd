/**
 * The frame path allocates nothing: a datagram sent or received, a request answered, in steady state, costs no byte of heap, so that
 * no collection ever comes between two frames on its account. Measured in processes of their own (test/bench), where the clock stands
 * at fractions and counters are past what a small integer holds, because that is where hidden allocations come from.
 */
import { join } from "node:path";
import t from "tap";
import { CHILD, type Figures, measure, ROOT } from "../bench/figures.ts";
import { CONTROL } from "../bench/subjects.ts";
import { nodeBundle } from "../support/bundle.ts";
import { scratch } from "../support/own.ts";

const DATAGRAMS = 100_000;
/** Less than the smallest object there is, once in a dozen datagrams: nothing is allocated for each, nor for each burst of 64. */
const LIMIT = 1;
/** An object's least, in bytes: what the meter must not overlook. */
const SMALLEST_OBJECT = 12;

/** Cut and put together: twelve frames a sample. */
const IN_FRAGMENTS = "two stacks, there and back, 4000 B";

const PATHS: readonly string[] = [
  "udp send, static neighbour, 32 B",
  "udp send, static neighbour, 1472 B",
  "udp send, resolved neighbour, 32 B",
  // A destination for each: their ways are kept side by side.
  "udp send, 1000 neighbours in turn, 32 B",
  "udp receive, 32 B",
  "udp receive, 1472 B",
  "echo request answered, 1472 B",
  "arp request answered",
  "udp send over IPv6, static neighbour, 32 B",
  "udp send over IPv6, resolved neighbour, 32 B",
  "udp send over IPv6, static neighbour, 1452 B",
  "udp receive over IPv6, 32 B",
  "udp receive over IPv6, 1452 B",
  "echo request over IPv6 answered, 56 B",
  "nd solicitation answered",
  "nd solicitation to us alone answered",
  // The far stack's entry stays in DELAY: the slow path of a neighbour that is valid but not proven.
  "two stacks, there and back, 32 B",
  IN_FRAGMENTS,
  "tcp bulk, 1448 B a segment",
  "tcp request and answer, 32 B",
  "enc28j60 model, udp send, 32 B",
  "enc28j60 model, udp receive, 32 B",
  "e1000 rings, udp receive, 60 B frame",
  "e1000 rings, udp send, 1514 B frame",
  "e1000 model, udp receive, 1514 B frame",
  "e1000 model, udp send, 60 B frame",
];

const program = join(scratch("allocation"), "child.mjs");
await nodeBundle(CHILD, program);

function memoryOf(path: string, samples: number): Promise<Figures> {
  return measure(path, ["--allocation", "--samples", `${samples}`], ROOT, program);
}

t.test("the meter sees an allocation where there is one", async (t) => {
  const { allocation } = await memoryOf(CONTROL, DATAGRAMS);
  t.notOk(allocation.collected, "nothing was collected meanwhile");
  t.ok(allocation.bytes >= SMALLEST_OBJECT, `a view a turn: ${allocation.bytes} bytes`);
});

for (const path of PATHS) {
  t.test(path, async (t) => {
    const samples = path === IN_FRAGMENTS ? DATAGRAMS / 10 : DATAGRAMS;
    const { allocation } = await memoryOf(path, samples);
    t.notOk(allocation.collected, "nothing was collected meanwhile");
    t.equal(allocation.samples, samples);
    t.ok(allocation.bytes < LIMIT, `${allocation.bytes} bytes a datagram, of ${LIMIT} allowed`);
  });
}
