/** `ip route`: show, get, add, replace, del. */
import type { RouteView } from "../inet.ts";
import type { JsonObject } from "../rpc.ts";
import { type RouteViewOptions, routeJson, routeLine } from "../views.ts";
import { printJson } from "./json.ts";
import { protocolName, protocolNumber } from "./protocols.ts";
import {
  abbreviates,
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
       ip route get ADDRESS
       ip route { add | replace | del } { default | PREFIX } [ via ADDR ] [ dev DEVICE ]
           [ src ADDR ] [ metric N ] [ scope SCOPE ] [ proto PROTO ] [ onlink ]
TABLE := { main | local | all }
SCOPE := { global | link | host | NUMBER }`;

const CHANGES: readonly (readonly [word: string, method: string])[] = [
  ["add", "route.add"],
  ["replace", "route.replace"],
  ["delete", "route.del"],
];

const SCOPES: Readonly<Record<string, number>> = { global: 0, link: 253, host: 254, nowhere: 255 };

export async function ipRoute(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  for (const [word, method] of CHANGES) {
    if (!abbreviates(command, word)) continue;
    // What `ip` itself puts into a request: the operator made the route, by hand.
    const made = method === "route.del" ? {} : { protocol: "boot" };
    await context.caller.call(method, { ...made, ...requestWords(words, context.options.family) });
    return;
  }
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "get")) return get(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("route", command);
}

async function show(context: IpContext, words: Words): Promise<void> {
  const { family, details, json } = context.options;
  const filter: JsonObject = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "dev") filter["dev"] = words.value();
    else if (abbreviates(word, "table")) filter["table"] = table(words.value());
    else if (abbreviates(word, "protocol")) filter["protocol"] = protocol(words.value());
    else if (word === "scope") filter["scope"] = scope(words.value());
    else {
      const how = ["exact", "match", "root"].find((one) => one === word);
      const { address, length } = readPrefix(how || word === "to" ? words.value() : word, family);
      filter["to"] = `${address}/${length}`;
      filter["how"] = how ?? "exact";
    }
  }
  const routes = family === "inet6" ? [] : ((await context.caller.call("route.show", filter)) as unknown as RouteView[]);
  const view: RouteViewOptions = {
    withoutDevice: filter["dev"] !== undefined,
    withoutProtocol: filter["protocol"] !== undefined,
    withoutScope: filter["scope"] !== undefined,
    withTable: filter["table"] === "all",
    details,
  };
  if (json)
    printJson(
      context,
      routes.map((route) => routeJson(route, view)),
    );
  else for (const route of routes) context.print(routeLine(route, view));
}

/** The answer that the stack itself would use, as if from its cache. */
async function get(context: IpContext, words: Words): Promise<void> {
  const { json, oneline } = context.options;
  const { address } = readPrefix(words.value(), context.options.family);
  const { dst, gateway, dev, prefsrc, type } = (await context.caller.call("route.get", { to: address })) as unknown as RouteView;
  const cache = { unicast: [], local: ["local"], broadcast: ["local", "brd"] }[type];
  const source = { ...(prefsrc === undefined ? {} : { prefsrc }), flags: [], uid: 0, cache };
  const kind = type === "unicast" ? {} : { type };
  if (json) return printJson(context, [{ ...kind, dst, ...(gateway === undefined ? {} : { gateway }), dev, ...source }]);
  const via = gateway === undefined ? "" : `via ${gateway} `;
  const from = prefsrc === undefined ? "" : `src ${prefsrc} `;
  const line = `${type === "unicast" ? "" : `${type} `}${dst} ${via}dev ${dev} ${from}uid 0 `;
  context.print(`${line}${oneline ? "\\" : "\n"}    cache ${cache.length > 0 ? `<${cache.join(",")}> ` : ""}`);
}

function requestWords(words: Words, family: IpOptions["family"]): JsonObject {
  const request: JsonObject = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "via") request["via"] = readAddress(words.value(), family || "inet");
    else if (word === "dev") request["dev"] = words.value();
    else if (word === "src") request["src"] = readAddress(words.value(), family);
    else if (abbreviates(word, "metric", "priority", "preference")) request["metric"] = metric(words.value());
    else if (word === "scope") request["scope"] = scope(words.value());
    else if (word === "onlink") request["onlink"] = true;
    else if (abbreviates(word, "protocol")) request["protocol"] = protocolName(protocol(words.value()));
    else {
      const value = word === "to" ? words.value() : word;
      if (request["to"] !== undefined) throw garbage("to", value);
      const { address, length } = readPrefix(value, family);
      request["to"] = `${address}/${length}`;
    }
  }
  if (request["to"] === undefined) throw new IpError(HELP);
  return request;
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
