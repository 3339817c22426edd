/** The example at the head of hal/ethernet.ts: it is shuttle.ts to the letter, and passes the suite that every controller passes. */
import { readFileSync } from "node:fs";
import t from "tap";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import type { FakeHost } from "../support/controller-host.ts";
import { STATION } from "../support/enc28j60-bench.ts";
import { type BenchWish, type ControllerKind, hostFor } from "./bench.ts";
import { VirtualBench } from "./kinds.ts";
import { Shuttle } from "./shuttle.ts";
import { complianceSuite } from "./suite.ts";

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

t.test("the example is the driver, to the letter", async (t) => {
  const [head = ""] = text("../../hal/ethernet.ts").split("*/", 1);
  const lines = head.split("\n").filter((line) => line.startsWith(" *     ") || line === " *");
  const code = lines.map((line) => line.slice(7)).join("\n");
  const [, ...driver] = text("shuttle.ts").split("\n");
  // Nested doc comments would end the one that they stand in.
  const plain = driver.join("\n").replaceAll(/\/\*\* (.*?) \*\//g, "// $1");
  t.equal(code.trim(), plain.trim());
});

t.test("users can write it: the door whohas/drivers has every name that it takes", async (t) => {
  const names = (source: string, statement: RegExp): string[] =>
    [...source.matchAll(statement)].flatMap(([, list = ""]) => list.match(/\b(?!type\b)\w+/g) ?? []);
  const door = names(text("../../drivers/index.ts"), /^export (?:type )?\{([^}]*)\}/gm);
  const taken = names(text("shuttle.ts"), /^import (?:type )?\{([^}]*)\}/gm);
  t.ok(taken.includes("EthernetController"), "the names were found");
  t.same(
    taken.filter((name) => !door.includes(name)),
    [],
  );
});

/** Its function is a port of a simulated wire. */
class ShuttleBench extends VirtualBench {
  readonly controller: Shuttle;
  readonly host: FakeHost;
  readonly arrived: Uint8Array[] = [];
  readonly #peer: SegmentPort;

  constructor(wish: BenchWish) {
    super();
    const segment = new EthernetSegment(this.clock, new SeededRandom("compliance"));
    this.controller = new Shuttle(STATION, (frame) => near.transmit(frame, 0, frame.length));
    const near = segment.attach("near", {
      wireFrame: (bytes, length) => this.controller.arrive(bytes.slice(0, length)),
      wireLink: (up) => this.controller.plug(up),
    });
    this.#peer = segment.attach("peer", {
      wireFrame: (bytes, length) => this.arrived.push(bytes.slice(0, length)),
      wireLink: () => undefined,
    });
    this.host = hostFor(this.clock, wish);
  }

  inject(frame: Uint8Array): void {
    this.#peer.transmit(frame, 0, frame.length);
  }

  injectNow(frame: Uint8Array): void {
    this.controller.arrive(frame);
  }

  plug(up: boolean): void {
    this.#peer.plugged = up;
  }
}

const SHUTTLE: ControllerKind = {
  name: "shuttle: the example of a driver",
  skip: false,
  holds: 64,
  floods: 400,
  openings: 1000,
  overflow: "each",
  cannot: {
    resetBehind: "has no chip that could forget anything",
    lie: "has no chip to be read",
    suspend: "has no chip to power down",
  },
  make: async (wish = {}) => new ShuttleBench(wish),
};

complianceSuite(SHUTTLE);
