/** `ip route`: show, get, flush, and the commands that make and remove routes. */
import type { ParamsOf } from "../methods/index.ts";
import { ControlError } from "../rpc/protocol.ts";
import { printJson } from "./json.ts";
import { painted, type RouteViewOptions, routeJson, routeLine } from "./print-route.ts";
import { refusalWords } from "./refusals.ts";
import { filterWords, type RouteFilter, requestWords } from "./route-words.ts";
import {
  abbreviates,
  dumped,
  type IpContext,
  IpError,
  IpExit,
  type IpOptions,
  readPrefix,
  unknownCommand,
  type Words,
} from "./words.ts";

const HELP = `Usage: ip route { show | flush } SELECTOR
       ip route get [ fibmatch ] ADDRESS [ from ADDRESS ] [ oif DEVICE ]
       ip route { add | append | prepend | change | replace | del } ROUTE
SELECTOR := [ root PREFIX ] [ match PREFIX ] [ exact PREFIX ] [ dev DEVICE ] [ via PREFIX ] [ src PREFIX ]
            [ table TABLE ] [ proto PROTO ] [ type TYPE ] [ scope SCOPE ] [ metric N ]
ROUTE := [ TYPE ] { default | PREFIX } [ via ADDRESS ] [ dev DEVICE ] [ onlink ] [ src ADDRESS ] [ metric N ]
         [ scope SCOPE ] [ proto PROTO ] [ mtu [ lock ] N ] [ pref { low | medium | high } ] [ expires SECONDS ] [ nexthop NH ]...
NH := [ via ADDRESS ] [ dev DEVICE ] [ weight N ] [ onlink ]
TYPE := { unicast | throw | unreachable | prohibit | blackhole }
TABLE := { main | local | all }
SCOPE := { global | link | host | NUMBER }`;

type Question = ParamsOf<"route.get">;

const CHANGES = [
  ["add", "route.add"],
  ["change", "route.change"],
  ["chg", "route.change"],
  ["replace", "route.replace"],
  ["prepend", "route.prepend"],
  ["append", "route.append"],
  ["delete", "route.del"],
] as const;

export async function ipRoute(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  for (const [word, method] of CHANGES) {
    if (!abbreviates(command, word)) continue;
    // `ip` itself puts this into a request: an operator made the route by hand.
    const made = method === "route.del" ? {} : { protocol: "boot" };
    await change(context, method, { ...made, ...requestWords(context, words, HELP) });
    return;
  }
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "get")) return get(context, words);
  if (abbreviates(command, "flush")) return flush(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("route", command);
}

async function change(context: IpContext, method: (typeof CHANGES)[number][1], request: ParamsOf<"route.add">): Promise<void> {
  try {
    await context.caller.call(method, request);
  } catch (error) {
    if (!(error instanceof ControlError) || error.code !== "NO_DEVICE" || request.nexthops === undefined) throw error;
    throw new IpError(`${refusalWords(error)}\nError: cannot parse nexthop`);
  }
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
  else for (const route of routes) context.print(routeLine(route, view, context));
}

/** Leaves out the fields that the filter has fixed. */
function viewOf(filter: RouteFilter, { details, numeric }: IpOptions): RouteViewOptions {
  return {
    withoutDevice: filter.dev !== undefined,
    withoutProtocol: filter.protocol !== undefined,
    withoutScope: filter.scope !== undefined,
    withoutGateway: isWhole(filter.via),
    withoutSource: isWhole(filter.src),
    withoutMetric: filter.metric !== undefined,
    withTable: filter.table === "all",
    details,
    numeric,
  };
}

/** The prefix is one address. */
function isWhole(prefix: string | undefined): boolean {
  return prefix?.endsWith(prefix.includes(":") ? "/128" : "/32") === true;
}

/** The table `cache` is always empty. */
async function flush(context: IpContext, words: Words): Promise<void> {
  const { family, statistics } = context.options;
  if (words.empty) throw new IpError('"ip route flush" requires arguments.', IpExit.VALUE);
  const { cache = false, ...filter } = filterWords(words, family);
  const of = filter.family === undefined ? {} : { family: filter.family };
  const gone = await dumped(context.caller.call("route.flush", cache ? { cache, ...of } : filter));
  if (statistics === 0 || (cache && family !== "inet6")) return;
  if (statistics > 1) for (const route of gone) context.print(routeLine(route, viewOf(filter, context.options), context));
  if (gone.length === 0) return context.print("Nothing to flush.");
  context.print(`\n*** Round 1, deleting ${gone.length} entries ***`);
  context.print("*** Flush is complete after 1 round ***");
}

