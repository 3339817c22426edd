/** Common to every `ip` object: its words, its flags, its errors and where its output goes. */
import { formatIpv4 } from "../../ip/address.ts";
import { isIpv6 } from "../../ip/ip6-text.ts";
import type { Caller } from "../methods/client.ts";
import { ControlError } from "../rpc/protocol.ts";
import type { Paint } from "./colors.ts";

/** Exit codes of `ip`: refused by the stack, words not understood, a value not read. */
export const IpExit = { REFUSED: 2, WORDS: 255, VALUE: 1 } as const;

/** Ends a command: what goes to standard error, and the exit code that `ip` would have. */
export class IpError extends Error {
  readonly exit: number;

  constructor(message: string, exit: number = IpExit.WORDS) {
    super(message);
    this.name = "IpError";
    this.exit = exit;
  }
}

/** The refusal of the stack; any other error, and that of a connection which ended, is thrown. */
export function refusal(error: unknown): ControlError {
  if (error instanceof ControlError && error.code !== "INSTANCE_GONE") return error;
  throw error;
}

/** -4, -6, -0, -B, -M or -f NAME; empty: any. */
export type IpFamily = "" | "inet" | "inet6" | "link" | "bridge" | "mpls";

/** The flags in front of the object. */
export interface IpOptions {
  family: IpFamily;
  json: boolean;
  pretty: boolean;
  /** Number of -s flags. */
  statistics: number;
  details: boolean;
  oneline: boolean;
  brief: boolean;
  /** -N: numbers instead of names. */
  numeric: boolean;
  /** -c: always; auto: on a terminal. */
  color: "never" | "auto" | "always";
  /** -t: a line of its own; -ts: in front of each line. */
  timestamp: "" | "t" | "ts";
  /** -n: the network namespace; undefined: the initial one. */
  netns: string | undefined;
}

export interface IpContext {
  readonly caller: Caller;
  readonly options: IpOptions;
  /** Gives a value the colour that it has with -c. */
  readonly paint: Paint;
  /** Takes a line of output, without its end. */
  print(line: string): void;
  /** Takes a line for standard error; the command goes on. */
  warn(text: string): void;
  /** Milliseconds since 1970: the wall clock, for time stamps alone. */
  wallTime(): number;
}

/** The words behind an object, taken from the front one by one. */
export class Words {
  readonly #words: string[];

  constructor(words: readonly string[]) {
    this.#words = [...words];
  }

  get empty(): boolean {
    return this.#words.length === 0;
  }

  /** The next word, if there is one. */
  next(): string | undefined {
    return this.#words.shift();
  }

  /** The value that a key word needs. */
  value(): string {
    const word = this.#words.shift();
    if (word === undefined) throw new IpError('Command line is not complete. Try option "help"');
    return word;
  }
}

/** `word` abbreviates one of `full`. */
export function abbreviates(word: string, ...full: string[]): boolean {
  return word !== "" && full.some((one) => one.startsWith(word));
}

/** The same key word twice. */
export function duplicate(key: string, value: string): IpError {
  return new IpError(`Error: duplicate "${key}": "${value}" is the second value.`);
}

/** A word that is neither a key nor the one value that may stand alone. */
export function garbage(key: string, word: string): IpError {
  return new IpError(`Error: either "${key}" is duplicate, or "${word}" is a garbage.`);
}

export function wrongArgument(value: string, why: string): IpError {
  return new IpError(`Error: argument "${value}" is wrong: ${why}`);
}

export function unknownCommand(object: string, command: string): IpError {
  return new IpError(`Command "${command}" is unknown, try "ip ${object} help".`);
}

/** Decimal, octal or hexadecimal as strtoul(3) reads a whole word, or NaN. */
export function unsigned(text: string): number {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number.parseInt(text, 16);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d*$/.test(text) ? Number(text) : Number.NaN;
}

