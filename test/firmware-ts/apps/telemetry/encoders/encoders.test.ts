/** The encoders: literal messages, readers that others wrote, and messages that are too short for all there is. */
import { decode } from "cborg";
import fc from "fast-check";
import t from "tap";
import type { Channel, Encoder, Reading, Station, TimeScale } from "../../../../../firmware-ts/apps/telemetry/contract/encoder.ts";
import { collectdEncoder } from "../../../../../firmware-ts/apps/telemetry/encoders/collectd.ts";
import { lineEncoder } from "../../../../../firmware-ts/apps/telemetry/encoders/line.ts";
import { senmlCborEncoder, senmlJsonEncoder } from "../../../../../firmware-ts/apps/telemetry/encoders/senml.ts";
import { statsdEncoder } from "../../../../../firmware-ts/apps/telemetry/encoders/statsd.ts";

const SEQ: Channel = { name: "seq", unit: "", integer: true, counts: true };
const CHANNELS: readonly Channel[] = [
  { name: "thermometer", unit: "°C", integer: false },
  { name: "voltage", unit: "V", integer: false },
  SEQ,
];
const STATION: Station = { node: "pico", channels: CHANNELS, every: 3000 };
const WALL = Date.UTC(2026, 0, 1);
const STAMPED: TimeScale = { epoch: WALL - 1000, now: 4000 };
const TIMELESS: TimeScale = { epoch: Number.NaN, now: 4000 };
const READINGS: readonly Reading[] = [
  { seq: 1, at: 1000, values: [21.48, 3.25, 1] },
  { seq: 2, at: 4000, values: [-0.5, Number.NaN, 2] },
];

/** All messages that the readings take. */
function messages(encoder: Encoder, readings: readonly Reading[], room: number, scale: TimeScale): Uint8Array[] {
  const cursor = { reading: 0, channel: 0 };
  const made: Uint8Array[] = [];
  while (cursor.reading < readings.length) {
    // Memory that held something else before.
    const memory = new Uint8Array(room).fill(0xee);
    const length = encoder.encode(readings, cursor, memory, scale);
    if (length === 0) throw new Error("not even one value fits");
    made.push(memory.slice(0, length));
  }
  return made;
}

function message(encoder: Encoder, scale = STAMPED): Buffer {
  const [only, ...more] = messages(encoder, READINGS, 4096, scale);
  if (!only || more.length > 0) throw new Error("not one message");
  return Buffer.from(only);
}

t.test("line protocol: a line a reading, each with its newline", async (t) => {
  t.strictSame(message(lineEncoder(STATION)).toString().split("\n"), [
    "telemetry,node=pico thermometer=21.48,voltage=3.25,seq=1i 1767225600000000000",
    "telemetry,node=pico thermometer=-0.5,seq=2i 1767225603000000000",
    "",
  ]);
  t.match(message(lineEncoder(STATION), TIMELESS).toString(), /seq=1i\n.*seq=2i\n$/);
});

t.test("StatsD: gauges, a counter; a negative gauge is set to 0 first, and names have none of the protocol's marks", async (t) => {
  t.strictSame(
    message(statsdEncoder({ ...STATION, node: "pico:1|a.b" }))
      .toString()
      .split("\n"),
    [
      "pico_1_a_b.thermometer:21.48|g",
      "pico_1_a_b.voltage:3.25|g",
      "pico_1_a_b.seq:1|c",
      "pico_1_a_b.thermometer:0|g",
      "pico_1_a_b.thermometer:-0.5|g",
      "pico_1_a_b.seq:1|c",
    ],
  );
});

t.test("a whole number that StatsD does not count is a gauge", async (t) => {
  const uptime: Channel = { name: "up.time", unit: "s", integer: true };
  const text = message(statsdEncoder({ ...STATION, channels: [uptime, { ...SEQ, name: "up_time" }, uptime] })).toString();
  t.equal(text.split("\n")[0], "pico.up_time:21.48|g");
  t.match(text, "pico.up_time2:1|g", "names that become one stay apart");
});

