/** Parses DHCP messages (RFC 2131 2, RFC 2132), also those in overloaded fields. */
import type { DhcpFrame, UdpFrame } from "../contract/frame.ts";
import { ipText, macText } from "./bytes.ts";

export const DHCP_SERVER = 67;
export const DHCP_CLIENT = 68;
/** Types by number (RFC 2132 9.6). */
export const DHCP_TYPES: readonly string[] = ["", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"];
const OPTIONS = 240;
const COOKIE = 0x63825363;

/** @param bytes the payload of a UDP datagram. Returns null for one that is no DHCP message */
export function parseDhcp(ip: Omit<UdpFrame, "kind" | "payload">, bytes: Uint8Array): DhcpFrame | null {
  const { sport, dport } = ip;
  const ports = new Set([sport, dport]);
  if (!ports.has(DHCP_SERVER) || bytes.length < OPTIONS) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(236) !== COOKIE) return null;
  const options: Record<number, string> = {};
  for (let at = OPTIONS; at + 1 < bytes.length && bytes[at] !== 255; ) {
    const code = bytes[at]!;
    if (code === 0) {
      at++;
      continue;
    }
    const value = bytes.subarray(at + 2, at + 2 + bytes[at + 1]!);
    options[code] = [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    at += 2 + value.length;
  }
  const address = (code: number): string => {
    const digits = options[code]?.match(/../g) ?? [];
    return digits.length === 4 ? digits.map((octet) => Number.parseInt(octet, 16)).join(".") : "";
  };
  return {
    kind: "dhcp",
    ...ip,
    message: DHCP_TYPES[Number.parseInt(options[53] ?? "0", 16)] ?? "",
    op: bytes[0]!,
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    broadcast: (bytes[10]! & 0x80) !== 0,
    ciaddr: ipText(bytes, 12),
    yiaddr: ipText(bytes, 16),
    chaddr: macText(bytes, 28),
    requested: address(50),
    server: address(54),
    options,
    size: bytes.length,
  };
}
