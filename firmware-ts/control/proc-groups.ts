/** The kernel's files in /proc that tell of groups and of the sources that are heard, byte for byte as it prints them. */
import type { Ip6 } from "../ip/ip6.ts";
import type { Ip6Words } from "../ip/ip6-text.ts";
import { AddressScope, scopeOf } from "../ip6/common/address-kind.ts";
import type { Stack } from "../stack.ts";

/** The contents of a file; undefined for one that is not here. */
export function readProcGroups(stack: Stack, path: string): string | undefined {
  if (path === "/proc/net/igmp") return igmp(stack);
  if (path === "/proc/net/mcfilter") return mcfilter(stack);
  if (!stack.ip6) return undefined;
  if (path === "/proc/net/igmp6") return igmp6(stack);
  return path === "/proc/net/mcfilter6" ? mcfilter6(stack) : undefined;
}

/** Milliseconds of the kernel's clock ticks towards programs (USER_HZ 100). */
const TICK = 10;

/** A line a device: its number of groups and the version that is spoken; below it one a group: users, timer, and whether we reported it last. */
function igmp({ ip: { groups, igmp: told }, devices }: Stack): string {
  const lines = ["Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter"];
  for (const device of devices) {
    const joined = groups.of(device);
    const listener = told.of(device);
    if (joined.length === 0) continue;
    const head = `${device.ifindex}\t${device.name.padEnd(10)}: ${String(joined.length).padStart(5)}`;
    lines.push(`${head} ${`V${listener.version}`.padStart(7)}`);
    for (const [group, { users }] of joined) {
      const due = listener.dueIn(group);
      const timer = `${due < 0 ? 0 : 1}:${hexadecimal(Math.max(0, Math.trunc(due / TICK)))}`;
      const reporter = listener.wasReported(group) ? 1 : 0;
      lines.push(`\t\t\t\t${hexadecimal(swapped(group))} ${String(users).padStart(5)} ${timer}\t\t${reporter}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** A line a source that some socket names, with the numbers of those that include it and that exclude it. */
function mcfilter({ ip: { groups }, devices }: Stack): string {
  const lines = ["Idx Device        MCA        SRC    INC    EXC"];
  for (const device of devices) {
    for (const [group, filter] of groups.of(device)) {
      for (const [source, include, exclude] of filter.named) {
        const row = [
          device.name.slice(0, 6).padStart(6),
          `0x${hexadecimal(group).toLowerCase()}`,
          `0x${hexadecimal(source).toLowerCase()}`,
        ];
        lines.push(`${String(device.ifindex).padStart(3)} ${[...row, ...numbers(include, exclude)].join(" ")}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Flags of a group (MAF_LOADED, MAF_NOREPORT): there is a report to be told of it, and none is ever sent. */
const MAF_LOADED = 0x4;
const MAF_NOREPORT = 0x8;

/** A line a group: device, group, users, flags, and how long a report waits. The newest first, as the kernel has them. */
function igmp6({ ip6, devices }: Stack): string {
  if (!ip6) return "";
  const lines = devices.flatMap((device) =>
    ip6.groups.of(device).map(([group, { users }]) => {
      const silent = group === ip6.fib.known.allNodes ? MAF_LOADED | MAF_NOREPORT : isBelowLink(group) ? MAF_NOREPORT : MAF_LOADED;
      const front = `${String(device.ifindex).padEnd(4)} ${device.name.padEnd(15)} ${words(group)}`;
      return `${front} ${String(users).padStart(5)} ${hexadecimal(silent)} 0\n`;
    }),
  );
  return lines.join("");
}

function mcfilter6({ ip6, devices }: Stack): string {
  const lines = [`Idx Device ${"Multicast Address".padStart(32)} ${"Source Address".padStart(32)}    INC    EXC`];
  for (const device of devices) {
    for (const [group, filter] of ip6?.groups.of(device) ?? []) {
      for (const [source, include, exclude] of filter.named) {
        const row = [device.name.slice(0, 6).padStart(6), words(group), words(source), ...numbers(include, exclude)];
        lines.push(`${String(device.ifindex).padStart(3)} ${row.join(" ")}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function numbers(include: number, exclude: number): string[] {
  return [include, exclude].map((number) => String(number).padStart(6));
}

function isBelowLink(group: Ip6): boolean {
  return scopeOf(group) < AddressScope.LINK;
}

function words({ a, b, c, d }: Ip6Words): string {
  return [a, b, c, d].map((word) => hexadecimal(word).toLowerCase()).join("");
}

function hexadecimal(word: number): string {
  return (word >>> 0).toString(16).toUpperCase().padStart(8, "0");
}

/** The kernel prints an address as its processor, a little-endian one, reads it. */
function swapped(address: number): number {
  return (address << 24) | ((address & 0xff00) << 8) | ((address >> 8) & 0xff00) | (address >>> 24);
}
