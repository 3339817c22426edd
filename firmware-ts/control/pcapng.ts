/** Frames as pcapng (IETF draft-ietf-opsawg-pcapng): a section header, an interface a device, an enhanced packet block a frame. */

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
/** No frame of ours is longer. */
export const SNAP_LENGTH = 65_535;
const OPTION_END = 0;
const OPTION_COMMENT = 1;
const OPTION_IF_NAME = 2;
const OPTION_IF_TSRESOL = 9;
const OPTION_EPB_FLAGS = 2;
const OPTION_EPB_DROPCOUNT = 4;
const OPTION_ISB_IFRECV = 4;
const OPTION_ISB_IFDROP = 5;
/** An option of 8 bytes, its head included. */
const OPTION_64 = 12;
/** Time stamps count 10^-9 s. */
const NANOSECONDS = 9;

export const Direction = { IN: 1, OUT: 2 } as const;

function block(type: number, body: Uint8Array): Uint8Array {
  const length = 12 + body.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(body, 8);
  view.setUint32(length - 4, length, true);
  return bytes;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** The blocks that begin a file: section header, then the interfaces in the order of their indices. */
export function pcapngHeader(interfaces: readonly string[], snaplen: number = SNAP_LENGTH): Uint8Array {
  const section = new Uint8Array(16);
  const view = new DataView(section.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, true);
  view.setUint16(4, 1, true);
  // Section length unknown: all ones.
  section.fill(0xff, 8);
  const blocks = [block(SECTION_HEADER, section), ...interfaces.map((name) => interfaceBlock(name, snaplen))];
  const bytes = new Uint8Array(blocks.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of blocks) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function interfaceBlock(name: string, snaplen: number): Uint8Array {
  const text = new TextEncoder().encode(name);
  const body = new Uint8Array(8 + 4 + padded(text.length) + 8 + 4);
  const view = new DataView(body.buffer);
  view.setUint16(0, LINKTYPE_ETHERNET, true);
  view.setUint32(4, snaplen, true);
  view.setUint16(8, OPTION_IF_NAME, true);
  view.setUint16(10, text.length, true);
  body.set(text, 12);
  const resolution = 12 + padded(text.length);
  view.setUint16(resolution, OPTION_IF_TSRESOL, true);
  view.setUint16(resolution + 2, 1, true);
  body[resolution + 4] = NANOSECONDS;
  view.setUint16(resolution + 8, OPTION_END, true);
  return block(INTERFACE_DESCRIPTION, body);
}

/**
 * One frame.
 * @param time ms since 1970-01-01 UTC, fractions included
 * @param frame its beginning, as much of it as is kept
 * @param drops packets of the interface that are missing since the one before
 * @param length bytes of the whole frame; default those of `frame`
 * @param comment text that a reader shows with the frame; at most 65,535 bytes of UTF-8
 */
export function pcapngPacket(
  interfaceIndex: number,
  time: number,
  frame: Uint8Array,
  direction: number,
  drops = 0,
  length: number = frame.length,
  comment = "",
): Uint8Array {
  const data = padded(frame.length);
  const told = new TextEncoder().encode(comment);
  const counts = 8 + (drops > 0 ? OPTION_64 : 0);
  const body = new Uint8Array(20 + data + counts + (told.length > 0 ? 4 + padded(told.length) : 0) + 4);
  const view = new DataView(body.buffer);
  view.setUint32(0, interfaceIndex, true);
  setTime(view, 4, time);
  view.setUint32(12, frame.length, true);
  view.setUint32(16, length, true);
  body.set(frame, 20);
  view.setUint16(20 + data, OPTION_EPB_FLAGS, true);
  view.setUint16(22 + data, 4, true);
  view.setUint32(24 + data, direction, true);
  if (drops > 0) setOption64(view, 28 + data, OPTION_EPB_DROPCOUNT, drops);
  if (told.length > 0) {
    const at = 20 + data + counts;
    view.setUint16(at, OPTION_COMMENT, true);
    view.setUint16(at + 2, told.length, true);
    body.set(told, at + 4);
  }
  return block(ENHANCED_PACKET, body);
}

/**
 * Statistics of an interface, for the end of a capture.
 * @param time ms since 1970-01-01 UTC
 * @param received packets since the capture began, those that are missing included
 * @param dropped packets that are missing
 */
export function pcapngStatistics(interfaceIndex: number, time: number, received: number, dropped: number): Uint8Array {
  const body = new Uint8Array(12 + 2 * OPTION_64 + 4);
  const view = new DataView(body.buffer);
  view.setUint32(0, interfaceIndex, true);
  setTime(view, 4, time);
  setOption64(view, 12, OPTION_ISB_IFRECV, received);
  setOption64(view, 12 + OPTION_64, OPTION_ISB_IFDROP, dropped);
  return block(INTERFACE_STATISTICS, body);
}

/** A time stamp's two halves, the high one first. */
function setTime(view: DataView, at: number, time: number): void {
  // In two parts, so that microseconds of today's dates do not drown in a double.
  const whole = Math.floor(time);
  const nanoseconds = BigInt(whole) * 1_000_000n + BigInt(Math.round((time - whole) * 1e6));
  view.setUint32(at, Number(nanoseconds >> 32n), true);
  view.setUint32(at + 4, Number(nanoseconds & 0xffffffffn), true);
}

function setOption64(view: DataView, at: number, code: number, value: number): void {
  view.setUint16(at, code, true);
  view.setUint16(at + 2, 8, true);
  view.setUint32(at + 4, value % 2 ** 32, true);
  view.setUint32(at + 8, Math.floor(value / 2 ** 32), true);
}
