/** The learning switch: who receives which frame and when, what it knows, what its queues lose, and that every frame is counted. */
import t from "tap";
import { VirtualClock } from "../../../../hal/clock.ts";
import { EthernetSwitch, type SwitchOptions } from "../../../../hal/simulated/switch/switch.ts";
import type { SwitchPort, SwitchPortOptions } from "../../../../hal/simulated/switch/switch-port.ts";
import type { WireStation } from "../../../../hal/wire.ts";

const ALL = "ff:ff:ff:ff:ff:ff";

class Station implements WireStation {
  readonly heard: string[] = [];
  readonly bytes: Uint8Array[] = [];
  readonly links: boolean[] = [];
  onFrame: ((text: string) => void) | null = null;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    const text = Buffer.from(bytes.slice(14, length)).toString("latin1").split("\0")[0] as string;
    this.bytes.push(bytes);
    this.heard.push(this.#clock.now() === 0 ? text : `${text}@${Number(this.#clock.now().toFixed(4))}`);
    this.onFrame?.(text);
  }

  wireLink(up: boolean): void {
    this.links.push(up);
  }
}

function bench(count: number, options: SwitchOptions = {}, ports: SwitchPortOptions[] = []) {
  const clock = new VirtualClock();
  const lan = new EthernetSwitch(clock, options);
  const stations = Array.from({ length: count }, () => new Station(clock)) as [Station, Station, Station, Station];
  const ends = stations.map((station, at) => lan.attach(`p${at}`, station, ports[at])) as [
    SwitchPort,
    SwitchPort,
    SwitchPort,
    SwitchPort,
  ];
  return { clock, lan, stations, ports: ends };
}

function mac(text: string): number[] {
  return text.split(":").map((octet) => Number.parseInt(octet, 16));
}

/** Address of station N. */
function of(number: number): string {
  return `02:00:00:00:00:0${number}`;
}

function send(port: SwitchPort, from: string, to: string, text: string, length = 60): void {
  const frame = new Uint8Array(3 + length);
  frame.set([...mac(to), ...mac(from), 0x88, 0xb5, ...Buffer.from(text, "latin1")], 3);
  port.transmit(frame, 3, length);
  // The sender's memory is its own again at once.
  frame.fill(0xee);
}

function heard(stations: readonly Station[]): string[][] {
  return stations.map((station) => station.heard.splice(0));
}

t.test("a frame to somebody unknown goes to all others, its answer only to the one that asked", async (t) => {
  const { clock, lan, stations, ports } = bench(4);
  send(ports[0], of(0), of(1), "who");
  t.same(heard(stations), [[], [], [], []], "nobody hears within the call");
  clock.advanceSync(0);
  t.same(heard(stations), [[], ["who"], ["who"], ["who"]]);
  send(ports[1], of(1), of(0), "me");
  send(ports[0], of(0), of(1), "fine");
  clock.advanceSync(0);
  t.same(heard(stations), [["me"], ["fine"], [], []]);
  t.match(lan.counters, { forwarded: 2, flooded: 1, learned: 2, moved: 0 });
  t.equal(lan.known, 2);
  t.same(
    lan.stations().map(({ port }) => port.name),
    ["p0", "p1"],
  );
  t.match(ports[0].counters, { rxPackets: 2, txPackets: 1, txBytes: 60 });
});

t.test("everybody and groups are flooded, always; all stations read one copy", async (t) => {
  const { clock, lan, stations, ports } = bench(4);
  for (const to of [ALL, "01:00:5e:00:00:05", "33:33:00:00:00:01"]) send(ports[2], of(2), to, to);
  clock.advanceSync(0);
  const [first, second, sender, last] = heard(stations);
  t.same(sender, []);
  t.equal(first?.length, 3);
  t.same(second, first);
  t.same(last, first);
  for (const at of [0, 1, 2]) t.equal(stations[0].bytes[at], stations[3].bytes[at], "the bytes are the same memory");
  t.equal(lan.counters.flooded, 3);
});

