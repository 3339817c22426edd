/** A stub resolver (RFC 1034 5.3.1): asks the servers that it is given, follows aliases, keeps the answers. */
import type { Random } from "../../../hal/random.ts";
import type { NameServers } from "../../ip/name-servers.ts";
import type { Holds, NetStack } from "../ground.ts";
import { type Answer, DnsCache, type Found } from "./cache.ts";
import type { NameSource } from "./lookup.ts";
import type { DnsPacket, DnsRecord } from "./packet.ts";
import { type DnsServer, Question } from "./question.ts";

/** The parts of a Stack that a resolver uses. */
export interface DnsStack extends NetStack {
  readonly random: Random;
  readonly nameServers: NameServers;
}

export interface StubOptions {
  readonly servers: readonly DnsServer[];
  /** ms. Default 2000. */
  readonly timeout?: number;
  /** Default 3. */
  readonly tries?: number;
}

/** Aliases of aliases that are followed. */
const LONGEST_CHAIN = 8;
/** Octets of a name as text, and of one of its labels (RFC 1035 2.3.4). */
const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;

type Told = (answer: Answer) => void;

export class StubResolver {
  servers: readonly DnsServer[];
  readonly cache: DnsCache;
  readonly #stack: DnsStack;
  readonly #random: Random;
  readonly #holds: Holds;
  readonly #timeout: number;
  readonly #tries: number;
  /** Those that wait for the answer to the same question. */
  readonly #waiting = new Map<string, Told[]>();
  readonly #questions = new Set<Question>();

  constructor(stack: DnsStack, holds: Holds, { servers, timeout = 2000, tries = 3 }: StubOptions) {
    this.#stack = stack;
    this.#random = stack.random.fork("dns");
    this.#holds = holds;
    this.servers = servers;
    this.#timeout = timeout;
    this.#tries = tries;
    this.cache = new DnsCache(stack.clock);
  }

  /** Finds the records of a name. Tells it once, never before this turn of the program is over. */
  find(name: string, type: string, told: Told): void {
    const plain = name.toLowerCase().replace(/\.$/, "");
    if (!isName(plain)) {
      process.nextTick(told, { code: "EBADNAME", records: [] });
      return;
    }
    this.#holds.add();
    this.#follow(plain, type, LONGEST_CHAIN, (answer) => {
      this.#holds.remove();
      told(answer);
    });
  }

  #follow(name: string, type: string, left: number, told: Told): void {
    const key = `${type} ${name}`;
    const known = this.cache.find(key);
    if (known !== null) {
      process.nextTick(told, known);
      return;
    }
    // An alias is asked about by itself: names that are each other's aliases would wait for each other.
    const shared = left === LONGEST_CHAIN;
    const waiting = shared ? this.#waiting.get(key) : undefined;
    if (waiting !== undefined) {
      waiting.push(told);
      return;
    }
    const all = [told];
    if (shared) this.#waiting.set(key, all);
    const tellAll = (answer: Answer): void => {
      if (shared) this.#waiting.delete(key);
      for (const one of all) one(answer);
    };
    const ground = {
      stack: this.#stack,
      random: this.#random,
      servers: this.servers,
      timeout: this.#timeout,
      tries: this.#tries,
    };
    const question = new Question(ground, name, type, (code, packet) => {
      this.#questions.delete(question);
      if (packet === null) process.nextTick(tellAll, { code, records: [] });
      else this.#read(key, name, type, packet, left, tellAll);
    });
    this.#questions.add(question);
    question.begin();
  }

  #read(key: string, name: string, type: string, packet: DnsPacket, left: number, told: Told): void {
    const { records, alias, ttl } = chase(name, type, packet.answers ?? []);
    if (records.length > 0) {
      const answer = { code: null, records };
      this.cache.keep(key, answer, ttl);
      told(answer);
      return;
    }
    if (alias !== name && packet.rcode !== "NXDOMAIN") {
      if (left > 0) this.#follow(alias, type, left - 1, told);
      else told({ code: "ESERVFAIL", records: [] });
      return;
    }
    const nothing = { code: packet.rcode === "NXDOMAIN" ? "ENOTFOUND" : "ENODATA", records: [] };
    this.cache.keep(key, nothing, negativeTtl(packet));
    told(nothing);
  }

  /** Ends every question with ECANCELLED. */
  cancel(): void {
    for (const question of [...this.#questions]) question.cancel();
  }

  /** The addresses of names, for dns.lookup(). */
  get names(): NameSource {
    return (hostname, family, found) =>
      this.find(hostname, family === 6 ? "AAAA" : "A", ({ code, records }) => {
        const none = code === null || code === "ENOTFOUND" || code === "ENODATA" || code === "EBADNAME";
        found(
          none ? null : "EAI_AGAIN",
          records.map(({ data }) => String(data)),
        );
      });
  }
}

function isName(name: string): boolean {
  if (name === "" || name.length > LONGEST_NAME) return false;
  return name.split(".").every((label) => label.length > 0 && label.length <= LONGEST_LABEL);
}

/** Finds the records of a name among the answers, through its aliases (RFC 1034 3.6.2). `ttl` is the shortest of them. */
function chase(name: string, type: string, answers: readonly DnsRecord[]): { records: Found[]; alias: string; ttl: number } {
  let alias = name;
  let ttl = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= LONGEST_CHAIN; step++) {
    const own = answers.filter((record) => record.name.toLowerCase() === alias);
    const records = own.filter((record) => record.type === type);
    if (records.length > 0) {
      for (const record of records) ttl = Math.min(ttl, record.ttl ?? 0);
      return { records: records.map((record) => ({ data: record.data, ttl: record.ttl ?? 0 })), alias, ttl };
    }
    const next = own.find((record) => record.type === "CNAME");
    if (next === undefined) break;
    ttl = Math.min(ttl, next.ttl ?? 0);
    alias = String(next.data).toLowerCase();
  }
  return { records: [], alias, ttl };
}

/** The time for which there is no such name, in s: of the zone's SOA record (RFC 2308 3); 0 without one. */
function negativeTtl({ authorities = [] }: DnsPacket): number {
  const soa = authorities.find(({ type }) => type === "SOA");
  const { minimum = 0 } = (soa?.data ?? {}) as { minimum?: number };
  return Math.min(soa?.ttl ?? 0, minimum);
}
