/** IPv6 addresses that follow from another address: link-local, solicited-node, and the Ethernet address of a group. */
import { type Host, PLANS } from "../contract/plan.ts";
import { ip6Bytes, ip6Text, macBytes } from "./bytes.ts";

export const ALL_NODES = "ff02::1";
export const ALL_ROUTERS = "ff02::2";
export const UNSPECIFIED = "::";

/** The link-local address of an Ethernet interface: its modified EUI-64 (RFC 4291 appendix A) below fe80::/64. */
export function linkLocal(mac: string): string {
  return withEui64("fe80::", mac);
}

/** The address that stateless autoconfiguration makes of a /64 prefix (RFC 4862 5.5.3). */
export function withEui64(prefix: string, mac: string): string {
  const [a, b, c, d, e, f] = macBytes(mac) as [number, number, number, number, number, number];
  return ip6Text(Uint8Array.from([...ip6Bytes(prefix).slice(0, 8), a ^ 2, b, c, 0xff, 0xfe, d, e, f]), 0);
}

/** The solicited-node group of an address: ff02::1:ff00:0/104 and its low 24 bits (RFC 4291 2.7.1). */
export function solicitedNode(address: string): string {
  return ip6Text(Uint8Array.from([...ip6Bytes("ff02::1:ff00:0").slice(0, 13), ...ip6Bytes(address).slice(13)]), 0);
}

/** The Ethernet address of a group: 33:33 and its low 32 bits (RFC 2464 7). */
export function groupMac(group: string): string {
  const low = ip6Bytes(group).slice(12);
  return ["33", "33", ...low.map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

export function isGroup(address: string): boolean {
  return ip6Bytes(address)[0] === 0xff;
}

/** The host with its link-local address instead of its global one. */
export function local(host: Host): Host {
  return { mac: host.mac, ip: linkLocal(host.mac) };
}

/** The DUT's link-local address at e0. */
export const DUT_LOCAL: Host = local(PLANS[6].dut.e0);
