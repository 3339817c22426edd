/** The simulated wire: when frames arrive, in which order and at whom; faults on the way, repeatably; and when there is a link. */
import t from "tap";
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment, type SegmentOptions, type SegmentPort } from "../../../hal/simulated/segment.ts";
import type { WireStation } from "../../../hal/wire.ts";

interface Arrival {
  time: number;
  text: string;
  fcsOk: boolean;
}

class Station implements WireStation {
  readonly arrivals: Arrival[] = [];
  readonly links: boolean[] = [];
  answer: ((text: string) => void) | null = null;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get texts(): string[] {
    return this.arrivals.map((arrival) => arrival.text);
  }

  wireFrame(bytes: Uint8Array, length: number, fcsOk: boolean): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("latin1");
    this.arrivals.push({ time: this.#clock.now(), text, fcsOk });
    this.answer?.(text);
  }

  wireLink(up: boolean): void {
    this.links.push(up);
  }
}

function bench(ends: number, options: SegmentOptions = {}, seed = 1) {
  const clock = new VirtualClock();
  const wire = new EthernetSegment(clock, new SeededRandom(seed), options);
  const stations = Array.from({ length: ends }, () => new Station(clock));
  const ports = stations.map((station, at) => wire.attach(`port${at}`, station));
  return { clock, wire, stations, ports } as {
    clock: VirtualClock;
    wire: EthernetSegment;
    stations: Station[];
    ports: SegmentPort[];
  };
}

function send(port: SegmentPort | undefined, text: string): void {
  const bytes = Buffer.from(text, "latin1");
  port?.transmit(bytes, 0, bytes.length);
}

t.test("what one sends all others receive, and it does not; never within the call", async (t) => {
  const { clock, stations, ports } = bench(3);
  send(ports[1], "hello");
  t.same(
    stations.map((station) => station.texts),
    [[], [], []],
    "a station never receives while it transmits",
  );
  clock.advanceSync(0);
  t.same(
    stations.map((station) => station.texts),
    [["hello"], [], ["hello"]],
  );
  t.same(stations[0]?.arrivals[0], { time: 0, text: "hello", fcsOk: true });
});

t.test("only the bytes asked for travel, and the sender may use its memory again at once", async (t) => {
  const { clock, stations, ports } = bench(2, { latency: 1 });
  const memory = Buffer.from("..frame..", "latin1");
  ports[0]?.transmit(memory, 2, 5);
  memory.fill(0);
  clock.advanceSync(1);
  t.same(stations[1]?.texts, ["frame"]);
});

t.test("frames arrive after the latency, each at its own time, in the order in which they were sent", async (t) => {
  const { clock, stations, ports } = bench(2, { latency: 5 });
  const sent: string[] = [];
  // More than any starting size of the wire's memory, from both ends, at two times.
  for (let at = 0; at < 40; at++) {
    send(ports[0], `a${at}`);
    send(ports[1], `b${at}`);
    sent.push(`a${at}`);
  }
  clock.advanceSync(3);
  send(ports[0], "late");
  clock.advanceSync(1.9);
  t.same(stations[1]?.texts, [], "nothing before its time");
  clock.advanceSync(0.1);
  t.same(stations[1]?.texts, sent);
  t.equal(stations[0]?.texts.length, 40);
  clock.advanceSync(3);
  t.same(stations[1]?.arrivals.at(-1), { time: 8, text: "late", fcsOk: true });
});

t.test("order holds when ever more frames are on the way at once, while others arrive", async (t) => {
  const { clock, stations, ports } = bench(2, { latency: 2 });
  const sent: string[] = [];
  for (let round = 1; round <= 30; round++) {
    for (let at = 0; at < round; at++) {
      const text = `${round}.${at}`;
      send(ports[0], text);
      sent.push(text);
    }
    clock.advanceSync(1);
  }
  clock.advanceSync(2);
  t.same(stations[1]?.texts, sent);
});

t.test("a latency changed on the way does not reorder frames", async (t) => {
  const { clock, wire, stations, ports } = bench(2, { latency: 10 });
  send(ports[0], "slow");
  wire.latency = 0;
  send(ports[0], "fast");
  clock.advanceSync(0);
  t.same(stations[1]?.texts, []);
  clock.advanceSync(10);
  wire.latency = 4;
  send(ports[0], "last");
  clock.advanceSync(10);
  t.same(
    stations[1]?.arrivals.map(({ time, text }) => `${text}@${time}`),
    ["slow@10", "fast@10", "last@14"],
  );
});

t.test("an answer sent on arrival takes a trip of its own, with and without latency", async (t) => {
  for (const latency of [0, 2]) {
    const { clock, stations, ports } = bench(2, { latency });
    const [near, far] = stations as [Station, Station];
    far.answer = (text) => send(ports[1], `re:${text}`);
    for (let at = 0; at < 10; at++) send(ports[0], `${at}`);
    clock.advanceSync(10);
    t.same(
      near.texts,
      Array.from({ length: 10 }, (_, at) => `re:${at}`),
    );
    t.ok(near.arrivals.every((arrival) => arrival.time === 2 * latency));
  }
});

t.test("loss, duplication and corruption happen as often as asked, are counted, and repeat with the seed", async (t) => {
  const run = (seed: number) => {
    const { clock, wire, stations, ports } = bench(2, { loss: 0.2, duplication: 0.1, corruption: 0.05 }, seed);
    for (let at = 0; at < 5000; at++) {
      send(ports[0], String(at).padStart(6, "0"));
      if (at % 10 === 0) clock.advanceSync(1);
    }
    clock.advanceSync(1);
    return { arrivals: (stations[1] as Station).arrivals, counters: wire.counters };
  };
  const { arrivals, counters } = run(7);
  t.equal(counters.carried, 5000);
  t.equal(arrivals.length, counters.carried - counters.lost + counters.duplicated, "every frame is accounted for");
  t.equal(arrivals.filter((arrival) => !arrival.fcsOk).length, counters.corrupted, "damage always shows in the check sequence");
  // Five standard deviations of the binomial distribution.
  t.ok(Math.abs(counters.lost - 1000) < 142, `lost ${counters.lost} of 5000 at 0.2`);
  t.ok(Math.abs(counters.duplicated - 400) < 98, `doubled ${counters.duplicated} of about 4000 at 0.1`);
  t.ok(Math.abs(counters.corrupted - 220) < 75, `damaged ${counters.corrupted} of about 4400 at 0.05`);
  // Compared as text: a deep comparison of thousands of objects takes seconds.
  const recorded = JSON.stringify(arrivals);
  t.ok(JSON.stringify(run(7).arrivals) === recorded, "the same seed does the same to the same frames");
  t.ok(JSON.stringify(run(8).arrivals) !== recorded, "another seed does not");
});

t.test("certain loss, certain duplication, certain corruption of exactly one bit", async (t) => {
  const lost = bench(2, { loss: 1 });
  send(lost.ports[0], "x");
  lost.clock.advanceSync(1);
  t.same(lost.stations[1]?.texts, []);
  t.equal(lost.wire.counters.lost, 1);

  const doubled = bench(2, { duplication: 1, latency: 1 });
  send(doubled.ports[0], "x");
  send(doubled.ports[0], "y");
  doubled.clock.advanceSync(1);
  t.same(doubled.stations[1]?.texts, ["x", "x", "y", "y"]);

  const damaged = bench(3, { corruption: 1 });
  const original = "0123456789";
  send(damaged.ports[0], original);
  damaged.clock.advanceSync(1);
  const arrival = damaged.stations[1]?.arrivals[0] as Arrival;
  t.equal(arrival.fcsOk, false);
  let bits = 0;
  for (let at = 0; at < original.length; at++) {
    for (let rest = arrival.text.charCodeAt(at) ^ original.charCodeAt(at); rest > 0; rest &= rest - 1) bits++;
  }
  t.equal(bits, 1);
  t.same(damaged.stations[2]?.arrivals[0], arrival, "all ends of one wire see the same damage");
});

t.test("a cable: both ends lose the link when either is pulled, and get it back", async (t) => {
  const clock = new VirtualClock();
  const wire = new EthernetSegment(clock, new SeededRandom(1));
  const [left, right] = [new Station(clock), new Station(clock)];
  const port = wire.attach("left", left);
  t.same(left.links, [], "a cable with one end has no link");
  t.equal(port.linkUp, false);
  send(port, "nobody");
  const other = wire.attach("right", right);
  t.same([left.links, right.links], [[true], [true]]);
  clock.advanceSync(1);
  t.same(right.texts, [], "what was sent without a link went nowhere");
  t.equal(wire.counters.carried, 0);
  other.plugged = false;
  other.plugged = false;
  t.same(
    [left.links, right.links],
    [
      [true, false],
      [true, false],
    ],
    "told once",
  );
  send(port, "into the air");
  clock.advanceSync(1);
  other.plugged = true;
  t.same([port.linkUp, other.linkUp], [true, true]);
  clock.advanceSync(1);
  t.same(right.texts, []);
  wire.detach(other);
  t.same(left.links.at(-1), false, "the other end went away");
  t.same(right.links.at(-1), false);
  t.same(wire.ports, [port]);
});

t.test("a frame on its way to an end that is pulled does not arrive", async (t) => {
  const { clock, stations, ports } = bench(2, { latency: 5 });
  send(ports[0], "x");
  clock.advanceSync(1);
  (ports[1] as SegmentPort).plugged = false;
  clock.advanceSync(10);
  t.same(stations[1]?.texts, []);
});

t.test("a hub: each end has a link of its own", async (t) => {
  const { clock, wire, stations, ports } = bench(3);
  (ports[0] as SegmentPort).plugged = false;
  t.same(
    ports.map((port) => port.linkUp),
    [false, true, true],
  );
  send(ports[1], "x");
  send(ports[0], "y");
  clock.advanceSync(1);
  t.same(
    stations.map((station) => station.texts),
    [[], [], ["x"]],
  );
  wire.detach(ports[2] as SegmentPort);
  t.same(
    ports.map((port) => port.linkUp),
    [false, false, false],
    "with two ends left it is a cable, one of them pulled",
  );
});

t.test("a tap sees what is put on the wire before the wire does anything to it, until it is removed", async (t) => {
  const { clock, wire, ports } = bench(2, { loss: 1, latency: 3 });
  const seen: string[] = [];
  const remove = wire.tap((bytes, length, time, from) => {
    seen.push(`${from.name} ${time} ${length} ${Buffer.from(bytes).toString("latin1")}`);
  });
  clock.advanceSync(4);
  const memory = Buffer.from("..frame..", "latin1");
  ports[1]?.transmit(memory, 2, 5);
  t.same(seen, ["port1 4 5 frame"]);
  remove();
  remove();
  send(ports[0], "x");
  t.equal(seen.length, 1);
  const order: string[] = [];
  const leave = wire.tap(() => {
    order.push("leaves");
    leave();
  });
  wire.tap(() => order.push("stays"));
  for (const text of ["y", "z"]) send(ports[0], text);
  t.same(order, ["leaves", "stays", "stays"], "one that leaves hides the frame from no other");
});

t.test("jabber vanishes, the longest frame passes", async (t) => {
  const { clock, wire, stations, ports } = bench(2);
  send(ports[0], "x".repeat(2045));
  clock.advanceSync(1);
  t.same(stations[1]?.texts, []);
  send(ports[0], "y".repeat(2044));
  clock.advanceSync(1);
  t.same(stations[1]?.texts, ["y".repeat(2044)]);
  t.equal(wire.counters.carried, 1);
});
