/** Intel HEX: what is read, and the words for a file that cannot be run. */
import t from "tap";
import { parseIntelHex } from "../../../../hal/simulated/avr/intel-hex.ts";

const END = ":00000001FF";

/** A record with its sum. */
function record(type: number, address: number, ...data: readonly number[]): string {
  const bytes = [data.length, address >> 8, address & 0xff, type, ...data];
  const sum = -bytes.reduce((total, byte) => total + byte, 0) & 0xff;
  return `:${[...bytes, sum].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

t.test(
  "data at its address, also above a segment's and a linear base; start addresses are passed over; the rest is erased flash",
  async (t) => {
    const lines = [
      record(0, 2, 1, 2),
      "",
      record(3, 0, 0, 0, 0, 0),
      record(2, 0, 0x00, 0x01),
      record(0, 0, 3),
      record(4, 0, 0, 0),
      record(0, 8, 4),
      END,
    ];
    const memory = parseIntelHex(lines.join("\r\n"), 20, "a.hex");
    t.same([...memory], [255, 255, 1, 2, 255, 255, 255, 255, 4, 255, 255, 255, 255, 255, 255, 255, 3, 255, 255, 255]);
  },
);

t.test("a file that cannot be run is refused with its name and the line", async (t) => {
  const refused: readonly (readonly [text: string, message: RegExp])[] = [
    ["", /^a\.hex: the file ends before its end record/],
    [`${record(0, 0, 1)}\nhello`, /^a\.hex, line 2: not an Intel HEX record$/],
    [":0000", /^a\.hex, line 1: not an Intel HEX record$/],
    [record(0, 0, 1).replace(/..$/, "00"), /^a\.hex, line 1: length or checksum of the record is wrong/],
    [":03000000017D7F", /^a\.hex, line 1: length or checksum/],
    [record(6, 0, 1), /^a\.hex, line 1: record type 6 is not one of Intel HEX's$/],
    [record(0, 19, 1, 2), /^a\.hex, line 1: address 21 is beyond the part's 20 bytes of flash$/],
  ];
  for (const [text, message] of refused)
    t.throws(() => parseIntelHex(text, 20, "a.hex"), { code: "FIRMWARE_INVALID", name: "FirmwareError", message }, text);
});
