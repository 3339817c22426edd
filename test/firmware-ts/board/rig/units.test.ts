/** Durations, rates, numbers and addresses as people write them. */
import fc from "fast-check";
import t from "tap";
import {
  formatDuration,
  formatRate,
  holdsHost,
  parseCidr,
  parseDuration,
  parseEndpoint,
  parseHost,
  parseInteger,
  parseInterfaceAddress,
  parseNumber,
  parseRate,
  parseRouteTarget,
  parseStationMac,
  UnitError,
} from "../../../../firmware-ts/board/rig/units.ts";
import { closest, show } from "../../../../firmware-ts/board/rig/wording.ts";

/** Any UTF-16 code unit, lone surrogates and controls included, ASCII as often as all others. */
const anyCodeUnit = fc.oneof(fc.nat(0x7f), fc.nat(0xffff)).map((unit) => String.fromCharCode(unit));

t.test("durations", async (t) => {
  const cases: [string, number][] = [
    ["3s", 3000],
    ["250ms", 250],
    ["1h", 3_600_000],
    ["2m", 120_000],
    ["1.5s", 1500],
    ["1.1h", 3_960_000],
    ["7d", 604_800_000],
    ["0s", 0],
    ["0.25ms", 0.25],
    ["007s", 7000],
  ];
  for (const [text, ms] of cases) t.equal(parseDuration(text), ms, text);
  for (const text of [
    "",
    "3",
    "3 s",
    " 3s",
    "3S",
    "3sec",
    "s",
    "-3s",
    "+3s",
    "3e3s",
    ".5s",
    "1.s",
    "1,5s",
    "Infinitys",
    "0x10s",
    "3s\n",
    "99999999999d",
  ]) {
    t.throws(() => parseDuration(text), { name: "UnitError", code: "UNIT_INVALID" }, JSON.stringify(text));
  }
  t.throws(() => parseDuration("3"), { message: "3: a duration without its unit; say e.g. 3s" });
  t.throws(() => parseDuration("250"), { message: "250: a duration without its unit; say e.g. 250ms" });
  t.throws(() => parseDuration("3S"), { message: "3S: S is not a unit of a duration; say 3s" });
});

t.test("durations are written short, and read back exactly", async (t) => {
  const cases: [number, string][] = [
    [0, "0s"],
    [1, "1ms"],
    [1500, "1.5s"],
    [90_000, "90s"],
    [120_000, "2m"],
    [5_400_000, "90m"],
    [86_400_000, "1d"],
    [0.25, "0.25ms"],
  ];
  for (const [ms, text] of cases) t.equal(formatDuration(ms), text);
  fc.assert(fc.property(fc.nat(2 ** 53 - 1), (ms) => parseDuration(formatDuration(ms)) === ms));
  fc.assert(
    fc.property(
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      (ms) => Math.abs(parseDuration(formatDuration(ms)) - ms) <= 1e-12 * ms,
    ),
  );
});

t.test("rates", async (t) => {
  const cases: [string, number][] = [
    ["10MHz", 10_000_000],
    ["2.5MHz", 2_500_000],
    ["400kHz", 400_000],
    ["32768Hz", 32_768],
    ["1GHz", 1e9],
  ];
  for (const [text, hertz] of cases) {
    t.equal(parseRate(text), hertz);
    t.equal(formatRate(hertz), text);
  }
  t.throws(() => parseRate("10mhz"), { message: "10mhz: mhz is not a unit of a rate; say 10MHz" });
  t.throws(() => parseRate("2.5Hz"), { message: "2.5Hz: not a whole number of Hz" });
  t.throws(() => parseRate("1toString"), { code: "UNIT_INVALID" });
  fc.assert(fc.property(fc.nat(2 ** 40), (hertz) => parseRate(formatRate(hertz)) === hertz));
});

t.test("numbers", async (t) => {
  t.equal(parseInteger("-5", -5, 5), -5);
  t.equal(parseNumber("0.05", 0, 1), 0.05);
  for (const text of ["6", "", " 1", "1.0", "1e0", "0x1", "NaN", "١"]) t.throws(() => parseInteger(text, -5, 5), UnitError, text);
  for (const text of ["1.01", "", ".5", "5%", "1e-2", "NaN", "-0.1"]) t.throws(() => parseNumber(text, 0, 1), UnitError, text);
});

t.test("addresses", async (t) => {
  t.strictSame(parseCidr("10.0.0.1/8"), { address: "10.0.0.1", prefix: 8 });
  t.strictSame(parseInterfaceAddress("10.0.0.0/31"), { address: "10.0.0.0", prefix: 31 }, "RFC 3021");
  t.strictSame(parseRouteTarget("10.0.0.1"), { address: "10.0.0.1", prefix: 32 });
  t.strictSame(parseRouteTarget("0.0.0.0/0"), { address: "0.0.0.0", prefix: 0 });
  t.strictSame(parseEndpoint("10.0.0.1:65535"), { address: "10.0.0.1", port: 65_535 });
  t.strictSame(parseStationMac("02:00:5E:10:00:0f"), Uint8Array.of(2, 0, 0x5e, 0x10, 0, 15));
  for (const text of ["10.0.0.1", "10.0.0.1/", "10.0.0.1/8/8", "10.0.0.1/-1", "10.0.0.1/1e1", "10.0.0/8", "/8"]) {
    t.throws(() => parseCidr(text), { code: "UNIT_INVALID" }, text);
  }
  for (const text of ["10.0.0.1/0", "10.0.0.0/30", "10.0.0.3/30", "0.0.0.0/8", "0.1.2.3/8", "240.0.0.0/0", "255.255.255.255/32"]) {
    t.throws(() => parseInterfaceAddress(text), { code: "UNIT_INVALID" }, text);
  }
  for (const text of ["10.0.0.1:0", "10.0.0.1:08094", "10.0.0.1:", ":8094", "0.0.0.0:1", "[10.0.0.1]:1", "10.0.0.1"]) {
    t.throws(() => parseEndpoint(text), { code: "UNIT_INVALID" }, text);
  }
});

