/** Words behind `ip route show`, `flush`, `add` and their like. */
import type { ParamsOf } from "../methods/index.ts";
import { PREFERENCES } from "../methods/route-view.ts";
import { protocolName, protocolNumber } from "../protocols.ts";
import {
  abbreviates,
  garbage,
  type IpContext,
  IpError,
  IpExit,
  type IpFamily,
  readAddress,
  readPrefix,
  unsigned,
  type Words,
  wrongArgument,
} from "./words.ts";

type Request = ParamsOf<"route.add">;
type NextHop = NonNullable<Request["nexthops"]>[number];

/** The filter of show and flush; `cache` is the table that is always empty. */
export interface RouteFilter extends ParamsOf<"route.show"> {
  cache?: boolean;
}

const SCOPES: Readonly<Record<string, number>> = { global: 0, link: 253, host: 254, nowhere: 255 };

/** Types of routes as they may be abbreviated, and those that must be written out. The stack has not all of them. */
const TYPES = ["broadcast", "anycast", "multicast", "prohibit", "unreachable", "blackhole", "xresolve", "unicast", "throw"];
const WHOLE_TYPES = ["local", "nat"];
/** By their number, RTN_UNSPEC first. */
const NUMBERED = "unspec unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve".split(" ");

function routeType(word: string): string | undefined {
  return WHOLE_TYPES.includes(word) ? word : TYPES.find((type) => abbreviates(word, type));
}

export function filterWords(words: Words, family: IpFamily): RouteFilter {
  const filter: RouteFilter = family === "" ? {} : { family };
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "dev" || word === "oif") filter.dev = words.value();
    else if (abbreviates(word, "table")) filter.table = table(words.value(), family);
    else if (abbreviates(word, "protocol")) only(filter, "protocol", words.value(), protocolNumber);
    else if (word === "scope") only(filter, "scope", words.value(), scopeNumber);
    else if (abbreviates(word, "type")) filter.type = filterType(words.value());
    else if (word === "via") filter.via = viaPrefix(words, family);
    else if (word === "src") filter.src = prefixText(words.value(), family);
    else if (abbreviates(word, "metric", "priority", "preference")) filter.metric = metric(words.value());
    else if (word === "cache") filter.cache = true;
    else destinationWord(filter, word, words, family);
  }
  // `ip` asks for IPv4 unless it is told otherwise; all tables are those of both families.
  if (family === "" && filter.table !== "all") filter.family = "inet";
  return filter;
}

/** `[ to ] [ exact | match | root ] PREFIX` */
function destinationWord(filter: RouteFilter, first: string, words: Words, family: IpFamily): void {
  const word = first === "to" ? words.value() : first;
  const how = ["exact", "match", "root"].find((one) => one === word);
  const prefix = readPrefix(how ? words.value() : word, family);
  filter.to = `${prefix.address}/${prefix.length}`;
  filter.how = how ?? "exact";
}

/** A gateway, with the family that may stand before it. */
function viaWord(words: Words, family: IpFamily): { word: string; family: IpFamily } {
  const word = words.value();
  return word === "inet" || word === "inet6" ? { word: words.value(), family: word } : { word, family };
}

function viaPrefix(words: Words, family: IpFamily): string {
  const { word, family: of } = viaWord(words, family);
  return prefixText(word, of);
}

function prefixText(word: string, family: IpFamily): string {
  const { address, length } = readPrefix(word, family);
  return `${address}/${length}`;
}

/** The value that a filter asks for; all: it does not ask. */
function only(filter: RouteFilter, key: "protocol" | "scope", text: string, numberOf: (text: string) => number): void {
  if (text === "all") delete filter[key];
  else filter[key] = numberOf(text);
  if (!((filter[key] ?? 0) <= 255)) throw wrongArgument(text, `invalid "${key}"\n`);
}

function filterType(text: string): string {
  const type = routeType(text) ?? NUMBERED[unsigned(text)];
  if (type === undefined) throw wrongArgument(text, "node type value is invalid\n");
  return type;
}

/** The words of a change. `usage` is thrown when there is no destination. */
export function requestWords(context: IpContext, words: Words, usage: string): Request {
  // The first word that has a family decides for those behind it.
  let { family } = context.options;
  const address = (word: string, of: IpFamily = family): string => {
    const read = readAddress(word, of);
    family ||= familyOf(read);
    return read;
  };
  const request: Partial<Request> = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "via") {
      if (request.via !== undefined) throw wrongArgument("via", "use nexthop syntax to specify multiple via\n");
      const via = viaWord(words, family);
      request.via = address(via.word, via.family);
    } else if (word === "dev" || word === "oif") request.dev = words.value();
    else if (word === "src") request.src = address(words.value());
    else if (word === "pref") request.pref = preference(words.value());
    else if (word === "expires") request.expires = number(words.value(), "expires");
    else if (abbreviates(word, "metric", "priority", "preference")) request.metric = metric(words.value());
    else if (word === "scope") request.scope = scope(words.value());
    else if (word === "onlink") request.onlink = true;
    else if (word === "mtu") mtu(request, words);
    else if (abbreviates(word, "table")) mainTable(words.value());
    else if (abbreviates(word, "protocol")) request.protocol = protocolName(protocol(words.value()));
    else if (word === "nexthop") request.nexthops = nexthops(words, family);
    else {
      const type = /^[^0-9]/.test(word) ? routeType(word === "to" ? words.value() : word) : undefined;
      if (type !== undefined) request.type = type;
      const value = type === undefined && word !== "to" ? word : words.value();
      if (request.to !== undefined) throw garbage("to", value);
      const prefix = readPrefix(value, family);
      request.to = `${prefix.address}/${prefix.length}`;
      if (!EVERYWHERE.includes(value)) family ||= prefix.family;
    }
  }
  const { to, ...rest } = request;
  if (to === undefined) throw new IpError(usage);
  return finished({ to, ...rest }, family);
}

