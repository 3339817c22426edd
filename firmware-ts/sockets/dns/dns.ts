/** node:dns for a stack. */
import { formatIp } from "../../ip/endpoint.ts";
import { type FoundAddress, Holds, type Lookup, type LookupOptions } from "../ground.ts";
import { makeLookup } from "./lookup.ts";
import { type AskingMethod, type DnsPromises, DnsResolver, methodsOf, promisesOf } from "./resolver.ts";
import { type DnsStack, StubResolver } from "./stub.ts";

export interface DnsOptions {
  /**
   * Addresses of servers, `192.168.10.1`, `[fd00::1]:5353`. Default: those that the stack was told of, by DHCP. While there is none, every
   * question is answered with ECONNREFUSED.
   */
  readonly servers?: readonly string[] | undefined;
  readonly holds?: Holds;
}

/** The settings of a Resolver, as node:dns has them. */
export interface ResolverOptions {
  /** ms for the first answer. */
  readonly timeout?: number;
  readonly tries?: number;
}

interface LookupPromise {
  (hostname: string, options: LookupOptions & { readonly all: true }): Promise<FoundAddress[]>;
  (hostname: string, options?: LookupOptions | number): Promise<FoundAddress>;
}

/** The contents of node:dns, for one stack. */
export interface Dns extends Readonly<Record<AskingMethod, (...words: unknown[]) => void>> {
  readonly lookup: Lookup;
  readonly Resolver: new (options?: ResolverOptions) => DnsResolver;
  readonly promises: DnsPromises & { readonly lookup: LookupPromise; getServers(): string[]; setServers(servers: string[]): void };
  getServers(): string[];
  setServers(servers: readonly string[]): void;
}

/**
 * Makes node:dns for a stack: a stub resolver that keeps its answers.
 * @throws TypeError ERR_INVALID_IP_ADDRESS
 */
export function dns(stack: DnsStack, { servers, holds = new Holds() }: DnsOptions = {}): Dns {
  const stub = new StubResolver(stack, holds, { servers: [] });
  const resolver = new DnsResolver(stub);
  // The program's own word goes before the stack's.
  let given = servers !== undefined;
  const follow = (): void => {
    if (!given) resolver.setServers(stack.nameServers.list.map(formatIp));
  };
  if (servers) resolver.setServers(servers);
  else follow();
  stack.nameServers.onChange(follow);
  class Resolver extends DnsResolver {
    constructor({ timeout = -1, tries = 3 }: ResolverOptions = {}) {
      super(new StubResolver(stack, holds, { servers: stub.servers, tries, ...(timeout > 0 ? { timeout } : {}) }));
    }
  }
  const lookup = makeLookup(stack, stub.names);
  const getServers = (): string[] => resolver.getServers();
  const setServers = (list: readonly string[]): void => {
    resolver.setServers(list);
    given = true;
  };
  const lookupPromise = ((hostname: string, options: LookupOptions | number = {}) =>
    new Promise<unknown>((resolve, reject) => {
      const wanted = typeof options === "number" ? { family: options } : options;
      lookup(hostname, wanted, (error, address, family) => {
        if (error !== null) reject(error);
        else resolve(wanted.all ? address : { address, family });
      });
    })) as LookupPromise;
  return {
    ...methodsOf(resolver),
    lookup,
    Resolver,
    getServers,
    setServers,
    promises: { ...promisesOf(resolver), lookup: lookupPromise, getServers, setServers },
  };
}