t.test("IPv6: addresses as RFC 5952 writes them, prefixes, and endpoints in brackets", async (t) => {
  t.strictSame(parseCidr("FD00:0::01/64"), { address: "fd00::1", prefix: 64 });
  t.strictSame(parseInterfaceAddress("fd00::1/64"), { address: "fd00::1", prefix: 64 });
  t.strictSame(parseInterfaceAddress("fd00::/127"), { address: "fd00::", prefix: 127 });
  t.strictSame(parseRouteTarget("fd00::/64"), { address: "fd00::", prefix: 64 });
  t.strictSame(parseRouteTarget("::/0"), { address: "::", prefix: 0 });
  t.strictSame(parseRouteTarget("fd00::1"), { address: "fd00::1", prefix: 128 });
  t.equal(parseHost("FE80::1"), "fe80::1");
  t.strictSame(parseEndpoint("[fd00::1]:8094"), { address: "fd00::1", port: 8094 });
  t.strictSame(parseEndpoint("[fe80::1%eth0]:8094"), { address: "fe80::1%eth0", port: 8094 });
  for (const text of ["fd00:::1/64", "fd00::1", "fd00::1/129", "fd00::1/x"])
    t.throws(() => parseCidr(text), { code: "UNIT_INVALID" }, text);
  for (const text of ["fd00::/64", "::1/128", "::/0", "ff02::1/16", "fd00::1/0"]) {
    t.throws(() => parseInterfaceAddress(text), { code: "UNIT_INVALID" }, text);
  }
  for (const text of ["fd00::1/64", "fd00:0:0:1::/48"]) t.throws(() => parseRouteTarget(text), { code: "UNIT_INVALID" }, text);
  for (const text of ["fg00::1", "::", "::1", "ff02::1", "fd00::1/64"])
    t.throws(() => parseHost(text), { code: "UNIT_INVALID" }, text);
  for (const text of ["fd00::1:8094", "[fd00::1]", "[fd00::1]:0", "[::]:9", "fd00::1", "[fd00::1%]:9"]) {
    t.throws(() => parseEndpoint(text), { code: "UNIT_INVALID" }, text);
  }
});

t.test("a prefix holds the hosts of its own family", async (t) => {
  t.ok(holdsHost({ address: "10.0.0.0", prefix: 8 }, "10.1.2.3"));
  t.notOk(holdsHost({ address: "10.0.0.0", prefix: 8 }, "11.1.2.3"));
  t.ok(holdsHost({ address: "fd00::1", prefix: 64 }, "fd00::2:3"));
  t.notOk(holdsHost({ address: "fd00::1", prefix: 64 }, "fd00:0:0:1::2"));
  t.ok(holdsHost({ address: "::", prefix: 0 }, "fd00::2"));
  t.notOk(holdsHost({ address: "::", prefix: 0 }, "10.0.0.1"));
  t.notOk(holdsHost({ address: "0.0.0.0", prefix: 0 }, "fd00::2"));
});

t.test("any text is read or refused with a UnitError", async () => {
  const readers = [
    parseDuration,
    parseRate,
    parseCidr,
    parseInterfaceAddress,
    parseRouteTarget,
    parseEndpoint,
    parseHost,
    parseStationMac,
  ];
  const pieces = fc.array(
    fc.constantFrom("10", ".", "/", ":", "0", "255", "fd00", "s", "ms", "MHz", "[", "]", "-", "%eth0", "ff"),
    { maxLength: 12 },
  );
  const text = fc.oneof(
    fc.string({ unit: anyCodeUnit, maxLength: 30 }),
    pieces.map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, fc.constantFrom(...readers), (text, read) => {
      try {
        read(text);
      } catch (error) {
        if (!(error instanceof UnitError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});

t.test("what is quoted is safe to print, and near words are found", async (t) => {
  t.equal(show("eth0"), "eth0");
  t.equal(show(""), '""');
  t.equal(show('a"b'), '"a\\"b"');
  t.equal(show("\u001b[2J\u009b\u202e\n"), '"\\u001b[2J\\u009b\\u202e\\n"');
  t.equal(show("x".repeat(99)), `${"x".repeat(60)}…`);
  fc.assert(fc.property(fc.string({ unit: anyCodeUnit }), (text) => !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(show(text))));
  t.equal(closest("prot", ["path", "port", "baud"]), "port", "two letters swapped are one mistake");
  t.equal(closest("MAC", ["mac", "bus"]), "mac");
  t.equal(closest("colour", ["mac", "bus"]), null);
  t.equal(closest("x".repeat(1e6), ["mac"]), null);
});
