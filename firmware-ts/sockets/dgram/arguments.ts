/** The forms in which node:dgram's methods take their arguments, read into one. */
import { checkString, codedError, portOf, wrongType } from "../node-errors.ts";

/** Things that can be sent. */
type Sendable = string | ArrayBufferView;

export type SendCallback = (error: Error | null, bytes: number) => void;

/** One call of send(). */
export interface SendRequest {
  readonly bytes: Uint8Array;
  /** 0 on a connected socket. */
  readonly port: number;
  readonly address: string | undefined;
  readonly callback: SendCallback | undefined;
}

const KINDS = "of type string or an instance of Buffer, TypedArray, or DataView";

/**
 * Reads send(msg[, offset, length][, port][, address][, callback]).
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_BUFFER_OUT_OF_BOUNDS, ERR_SOCKET_BAD_PORT; Error ERR_SOCKET_DGRAM_IS_CONNECTED
 */
export function readSend(words: readonly unknown[], connected: boolean): SendRequest {
  let [message, offset, length, port, address, callback] = words;
  if (!connected) {
    if (address || (port && typeof port !== "function")) message = part(message, offset, length);
    else [port, address, callback] = [offset, length, port];
  } else {
    if (typeof length === "number") {
      message = part(message, offset, length);
      if (typeof port === "function") [port, callback] = [null, port];
    } else {
      [port, address, callback] = [undefined, undefined, offset];
    }
    if (port || address) throw codedError(Error, "ERR_SOCKET_DGRAM_IS_CONNECTED", "Already connected");
  }
  const bytes = bytesOf(message);
  const number = connected ? 0 : portOf(port, { zero: false });
  if (typeof address === "function") [callback, address] = [address, undefined];
  else if (address !== null && address !== undefined) checkString(address, "address");
  return {
    bytes,
    port: number,
    address: typeof address === "string" && address !== "" ? address : undefined,
    callback: typeof callback === "function" ? (callback as SendCallback) : undefined,
  };
}

/** A part of one message, of which the ends are checked. */
function part(message: unknown, offset: unknown, length: unknown): Buffer {
  if (typeof message !== "string" && !ArrayBuffer.isView(message)) throw wrongType("buffer", KINDS, message);
  const all = viewOf(message);
  const at = Number(offset) >>> 0;
  const size = Number(length) >>> 0;
  if (at > all.byteLength) throw outOfBounds("offset");
  if (at + size > all.byteLength) throw outOfBounds("length");
  return Buffer.from(all.buffer, all.byteOffset + at, size);
}

function outOfBounds(name: string): Error {
  return codedError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", `"${name}" is outside of buffer bounds`);
}

function bytesOf(message: unknown): Uint8Array {
  if (!Array.isArray(message)) {
    if (typeof message === "string" || ArrayBuffer.isView(message)) return viewOf(message);
    throw wrongType("buffer", KINDS, message);
  }
  const parts = message.map((one: unknown) => {
    if (typeof one === "string" || ArrayBuffer.isView(one)) return viewOf(one);
    throw wrongType("buffer list arguments", KINDS, message);
  });
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

function viewOf(one: Sendable): Uint8Array {
  if (typeof one === "string") return Buffer.from(one);
  return new Uint8Array(one.buffer, one.byteOffset, one.byteLength);
}
