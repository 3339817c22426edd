/** CBOR (RFC 8949), as much as SenML needs: integers, floats, texts, and the heads of arrays and maps, each in its shortest form. */
import type { ByteWriter } from "./bytes.ts";
import { utf8Length } from "./bytes.ts";

/** Major types in the upper three bits (section 3.1). */
const Major = { UNSIGNED: 0x00, NEGATIVE: 0x20, TEXT: 0x60, ARRAY: 0x80, MAP: 0xa0 } as const;
const FLOAT32 = 0xfa;
const FLOAT64 = 0xfb;

/** @param value a safe integer */
export function cborInteger(out: ByteWriter, value: number): void {
  if (value < 0) head(out, Major.NEGATIVE, -1 - value);
  else head(out, Major.UNSIGNED, value);
}

/** A finite number: an integer where it is one, else the shortest float that keeps it. */
export function cborNumber(out: ByteWriter, value: number): void {
  if (Number.isSafeInteger(value)) cborInteger(out, value);
  else if (Math.fround(value) === value) {
    out.u8(FLOAT32);
    out.f32(value);
  } else {
    out.u8(FLOAT64);
    out.f64(value);
  }
}

export function cborText(out: ByteWriter, text: string): void {
  head(out, Major.TEXT, utf8Length(text));
  out.text(text);
}

/** The items follow. */
export function cborArray(out: ByteWriter, count: number): void {
  head(out, Major.ARRAY, count);
}

/** The pairs follow. */
export function cborMap(out: ByteWriter, count: number): void {
  head(out, Major.MAP, count);
}

function head(out: ByteWriter, major: number, argument: number): void {
  if (argument < 24) out.u8(major | argument);
  else if (argument < 0x100) {
    out.u8(major | 24);
    out.u8(argument);
  } else if (argument < 0x10000) {
    out.u8(major | 25);
    out.u16(argument);
  } else if (argument < 0x1_0000_0000) {
    out.u8(major | 26);
    out.u32(argument);
  } else {
    out.u8(major | 27);
    out.u64(BigInt(argument));
  }
}