/** Marks of every format, and letters beyond ASCII. */
const TAGS = { site: "barn, 2=3", room: "Küche|#:a" };

t.test("tags: each format has them in its own way, with its marks escaped or replaced", async (t) => {
  const station: Station = { ...STATION, tags: TAGS };
  const line = "telemetry,node=pico,site=barn\\,\\ 2\\=3,room=Küche|#:a thermometer=21.48,";
  t.ok(message(lineEncoder(station)).toString().startsWith(line));
  t.ok(
    message(statsdEncoder(station, "datadog")).toString().startsWith("pico.thermometer:21.48|g|#site:barn__2_3,room:Küche___a\n"),
  );
  t.ok(
    message(statsdEncoder(station, "influxdb")).toString().startsWith("pico.thermometer,site=barn__2_3,room=Küche___a:21.48|g\n"),
  );
  t.ok(message(statsdEncoder(station)).toString().startsWith("pico.thermometer:21.48|g\n"), "none, where nobody said how");
  const [, , instance] = parts(message(collectdEncoder(station)));
  t.strictSame([instance?.[0], instance?.[1].toString()], [3, "site=barn, 2=3,room=Küche|#:a\0"]);
  const json = JSON.parse(message(senmlJsonEncoder(station)).toString()) as unknown[];
  t.strictSame(json.slice(0, 3), [
    { bn: "pico/", bt: WALL / 1000, n: "site", vs: "barn, 2=3" },
    { n: "room", vs: "Küche|#:a" },
    { n: "thermometer", u: "Cel", v: 21.48 },
  ]);
  t.equal((decode(message(senmlCborEncoder(station)), { useMaps: true }) as Map<number, unknown>[])[1]?.get(3), "Küche|#:a");
  t.throws(() => messages(senmlJsonEncoder(station), READINGS, 40, STAMPED), "tags alone are no message");
});

/** The parts of a collectd packet: type and body. */
function parts(packet: Uint8Array): (readonly [number, Buffer])[] {
  const bytes = Buffer.from(packet);
  const found: (readonly [number, Buffer])[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    found.push([bytes.readUInt16BE(at), bytes.subarray(at + 4, at + length)]);
    at += length;
  }
  return found;
}

/** Texts without their NUL, times in ms, values as numbers. */
function read([type, body]: readonly [number, Buffer]): string | number {
  if (type === 8 || type === 9) return Number((body.readBigUInt64BE(0) * 1000n + (1n << 29n)) >> 30n);
  if (type !== 6) return body.subarray(0, -1).toString();
  if (body.length !== 11 || body.readUInt16BE(0) !== 1 || body[2] !== 1) throw new Error("not one gauge");
  return body.readDoubleLE(3);
}

t.test("collectd: parts that hold until the next of their type", async (t) => {
  const packet = message(collectdEncoder({ ...STATION, node: "pico/1" }));
  t.strictSame(
    parts(packet).map((part) => [part[0], read(part)]),
    [
      [0, "pico_1"],
      [2, "telemetry"],
      [9, 3000],
      [8, WALL],
      [4, "temperature"],
      [5, "thermometer"],
      [6, 21.48],
      [4, "voltage"],
      [5, "voltage"],
      [6, 3.25],
      [4, "count"],
      [5, "seq"],
      [6, 1],
      [8, WALL + 3000],
      [4, "temperature"],
      [5, "thermometer"],
      [6, -0.5],
      [4, "count"],
      [5, "seq"],
      [6, 2],
    ],
  );
  t.equal(packet.subarray(0, 11).toString("hex"), "0000000b7069636f5f3100", "type, length with the head, text, NUL");
  const timeless = parts(message(collectdEncoder(STATION), TIMELESS));
  t.notOk(timeless.some(([type]) => type === 8));
  const long = parts(message(collectdEncoder({ ...STATION, node: "ü".repeat(100) })));
  t.equal(
    long[0]?.[1].toString(),
    `${"ü".repeat(31)}\0`,
    "a name ends where collectd's memory for it does, between two characters",
  );
});

