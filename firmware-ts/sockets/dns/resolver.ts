/** The Resolver of node:dns, with callbacks and with promises, over a stub resolver. */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { ip6Words } from "../../ip/ip6-text.ts";
import { checkFunction, checkString, codedError } from "../node-errors.ts";
import type { Answer, Found } from "./cache.ts";
import type { DnsServer } from "./question.ts";
import type { StubResolver } from "./stub.ts";

/** The kinds of records that can be asked for, and how each is shown. */
const SHOWN: Readonly<Record<string, (found: Found) => unknown>> = {
  A: ({ data }) => data,
  AAAA: ({ data }) => data,
  CNAME: ({ data }) => data,
  NS: ({ data }) => data,
  PTR: ({ data }) => data,
  TXT: ({ data }) => (Array.isArray(data) ? data : [data]).map((part) => Buffer.from(part as Uint8Array).toString()),
  MX: ({ data }) => {
    const { exchange, preference } = data as { exchange: string; preference: number };
    return { exchange, priority: preference };
  },
  SRV: ({ data }) => {
    const { target, port, priority, weight } = data as { target: string; port: number; priority: number; weight: number };
    return { name: target, port, priority, weight };
  },
  SOA: ({ data }) => {
    const { mname, rname, serial, refresh, retry, expire, minimum } = data as Record<string, unknown>;
    return { nsname: mname, hostmaster: rname, serial, refresh, retry, expire, minttl: minimum };
  },
};

/** The name that an error calls the question by: `queryA`, `queryAaaa`. */
function syscallOf(type: string): string {
  return `query${type.charAt(0)}${type.slice(1).toLowerCase()}`;
}

function dnsError(code: string, syscall: string, hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${syscall} ${code} ${hostname}`), { errno: undefined, code, syscall, hostname });
}

type Callback = (error: NodeJS.ErrnoException | null, found?: unknown) => void;

export interface ResolveOptions {
  /** Addresses come with the seconds that they are good for. */
  readonly ttl?: boolean;
}

const PORT = 53;

export class DnsResolver {
  readonly #stub: StubResolver;

  constructor(stub: StubResolver) {
    this.#stub = stub;
  }

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_IP_ADDRESS */
  setServers(servers: readonly string[]): void {
    this.#stub.servers = servers.map(readServer);
    this.#stub.cache.clear();
  }

  getServers(): string[] {
    return this.#stub.servers.map(({ address, port }) => {
      if (port === PORT) return address;
      return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
    });
  }

  /** Ends the questions under way with ECANCELLED. */
  cancel(): void {
    this.#stub.cancel();
  }

  /** resolve(hostname[, type], callback). @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  resolve(hostname: string, type: string | Callback, callback?: Callback): void {
    const kind = typeof type === "string" ? type : "A";
    if (!Object.hasOwn(SHOWN, kind)) {
      throw codedError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'rrtype' is invalid. Received '${kind}'`);
    }
    this.#ask(hostname, kind, {}, typeof type === "function" ? type : callback);
  }

  resolve4(hostname: string, options: ResolveOptions | Callback, callback?: Callback): void {
    this.#askAddresses(hostname, "A", options, callback);
  }

  resolve6(hostname: string, options: ResolveOptions | Callback, callback?: Callback): void {
    this.#askAddresses(hostname, "AAAA", options, callback);
  }

  resolveCname(hostname: string, callback: Callback): void {
    this.#ask(hostname, "CNAME", {}, callback);
  }

  resolveMx(hostname: string, callback: Callback): void {
    this.#ask(hostname, "MX", {}, callback);
  }

  resolveNs(hostname: string, callback: Callback): void {
    this.#ask(hostname, "NS", {}, callback);
  }

  resolvePtr(hostname: string, callback: Callback): void {
    this.#ask(hostname, "PTR", {}, callback);
  }

  resolveSoa(hostname: string, callback: Callback): void {
    this.#ask(hostname, "SOA", {}, (error, found) => callback(error, (found as unknown[] | undefined)?.[0]));
  }

  resolveSrv(hostname: string, callback: Callback): void {
    this.#ask(hostname, "SRV", {}, callback);
  }

  resolveTxt(hostname: string, callback: Callback): void {
    this.#ask(hostname, "TXT", {}, callback);
  }

  /** Finds the names of an address. */
  reverse(address: string, callback: Callback): void {
    checkString(address, "name");
    checkFunction(callback, "callback");
    const name = reverseName(address);
    if (name === null) throw Object.assign(dnsError("EINVAL", "getHostByAddr", address), { errno: -22 });
    this.#stub.find(name, "PTR", (answer) => this.#tell(answer, "getHostByAddr", address, ({ data }) => data, callback));
  }

  #askAddresses(hostname: string, type: string, options: ResolveOptions | Callback, callback?: Callback): void {
    if (typeof options === "function") this.#ask(hostname, type, {}, options);
    else this.#ask(hostname, type, options, callback);
  }

  #ask(hostname: string, type: string, { ttl = false }: ResolveOptions, callback: Callback | undefined): void {
    checkString(hostname, "name");
    checkFunction(callback, "callback");
    const plain = /^[\x20-\x7e]*$/.test(hostname) ? hostname : domainToASCII(hostname);
    const show = SHOWN[type] as (found: Found) => unknown;
    const shown = ttl ? (found: Found) => ({ address: found.data, ttl: found.ttl }) : show;
    this.#stub.find(plain, type, (answer) => this.#tell(answer, syscallOf(type), hostname, shown, callback as Callback));
  }

  #tell(answer: Answer, syscall: string, hostname: string, show: (found: Found) => unknown, callback: Callback): void {
    if (answer.code !== null) callback(dnsError(answer.code, syscall, hostname));
    else callback(null, answer.records.map(show));
  }
}

