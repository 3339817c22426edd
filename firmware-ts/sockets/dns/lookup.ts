/** dns.lookup() over whatever finds the addresses of names: addresses as text and `localhost` need nobody (RFC 6761 6.3). */
import { isIP } from "node:net";
import type { IpFamily } from "../../ip/address.ts";
import { splitZone } from "../addresses.ts";
import type { FoundAddress, Lookup, LookupCallback, LookupOptions, SocketStack } from "../ground.ts";
import { checkFunction, codedError, wrongType } from "../node-errors.ts";

/** Finds the addresses of a name in one family. */
export type NameSource = (
  hostname: string,
  family: IpFamily,
  found: (code: string | null, addresses: readonly string[]) => void,
) => void;

/** libuv's numbers for the errors of getaddrinfo(3). */
const ERRNOS: Readonly<Record<string, number>> = { ENOTFOUND: -3008, EAI_AGAIN: -3001, EAI_FAIL: -3004 };

export function lookupError(code: string, hostname: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`getaddrinfo ${code} ${hostname}`);
  return Object.assign(error, { errno: ERRNOS[code] ?? -3008, code, syscall: "getaddrinfo", hostname });
}

/** Nobody is asked: every name is unknown. */
export const NO_NAMES: NameSource = (_hostname, _family, found) => found("ENOTFOUND", []);

/** Makes a look-up that asks `names`; addresses that the stack can reach come first, of those IPv6 (RFC 6724 6). */
export function makeLookup(stack: SocketStack, names: NameSource): Lookup {
  return (...words: unknown[]) => {
    const { hostname, options, callback } = readLookup(words);
    const told = (code: string | null, found: readonly FoundAddress[]): void => {
      if (code !== null || found.length === 0) callback(lookupError(code ?? "ENOTFOUND", hostname));
      else if (options.all) callback(null, found);
      else callback(null, found[0]?.address, found[0]?.family);
    };
    const families = familiesOf(options);
    const known = knownAddresses(hostname, families);
    if (known !== null) {
      process.nextTick(told, null, known);
      return;
    }
    const answers = new Map<IpFamily, readonly string[]>();
    let failure: string | null = null;
    for (const family of families) {
      names(hostname, family, (code, addresses) => {
        answers.set(family, addresses);
        if (code !== null && (failure === null || failure === "ENOTFOUND")) failure = code;
        if (answers.size < families.length) return;
        const found = [...answers].flatMap(([of, texts]) => texts.map((address) => ({ address, family: of })));
        told(
          found.length > 0 ? null : failure,
          found.sort((a, b) => rank(stack, b) - rank(stack, a)),
        );
      });
    }
  };
}

/** Higher is better. */
function rank(stack: SocketStack, { address, family }: FoundAddress): number {
  return (isReachable(stack, address) ? 10 : 0) + family;
}

function isReachable({ layers }: SocketStack, address: string): boolean {
  try {
    return layers.destination(address, 0, null).room >= 0;
  } catch {
    return false;
  }
}

function readLookup([hostname, given, last]: unknown[]): { hostname: string; options: LookupOptions; callback: LookupCallback } {
  const callback = typeof given === "function" ? given : last;
  checkFunction(callback, "callback");
  if (hostname && typeof hostname !== "string") throw wrongType("hostname", "of type string", hostname);
  const options = typeof given === "number" ? { family: given } : typeof given === "object" && given !== null ? given : {};
  return { hostname: (hostname as string) || "", options, callback: callback as LookupCallback };
}

function familiesOf({ family = 0 }: LookupOptions): readonly IpFamily[] {
  switch (family) {
    case 0:
      return [6, 4];
    case 4:
    case "IPv4":
      return [4];
    case 6:
    case "IPv6":
      return [6];
    default:
      throw codedError(
        TypeError,
        "ERR_INVALID_ARG_VALUE",
        `The property 'options.family' must be one of: 0, 4, 6. Received ${String(family)}`,
      );
  }
}

const LOOPBACK: readonly FoundAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** The addresses of what needs no question; null for a name. Node gives an address back whatever family was asked for. */
function knownAddresses(hostname: string, families: readonly IpFamily[]): readonly FoundAddress[] | null {
  const family = isIP(splitZone(hostname).host);
  if (family !== 0) return [{ address: hostname, family }];
  if (!/^(.*\.)?localhost\.?$/i.test(hostname)) return null;
  return LOOPBACK.filter((one) => (families as readonly number[]).includes(one.family));
}