/** One to four octets, each decimal, octal or hexadecimal; those left out at the end are 0. Null for anything else. */
function dotted(text: string): string | null {
  const octets = text.split(".").map(unsigned);
  if (octets.length > 4 || !octets.every((octet) => octet <= 255)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  return formatIpv4((a << 24) | (b << 16) | (c << 8) | d);
}

/**
 * An address as inet_aton(3) reads it, as a dotted quad: one to four numbers of which the last fills what is left. Null for anything
 * else.
 */
export function internetAddress(text: string): string | null {
  const parts = text.split(".").map(unsigned);
  const last = parts.pop() ?? Number.NaN;
  if (parts.length > 3 || !parts.every((part) => part <= 255) || !(last < 256 ** (4 - parts.length))) return null;
  return formatIpv4(parts.reduce((sum, part, at) => sum + part * 256 ** (3 - at), last) | 0);
}

/**
 * An address: IPv4 as a dotted quad, IPv6 as it was written.
 * @throws IpError for text that is none, or none of the family
 */
export function readAddress(text: string, family: IpFamily): string {
  const address = isIpv4Family(family) ? dotted(text) : null;
  if (address !== null) return address;
  if (isIpv6Family(family) && isIpv6(text)) return text;
  throw new IpError(`Error: ${family || "any valid"} address is expected rather than "${text}".`, IpExit.VALUE);
}

function isIpv4Family(family: IpFamily): boolean {
  return family === "" || family === "inet";
}

function isIpv6Family(family: IpFamily): boolean {
  return family === "" || family === "inet6";
}

/** A prefix; host bits stay as they are. */
export interface Prefix {
  family: "inet" | "inet6";
  address: string;
  length: number;
  /** A length was written. */
  explicit: boolean;
}

/**
 * `10/8`, `10.0.0.0/255.0.0.0`, `fe80::/64`, `default`, `any`, `all`.
 * @throws IpError for text that is none, or none of the family
 */
export function readPrefix(text: string, family: IpFamily): Prefix {
  if (family === "link") {
    throw new IpError(`Error: "${text}" may be inet prefix, but it is not allowed in this context.`, IpExit.VALUE);
  }
  if (text === "default" || text === "any" || text === "all") {
    const none = { length: 0, explicit: true };
    return family === "inet6" ? { family, address: "::", ...none } : { family: "inet", address: "0.0.0.0", ...none };
  }
  const slash = text.indexOf("/");
  const explicit = slash >= 0;
  const host = explicit ? text.slice(0, slash) : text;
  const address = isIpv4Family(family) ? dotted(host) : null;
  if (address !== null) {
    const length = explicit ? prefixLength(text.slice(slash + 1)) : 32;
    if (length <= 32) return { family: "inet", address, length, explicit };
  } else if (isIpv6Family(family) && isIpv6(host)) {
    const length = explicit ? unsigned(text.slice(slash + 1)) : 128;
    if (length <= 128) return { family: "inet6", address: host, length, explicit };
  }
  throw new IpError(`Error: ${family || "any valid"} prefix is expected rather than "${text}".`, IpExit.VALUE);
}

/** From a number or a mask without holes; NaN for neither. */
function prefixLength(text: string): number {
  const number = unsigned(text);
  if (!Number.isNaN(number)) return number;
  const mask = text.includes(".") ? dotted(text) : null;
  if (mask === null) return Number.NaN;
  const bits = mask
    .split(".")
    .map((octet) => Number(octet).toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : Number.NaN;
}

/**
 * A link address as `ip` reads one, printed again: octets of hexadecimal between colons, each as far as it can be read. A dotted quad
 * is four octets. The device decides how many there have to be.
 */
export function readLinkAddress(text: string): string {
  const octets = text.includes(".") ? [...readAddress(text, "inet").split(".")].map(Number) : text.split(":").map(hexadecimal);
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}

function hexadecimal(text: string): number {
  const [, digits = ""] = /^\s*(?:0x)?([0-9a-f]+)/i.exec(text) ?? [];
  const octet = Number.parseInt(digits, 16);
  if (octet <= 255) return octet;
  throw new IpError(`"${text}" is invalid lladdr.`, IpExit.VALUE);
}

/**
 * An answer about devices. A device that is not there is refused as `ip` refuses it when it shows devices, or in words of its own.
 * @param missing makes the error for a name that no device has
 */
export async function known<T>(answer: Promise<T>, missing: (name: string) => IpError = noDevice): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ControlError) || error.code !== "NO_DEVICE") throw error;
    throw missing(error.detail);
  }
}

function noDevice(name: string): IpError {
  return new IpError(`Device "${name}" does not exist.`, IpExit.VALUE);
}

/** A dump of a family that the stack does not have is empty, as that of a kernel which has no entry of it. */
export async function dumped<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ControlError && error.code === "FAMILY_UNSUPPORTED") return [];
    throw error;
  }
}
