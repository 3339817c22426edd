/** Readers of arguments and options. commander prints what a reader throws, with the name of the option in front. */
import { InvalidArgumentError } from "commander";
import { parseInterfaceName } from "../../board/rig/names.ts";
import { parseDestination, parseDuration, parseEndpoint, parseInteger, parseInterfaceAddress } from "../../board/rig/units.ts";
import { iputilsNumber } from "../../control/iproute/iputils.ts";
import { IpError } from "../../control/iproute/words.ts";
import { CommandError } from "./exit.ts";

type Reader<T> = (text: string) => T;

/** Makes a reader for commander out of a function that throws for a wrong text. */
export function reading<T>(read: Reader<T>): Reader<T> {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

/** As {@link reading}, for a text that is checked and kept as it stands. */
function checked(check: (text: string) => unknown): Reader<string> {
  return reading((text) => {
    check(text);
    return text;
  });
}

/** Accepts one of `words`. */
export function word<const T extends string>(words: readonly T[]): Reader<T> {
  return reading((text) => {
    const found = words.find((known) => known === text);
    if (found === undefined) throw new Error(`say one of ${words.join(", ")}`);
    return found;
  });
}

/** Collects the values of an option that may be repeated. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** Whole numbers between min and max, both included. */
export function integer(min: number, max: number): Reader<number> {
  return reading((text) => parseInteger(text, min, max));
}

/** Whole numbers of a program of iputils, which refuses in its own words and ends with its own exit status. */
export function iputilsInteger(program: string, least: number | bigint, most: number | bigint): Reader<number> {
  return (text) => {
    try {
      return iputilsNumber(program, text, least, most);
    } catch (error) {
      throw error instanceof IpError ? new CommandError(error.message, error.exit) : error;
    }
  };
}

/** `250ms`, `1h`; in ms. */
export const duration: Reader<number> = reading(parseDuration);
/** The same, not less than 1 ms. */
export const span: Reader<number> = reading((text) => {
  const ms = parseDuration(text);
  if (ms < 1) throw new Error(`${text}: say 1ms or more`);
  return ms;
});
export const count: Reader<number> = integer(1, 1_000_000_000);
export const seed: Reader<number> = integer(0, Number.MAX_SAFE_INTEGER);
/** ADDR:PORT */
export const endpoint: Reader<string> = checked(parseEndpoint);
/** An address to send to. */
export const destination: Reader<string> = reading(parseDestination);
/** The name of an interface of this machine. */
export const iface: Reader<string> = reading(parseInterfaceName);
/** An address with the length of its prefix. */
export const interfaceAddress: Reader<string> = checked(parseInterfaceAddress);

/** Seconds as iputils takes them; in ms. */
export const seconds: Reader<number> = reading((text) => {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error("say seconds, e.g. 0.2");
  return Number(text) * 1000;
});

/** [ADDR:]PORT. Without an address it is loopback: a bridge has no password. */
export const tcpPort: Reader<{ host: string; port: number }> = reading((text) => {
  const [, host = "127.0.0.1", port] = /^(?:([0-9.]+):)?(\d+)$/.exec(text) ?? [];
  if (port === undefined) throw new Error("say a port, as in 4000, or 0.0.0.0:4000 for all of the network");
  return { host, port: parseInteger(port, 0, 65_535) };
});