/** Reads `ADDR`, `ADDR:PORT`, `[ADDR6]:PORT`. */
function readServer(text: string): DnsServer {
  checkString(text, "servers");
  if (isIP(text) !== 0) return { address: text, port: PORT };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? "";
  if (isIP(address) === 0) throw codedError(TypeError, "ERR_INVALID_IP_ADDRESS", `Invalid IP address: ${text}`);
  return { address, port: port === undefined ? PORT : Number(port) };
}

/** The name under which the names of an address stand (RFC 1035 3.5, RFC 3596 2.5); null for what is no address. */
function reverseName(address: string): string | null {
  if (isIP(address) === 4) return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
  const words = ip6Words(address);
  if (words === null) return null;
  const digits = [words.a, words.b, words.c, words.d].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  return `${[...digits].reverse().join(".")}.ip6.arpa`;
}

/** The methods of DnsResolver that answer by a callback. */
const ASKING = [
  "resolve",
  "resolve4",
  "resolve6",
  "resolveCname",
  "resolveMx",
  "resolveNs",
  "resolvePtr",
  "resolveSoa",
  "resolveSrv",
  "resolveTxt",
  "reverse",
] as const;

export type AskingMethod = (typeof ASKING)[number];

/** The same methods with promises, as `node:dns/promises` has them. */
export type DnsPromises = Readonly<Record<AskingMethod, (...words: unknown[]) => Promise<unknown>>>;

/** The methods of a resolver as functions of their own. */
export function methodsOf(resolver: DnsResolver): Readonly<Record<AskingMethod, (...words: unknown[]) => void>> {
  const entries = ASKING.map((name) => [
    name,
    (...words: unknown[]) => (resolver[name] as (...words: unknown[]) => void)(...words),
  ]);
  return Object.fromEntries(entries);
}

export function promisesOf(resolver: DnsResolver): DnsPromises {
  const entries = ASKING.map((name) => [
    name,
    (...words: unknown[]) =>
      new Promise((resolve, reject) => {
        const told: Callback = (error, found) => (error === null ? resolve(found) : reject(error));
        (resolver[name] as (...words: unknown[]) => void)(...words, told);
      }),
  ]);
  return Object.fromEntries(entries);
}
