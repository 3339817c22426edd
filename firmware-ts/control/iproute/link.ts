/** `ip link`: show, set. */
import type { ParamsOf } from "../methods/index.ts";
import { printJson } from "./json.ts";
import { linkBrief, linkJson, linkText } from "./print-link.ts";
import {
  abbreviates,
  garbage,
  type IpContext,
  IpError,
  IpExit,
  known,
  readLinkAddress,
  unknownCommand,
  unsigned,
  type Words,
  wrongArgument,
} from "./words.ts";

const HELP = `Usage: ip link [ show [ dev ] DEVICE ] [ up ]
       ip link set [ dev ] DEVICE [ up | down ] [ arp { on | off } ]
           [ address LLADDR ] [ mtu MTU ]`;

const MAC_BYTES = 6;

export async function ipLink(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  if (abbreviates(command, "set")) return set(context, words);
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("link", command);
}

/** The one device of a `show`, with or without the key word; `up` for those that are. */
export function shownDevices(words: Words): { dev?: string; up?: boolean } {
  const shown: { dev?: string; up?: boolean } = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "up") {
      shown.up = true;
      continue;
    }
    const value = word === "dev" ? words.value() : word;
    if (shown.dev !== undefined) throw garbage("dev", value);
    shown.dev = value;
  }
  return shown;
}

async function show(context: IpContext, words: Words): Promise<void> {
  const { json, brief, statistics, details, oneline } = context.options;
  const links = await known(context.caller.call("link.show", shownDevices(words)));
  const view = { statistics, details, brief };
  if (json)
    printJson(
      context,
      links.map((link) => linkJson(link, view)),
    );
  else if (brief) for (const link of links) context.print(linkBrief(link));
  else for (const link of links) context.print(linkText(link, view).join(oneline ? "\\" : "\n"));
}

async function set(context: IpContext, words: Words): Promise<void> {
  const request: Partial<ParamsOf<"link.set">> = {};
  let address: string | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "up" || word === "down") request.up = word === "up";
    else if (word === "promisc") request.promisc = onOff("promisc", words.value());
    else if (word === "alias") request.alias = words.value();
    else if (word === "arp") request.arp = onOff("arp", words.value());
    else if (abbreviates(word, "address")) address = words.value();
    else if (word === "mtu") request.mtu = mtu(words.value());
    else {
      const device = word === "dev" ? words.value() : word;
      if (request.dev !== undefined) throw garbage("dev", device);
      request.dev = device;
    }
  }
  const { dev, ...rest } = request;
  if (dev === undefined) throw new IpError('Not enough information: "dev" argument is required.');
  if (address !== undefined) rest.address = linkAddress(address);
  await context.caller.call("link.set", { dev, ...rest });
}

function onOff(word: string, text: string): boolean {
  if (text === "on" || text === "off") return text === "on";
  throw new IpError(`Error: argument of "${word}" must be "on" or "off", not "${text}"`, IpExit.VALUE);
}

function linkAddress(text: string): string {
  const address = readLinkAddress(text);
  const octets = address.split(":").length;
  if (octets === MAC_BYTES) return address;
  throw new IpError(`Invalid address length ${octets} - must be ${MAC_BYTES} bytes`, IpExit.VALUE);
}

function mtu(text: string): number {
  const value = unsigned(text);
  if (!(value <= 0x7fffffff)) throw wrongArgument(text, 'Invalid "mtu" value\n');
  return value;
}
