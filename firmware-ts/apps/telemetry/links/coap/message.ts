/** CoAP messages (RFC 7252 section 3): requests are written, and what comes back is read as far as a client has to. */
import { ByteWriter } from "../../encoders/bytes.ts";

export const CoapType = { CON: 0, NON: 1, ACK: 2, RST: 3 } as const;
export type CoapType = (typeof CoapType)[keyof typeof CoapType];

/** Codes: class in the upper three bits, detail below (section 12.1). */
export const CoapCode = { EMPTY: 0x00, POST: 0x02, PUT: 0x03 } as const;

/** Classes of codes. */
const REQUEST = 0;
const SUCCESS = 2;

/** Numbers of options (section 12.2; No-Response: RFC 7967). */
const Option = { URI_PATH: 11, CONTENT_FORMAT: 12, NO_RESPONSE: 258 } as const;

/** No-Response: neither success nor errors are wanted (RFC 7967 section 2.1). */
const NOT_ANY = 26;

const VERSION = 1;
const HEADER = 4;
const PAYLOAD_MARKER = 0xff;
export const MOST_TOKEN = 8;
/** Lengths and differences of numbers up to 12 stand in the option's first byte; 13 says that a byte follows (section 3.1). */
const ONE_BYTE = 13;

export interface CoapRequest {
  readonly type: typeof CoapType.CON | typeof CoapType.NON;
  readonly code: number;
  readonly id: number;
  readonly token: Uint8Array;
  /** Segments of Uri-Path. */
  readonly path: readonly Uint8Array[];
  readonly contentFormat: number;
  /** Asks the server to stay silent. */
  readonly silent: boolean;
}

/** The bytes in front of a request's payload, the marker included. */
export function requestHead(request: CoapRequest): Uint8Array {
  const { type, code, id, token, path, contentFormat, silent } = request;
  const longest = path.reduce((sum, segment) => sum + 3 + segment.length, HEADER + MOST_TOKEN + 16);
  const bytes = new Uint8Array(longest);
  const out = new ByteWriter(bytes);
  out.u8((VERSION << 6) | (type << 4) | token.length);
  out.u8(code);
  out.u16(id);
  out.raw(token);
  let last = 0;
  const option = (number: number, value: Uint8Array): void => {
    writeOption(out, number - last, value);
    last = number;
  };
  for (const segment of path) option(Option.URI_PATH, segment);
  option(Option.CONTENT_FORMAT, unsigned(contentFormat));
  if (silent) option(Option.NO_RESPONSE, unsigned(NOT_ANY));
  out.u8(PAYLOAD_MARKER);
  return bytes.subarray(0, out.length);
}

/** An empty message: an acknowledgement or a reset. */
export function emptyMessage(type: typeof CoapType.ACK | typeof CoapType.RST, id: number): Uint8Array {
  return Uint8Array.of((VERSION << 6) | (type << 4), CoapCode.EMPTY, id >>> 8, id & 0xff);
}

/** The fixed part of a message that came in. */
export interface CoapHeader {
  type: CoapType;
  code: number;
  id: number;
  /** Bytes of the token, which begin behind the header. */
  tokenLength: number;
}

/** Reads bytes[at..at+length); false for what is no CoAP message of version 1, and has to be ignored in silence (section 3). */
export function readHeader(bytes: Uint8Array, at: number, length: number, into: CoapHeader): boolean {
  if (length < HEADER) return false;
  const first = bytes[at]!;
  into.type = ((first >>> 4) & 3) as CoapType;
  into.code = bytes[at + 1]!;
  into.id = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  into.tokenLength = first & 0xf;
  if (first >>> 6 !== VERSION || into.tokenLength > MOST_TOKEN || HEADER + into.tokenLength > length) return false;
  // An empty message is its header alone (section 4.1).
  return into.code !== CoapCode.EMPTY || length === HEADER;
}

/** The token of a message that readHeader() took. */
export function tokenIs(bytes: Uint8Array, at: number, { tokenLength }: CoapHeader, token: Uint8Array): boolean {
  if (tokenLength !== token.length) return false;
  for (let index = 0; index < tokenLength; index++) if (bytes[at + HEADER + index] !== token[index]) return false;
  return true;
}

export function isSuccess(code: number): boolean {
  return code >>> 5 === SUCCESS;
}

/** A response of any class; not a request, and not empty. */
export function isResponse(code: number): boolean {
  return code >>> 5 !== REQUEST;
}

/** `COAP_4_04`. */
export function codeName(code: number): string {
  return `COAP_${code >>> 5}_${String(code & 0x1f).padStart(2, "0")}`;
}

/** `/telemetry/pico` as segments of Uri-Path; an empty segment is none. */
export function pathSegments(path: string): readonly Uint8Array[] {
  const encoder = new TextEncoder();
  return path
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => encoder.encode(segment));
}

function writeOption(out: ByteWriter, delta: number, value: Uint8Array): void {
  out.u8((nibble(delta) << 4) | nibble(value.length));
  extend(out, delta);
  extend(out, value.length);
  out.raw(value);
}

/** None here is above 268, from where two bytes would follow. */
function nibble(value: number): number {
  return Math.min(value, ONE_BYTE);
}

function extend(out: ByteWriter, value: number): void {
  if (value >= ONE_BYTE) out.u8(value - ONE_BYTE);
}

/** An unsigned integer of an option: as few bytes as it needs, 0 for zero (section 3.2). */
function unsigned(value: number): Uint8Array {
  if (value === 0) return new Uint8Array(0);
  return value < 0x100 ? Uint8Array.of(value) : Uint8Array.of(value >>> 8, value & 0xff);
}