const RECORDS = [
  { bn: "pico/", bt: WALL / 1000, n: "thermometer", u: "Cel", v: 21.48 },
  { n: "voltage", u: "V", v: 3.25 },
  { n: "seq", v: 1 },
  { n: "thermometer", u: "Cel", v: -0.5, t: 3 },
  { n: "seq", v: 2, t: 3 },
];
const LABELS = new Map<number, string>([
  [-2, "bn"],
  [-3, "bt"],
  [0, "n"],
  [1, "u"],
  [2, "v"],
  [6, "t"],
]);

/** The records of a SenML pack in CBOR, with the names of RFC 8428's table 4 for its labels. */
function senml(bytes: Uint8Array): Record<string, unknown>[] {
  const records = decode(bytes, { useMaps: true }) as Map<number, unknown>[];
  return records.map((record) => Object.fromEntries([...record].map(([label, value]) => [LABELS.get(label) ?? label, value])));
}

t.test("SenML: JSON as text, CBOR as another's reader has it; without a base time they tell their age", async (t) => {
  t.strictSame(JSON.parse(message(senmlJsonEncoder(STATION)).toString()), RECORDS);
  t.strictSame(senml(message(senmlCborEncoder(STATION))), RECORDS);
  // RFC 8949: an array of 5; a map of 5; -2: "pico/"; -3: 1767225600; 0: "thermometer"; 1: "Cel"; 2: 21.48
  const hex = message(senmlCborEncoder(STATION)).toString("hex");
  t.equal(hex.slice(0, 86), "85a521657069636f2f221a6955b900006b746865726d6f6d65746572016343656c02fb40357ae147ae147b");
  const ages = senml(message(senmlCborEncoder(STATION), TIMELESS));
  t.strictSame(
    ages.map(({ n, t: time, bt }) => [n, time, bt]),
    [
      ["thermometer", -3, undefined],
      ["voltage", -3, undefined],
      ["seq", -3, undefined],
      ["thermometer", undefined, undefined],
      ["seq", undefined, undefined],
    ],
  );
  const named = senml(
    message(senmlCborEncoder({ ...STATION, node: "-b o/ä", channels: [{ ...SEQ, name: "a b" }, ...CHANNELS.slice(1)] })),
  );
  t.match(named[0], { bn: "x-b_o/_/", n: "a_b" }, "names of letters, digits and -:./_ that begin with one of the first two");
});

t.test("CBOR numbers come back from another's reader as they were", async (t) => {
  const encoder = senmlCborEncoder({ ...STATION, channels: [SEQ] });
  const property = fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger()), (value) => {
    const [bytes] = messages(encoder, [{ seq: 1, at: 0, values: [value] }], 200, TIMELESS);
    return Number(senml(bytes as Uint8Array)[0]?.["v"]) === value;
  });
  fc.assert(property, { seed: 7, numRuns: 300 });
  for (const value of [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, -24, -25, 1.5, 0.1]) {
    const [bytes] = messages(encoder, [{ seq: 1, at: 0, values: [value] }], 200, TIMELESS);
    t.equal(Number(senml(bytes as Uint8Array)[0]?.["v"]), value);
  }
});

t.test("CBOR numbers have their shortest form", async (t) => {
  const encoder = senmlCborEncoder({ ...STATION, channels: [SEQ] });
  const length = (value: number): number => messages(encoder, [{ seq: 1, at: 0, values: [value] }], 200, TIMELESS)[0]?.length ?? 0;
  const rows = [23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -24, -25, 1.5, 0.1].map(
    (value) => length(value) - length(0),
  );
  t.strictSame(rows, [0, 1, 1, 2, 2, 4, 4, 8, 0, 1, 4, 8]);
});