/** Prints the route that the stack itself would use, as if from its cache. */
async function get(context: IpContext, words: Words): Promise<void> {
  const { json, oneline, details, numeric } = context.options;
  const request = getWords(context, words);
  const route = await context.caller.call("route.get", request);
  // The kernel answers for IPv6 with the route itself, and with the addresses that were asked about.
  if (request.fibmatch === true || route.from !== undefined) {
    const view = { details, numeric, withTable: route.from !== undefined };
    return json ? printJson(context, [routeJson(route, view)]) : context.print(routeLine(route, view, context));
  }
  const { dst, gateway, via, dev, prefsrc, type, mtu, mtuLock = false, redirected = false, expires } = route;
  const { from } = request;
  const cache = [...(CACHE_FLAGS[type] ?? []), ...(redirected ? ["redirected"] : [])];
  // A flag of the kernel's that iproute2 has this name for.
  const flags = type === "multicast" ? ["rt_offload_failed"] : [];
  const shown = {
    ...(type === "unicast" && !details ? {} : { type }),
    dst,
    ...(from === undefined ? {} : { from: json ? from : `from ${from}` }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(via === undefined ? {} : { via }),
    dev,
    // The kernel names this one for all.
    ...(details ? { table: "main" } : {}),
    ...(prefsrc === undefined ? {} : { prefsrc }),
  };
  const told = expires === undefined ? {} : { expires };
  if (json) {
    const metrics = mtu === undefined ? {} : { metrics: [{ mtu }] };
    return printJson(context, [{ ...shown, flags, uid: 0, cache, ...told, ...metrics }]);
  }
  const texts = GET_WORDS.map(([key, word, what]) => {
    const value = key === "via" ? shown.via?.host : shown[key];
    return value === undefined ? "" : `${word}${painted(context.paint, what, `${value} `)}`;
  });
  const longest = mtu === undefined ? "" : `mtu ${mtuLock ? "lock " : ""}${mtu} `;
  const path = `${expires === undefined ? "" : `expires ${expires}sec `}${longest}`;
  const line = `${texts.join("")}${flags.map((flag) => `${flag} `).join("")}uid 0 `;
  context.print(`${line}${oneline ? "\\" : "\n"}    cache ${cache.length > 0 ? `<${cache.join(",")}> ` : ""}${path}`);
}

/** Types of which the kernel says more than their name. */
const CACHE_FLAGS: Readonly<Record<string, readonly string[]>> = {
  local: ["local"],
  broadcast: ["local", "brd"],
  multicast: ["local", "mc"],
};

/** Words in front of each value, in their order, and what it is. */
const GET_WORDS = [
  ["type", ""],
  ["dst", "", "inet"],
  ["from", "", "inet"],
  ["gateway", "via ", "inet"],
  ["via", "via inet6 ", "inet"],
  ["dev", "dev ", "ifname"],
  ["table", "table "],
  ["prefsrc", "src ", "inet"],
] as const;

function getWords(context: IpContext, words: Words): Question {
  // The first address decides for the others.
  let { family } = context.options;
  const request: Partial<Question> = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "from") {
      const from = readPrefix(words.value(), family || "inet");
      request.from = from.address;
      family ||= from.family;
    } else if (word === "dev" || word === "oif") request.dev = words.value();
    else if (word === "fibmatch") request.fibmatch = true;
    else {
      const { address, length, explicit, family: of } = readPrefix(word === "to" ? words.value() : word, family);
      const whole = of === "inet" ? 32 : 128;
      if (explicit && length !== whole) {
        context.warn(`Warning: /${length} as prefix is invalid, only /${whole} (or none) is supported.`);
      }
      request.to = address;
      family ||= of;
    }
  }
  const { to, ...rest } = request;
  if (to === undefined) throw new IpError("need at least a destination address", IpExit.VALUE);
  return { to, ...rest };
}
