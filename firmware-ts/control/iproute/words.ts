/** What every `ip` object shares: its words, its flags, how it fails and where its output goes. */

import { isIPv6 } from "node:net";
import { formatIpv4 } from "../../ip/address.ts";
import type { Json, JsonObject } from "../rpc/protocol.ts";
import { ControlError } from "../rpc/protocol.ts";

/** How `ip` ends: refused by the stack, words it did not understand, a value it could not read. */
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

/** What the stack refused, for its code and its words; errors of the connection are thrown. */
export function refusal(error: unknown): ControlError {
  if (error instanceof ControlError && error.code !== "INSTANCE_GONE") return error;
  throw error;
}

/** Who carries out the requests: a connection to an instance, or the instance's methods themselves. */
export interface Caller {
  /** @throws ControlError as the stack refused it */
  call(method: string, params?: JsonObject): Promise<Json>;
  /** Called for what a request tells while it goes on. */
  onNotification: ((method: string, params: JsonObject) => void) | null;
}

/** The flags in front of the object. */
export interface IpOptions {
  /** -4, -6; empty: any. */
  family: "" | "inet" | "inet6";
  json: boolean;
  pretty: boolean;
  /** How often -s was given. */
  statistics: number;
  details: boolean;
  oneline: boolean;
  brief: boolean;
  /** -t: a line of its own; -ts: in front of each line. */
  timestamp: "" | "t" | "ts";
  /** -n: the network namespace; undefined: the initial one. */
  netns: string | undefined;
}

export interface IpContext {
  readonly caller: Caller;
  readonly options: IpOptions;
  /** Takes a line of output, without its end. */
  print(line: string): void;
  /** Takes a line for standard error; the command goes on. */
  warn(text: string): void;
  /** Milliseconds since 1970: the wall clock, for time stamps alone. */
  wallTime(): number;
}

/** The words behind an object, taken from the front. */
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

/** What `ip` says for an address of IPv6 where only IPv4 is: the errno of a family that is not there. */
function noIpv6(): IpError {
  return new IpError("RTNETLINK answers: Address family not supported by protocol", IpExit.REFUSED);
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
  const last = parts.pop() as number;
  if (parts.length > 3 || !parts.every((part) => part <= 255) || !(last < 256 ** (4 - parts.length))) return null;
  return formatIpv4(parts.reduce((sum, part, at) => sum + part * 256 ** (3 - at), last) | 0);
}

/**
 * An address, as a dotted quad.
 * @throws IpError for what is none, and for IPv6
 */
export function readAddress(text: string, family: IpOptions["family"]): string {
  const address = family === "inet6" ? null : dotted(text);
  if (address !== null) return address;
  if (family !== "inet" && isIPv6(text)) throw noIpv6();
  throw new IpError(`Error: ${family || "any valid"} address is expected rather than "${text}".`, IpExit.VALUE);
}

/** A prefix of IPv4; host bits stay as they are. */
export interface Prefix {
  address: string;
  length: number;
  /** A length was written. */
  explicit: boolean;
}

/**
 * `10/8`, `10.0.0.0/255.0.0.0`, `default`, `any`, `all`.
 * @throws IpError for what is none, and for IPv6
 */
export function readPrefix(text: string, family: IpOptions["family"]): Prefix {
  if (text === "default" || text === "any" || text === "all") return { address: "0.0.0.0", length: 0, explicit: true };
  const slash = text.indexOf("/");
  const [host, width] = slash < 0 ? [text, "32"] : [text.slice(0, slash), text.slice(slash + 1)];
  const address = family === "inet6" ? null : dotted(host);
  const length = address === null ? Number.NaN : prefixLength(width);
  if (address !== null && length <= 32) return { address, length, explicit: slash >= 0 };
  if (family !== "inet" && isIPv6(host)) throw noIpv6();
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
 * is four octets. How many there have to be is the device's matter.
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
