/** The text of IPv6 addresses and of endpoints: what is read is what node:net reads, what is written is what inet_ntop() and URL write. */
import { isIPv4, isIPv6, SocketAddress } from "node:net";
import fc from "fast-check";
import t from "tap";
import { familyOf, formatIpv4, type Ip4, type IpAddress, parseIpv4 } from "../../../firmware-ts/ip/address.ts";
import { formatEndpoint, formatIp, parseEndpoint, parseIp } from "../../../firmware-ts/ip/endpoint.ts";
import { type Ip6, Ip6Interner } from "../../../firmware-ts/ip/ip6.ts";
import { formatIpv6, parseIpv6 } from "../../../firmware-ts/ip/ip6-text.ts";

const interner = new Ip6Interner(7);
const read = (text: string): Ip6 | null => parseIpv6(text, interner);

/** A group that is often zero, and often has leading zeros. */
const group = fc.oneof(fc.constant(0), fc.nat(0xff), fc.nat(0xffff));
const groups = fc.array(group, { minLength: 8, maxLength: 8 });

/** As inet_ntop() writes it. */
function canonical(text: string): string {
  return new SocketAddress({ address: text, family: "ipv6" }).address;
}

/** As the URL standard writes it: never with a dotted quad. */
function inUrl(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

function wordsOf(address: Ip6): number[] {
  return [address.a, address.b, address.c, address.d];
}

t.test("examples of RFC 4291 and RFC 5952", async (t) => {
  const rows: [written: string, words: number[], text: string][] = [
    ["::", [0, 0, 0, 0], "::"],
    ["::1", [0, 0, 0, 1], "::1"],
    ["2001:DB8:0:0:8:800:200C:417A", [0x20010db8, 0, 0x00080800, 0x200c417a], "2001:db8::8:800:200c:417a"],
    ["FF01::101", [0xff010000, 0, 0, 0x101], "ff01::101"],
    ["2001:db8:0:1:1:1:1:1", [0x20010db8, 1, 0x00010001, 0x00010001], "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", [0x20010000, 1, 0, 1], "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", [0x20010db8, 0, 0x00010000, 1], "2001:db8::1:0:0:1"],
    ["fe80::", [0xfe800000, 0, 0, 0], "fe80::"],
    ["::1:203", [0, 0, 0, 0x00010203], "::0.1.2.3"],
    ["0:0:0:0:0:FFFF:129.144.52.38", [0, 0, 0xffff, 0x81903426], "::ffff:129.144.52.38"],
    ["::13.1.68.3", [0, 0, 0, 0x0d014403], "::13.1.68.3"],
    ["64:ff9b::192.0.2.33", [0x0064ff9b, 0, 0, 0xc0000221], "64:ff9b::c000:221"],
  ];
  for (const [written, words, text] of rows) {
    const address = read(written) as Ip6;
    t.same([wordsOf(address), formatIpv6(address)], [words.map((word) => word | 0), text], written);
  }
});

t.test("what is none is refused", async (t) => {
  const texts = ["", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "::1:2:3:4:5:6:7:8"];
  texts.push(
    "12345::",
    "g::",
    ":1",
    "1:",
    "::1:",
    ":1::",
    "1.2.3.4",
    "::1.2.3",
    "::1.2.3.256",
    "::01.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
  );
  texts.push("1:2:3:4:5:6:7:1.2.3.4", "::1%eth0", "[::1]", "::1/64", " ::1", "::1 ", "::-1", "::+1", "::0x1", "::1\n");
  for (const text of texts) t.same([read(text), isIPv6(text) && !text.includes("%")], [null, false], JSON.stringify(text));
  for (const text of ["1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4"]) t.ok(read(text) && isIPv6(text), text);
});

t.test("any address in any of its spellings is read, and written in one", async (t) => {
  const spelling = fc.record({
    groups,
    from: fc.nat(7),
    run: fc.nat(8),
    upper: fc.boolean(),
    wide: fc.boolean(),
    quad: fc.boolean(),
  });
  fc.assert(
    fc.property(spelling, ({ groups, from, run, upper, wide, quad }) => {
      const hex = groups.map((group) => group.toString(16).padStart(wide ? 4 : 1, "0"));
      if (quad) hex.splice(6, 2, formatIpv4((groups[6]! << 16) | groups[7]!));
      const end = Math.min(from + run, quad ? 6 : 8);
      const zeros = end > from && groups.slice(from, end).every((group) => group === 0);
      const plain = zeros ? `${hex.slice(0, from).join(":")}::${hex.slice(end).join(":")}` : hex.join(":");
      const text = upper ? plain.toUpperCase() : plain;
      const address = read(text);
      if (!address) throw new Error(`${text} is not read`);
      const words = [0, 2, 4, 6].map((at) => (groups[at]! << 16) | groups[at + 1]!);
      t.same(wordsOf(address), words, text);
      const written = formatIpv6(address);
      if (written !== canonical(text)) throw new Error(`${text} is written ${written}, by inet_ntop ${canonical(text)}`);
      if (!written.includes(".") && written !== inUrl(text))
        throw new Error(`${text} is written ${written}, by URL ${inUrl(text)}`);
      return read(written) === address && inUrl(written) === inUrl(text);
    }),
    { numRuns: 500 },
  );
});

t.test("text that may be none is read exactly when node:net reads it", async () => {
  const piece = fc.constantFrom(
    ":",
    "::",
    "0",
    "1",
    "00",
    "ffff",
    "FF",
    "12345",
    "g",
    ".",
    "1.2.3.4",
    "256",
    "1.2.3",
    "01.2.3.4",
    " ",
    "-",
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 18 }).map((pieces) => pieces.join("")),
    fc.string({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(text, (text) => {
      const right = isIPv6(text) && !text.includes("%");
      return (read(text) !== null) === right && (parseIpv4(text) !== null) === isIPv4(text);
    }),
    { numRuns: 5000 },
  );
});

t.test("either family", async (t) => {
  const four = parseIp("10.0.0.2", interner) as IpAddress;
  const six = parseIp("fd00::2", interner) as IpAddress;
  t.same([familyOf(four), formatIp(four)], [4, "10.0.0.2"]);
  t.same([familyOf(six), formatIp(six)], [6, "fd00::2"]);
  t.equal(parseIp("host", interner), null);
});

t.test("endpoints", async (t) => {
  const rows: [text: string, address: string, port: number][] = [
    ["10.0.0.2:8094", "10.0.0.2", 8094],
    ["0.0.0.0:0", "0.0.0.0", 0],
    ["[fd00::2]:8094", "fd00::2", 8094],
    ["[::ffff:10.0.0.2]:65535", "::ffff:10.0.0.2", 65_535],
  ];
  for (const [text, address, port] of rows) {
    const endpoint = parseEndpoint(text, interner);
    t.same([endpoint && formatIp(endpoint.address), endpoint?.port], [address, port], text);
    t.equal(endpoint && formatEndpoint(endpoint), text);
  }
  const bad = ["", ":", "10.0.0.2", "10.0.0.2:", "10.0.0.2:65536", "10.0.0.2:-1", "10.0.0.2:1e3", "10.0.0.2:80 ", "host:80", ":80"];
  bad.push(
    "fd00::2:8094",
    "[fd00::2]",
    "[fd00::2]:",
    "[fd00::2]8094",
    "[10.0.0.2]:80",
    "[]:80",
    "[fd00::2:80",
    "fd00::2]:80",
    "10.0.0.2:000080",
  );
  for (const text of bad) t.equal(parseEndpoint(text, interner), null, JSON.stringify(text));
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), groups), fc.nat(0xffff), (words, port) => {
      const word = (at: number): number => (words as number[])[at]! * 0x10000 + (words as number[])[at + 1]!;
      const address =
        typeof words === "number" ? (words as Ip4) : interner.intern(word(0) | 0, word(2) | 0, word(4) | 0, word(6) | 0);
      const read = parseEndpoint(formatEndpoint({ address, port }), interner);
      return read?.address === address && read.port === port;
    }),
  );
});