/** The names and values in a message, by a reader of its format. */
const READERS: readonly [string, (station: Station) => Encoder, (message: Uint8Array) => (readonly [string, number])[]][] = [
  ["line", lineEncoder, readLines],
  ["collectd", collectdEncoder, readPacket],
  ["senml-cbor", senmlCborEncoder, (bytes) => senml(bytes).map(({ n, v }) => [String(n), Number(v)] as const)],
  ["senml-json", senmlJsonEncoder, (bytes) => readJson(bytes)],
];

function readLines(bytes: Uint8Array): (readonly [string, number])[] {
  const lines = Buffer.from(bytes).toString();
  if (!lines.endsWith("\n")) throw new Error("no newline at the end");
  return lines
    .trimEnd()
    .split("\n")
    .flatMap((line) => (line.split(" ")[1] ?? "").split(","))
    .map((field) => field.split("=") as [string, string])
    .map(([name, value]) => [name, Number.parseFloat(value)] as const);
}

function readPacket(bytes: Uint8Array): (readonly [string, number])[] {
  let name = "";
  let type = "";
  return parts(bytes).flatMap((part) => {
    if (part[0] === 5) name = String(read(part));
    if (part[0] === 4) type = String(read(part));
    if (part[0] === 6 && type !== (name === "seq" ? "count" : name === "b" || name === "voltage" ? "voltage" : type))
      throw new Error(`${name} is a ${type}`);
    if (part[0] === 6 && type === "") throw new Error(`${name} has no type`);
    return part[0] === 6 ? [[name, Number(read(part))] as const] : [];
  });
}

function readJson(bytes: Uint8Array): (readonly [string, number])[] {
  const records = JSON.parse(Buffer.from(bytes).toString()) as { n: string; v: number }[];
  return records.map(({ n, v }) => [n, v] as const);
}

t.test("whatever the room is: no message is longer, and every value is in one of them, once and in order", async (t) => {
  const channels = [..."abcdefgh"].map((name): Channel => ({ name, unit: name === "b" ? "V" : "", integer: false }));
  const station = { ...STATION, channels: [...channels, SEQ] };
  const readings = fc.array(
    fc.array(fc.oneof(fc.integer({ min: -999, max: 999 }), fc.constant(Number.NaN)), { minLength: 8, maxLength: 8 }),
    {
      minLength: 1,
      maxLength: 12,
    },
  );
  for (const [name, make, readBack] of READERS) {
    const encoder = make(station);
    const property = fc.property(readings, fc.integer({ min: 110, max: 700 }), (rows, room) => {
      const given = rows.map((row, at): Reading => ({ seq: at + 1, at: 1000 * at, values: [...row, at + 1] }));
      const made = messages(encoder, given, room, STAMPED);
      const wanted = given.flatMap(({ values }) => values.map((value, at) => [station.channels[at]?.name, value] as const));
      t.strictSame(
        made.flatMap(readBack),
        wanted.filter(([, value]) => !Number.isNaN(value)),
        name,
      );
      return made.every(({ length }) => length <= room);
    });
    fc.assert(property, { seed: 11, numRuns: 40 });
  }
  const cursor = { reading: 0, channel: 0 };
  for (const [name, make] of READERS)
    t.equal(make(STATION).encode(READINGS, cursor, new Uint8Array(20), STAMPED), 0, `${name}: nothing fits`);
  t.strictSame(cursor, { reading: 0, channel: 0 });
});

t.test("a reading that fits into a message whole is not taken apart", async (t) => {
  for (const [name, make, readBack] of READERS) {
    const encoder = make(STATION);
    const one = messages(encoder, READINGS.slice(0, 1), 4096, STAMPED)[0] as Uint8Array;
    const made = messages(encoder, READINGS, one.length + 10, STAMPED);
    t.strictSame(
      made.map((bytes) => readBack(bytes).length),
      [3, 2],
      name,
    );
  }
});
