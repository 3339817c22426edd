/** The kernel's files in /proc that tell of IPv6, byte for byte as it prints them. */
import type { Ip6Words } from "../ip/ip6-text.ts";
import { Scope } from "../ip/scope.ts";
import type { Stack } from "../stack.ts";

/** Width of the names of counters, and least width of a device's name. */
const NAME_WIDTH = 32;
const DEVICE_WIDTH = 8;

/** The kernel's numbers of scopes in this file; the others are 0. */
const SCOPES: ReadonlyMap<number, string> = new Map([
  [Scope.HOST, "10"],
  [Scope.LINK, "20"],
  [Scope.SITE, "40"],
]);

/** The contents of a file; undefined for one that is not here. A stack without IPv6 has none of them. */
export function readProc6(stack: Stack, path: string): string | undefined {
  if (!stack.ip6) return undefined;
  if (path === "/proc/net/if_inet6") return addresses(stack);
  return path === "/proc/net/snmp6" ? counters(stack) : undefined;
}

/** A line an address: itself, its device's number, its prefix's length, its scope, its flags, all in hexadecimal, and its device. */
function addresses({ ip6, devices }: Stack): string {
  const lines = devices.flatMap((device) =>
    (ip6?.addresses.of(device) ?? []).map((own) => {
      const { local, prefixLength, scope } = own;
      const flags = octet((ip6?.addresses.shownFlags(own) ?? 0) & 0xff);
      const numbers = `${octet(device.ifindex)} ${octet(prefixLength)} ${SCOPES.get(scope) ?? "00"} ${flags}`;
      return `${hexadecimal(local)} ${numbers} ${device.name.padStart(DEVICE_WIDTH)}\n`;
    }),
  );
  return lines.join("");
}

/** A counter a line. */
function counters({ ip6 }: Stack): string {
  return (ip6?.counters.list() ?? []).map(([name, value]) => `${name.padEnd(NAME_WIDTH)}\t${value}\n`).join("");
}

function hexadecimal({ a, b, c, d }: Ip6Words): string {
  return [a, b, c, d].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function octet(value: number): string {
  return value.toString(16).padStart(2, "0");
}
