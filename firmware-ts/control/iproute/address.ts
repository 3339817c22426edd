/** `ip address`: show, add, del, flush. */

import type { AddressView } from "../methods/address.ts";
import type { ParamsOf } from "../methods/index.ts";
import { printJson } from "./json.ts";
import { shownDevices } from "./link.ts";
import { addressBrief, addressBriefJson, addressJson, addressOneLine, addressText } from "./print-address.ts";
import { linkBrief, linkBriefJson, linkLines } from "./print-link.ts";
import {
  abbreviates,
  garbage,
  type IpContext,
  IpError,
  IpExit,
  type IpOptions,
  known,
  readAddress,
  readPrefix,
  unknownCommand,
  type Words,
  wrongArgument,
} from "./words.ts";

const HELP = `Usage: ip address [ show [ dev ] DEVICE ] [ up ]
       ip address { add | del } PREFIX dev DEVICE [ broadcast { ADDR | + | - } ]
           [ scope { global | link | host } ] [ label LABEL ]
       ip address flush dev DEVICE`;

const SCOPES = ["global", "link", "host"];

export async function ipAddress(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  if (abbreviates(command, "add")) return change(context, "address.add", words);
  if (abbreviates(command, "delete")) return change(context, "address.del", words);
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "flush")) return flush(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("address", command);
}

async function show(context: IpContext, words: Words): Promise<void> {
  const { json, brief, oneline, family } = context.options;
  const all = await known(context.caller.call("address.show", shownDevices(words)));
  // With a family, devices that have addresses of it, and of those nothing else.
  const views =
    family === "" || family === "link" ? all : all.filter(({ addr_info }) => addr_info.some((info) => info.family === family));
  if (family === "link") return linksOnly(context, views);
  const linkless = family !== "";
  if (json) printJson(context, brief ? views.map(addressBriefJson) : views.map((view) => addressJson(view, linkless)));
  else if (brief) for (const view of views) context.print(addressBrief(view));
  else if (oneline) for (const view of views) for (const line of addressOneLine(view)) context.print(line);
  else for (const view of views) context.print(addressText(view, linkless).join("\n"));
}

/** With -0 devices have no other addresses than their link's. */
function linksOnly(context: IpContext, views: readonly AddressView[]): void {
  const { paint, options } = context;
  const plain = views.map(({ addr_info: _, ...link }) => link);
  if (options.json) printJson(context, options.brief ? plain.map(linkBriefJson) : plain);
  else if (options.brief) for (const link of plain) context.print(linkBrief(link, paint));
  else for (const link of plain) context.print(linkLines(link, "", paint).join(options.oneline ? "\\" : "\n"));
}

async function change(context: IpContext, method: "address.add" | "address.del", words: Words): Promise<void> {
  const { family } = context.options;
  const request: Partial<ParamsOf<"address.add"> & ParamsOf<"address.del">> = {};
  let explicit = true;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "dev") request.dev = words.value();
    else if (abbreviates(word, "broadcast") || word === "brd") request.broadcast = broadcast(words.value(), family);
    else if (word === "scope") request.scope = scope(words.value());
    else if (word === "label") request.label = words.value();
    else {
      const value = abbreviates(word, "local") ? words.value() : word;
      if (request.local !== undefined) throw garbage("local", value);
      const prefix = readPrefix(value, family);
      explicit = prefix.explicit;
      request.local = `${prefix.address}/${prefix.length}`;
    }
  }
  const { dev, local, ...rest } = request;
  if (dev === undefined) throw new IpError('Not enough information: "dev" argument is required.', IpExit.VALUE);
  if (local === undefined) throw new IpError("RTNETLINK answers: Operation not supported", IpExit.REFUSED);
  if (method === "address.del" && !explicit) {
    context.warn(`Warning: Executing wildcard deletion to stay compatible with old scripts.
         Explicitly specify the prefix length (${local}) to avoid this warning.
         This special behaviour is likely to disappear in further releases,
         fix your scripts!`);
    rest.anyLength = true;
  }
  await context.caller.call(method, { dev, local, ...rest });
}

function broadcast(text: string, family: IpOptions["family"]): string {
  return text === "+" || text === "-" ? text : readAddress(text, family);
}

function scope(text: string): string {
  if (!SCOPES.includes(text)) throw wrongArgument(text, "invalid scope value.");
  return text;
}

async function flush(context: IpContext, words: Words): Promise<void> {
  if (words.empty) throw new IpError("Flush requires arguments.", IpExit.VALUE);
  const { statistics } = context.options;
  const gone = await known(context.caller.call("address.flush", shownDevices(words)));
  if (statistics === 0) return;
  if (gone === 0) context.print("Nothing to flush.");
  else {
    context.print(`\n*** Round 1, deleting ${gone} addresses ***`);
    context.print("*** Flush is complete after 1 round ***");
  }
}
