/** InfluxDB line protocol: literal lines, and every text comes back from a parser of the grammar. */
import fc from "fast-check";
import t from "tap";
import { linePoint } from "../../../../firmware-ts/apps/telemetry/line-protocol.ts";

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
    t.throws(() => linePoint("m", {}, none, 0), { name: "RangeError", message: "a point of m needs a field with a finite number" });
  }
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
