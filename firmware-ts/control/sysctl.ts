/** Settings by the kernel's keys: net.ipv4.neigh.DEV.KEY, net.ipv4.conf.DEV.KEY, net.ipv4.KEY, net.core.KEY (Documentation/networking/ip-sysctl). */
import { DEVCONF_KEYS, type DevconfTarget } from "../ip4/routing/devconf.ts";
import { IP4_FILES } from "../ip4/settings.ts";
import { NEIGH_FILES, NEIGH_TABLE_FILES, ParameterError } from "../neigh/parameter-files.ts";
import { SOFTNET_FILES } from "../net/softnet.ts";
import type { Stack } from "../stack.ts";
import { TCP_FILES } from "../transport/tcp/settings.ts";
import { ControlError } from "./rpc/protocol.ts";
import { neighFile, readNumber, type SysctlFile } from "./sysctl-file.ts";
import { IP6_FOLDER, ip6FileOf, listIp6Files } from "./sysctl6.ts";

/** `net.ipv4.neigh.eth0.locktime`, or with slashes, as the file below /proc/sys. */
function sysctlPath(key: string): string {
  const separator = /[./]/.exec(key)?.[0];
  return separator === "/" ? key : swapped(key);
}

/** The key as it is shown, with dots, however it was written. */
export function sysctlKey(key: string): string {
  return swapped(sysctlPath(key));
}

/** Dots and slashes change places: a name in between may have dots of its own. */
function swapped(text: string): string {
  return text.replace(/[./]/g, (one) => (one === "." ? "/" : "."));
}

/** The file of a key, or undefined. */
function fileOf(stack: Stack, path: string): SysctlFile | undefined {
  if (path.startsWith(IP6_FOLDER)) return ip6FileOf(stack, path.slice(IP6_FOLDER.length));
  const [net, ipv4, room = "", where = "", name = "", ...rest] = path.split("/");
  if (net === "net" && ipv4 === "core") return coreFile(stack, path);
  if (net !== "net" || ipv4 !== "ipv4" || rest.length > 0) return undefined;
  if (room === "ip_forward" && where === "") return confFile(stack, "all", "forwarding");
  if (name === "" && IP4_FILES.has(`${room}/${where}`)) return ip4File(stack, path, `${room}/${where}`);
  if (where === "" && (IP4_FILES.has(room) || TCP_FILES.has(room))) return ip4File(stack, path, room);
  if (room === "conf") return confFile(stack, where === "all" || where === "default" ? where : stack.network.device(where), name);
  return room === "neigh" ? neighFile(stack.neighbours(4), where, stack.network.device(where), name) : undefined;
}

/** Settings of the reception of frames are the machine's: they are files of the initial namespace only. */
function coreFile(stack: Stack, path: string): SysctlFile | undefined {
  const { softnet } = stack.network.napi;
  const setting = SOFTNET_FILES.get(path.slice("net/core/".length));
  if (!setting || !stack.neighbours(4).namespace.initial) return undefined;
  const { field, least } = setting;
  return {
    read: () => String(softnet[field]),
    write: (value) => {
      const number = readNumber(value);
      if (number < least) throw new ParameterError("EINVAL", `${path} is ${least} or more`);
      softnet[field] = number;
    },
  };
}

function ip4File(stack: Stack, path: string, name: string): SysctlFile | undefined {
  const ip = IP4_FILES.get(name);
  if (ip) return boundedFile(stack.ip.settings, path, ip);
  const tcp = TCP_FILES.get(name);
  return tcp && boundedFile(stack.tcp.settings, path, tcp);
}

/** A number among settings, and the bounds of its file. */
interface Bounded<Field extends string> {
  readonly field: Field;
  readonly least: number;
  readonly most: number;
  readonly unit?: number;
}

function boundedFile<Field extends string>(
  settings: Record<Field, number>,
  path: string,
  { field, least, most, unit = 1 }: Bounded<Field>,
): SysctlFile {
  return {
    read: () => String(Math.trunc(settings[field] / unit)),
    write: (value) => {
      const number = readNumber(value);
      if (number < least || number > most) throw new ParameterError("EINVAL", `${path} is ${least} to ${most}`);
      settings[field] = number * unit;
    },
  };
}

function confFile(stack: Stack, target: DevconfTarget | undefined, name: string): SysctlFile | undefined {
  const { conf } = stack.ip;
  if (target === undefined || !DEVCONF_KEYS.has(name)) return undefined;
  return {
    read: () => String(conf.read(target, name)),
    write: (value) => conf.write(target, name, readNumber(value)),
  };
}

function found(stack: Stack, key: string): SysctlFile {
  const path = sysctlPath(key);
  const file = fileOf(stack, path);
  if (!file) throw new ControlError("SYSCTL_UNKNOWN", `no setting ${path}`, { errno: "ENOENT", detail: path });
  return file;
}

/** @throws ControlError SYSCTL_UNKNOWN */
export function readSysctl(stack: Stack, key: string): string {
  const file = found(stack, key);
  return refusing(`${key} cannot be read`, key, () => file.read());
}

/**
 * Writes one setting, as `echo text >` into its file does.
 * @throws ControlError SYSCTL_UNKNOWN, SYSCTL_INVALID
 */
export function writeSysctl(stack: Stack, key: string, value: string): void {
  const file = found(stack, key);
  refusing(`${key} cannot be ${JSON.stringify(value)}`, key, () => file.write(value));
}

/** Does something with a file, and says what was refused; the cause is the file's own word, without the key. */
function refusing<Result>(what: string, key: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    const refusal = new ControlError("SYSCTL_INVALID", `${what}: ${error.message}`, { errno: "EINVAL", detail: key });
    refusal.cause = error;
    throw refusal;
  }
}

/** Every key with its value, in the order of `sysctl -a`; of one folder, or all. */
export function listSysctl(stack: Stack, under: string): [key: string, value: string][] {
  const names = stack.devices.map(({ name }) => name);
  const neigh = ["default", ...names].flatMap((where) =>
    [...NEIGH_FILES, ...NEIGH_TABLE_FILES].map((name) => `net/ipv4/neigh/${where}/${name}`),
  );
  const conf = ["all", "default", ...names].flatMap((where) =>
    [...DEVCONF_KEYS.keys()].map((name) => `net/ipv4/conf/${where}/${name}`),
  );
  const ip4 = [...IP4_FILES.keys(), ...TCP_FILES.keys()].map((name) => `net/ipv4/${name}`);
  const core = Array.from(SOFTNET_FILES.keys(), (name) => `net/core/${name}`);
  const folder = sysctlPath(under);
  return [...core, ...conf, ...ip4, "net/ipv4/ip_forward", ...neigh, ...listIp6Files(stack)]
    .filter((path) => folder === "" || path === folder || path.startsWith(`${folder}/`))
    .sort()
    .flatMap((path) => {
      const file = fileOf(stack, path);
      return file ? [[swapped(path), file.read()] as [string, string]] : [];
    });
}
