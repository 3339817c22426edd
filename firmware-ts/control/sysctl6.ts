/** Settings of IPv6 by the kernel's keys: net.ipv6.neigh.DEV.KEY, net.ipv6.conf.DEV.KEY, net.ipv6.KEY (Documentation/networking/ip-sysctl). */
import { parseIpv6 } from "../ip/ip6-text.ts";
import { IP6_MIN_MTU, writeIp6 } from "../ip6/header/ip6-header.ts";
import type { Ipv6 } from "../ip6/ipv6.ts";
import { IP6_DEVCONF_KEYS, type Ip6DevconfTarget, rangeOf } from "../ip6/routing/devconf.ts";
import { BY_SECRET } from "../ip6/routing/identifiers.ts";
import { IP6_FILES } from "../ip6/settings.ts";
import { NEIGH_FILES, NEIGH_TABLE_FILES, ParameterError } from "../neigh/parameter-files.ts";
import type { Stack } from "../stack.ts";
import { neighFile, readNumber, type SysctlFile } from "./sysctl-file.ts";

/** The folder of these files, below /proc/sys. */
export const IP6_FOLDER = "net/ipv6/";

/** The file of the secret by which addresses are made (RFC 7217): an address in form, and none until it is written. */
const SECRET = "stable_secret";

/** The file at a path below that folder; undefined when there is none, or no IPv6. */
export function ip6FileOf(stack: Stack, path: string): SysctlFile | undefined {
  const { ip6 } = stack;
  if (!ip6) return undefined;
  if (IP6_FILES.has(path)) return settingFile(ip6, path);
  const [room = "", where = "", name = "", ...rest] = path.split("/");
  if (rest.length > 0) return undefined;
  const device = stack.network.device(where);
  if (room === "neigh") return neighFile(stack.neighbours(6), where, device, name);
  const target = where === "all" || where === "default" ? where : device;
  return room === "conf" && target !== undefined ? confFile(ip6, target, name) : undefined;
}

/** Paths of all files that there may be, from `net` on. */
export function listIp6Files(stack: Stack): string[] {
  const names = stack.devices.map(({ name }) => name);
  const neigh = ["default", ...names].flatMap((where) =>
    [...NEIGH_FILES, ...NEIGH_TABLE_FILES].map((name) => `${IP6_FOLDER}neigh/${where}/${name}`),
  );
  const conf = ["all", "default", ...names].flatMap((where) =>
    Array.from(IP6_DEVCONF_KEYS.keys(), (name) => `${IP6_FOLDER}conf/${where}/${name}`),
  );
  return [...conf, ...neigh, ...Array.from(IP6_FILES.keys(), (name) => IP6_FOLDER + name)];
}

function settingFile({ settings }: Ipv6, path: string): SysctlFile | undefined {
  const file = IP6_FILES.get(path);
  if (!file) return undefined;
  const { field, least, most, unit } = file;
  return {
    read: () => String(Math.trunc(settings[field] / unit)),
    write: (value) => {
      settings[field] = readNumber(value, least, most) * unit;
    },
  };
}

function confFile(ip6: Ipv6, target: Ip6DevconfTarget, key: string): SysctlFile | undefined {
  if (key === SECRET) return secretFile(ip6, target);
  const { conf } = ip6;
  const name = IP6_DEVCONF_KEYS.get(key);
  if (name === undefined) return undefined;
  const write = (value: number): void => {
    conf.write(target, key, value);
  };
  if (name === "mtu") return mtuFile(target, () => conf.read(target, key) ?? 0, write);
  const [least, most] = rangeOf(name);
  return {
    read: () => String(conf.read(target, key)),
    write: (value) => {
      const number = readNumber(value, least, most);
      const lacks =
        name === "addrGenMode" && number === BY_SECRET && (target === "all" || ip6.fib.identifiers.secretOf(target) === null);
      if (lacks) throw new ParameterError("EINVAL", "no secret was given (stable_secret)");
      write(number);
    },
  };
}

function secretFile({ fib }: Ipv6, target: Ip6DevconfTarget): SysctlFile {
  const { identifiers, interner } = fib;
  const secret = target === "all" ? null : identifiers.secretOf(target);
  return {
    read: () => {
      if (secret === null) throw new ParameterError("EINVAL", "no secret was given");
      return Array.from({ length: 8 }, (_, at) => hexadecimal((secret[2 * at]! << 8) | secret[2 * at + 1]!)).join(":");
    },
    write: (value) => {
      const address = parseIpv6(value.trim(), interner);
      if (target === "all" || address === null) throw new ParameterError("EINVAL", `"${value}" is no secret; say e.g. 2001:db8::1`);
      const view = new DataView(new ArrayBuffer(16));
      writeIp6(view, 0, address);
      identifiers.setSecret(target, new Uint8Array(view.buffer));
    },
  };
}

function hexadecimal(word: number): string {
  return word.toString(16).padStart(4, "0");
}

/** The file of the longest packet: what the device carries, or less if a router or an operator says so. */
function mtuFile(target: Ip6DevconfTarget, read: () => number, write: (value: number) => void): SysctlFile {
  const most = typeof target === "string" ? IP6_MIN_MTU : target.mtu;
  return {
    read: () => String(read() || most),
    write: (value) => {
      if (typeof target === "string") throw new ParameterError("EINVAL", "the longest packet is a device's");
      write(readNumber(value, IP6_MIN_MTU, target.mtu));
    },
  };
}
