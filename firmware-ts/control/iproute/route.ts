/** `ip route`: show, get, add, replace, del. */
import type { ParamsOf } from "../methods/index.ts";
import { protocolName, protocolNumber } from "../protocols.ts";
import { printJson } from "./json.ts";
import { type RouteViewOptions, routeJson, routeLine } from "./print-route.ts";
import {
  abbreviates,
  dumped,
  garbage,
  type IpContext,
  IpError,
  IpExit,
  type IpOptions,
  readAddress,
  readPrefix,
  unknownCommand,
  unsigned,
  type Words,
  wrongArgument,
} from "./words.ts";

const HELP = `Usage: ip route [ show [ exact | match | root ] [ PREFIX ] [ dev DEVICE ] [ table TABLE ]
           [ proto PROTO ] [ scope SCOPE ] ]
       ip route flush SELECTOR
       ip route get [ fibmatch ] ADDRESS [ from ADDRESS ] [ oif DEVICE ]
       ip route { add | append | prepend | change | replace | del } { default | PREFIX } [ via ADDR ] [ dev DEVICE ]
           [ src ADDR ] [ metric N ] [ scope SCOPE ] [ proto PROTO ] [ onlink ]
TABLE := { main | local | all }
SCOPE := { global | link | host | NUMBER }`;

type Request = ParamsOf<"route.add">;
type Question = ParamsOf<"route.get">;
/** The filter of show and flush; `cache` is the table that is always empty. */
interface Filter extends ParamsOf<"route.show"> {
  cache?: boolean;
}

const CHANGES = [
  ["add", "route.add"],
  ["change", "route.change"],
  ["chg", "route.change"],
  ["replace", "route.replace"],
  ["prepend", "route.prepend"],
  ["append", "route.append"],
  ["delete", "route.del"],
] as const;

const SCOPES: Readonly<Record<string, number>> = { global: 0, link: 253, host: 254, nowhere: 255 };

export async function ipRoute(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  for (const [word, method] of CHANGES) {
    if (!abbreviates(command, word)) continue;
    // `ip` itself puts this into a request: an operator made the route by hand.
    const made = method === "route.del" ? {} : { protocol: "boot" };
    await context.caller.call(method, { ...made, ...requestWords(words, context.options.family) });
    return;
  }
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "get")) return get(context, words);
  if (abbreviates(command, "flush")) return flush(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("route", command);
}

async function show(context: IpContext, words: Words): Promise<void> {
  const { family, json } = context.options;
  const { cache = false, ...filter } = filterWords(words, family);
  const routes = cache ? [] : await dumped(context.caller.call("route.show", filter));
  const view = viewOf(filter, context.options);
  if (json)
    printJson(
      context,
      routes.map((route) => routeJson(route, view)),
    );
  else for (const route of routes) context.print(routeLine(route, view));
}

/** Leaves out the fields that the filter has fixed. */
function viewOf(filter: Filter, { details }: IpOptions): RouteViewOptions {
  return {
    withoutDevice: filter.dev !== undefined,
    withoutProtocol: filter.protocol !== undefined,
    withoutScope: filter.scope !== undefined,
    withTable: filter.table === "all",
    details,
  };
}

/** The table `cache` is always empty. */
async function flush(context: IpContext, words: Words): Promise<void> {
  const { family, statistics } = context.options;
  if (words.empty) throw new IpError('"ip route flush" requires arguments.', IpExit.VALUE);
  const { cache = false, ...filter } = filterWords(words, family);
  const gone = await dumped(context.caller.call("route.flush", cache ? { cache } : filter));
  if (cache || statistics === 0) return;
  if (statistics > 1) for (const route of gone) context.print(routeLine(route, viewOf(filter, context.options)));
  if (gone.length === 0) return context.print("Nothing to flush.");
  context.print(`\n*** Round 1, deleting ${gone.length} entries ***`);
  context.print("*** Flush is complete after 1 round ***");
}

function filterWords(words: Words, family: IpOptions["family"]): Filter {
  const filter: Filter = family === "" ? {} : { family };
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "dev") filter.dev = words.value();
    else if (abbreviates(word, "table")) filter.table = table(words.value());
    else if (abbreviates(word, "protocol")) filter.protocol = protocol(words.value());
    else if (word === "scope") filter.scope = scope(words.value());
    else if (word === "cache") filter.cache = true;
    else {
      const how = ["exact", "match", "root"].find((one) => one === word);
      const prefix = readPrefix(how || word === "to" ? words.value() : word, family);
      if (prefix.family === "inet6") filter.family = "inet6";
      else filter.to = `${prefix.address}/${prefix.length}`;
      filter.how = how ?? "exact";
    }
  }
  return filter;
}