t.test("a station that moves is found at its new place at once; one that is silent is forgotten", async (t) => {
  const { clock, lan, stations, ports } = bench(3, { ageing: 1000 });
  send(ports[0], of(0), ALL, "here");
  clock.advanceSync(0);
  send(ports[2], of(0), ALL, "moved");
  clock.advanceSync(0);
  heard(stations);
  send(ports[1], of(1), of(0), "a");
  clock.advanceSync(0);
  t.same(heard(stations), [[], [], ["a"]]);
  t.equal(lan.counters.moved, 1);
  clock.advanceSync(999);
  send(ports[1], of(1), of(0), "b");
  clock.advanceSync(0);
  t.same(heard(stations), [[], [], ["b@999"]]);
  clock.advanceSync(1);
  send(ports[1], of(1), of(0), "c");
  clock.advanceSync(0);
  t.same(heard(stations), [["c@1000"], [], ["c@1000"]]);
});

t.test("a frame to a station behind the port it came from goes nowhere", async (t) => {
  const { clock, lan, stations, ports } = bench(3);
  send(ports[0], of(0), ALL, "one");
  send(ports[0], of(1), ALL, "two");
  clock.advanceSync(0);
  heard(stations);
  send(ports[0], of(0), of(1), "among us");
  clock.advanceSync(0);
  t.same(heard(stations), [[], [], []]);
  t.equal(lan.counters.filtered, 1);
});

t.test("frames that no switch passes on are counted, each once", async (t) => {
  const { clock, lan, stations, ports } = bench(2);
  send(ports[0], "01:00:00:00:00:01", ALL, "from a group");
  send(ports[0], "00:00:00:00:00:00", ALL, "from nobody");
  for (const last of ["01", "02", "0e", "0f"]) send(ports[0], of(0), `01:80:c2:00:00:${last}`, "for a switch");
  ports[0].transmit(new Uint8Array(3000), 0, 13);
  ports[0].transmit(new Uint8Array(3000), 0, 2045);
  ports[0].plugged = false;
  send(ports[0], of(0), ALL, "no link");
  clock.advanceSync(1);
  t.same(heard(stations), [[], []]);
  t.match(lan.counters, { badSource: 2, reserved: 4, runt: 1, jabber: 1, unlinked: 1, flooded: 0 });
  ports[0].plugged = true;
  send(ports[0], of(0), "01:80:c2:00:00:10", "beyond the reserved ones");
  send(ports[0], of(0), "01:80:c2:00:00:00", "spanning tree of others");
  send(ports[0], of(0), ALL, "long", 2044);
  clock.advanceSync(0);
  t.equal(stations[1].heard.length, 3);
});

t.test("a cable takes its time: preamble, frame, FCS and gap, one frame after another, each port at its own rate", async (t) => {
  const { clock, stations, ports } = bench(3, { rate: 10e6 }, [{}, {}, { rate: 100e6 }]);
  send(ports[0], of(0), ALL, "a");
  send(ports[0], of(0), ALL, "b", 1514);
  clock.advanceSync(10);
  // (60 + 24) * 8 bit at 10 Mbit/s: 67.2 us; (1514 + 24) * 8: 1230.4 us more.
  t.same(heard(stations), [[], ["a@0.0672", "b@1.2976"], ["a@0.0067", "b@0.1298"]]);
});

t.test("latency comes on top, and with neither rate nor latency order holds when one is set on the way", async (t) => {
  const { clock, lan, stations, ports } = bench(2, { latency: 2 });
  send(ports[0], of(0), ALL, "slow");
  lan.latency = 0;
  send(ports[0], of(0), ALL, "fast");
  clock.advanceSync(1);
  t.same(heard(stations), [[], []]);
  clock.advanceSync(1);
  t.same(heard(stations), [[], ["slow@2", "fast@2"]]);
  send(ports[0], of(0), ALL, "now");
  clock.advanceSync(0);
  t.same(heard(stations), [[], ["now@2"]]);
});

t.test("a queue holds so many bytes; what comes on top is lost at that port alone, and counted", async (t) => {
  const { clock, stations, ports } = bench(3, { rate: 10e6 }, [{}, { queue: 150 }, {}]);
  for (const text of ["a", "b", "c", "d"]) send(ports[0], of(0), ALL, text);
  t.equal(ports[1].queuedBytes, 120);
  t.equal(ports[2].queuedBytes, 240);
  clock.advanceSync(0.0672);
  send(ports[0], of(0), ALL, "e");
  clock.advanceSync(10);
  const [, small, large] = heard(stations);
  t.same(
    small?.map((text) => text[0]),
    ["a", "b", "e"],
  );
  t.same(
    large?.map((text) => text[0]),
    ["a", "b", "c", "d", "e"],
  );
  t.match(ports[1].counters, { txPackets: 3, txDropped: 2, txPurged: 0 });
  t.match([ports[1].queued, ports[1].queuedBytes, ports[1].mostQueuedBytes], [0, 0, 120]);
});

