/** Options of a DHCP message, read and written (RFC 2132 2; overload: 9.3; an option in several parts: RFC 3396). */
import { DHCP_FILE, DHCP_OPTIONS, DHCP_SNAME, DhcpOption, type DhcpOptions, FILE_BYTES, SNAME_BYTES } from "./wire.ts";

/** Most octets of one part of an option. */
const PART = 255;
/** The values of OVERLOAD: the fields that hold options, too. */
const IN_FILE = 1;
const IN_SNAME = 2;

/**
 * Reads the options of the message bytes[at..end), those in its fields `file` and `sname` included.
 * @returns null for a message in which one runs over its end
 */
export function readOptions(bytes: Uint8Array, at: number, end: number): DhcpOptions | null {
  const found = new Map<number, Uint8Array>();
  if (!readField(bytes, at + DHCP_OPTIONS, end, found)) return null;
  const overload = found.get(DhcpOption.OVERLOAD);
  const where = overload?.length === 1 ? overload[0]! : 0;
  const file = at + DHCP_FILE;
  const sname = at + DHCP_SNAME;
  if ((where & IN_FILE) !== 0 && !readField(bytes, file, file + FILE_BYTES, found)) return null;
  if ((where & IN_SNAME) !== 0 && !readField(bytes, sname, sname + SNAME_BYTES, found)) return null;
  return found;
}

/** Reads options that stand by themselves. @returns null where one runs over the end */
export function parseOptions(bytes: Uint8Array): DhcpOptions | null {
  const found = new Map<number, Uint8Array>();
  return readField(bytes, 0, bytes.length, found) ? found : null;
}

/** Reads the options in bytes[at..end), or up to the mark of the end before it. Returns false where one runs over it. */
function readField(bytes: Uint8Array, at: number, end: number, found: Map<number, Uint8Array>): boolean {
  for (let next = at; next < end; ) {
    const code = bytes[next++]!;
    if (code === DhcpOption.PAD) continue;
    if (code === DhcpOption.END) return true;
    if (next === end) return false;
    const length = bytes[next++]!;
    if (next + length > end) return false;
    const part = bytes.slice(next, next + length);
    const before = found.get(code);
    found.set(code, before ? Uint8Array.of(...before, ...part) : part);
    next += length;
  }
  return true;
}

/** Bytes that the options take, the mark of the end included. */
export function optionsLength(options: DhcpOptions): number {
  let length = 1;
  for (const value of options.values()) length += 2 * Math.ceil(Math.max(1, value.length) / PART) + value.length;
  return length;
}

/** Writes options to bytes[at..], with the mark of the end behind them. Returns the offset behind that. */
export function writeOptions(bytes: Uint8Array, at: number, options: DhcpOptions): number {
  let next = at;
  for (const [code, value] of options) {
    // An option without a value is one part, too.
    for (let from = 0; from === 0 || from < value.length; from += PART) {
      const part = value.subarray(from, from + PART);
      bytes[next] = code;
      bytes[next + 1] = part.length;
      bytes.set(part, next + 2);
      next += 2 + part.length;
    }
  }
  bytes[next] = DhcpOption.END;
  return next + 1;
}

/** Octets of 32-bit numbers in network byte order. */
export function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of values.entries()) view.setUint32(4 * at, value >>> 0);
  return bytes;
}

/** The numbers in an option of 32-bit numbers; none where its length is not one of such. */
export function wordsOf(value: Uint8Array | undefined): readonly number[] {
  if (value === undefined || value.length === 0 || value.length % 4 !== 0) return [];
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return Array.from({ length: value.length / 4 }, (_, at) => view.getInt32(4 * at));
}

/** The number in an option of one 32-bit number; undefined where there is no such. */
export function wordOf(value: Uint8Array | undefined): number | undefined {
  return value?.length === 4 ? wordsOf(value)[0] : undefined;
}
