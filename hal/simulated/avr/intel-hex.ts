/** A firmware file that cannot be run. `code` is FIRMWARE_INVALID; the message names the file, and the line. */
export class FirmwareError extends Error {
  readonly code: "FIRMWARE_INVALID" = "FIRMWARE_INVALID";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FirmwareError";
  }
}

const DATA = 0;
const END = 1;
const SEGMENT = 2;
const LINEAR = 4;
/** Start addresses: of no use to a part that starts at 0. */
const STARTS = [3, 5];

/**
 * Reads Intel HEX, the form that avr-objcopy and avrdude use.
 * @param limit bytes of program memory
 * @param name what the file is called
 * @throws FirmwareError
 */
export function parseIntelHex(text: string, limit: number, name: string): Uint8Array {
  const memory = new Uint8Array(limit).fill(0xff);
  let base = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const record = readRecord(line.trim(), `${name}, line ${index + 1}`);
    const type = record[3]!;
    const data = record.subarray(4, -1);
    if (type === END) return memory;
    if (type === SEGMENT || type === LINEAR) {
      base = ((data[0]! << 8) | data[1]!) * (type === SEGMENT ? 0x10 : 0x1_0000);
      continue;
    }
    if (STARTS.includes(type)) continue;
    if (type !== DATA) throw new FirmwareError(`${name}, line ${index + 1}: record type ${type} is not one of Intel HEX's`);
    const at = base + ((record[1]! << 8) | record[2]!);
    if (at + data.length > limit) {
      throw new FirmwareError(
        `${name}, line ${index + 1}: address ${at + data.length} is beyond the part's ${limit} bytes of flash`,
      );
    }
    memory.set(data, at);
  }
  throw new FirmwareError(`${name}: the file ends before its end record (:00000001FF); it is not whole, or not Intel HEX`);
}

/** Length, address, type, data and sum of one line. */
function readRecord(line: string, place: string): Uint8Array {
  if (!/^:([0-9a-f]{2}){5,}$/i.test(line)) throw new FirmwareError(`${place}: not an Intel HEX record`);
  const record = new Uint8Array((line.length - 1) >> 1);
  for (let at = 0; at < record.length; at++) record[at] = Number.parseInt(line.slice(1 + 2 * at, 3 + 2 * at), 16);
  const sum = record.reduce((total, byte) => (total + byte) & 0xff, 0);
  if (record[0] !== record.length - 5 || sum !== 0) {
    throw new FirmwareError(`${place}: length or checksum of the record is wrong; the file is damaged`);
  }
  return record;
}