/** Words for all addresses, which are of no family by themselves. */
const EVERYWHERE = ["default", "any", "all"];

/** Completes a request by its family, which only its last word may have told. */
function finished(request: Request, family: IpFamily): Request {
  const { to, via } = request;
  if (family === "inet6" && to === "0.0.0.0/0") return { ...request, to: "::/0" };
  // A gateway was written, be it none: `ip` makes a route of the whole world's scope then.
  if (via === "0.0.0.0") request.scope ??= SCOPES["global"];
  return request;
}

function familyOf(address: string): "inet" | "inet6" {
  return address.includes(":") ? "inet6" : "inet";
}

/** `nexthop [ via ADDRESS ] [ dev DEVICE ] [ weight N ] [ onlink ]`, as often as there are next hops; the first word is gone. */
function nexthops(words: Words, family: IpFamily): NextHop[] {
  const hops: NextHop[] = [{}];
  let hop = hops[0] as NextHop;
  if (words.empty) throw new IpError('Error: unexpected end of line after "nexthop"');
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "via") {
      const via = viaWord(words, family || "inet");
      hop.via = readAddress(via.word, via.family);
    } else if (word === "dev" || word === "oif") hop.dev = words.value();
    else if (word === "weight") hop.weight = weight(words.value());
    else if (word === "onlink") hop.onlink = true;
    else if (word === "nexthop") {
      if (words.empty) throw new IpError('Error: unexpected end of line after "nexthop"');
      hop = {};
      hops.push(hop);
    } else throw new IpError(`Error: "nexthop" or end of line is expected instead of "${word}"`);
  }
  return hops;
}

/** A preference by name, or by the bits that RFC 4191 2.1 has for it. */
function preference(text: string): string {
  const known = PREFERENCES.find((name) => name === text) ?? ["medium", "high", "medium", "low"][unsigned(text)];
  if (known === undefined) throw wrongArgument(text, '"pref" value is invalid\n');
  return known;
}

function weight(text: string): number {
  const value = unsigned(text);
  if (!(value >= 1 && value <= 256)) throw wrongArgument(text, '"weight" is invalid\n');
  return value;
}

function mtu(request: Partial<Request>, words: Words): void {
  let text = words.value();
  if (text === "lock") {
    request.mtuLock = true;
    text = words.value();
  }
  request.mtu = number(text, "mtu");
}

/** Tables by their names and numbers. */
const TABLES: Readonly<Record<string, string>> = {
  main: "main",
  254: "main",
  local: "local",
  255: "local",
  all: "all",
  unspec: "all",
  0: "all",
};

function table(text: string, family: IpFamily): string {
  const known = TABLES[text];
  if (known !== undefined) return known;
  if (text !== "default" && !(unsigned(text) <= 0xffffffff)) throw wrongArgument(text, "table id value is invalid\n");
  const version = family === "inet6" ? "ipv6" : "ipv4";
  throw new IpError(`Error: ${version}: FIB table does not exist.\nDump terminated`, IpExit.REFUSED);
}

/** Routes are made in one table only. */
function mainTable(text: string): void {
  const numbered = unsigned(text) <= 0xffffffff;
  if (text !== "default" && text !== "local" && text !== "main" && !numbered)
    throw wrongArgument(text, '"table" value is invalid\n');
  if (TABLES[text] !== "main") throw new IpError(`table ${text}: routes are made in table main only`, IpExit.REFUSED);
}

function metric(text: string): number {
  return number(text, "metric");
}

function number(text: string, key: string): number {
  const value = unsigned(text);
  if (!(value <= 0xffffffff)) throw wrongArgument(text, `"${key}" value is invalid\n`);
  return value;
}

function scopeNumber(text: string): number {
  return SCOPES[text] ?? unsigned(text);
}

function scope(text: string): number {
  const value = scopeNumber(text);
  if (!(value <= 255)) throw wrongArgument(text, 'invalid "scope" value\n');
  return value;
}

function protocol(text: string): number {
  const value = protocolNumber(text);
  if (Number.isNaN(value)) throw wrongArgument(text, '"protocol" value is invalid\n');
  return value;
}
