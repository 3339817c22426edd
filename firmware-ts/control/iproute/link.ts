/** `ip link`: show, set. */
import type { ParamsOf } from "../methods/index.ts";
import { printJson } from "./json.ts";
import { linkBrief, linkJson, linkText } from "./print-link.ts";
import {
  abbreviates,
  duplicate,
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

const HELP = `Usage: ip link [ show [ dev ] DEVICE | group GROUP ] [ up ] [ master DEVICE ] [ nomaster ] [ type TYPE ]
       ip link set [ dev ] DEVICE [ up | down ] [ arp { on | off } ] [ multicast { on | off } ]
           [ allmulticast { on | off } ] [ promisc { on | off } ] [ txqueuelen PACKETS ] [ name NEWNAME ]
           [ address LLADDR ] [ mtu MTU ] [ alias NAME ]`;

const MAC_BYTES = 6;

export async function ipLink(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  if (abbreviates(command, "add")) return add(words);
  if (abbreviates(command, "set")) return set(context, words);
  if (abbreviates(command, "delete")) return remove(context, words);
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("link", command);
}

/** Devices come with the board: the stack makes none, as a kernel without the module of their type. */
function add(words: Words): void {
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word !== "type") continue;
    words.value();
    throw new IpError("Error: Unknown device type.", IpExit.REFUSED);
  }
  throw new IpError('Not enough information: "type" argument is required', IpExit.VALUE);
}

async function remove(context: IpContext, words: Words): Promise<void> {
  const word = words.next();
  const dev = word === "dev" ? words.value() : word;
  if (dev === undefined) throw new IpError('Not enough information: "dev" argument is required.');
  await context.caller.call("link.show", { dev });
  throw new IpError("RTNETLINK answers: Operation not supported", IpExit.REFUSED);
}

/** Devices of a `show`, and what they must be besides. */
interface Shown {
  dev?: string;
  up?: boolean;
  type?: string;
  /** None of ours has one: nothing is shown. */
  master?: string;
  group?: number;
}

function linkFilter(words: Words): Shown {
  const shown: Shown = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "up") shown.up = true;
    else if (word === "type") shown.type = words.value();
    else if (word === "master") shown.master = words.value();
    else if (word === "nomaster") delete shown.master;
    else if (word === "group") shown.group = group(words.value());
    else {
      const value = word === "dev" ? words.value() : word;
      if (shown.dev !== undefined) throw garbage("dev", value);
      shown.dev = value;
    }
  }
  return shown;
}

async function show(context: IpContext, words: Words): Promise<void> {
  const { paint, options } = context;
  const { json, brief, statistics, details, oneline } = options;
  const { type, master, group: wanted = 0, ...devices } = linkFilter(words);
  if (master !== undefined) await known(context.caller.call("link.show", { dev: master }), noMaster);
  const all = await known(context.caller.call("link.show", devices));
  const links = master !== undefined || wanted !== 0 ? [] : all.filter(({ kind }) => type === undefined || kind === type);
  const view = { statistics, details, brief, paint };
  if (json)
    printJson(
      context,
      links.map((link) => linkJson(link, view)),
    );
  else if (brief) for (const link of links) context.print(linkBrief(link, paint));
  else for (const link of links) context.print(linkText(link, view).join(oneline ? "\\" : "\n"));
}

function noMaster(name: string): IpError {
  return wrongArgument(name, "Device does not exist\n");
}

/** Number of a group of devices; all of ours are in that of number 0. */
function group(text: string): number {
  const value = text === "default" ? 0 : unsigned(text);
  if (!(value <= 0xffffffff)) throw wrongArgument(text, 'Invalid "group" value\n');
  return value;
}

async function set(context: IpContext, words: Words): Promise<void> {
  const request: Partial<ParamsOf<"link.set">> = {};
  let address: string | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "up" || word === "down") request.up = word === "up";
    else if (word === "mtu") request.mtu = once("mtu", request.mtu, words.value(), mtu);
    else if (word === "name") request.name = deviceName(words.value());
    else if (abbreviates(word, "address")) address = words.value();
    else if (abbreviates(word, "txqueuelen", "txqlen") || word === "qlen")
      request.txqlen = once("txqueuelen", request.txqlen, words.value(), queueLength);
    else if (word === "alias") request.alias = words.value();
    else if (word === "multicast") request.multicast = onOff("multicast", words.value());
    else if (word === "allmulticast") request.allmulticast = onOff("allmulticast", words.value());
    else if (word === "promisc") request.promisc = onOff("promisc", words.value());
    else if (word === "arp") request.arp = onOff("arp", words.value());
    else if (word === "help") throw new IpError(HELP);
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

/** A value that may be set once. */
function once(key: string, before: number | undefined, text: string, read: (text: string) => number): number {
  if (before !== undefined) throw duplicate(key, text);
  return read(text);
}

function deviceName(text: string): string {
  if (/^[^\s/]{1,15}$/.test(text)) return text;
  throw wrongArgument(text, '"name" not a valid ifname');
}

/** A negative number is that of 32 bits which has the same ones and zeros. */
function queueLength(text: string): number {
  const value = text.startsWith("-") ? -unsigned(text.slice(1)) : unsigned(text);
  if (!(value >= -0x80000000 && value <= 0x7fffffff)) throw wrongArgument(text, 'Invalid "txqueuelen" value\n');
  return value >>> 0;
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
  // A negative one is as much too small as 0.
  const value = /^-[0-9]/.test(text) ? 0 : unsigned(text);
  if (!(value <= 0x7fffffff)) throw wrongArgument(text, 'Invalid "mtu" value\n');
  return value;
}
