/**
 * The messages of the registrar: 72 octets of UDP each, in network byte order. docs/registrar.md describes them and their order.
 *
 * |  at | octets |                                                                    |
 * |----:|-------:|--------------------------------------------------------------------|
 * |   0 |      4 | `WHR1`                                                             |
 * |   4 |      1 | type: 1 register, 2 challenge, 3 answer                            |
 * |   5 |      1 | 4 or 6: the family of the node's address                           |
 * |   6 |      2 | seconds for which the entry is wanted, or given; 0: no longer      |
 * |   8 |     16 | the node's address; one of IPv4 stands at the end, behind zeros    |
 * |  24 |      6 | the node's link address                                            |
 * |  30 |      6 | the gateway's; zeros in type 1                                     |
 * |  36 |      8 | nonce of the node, which the gateway repeats                       |
 * |  44 |      8 | cookie of the gateway, which the node repeats; zeros for none      |
 * |  52 |      1 | status of an answer: 0 done, 1 taken, 2 full, 3 not on this link   |
 * |  53 |      3 | zeros                                                              |
 * |  56 |     16 | the first half of HMAC-SHA256 by the common key over all before it |
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { formatIpv4, parseIpv4 } from "../../ip/address.ts";
import { formatIpv6, ip6Words } from "../../ip/ip6-text.ts";

export const REGISTRAR_PORT = 7625;
export const MESSAGE_BYTES = 72;
const MAGIC = 0x57485231;
const TAG = 56;

export const Type = { REGISTER: 1, CHALLENGE: 2, ANSWER: 3 } as const;
export const Status = { DONE: 0, TAKEN: 1, FULL: 2, NOT_HERE: 3 } as const;

export interface Message {
  readonly type: number;
  readonly seconds: number;
  /** The node's address as text. */
  readonly address: string;
  readonly mac: Uint8Array;
  readonly gateway: Uint8Array;
  readonly nonce: Uint8Array;
  readonly cookie: Uint8Array;
  readonly status: number;
}

const NO_MAC = new Uint8Array(6);
export const NO_COOKIE: Uint8Array = new Uint8Array(8);

/** A message, ready to be sent. */
export function writeMessage(
  key: Uint8Array,
  message: Partial<Message> & Pick<Message, "type" | "address" | "mac" | "nonce">,
): Uint8Array {
  const { type, seconds = 0, address, mac, gateway = NO_MAC, nonce, cookie = NO_COOKIE, status = 0 } = message;
  const bytes = new Uint8Array(MESSAGE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint8(4, type);
  view.setUint16(6, seconds);
  const words = ip6Words(address);
  view.setUint8(5, words ? 6 : 4);
  const { a, b, c, d } = words ?? { a: 0, b: 0, c: 0, d: parseIpv4(address) ?? 0 };
  for (const [at, word] of [a, b, c, d].entries()) view.setInt32(8 + 4 * at, word);
  bytes.set(mac, 24);
  bytes.set(gateway, 30);
  bytes.set(nonce, 36);
  bytes.set(cookie, 44);
  view.setUint8(52, status);
  bytes.set(tagOf(key, bytes), TAG);
  return bytes;
}

/** Reads a datagram; null for anything but a whole message by somebody who has the key. */
export function readMessage(key: Uint8Array, bytes: Uint8Array): Message | null {
  if (bytes.length !== MESSAGE_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, MESSAGE_BYTES);
  const family = view.getUint8(5);
  if (view.getUint32(0) !== MAGIC || (family !== 4 && family !== 6)) return null;
  if (!timingSafeEqual(tagOf(key, bytes), bytes.subarray(TAG))) return null;
  const [a, b, c, d] = [8, 12, 16, 20].map((at) => view.getInt32(at)) as [number, number, number, number];
  return {
    type: view.getUint8(4),
    seconds: view.getUint16(6),
    address: family === 6 ? formatIpv6({ a, b, c, d }) : formatIpv4(d),
    mac: bytes.slice(24, 30),
    gateway: bytes.slice(30, 36),
    nonce: bytes.slice(36, 44),
    cookie: bytes.slice(44, 52),
    status: view.getUint8(52),
  };
}

/** The key of a text: 32 to 128 hexadecimal digits. */
export const KEY_FORM: RegExp = /^(?:[0-9a-fA-F]{2}){16,64}$/;

export function keyOf(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
}

function tagOf(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac("sha256", key)
    .update(bytes.subarray(0, TAG))
    .digest()
    .subarray(0, MESSAGE_BYTES - TAG);
}
