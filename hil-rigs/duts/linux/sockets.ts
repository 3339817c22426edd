/** Addresses and numbers as the kernel's socket calls take them. */
import { NATIVE } from "../../../hal/bridges/linux/libc.ts";
import type { Family } from "../../contract/plan.ts";
import { ip6Bytes, ip6Text, ipBytes, ipText } from "../../wire/bytes.ts";

/** Constants and structures of a family's sockets. */
export interface SocketFamily {
  /** Level of its options. */
  readonly level: number;
  readonly number: number;
  /** Size of struct sockaddr_in, sockaddr_in6. */
  readonly size: number;
  /** Level and name of IP_RECVERR, IPV6_RECVERR. */
  readonly errors: readonly [level: number, name: number];
  readonly any: string;
  /** Puts the address into a sockaddr. */
  put(bytes: Uint8Array, address: string, scope: Scope): void;
  take(bytes: Uint8Array): string;
}

/** The index of an interface by its name. */
export type Scope = (device: string) => number;

const INET: SocketFamily = {
  level: 0,
  number: 2,
  size: 16,
  errors: [0, 11],
  any: "0.0.0.0",
  put: (bytes, address) => bytes.set(ipBytes(address), 4),
  take: (bytes) => ipText(bytes, 4),
};

/** Behind family and port: flow information, the address, and the scope at 24. */
const INET6: SocketFamily = {
  level: 41,
  number: 10,
  size: 28,
  errors: [41, 25],
  any: "::",
  put(bytes, address, scope) {
    const [plain = "", device = "e0"] = address.split("%");
    bytes.set(ip6Bytes(plain), 8);
    const zoned = /^fe[89ab]|^ff02/.test(plain);
    if (zoned) new DataView(bytes.buffer).setUint32(24, scope(device), NATIVE);
  },
  take: (bytes) => ip6Text(bytes, 8),
};

export const SOCKET_FAMILIES: Readonly<Record<Family, SocketFamily>> = { 4: INET, 6: INET6 };

/** An address with a port, as a struct sockaddr of its family. */
export function sockaddr(family: SocketFamily, address: string, port: number, scope: Scope): Uint8Array {
  const bytes = new Uint8Array(family.size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family.number, NATIVE);
  view.setUint16(2, port);
  family.put(bytes, address, scope);
  return bytes;
}

/** An int, or a socklen_t that a call reads and writes. */
export function numberOf(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, NATIVE);
  return bytes;
}
