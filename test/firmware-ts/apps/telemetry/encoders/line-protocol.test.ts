/** InfluxDB line protocol: literal lines, and every text comes back from a parser of the grammar. */
import fc from "fast-check";
import t from "tap";
import { linePoint } from "../../../../../firmware-ts/apps/telemetry/encoders/line-protocol.ts";

const at = Date.UTC(2026, 0, 1);

t.test("points as they leave", async (t) => {
  const seq = { name: "seq", value: 1, integer: true };
  const rows: [string, string][] = [
    [
      linePoint("telemetry", { node: "pico" }, [{ name: "t", value: 21.5 }, seq], at),
      "telemetry,node=pico t=21.5,seq=1i 1767225600000000000",
    ],
    [linePoint("m", {}, [seq], at + 0.4), "m seq=1i 1767225600000000000"],
    [linePoint("m", {}, [seq], at + 1), "m seq=1i 1767225600001000000"],
    [linePoint("m", {}, [seq], 0), "m seq=1i 0"],
    [linePoint("m n,o=p", { "a=b c": "d,e f=g" }, [{ name: "h i", value: 1 }], 0), "m\\ n\\,o=p,a\\=b\\ c=d\\,e\\ f\\=g h\\ i=1 0"],
    [linePoint("m", { a: "", b: "c" }, [seq], 0), "m,b=c seq=1i 0"],
    [linePoint("m", { a: "b\\" }, [seq], 0), "m,a=b seq=1i 0"],
    [linePoint("m", { a: "b\nseq=2i 0\r" }, [seq], 0), "m,a=b\\ seq\\=2i\\ 0\\  seq=1i 0"],
    [linePoint("m", { a: "Büro 😀" }, [seq], 0), "m,a=Büro\\ 😀 seq=1i 0"],
  ];
  for (const [line, expected] of rows) t.equal(line, expected);
});

t.test("numbers: not those that the protocol cannot write; integers whole", async (t) => {
  const fields = (...values: number[]): string =>
    linePoint(
      "m",
      {},
      values.map((value, index) => ({ name: `f${index}`, value })),
      0,
    ).split(" ")[1] ?? "";
  t.equal(fields(Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY), "f1=1");
  t.equal(fields(-0.5, 1e21, 1e-7, -0), "f0=-0.5,f1=1e+21,f2=1e-7,f3=0");
  t.equal(linePoint("m", {}, [{ name: "i", value: 2.9, integer: true }], 0), "m i=2i 0");
  for (const none of [[], [{ name: "a", value: Number.NaN }]]) {
    t.throws(() => linePoint("m", {}, none, 0), {
      name: "LineProtocolError",
      code: "FIELD_MISSING",
      message: "a point of m needs a field with a finite number",
    });
  }
});

t.test("integers: every digit of an int64; beyond it refused", async (t) => {
  const one = (value: number): string => linePoint("m", {}, [{ name: "i", value, integer: true }], 0).split(" ")[1] ?? "";
  t.equal(one(-(2 ** 63)), "i=-9223372036854775808i");
  t.equal(one(2 ** 63 - 1024), "i=9223372036854774784i");
  t.equal(one(2 ** 62), "i=4611686018427387904i");
  t.equal(one(-0.4), "i=0i");
  for (const value of [2 ** 63, -(2 ** 63) - 2048, 1e21, Number.MAX_VALUE]) {
    t.throws(
      () => one(value),
      { code: "INTEGER_RANGE", message: `the field i is ${value}, beyond the integers of 64 bits` },
      `${value}`,
    );
  }
});

t.test("times: int64 in ns; beyond it refused", async (t) => {
  const seq = [{ name: "seq", value: 1, integer: true }];
  t.equal(linePoint("m", {}, seq, 9_223_372_036_854), "m seq=1i 9223372036854000000");
  t.equal(linePoint("m", {}, seq, -9_223_372_036_854), "m seq=1i -9223372036854000000");
  for (const time of [9_223_372_036_855, -9_223_372_036_855, 1e300, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => linePoint("m", {}, seq, time), { name: "LineProtocolError", code: "TIME_RANGE" }, `${time}`);
  }
});

t.test("names that make no point, or another one, are refused; so are two of one name", async (t) => {
  const field = (name: string) => ({ name, value: 1 });
  const rows: [string, string, Record<string, string>, string[]][] = [
    ["MEASUREMENT_INVALID", "", {}, ["a"]],
    ["MEASUREMENT_INVALID", "\\\\", {}, ["a"]],
    ["MEASUREMENT_INVALID", "# a comment", {}, ["a"]],
    ["TAG_INVALID", "m", { "": "x" }, ["a"]],
    ["TAG_INVALID", "m", { "\\": "x" }, ["a"]],
    ["TAG_INVALID", "m", { time: "x" }, ["a"]],
    ["TAG_TWICE", "m", { "a\n": "x", "a ": "y" }, ["a"]],
    ["FIELD_INVALID", "m", {}, [""]],
    ["FIELD_INVALID", "m", {}, ["a", "\\"]],
    ["FIELD_INVALID", "m", {}, ["time"]],
    ["FIELD_TWICE", "m", {}, ["a", "b", "a"]],
    ["FIELD_TWICE", "m", {}, ["a", "a\\"]],
  ];
  for (const [code, measurement, tags, fields] of rows) {
    const refused = { name: "LineProtocolError", code };
    t.throws(() => linePoint(measurement, tags, fields.map(field), 0), refused, JSON.stringify([measurement, tags, fields]));
  }
  t.equal(linePoint("m#", { "#": "#" }, [field("#")], 0), "m#,#=# #=1 0", "# is a comment at the beginning only");
  t.equal(linePoint("\tm\u0000", {}, [field("a\u007f")], 0), "\\ m\\  a\\ =1 0", "no control character leaves");
});

/** Splits at a separator that no backslash stands before. */
function split(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let part = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (separator.test(character) && text[at - 1] !== "\\") {
      parts.push(part);
      part = "";
    } else {
      part += character;
    }
  }
  return [...parts, part];
}

t.test("whatever a tag says, it stays one tag of one point", async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "=", ",", " ", "\\", "\n", "\r", "é", '"', "i", "1") }), (value) => {
      const line = linePoint("m", { node: value }, [{ name: "seq", value: 1, integer: true }], 0);
      const parts = split(line, / /);
      t.same([parts.length, parts[1], parts[2], line.includes("\n")], [3, "seq=1i", "0", false], JSON.stringify(line));
      const [measurement, tag, ...more] = split(parts[0] as string, /,/);
      t.same([measurement, more.length], ["m", 0]);
      const expected = value.replace(/[\r\n]/g, " ").replace(/\\+$/, "");
      if (expected === "") t.equal(tag, undefined);
      else t.equal((tag ?? "").slice("node=".length).replace(/\\([,= ])/g, "$1"), expected);
    }),
    { numRuns: 300, seed: 3 },
  );
});