t.test("a cable that is pulled loses what waits for it, and the switch forgets who was behind it", async (t) => {
  const { clock, lan, stations, ports } = bench(3, { rate: 10e6 });
  send(ports[1], of(1), ALL, "here");
  clock.advanceSync(1);
  heard(stations);
  for (const text of ["a", "b"]) send(ports[0], of(0), of(1), text);
  ports[1].plugged = false;
  t.equal(ports[1].counters.txPurged, 2);
  ports[1].plugged = true;
  send(ports[0], of(0), of(1), "c");
  clock.advanceSync(1);
  t.same(
    heard(stations).map((texts) => texts.map((text) => text[0])),
    [[], ["c"], ["c"]],
    "frames of the old link are gone, the station is unknown",
  );
  t.same(stations[1].links, [true, false, true]);
  t.equal(lan.counters.flooded, 2);
  lan.detach(ports[1]);
  lan.detach(ports[1]);
  t.same(stations[1].links, [true, false, true, false]);
  t.equal(lan.ports.length, 2);
});

t.test(
  "an answer from within a frame's arrival takes a trip of its own; a station that throws takes the frame from no other",
  async (t) => {
    const { clock, stations, ports } = bench(3);
    stations[2].onFrame = (text) => {
      if (text.startsWith("ask")) send(ports[2], of(2), of(0), `re:${text}`);
    };
    for (const text of ["ask1", "ask2"]) send(ports[0], of(0), ALL, text);
    clock.advanceSync(0);
    t.same(stations[0].heard, ["re:ask1", "re:ask2"]);
    heard(stations);
    stations[1].onFrame = (text) => {
      if (text === "x") throw new Error("a station's own");
    };
    for (const text of ["x", "y"]) send(ports[0], of(0), ALL, text);
    t.throws(() => clock.advanceSync(0), /a station's own/);
    clock.advanceSync(0);
    t.same(heard(stations), [[], ["x", "y"], ["x", "y"]]);
    t.match([ports[1].queued, ports[1].queuedBytes, ports[2].queued], [0, 0, 0]);
  },
);

t.test("a frame to very many stations reaches them turn by turn of the event loop, and no later frame overtakes it", async (t) => {
  for (const options of [{}, { rate: 10e6 }]) {
    const clock = new VirtualClock();
    const lan = new EthernetSwitch(clock, options);
    const order: string[] = [];
    // Each station takes what it hears in with a task, as a stack does.
    const atOnce: number[] = [];
    let waiting = 0;
    for (let at = 0; at < 100; at++) {
      const task = clock.task(() => {
        if (waiting > 0) atOnce.push(waiting);
        waiting = 0;
      });
      lan.attach(`p${at}`, {
        wireFrame: (bytes) => {
          order.push(`${bytes[14]} at ${at}`);
          waiting++;
          task.schedule();
        },
        wireLink: () => {},
      });
    }
    const sender = lan.attach("sender", { wireFrame: () => {}, wireLink: () => {} });
    for (const text of ["a", "b"]) send(sender, of(0), ALL, text);
    clock.advanceSync(10);
    t.same(
      order,
      [97, 98].flatMap((text) => Array.from({ length: 100 }, (_, at) => `${text} at ${at}`)),
    );
    t.ok(Math.max(...atOnce) <= 64, `at most ${Math.max(...atOnce)} stations had a frame that they had not taken in`);
  }
});

t.test("taps see each frame once, with the port that it came from", async (t) => {
  const { clock, lan, ports } = bench(3);
  const seen: string[] = [];
  const off = lan.tap((bytes, length, time, from) => seen.push(`${from.name} ${length} ${bytes[0]} ${time}`));
  clock.advanceSync(5);
  send(ports[1], of(1), ALL, "x");
  off();
  off();
  send(ports[1], of(1), ALL, "y");
  t.same(seen, ["p1 60 255 5"]);
  const order: string[] = [];
  const leave = lan.tap(() => {
    order.push("leaves");
    leave();
  });
  lan.tap(() => order.push("stays"));
  for (const text of ["y", "z"]) send(ports[1], of(1), ALL, text);
  t.same(order, ["leaves", "stays", "stays"], "one that leaves hides the frame from no other");
});