/** Prints the route that the stack itself would use, as if from its cache. */
async function get(context: IpContext, words: Words): Promise<void> {
  const { json, oneline, details } = context.options;
  const request = getWords(context, words);
  const route = await context.caller.call("route.get", request);
  if (request.fibmatch === true) {
    const view = { details };
    return json ? printJson(context, [routeJson(route, view)]) : context.print(routeLine(route, view));
  }
  const { dst, gateway, dev, prefsrc, type, mtu, mtuLock = false, redirected = false, expires } = route;
  const { from } = request;
  const kind = { unicast: [], local: ["local"], broadcast: ["local", "brd"], multicast: ["local", "mc"] }[type];
  const cache = [...kind, ...(redirected ? ["redirected"] : [])];
  // A flag of the kernel's that iproute2 has this name for.
  const flags = type === "multicast" ? ["rt_offload_failed"] : [];
  const shown = {
    ...(type === "unicast" && !details ? {} : { type }),
    dst,
    ...(from === undefined ? {} : { from }),
    ...(gateway === undefined ? {} : { gateway }),
    dev,
    // The kernel names this one for all.
    ...(details ? { table: "main" } : {}),
    ...(prefsrc === undefined ? {} : { prefsrc }),
  };
  if (json) {
    const path = { ...(expires === undefined ? {} : { expires }), ...(mtu === undefined ? {} : { metrics: [{ mtu }] }) };
    return printJson(context, [{ ...shown, flags, uid: 0, cache, ...path }]);
  }
  const texts = GET_WORDS.map(([key, word]) => (shown[key] === undefined ? "" : `${word}${String(shown[key])} `));
  const lasts = expires === undefined ? "" : `expires ${expires}sec `;
  const path = `${lasts}${mtu === undefined ? "" : `mtu ${mtuLock ? "lock " : ""}${mtu} `}`;
  const line = `${texts.join("")}${flags.map((flag) => `${flag} `).join("")}uid 0 `;
  context.print(`${line}${oneline ? "\\" : "\n"}    cache ${cache.length > 0 ? `<${cache.join(",")}> ` : ""}${path}`);
}

/** Words in front of each value, in their order. */
const GET_WORDS = [
  ["type", ""],
  ["dst", ""],
  ["from", "from "],
  ["gateway", "via "],
  ["dev", "dev "],
  ["table", "table "],
  ["prefsrc", "src "],
] as const;

function getWords(context: IpContext, words: Words): Question {
  const { family } = context.options;
  const request: Partial<Question> = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "from") request.from = readPrefix(words.value(), family || "inet").address;
    else if (word === "dev" || word === "oif") request.dev = words.value();
    else if (word === "fibmatch") request.fibmatch = true;
    else {
      const known = request.to === undefined ? family : "inet";
      const { address, length, explicit, family: of } = readPrefix(word === "to" ? words.value() : word, known);
      const whole = of === "inet" ? 32 : 128;
      if (explicit && length !== whole) {
        context.warn(`Warning: /${length} as prefix is invalid, only /${whole} (or none) is supported.`);
      }
      request.to = address;
    }
  }
  const { to, ...rest } = request;
  if (to === undefined) throw new IpError("need at least a destination address", IpExit.VALUE);
  return { to, ...rest };
}

function requestWords(words: Words, family: IpOptions["family"]): Request {
  const request: Partial<Request> = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "via") request.via = readAddress(words.value(), family || "inet");
    else if (word === "dev") request.dev = words.value();
    else if (word === "src") request.src = readAddress(words.value(), family);
    else if (abbreviates(word, "metric", "priority", "preference")) request.metric = metric(words.value());
    else if (word === "scope") request.scope = scope(words.value());
    else if (word === "onlink") request.onlink = true;
    else if (abbreviates(word, "protocol")) request.protocol = protocolName(protocol(words.value()));
    else {
      const value = word === "to" ? words.value() : word;
      if (request.to !== undefined) throw garbage("to", value);
      const { address, length } = readPrefix(value, family);
      request.to = `${address}/${length}`;
    }
  }
  const { to, ...rest } = request;
  if (to === undefined) throw new IpError(HELP);
  return { to, ...rest };
}

function table(text: string): string {
  if (["main", "local", "all"].includes(text)) return text;
  if (text === "254" || text === "255") return text === "254" ? "main" : "local";
  throw new IpError("Error: ipv4: FIB table does not exist.\nDump terminated", IpExit.REFUSED);
}

function metric(text: string): number {
  const value = unsigned(text);
  if (!(value <= 0xffffffff)) throw wrongArgument(text, '"metric" value is invalid\n');
  return value;
}

function scope(text: string): number {
  const value = SCOPES[text] ?? unsigned(text);
  if (!(value <= 255)) throw wrongArgument(text, 'invalid "scope" value\n');
  return value;
}

function protocol(text: string): number {
  const value = protocolNumber(text);
  if (Number.isNaN(value)) throw wrongArgument(text, '"protocol" value is invalid\n');
  return value;
}
