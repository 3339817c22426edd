/** `ip address`: show, add, change, replace, del, flush. */
import type { AddressView } from "../methods/address.ts";
import { scopeName, selects } from "../methods/address-view.ts";
import type { ParamsOf } from "../methods/index.ts";
import { type AddressWords, filterOf, readAddressWords } from "./address-filter.ts";
import { printJson } from "./json.ts";
import {
  type AddressShow,
  addressBrief,
  addressBriefJson,
  addressJson,
  addressOneLine,
  addressText,
  flushedLines,
} from "./print-address.ts";
import { linkBrief, linkBriefJson, linkLines } from "./print-link.ts";
import { readScope } from "./scope-word.ts";
import {
  abbreviates,
  dumped,
  duplicate,
  garbage,
  type IpContext,
  IpError,
  IpExit,
  type IpOptions,
  known,
  readAddress,
  readPrefix,
  unknownCommand,
  unsigned,
  type Words,
  wrongArgument,
} from "./words.ts";

const HELP = `Usage: ip address {add|change|replace} IFADDR dev IFNAME [ LIFETIME ]
                                                      [ noprefixroute ]
       ip address del IFADDR dev IFNAME
       ip address flush [ dev IFNAME ] [ scope SCOPE-ID ]
                            [ to PREFIX ] [ FLAG-LIST ] [ label LABEL ] [up]
       ip address [ show [ dev IFNAME ] [ scope SCOPE-ID ] [ master DEVICE ]
                         [ nomaster ]
                         [ type TYPE ] [ to PREFIX ] [ FLAG-LIST ]
                         [ label LABEL ] [up] ]
IFADDR := PREFIX | ADDR peer PREFIX
          [ broadcast { ADDR | + | - } ]
          [ label IFNAME ] [ scope SCOPE-ID ] [ metric METRIC ]
SCOPE-ID := [ host | link | global | NUMBER ]
FLAG-LIST := [ FLAG-LIST ] FLAG
FLAG  := [-]{ permanent | dynamic | secondary | primary | deprecated |
              noprefixroute }
LIFETIME := [ valid_lft LFT ] [ preferred_lft LFT ]
LFT := forever | SECONDS`;

const help = (): IpError => new IpError(HELP);

export async function ipAddress(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  if (abbreviates(command, "add")) return change(context, "address.add", words);
  if (abbreviates(command, "change", "chg")) return change(context, "address.replace", words);
  if (abbreviates(command, "replace")) return change(context, "address.replace", words);
  if (abbreviates(command, "delete")) return change(context, "address.del", words);
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "flush")) return flush(context, words);
  if (abbreviates(command, "help")) throw help();
  throw unknownCommand("address", command);
}

async function show(context: IpContext, words: Words): Promise<void> {
  const { json, brief, oneline, family: asked } = context.options;
  const read = readAddressWords(words, asked, help);
  if (read.master !== undefined) await noSlaves(context, read.master);
  const { dev, up, family, label } = read;
  const filter = filterOf(read);
  const all = await known(context.caller.call("address.show", { ...(dev === undefined ? {} : { dev }), up }));
  const parts: AddressShow = {
    linkless: family !== "",
    headless: label !== undefined,
    sparse: asked === "inet6" && dev === undefined,
    selects: (info, ifname) => selects(filter, info, ifname),
  };
  const shown = read.foreign || read.master !== undefined ? [] : all.map((view) => ofFamily(view, family));
  if (family === "link") return linksOnly(context, shown);
  // A device without any address is selected by all that is said of addresses, but has none of a family.
  const views = shown.filter(
    ({ ifname, addr_info: infos }) => infos.some((info) => parts.selects(info, ifname)) || (family === "" && infos.length === 0),
  );
  if (json)
    printJson(
      context,
      views.map((view) => (brief ? addressBriefJson(view, parts) : addressJson(view, parts))),
    );
  else if (brief) for (const view of views) context.print(addressBrief(view, parts));
  else for (const view of views) for (const line of (oneline ? addressOneLine : addressText)(view, parts)) context.print(line);
}

function ofFamily(view: AddressView, family: AddressWords["family"]): AddressView {
  return family === "" ? view : { ...view, addr_info: view.addr_info.filter((info) => info.family === family) };
}

/** With -0 devices have no other addresses than their link's. */
function linksOnly(context: IpContext, views: readonly AddressView[]): void {
  const { paint, options } = context;
  const plain = views.map(({ addr_info: _, ...link }) => link);
  if (options.json) printJson(context, options.brief ? plain.map(linkBriefJson) : plain);
  else if (options.brief) for (const link of plain) context.print(linkBrief(link, paint));
  else for (const link of plain) context.print(linkLines(link, "", paint).join(options.oneline ? "\\" : "\n"));
}

/** No device of ours is the slave of another one. */
async function noSlaves(context: IpContext, master: string): Promise<void> {
  await known(context.caller.call("link.show", { dev: master }), () => wrongArgument(master, "Device does not exist\n"));
}

/** Names of flags that `add` sets for IPv6, and of those that it knows and leaves as they are. */
const IPV6_FLAGS = ["nodad", "optimistic", "home", "mngtmpaddr"] as const;
const FIXED_FLAGS = ["secondary", "temporary", "dadfailed", "deprecated", "tentative", "permanent", "stable-privacy"];

/** The longest label that a device name leaves room for (IFNAMSIZ less its end). */
const LABEL_MAX = 15;
const FOREVER = 0xffffffff;

/** The words of `add`, `change`, `replace` and `del`. */
interface Read extends Partial<ParamsOf<"address.add">> {
  family: IpOptions["family"];
  /** A length was written with the address. */
  explicit: boolean;
  anycast: boolean;
  autojoin: boolean;
}

async function change(context: IpContext, method: "address.add" | "address.replace" | "address.del", words: Words): Promise<void> {
  const read = readChange(context, words);
  const { dev, local, peer, label, explicit } = read;
  if (dev === undefined) throw new IpError('Not enough information: "dev" argument is required.', IpExit.VALUE);
  if (read.broadcast !== undefined && (local === undefined || read.family === "inet6")) {
    throw new IpError("Broadcast can be set only for IPv4 addresses", IpExit.VALUE);
  }
  const wrong = wrongTogether(read);
  if (wrong) {
    // `ip` looks for the device first.
    await context.caller.call("link.show", { dev });
    throw wrong;
  }
  const wildcard = method === "address.del" && !explicit && peer === undefined && read.family !== "inet6";
  if (wildcard) {
    context.warn(`Warning: Executing wildcard deletion to stay compatible with old scripts.
         Explicitly specify the prefix length (${local}) to avoid this warning.
         This special behaviour is likely to disappear in further releases,
         fix your scripts!`);
  }
  const one = { dev, ...(peer === undefined ? {} : { peer }), ...(label === undefined ? {} : { label }) };
  if (method === "address.del") {
    await context.caller.call(method, {
      ...one,
      ...(local === undefined ? {} : { local }),
      ...(wildcard ? { anyLength: true } : {}),
    });
    return;
  }
  if (local === undefined) throw new IpError("Error: ipv4: Local address is not supplied.", IpExit.REFUSED);
  const { explicit: _explicit, anycast: _anycast, autojoin: _autojoin, family: _family, ...rest } = read;
  await context.caller.call(method, { ...rest, dev, local });
}

function readChange(context: IpContext, words: Words): Read {
  const read: Read = { family: context.options.family, explicit: true, anycast: false, autojoin: false };
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "peer" || word === "remote") setPeer(read, words.value());
    else if (abbreviates(word, "broadcast") || word === "brd") setBroadcast(read, words.value());
    else if (word === "anycast") setAnycast(read, words.value());
    else if (word === "scope") read.scope = scope(words.value());
    else if (word === "dev") read.dev = words.value();
    else if (word === "label") read.label = words.value();
    else if (abbreviates(word, "metric", "priority", "preference")) read.metric = metric(words.value());
    else if (abbreviates(word, "valid_lft")) setLifetime(read, "valid_lft", words.value());
    else if (abbreviates(word, "preferred_lft")) setLifetime(read, "preferred_lft", words.value());
    else if (word === "noprefixroute") read.noprefixroute = true;
    else if (word === "autojoin") read.autojoin = true;
    else if (isIpv6Flag(word)) setFlag(context, read, word);
    else if (FIXED_FLAGS.includes(word)) context.warn(`Warning: ${word} option is not mutable from userspace`);
    else setLocal(read, word, words);
  }
  return read;
}

function isIpv6Flag(word: string): word is (typeof IPV6_FLAGS)[number] {
  return IPV6_FLAGS.some((flag) => flag === word);
}

/** `ip` knows the family by the words before. */
function setFlag(context: IpContext, read: Read, flag: (typeof IPV6_FLAGS)[number]): void {
  if (read.family === "inet6") read[flag] = true;
  else context.warn(`Warning: ${flag} option can be set only for IPv6 addresses`);
}

function setLocal(read: Read, word: string, words: Words): void {
  const value = word === "local" ? words.value() : word;
  if (word !== "local" && abbreviates(word, "help")) throw help();
  if (read.local !== undefined) throw garbage("local", value);
  const { address, length, explicit, family } = readPrefix(value, read.family);
  // Without -4 these words are of no family, and so is the address.
  if (read.family === "" && ["default", "any", "all"].includes(value)) return;
  Object.assign(read, { local: `${address}/${length}`, explicit, family });
}

function setPeer(read: Read, value: string): void {
  if (read.peer !== undefined) throw duplicate("peer", value);
  const { address, length, family } = readPrefix(value, read.family);
  Object.assign(read, { peer: `${address}/${length}`, family });
}

function setBroadcast(read: Read, value: string): void {
  if (read.broadcast !== undefined) throw duplicate("broadcast", value);
  read.broadcast = value === "+" || value === "-" ? value : readAddress(value, read.family);
}

/** IPv4 makes nothing of it. */
function setAnycast(read: Read, value: string): void {
  if (read.anycast) throw duplicate("anycast", value);
  read.anycast = readAddress(value, read.family) !== "";
}

function setLifetime(read: Read, name: "valid_lft" | "preferred_lft", value: string): void {
  if (read[name] !== undefined) throw duplicate(name, name);
  const seconds = value === "forever" ? FOREVER : unsigned(value);
  if (!(seconds <= FOREVER)) throw wrongArgument(value, `${name} value`);
  read[name] = seconds;
}

function scope(word: string): string {
  const number = readScope(word);
  if (number === undefined) throw wrongArgument(word, "invalid scope value.");
  return scopeName(number);
}

function metric(word: string): number {
  const value = unsigned(word);
  if (value <= 0xffffffff) return value;
  throw wrongArgument(word, '"metric" value is invalid\n');
}

/** Words that are right one by one may be wrong together: `ip` and the kernel refuse them. */
function wrongTogether(read: Read): IpError | undefined {
  const { valid_lft: valid = FOREVER, preferred_lft: preferred = FOREVER, local, peer, label = "" } = read;
  if (valid === 0) return new IpError("valid_lft is zero", IpExit.VALUE);
  if (valid < preferred) return new IpError("preferred_lft is greater than valid_lft", IpExit.VALUE);
  if (read.autojoin) return new IpError(noAutojoin(local), IpExit.VALUE);
  if (local === undefined && peer === undefined && read.family !== "inet") {
    const why = read.family === "inet6" ? "Invalid argument" : "Operation not supported";
    return new IpError(`RTNETLINK answers: ${why}`, IpExit.REFUSED);
  }
  if (label.length > LABEL_MAX) return new IpError("Error: Attribute failed policy validation.", IpExit.REFUSED);
  return undefined;
}

function noAutojoin(local = ""): string {
  const multicast = /^((22[4-9]|23\d)\.|ff)/i.test(local);
  return multicast ? "autojoin: this stack joins a group for a socket only" : "autojoin needs multicast address";
}

async function flush(context: IpContext, words: Words): Promise<void> {
  const { statistics, oneline, family: asked } = context.options;
  const read = readAddressWords(words, asked, help);
  if (read.empty) throw new IpError("Flush requires arguments.", IpExit.VALUE);
  const flushed = await known(dumped(context.caller.call("address.flush", flushRequest(read))));
  if (statistics === 0) return;
  const count = flushed.reduce((sum, { addr_info }) => sum + addr_info.length, 0);
  if (count === 0) {
    context.print("Nothing to flush.");
    return;
  }
  const newline = oneline ? "\\" : "\n";
  if (statistics > 1) for (const view of flushed) for (const line of flushedLines(view, newline)) context.print(line);
  context.print(`\n*** Round 1, deleting ${count} addresses ***`);
  context.print("*** Flush is complete after 1 round ***");
}

/** `ip` asks nothing of devices here but their name. */
function flushRequest({ dev, to, scope: within, label, flags, family }: AddressWords): ParamsOf<"address.flush"> {
  return {
    ...(dev === undefined ? {} : { dev }),
    ...(to === undefined ? {} : { to }),
    ...(within === undefined ? {} : { scope: within }),
    ...(label === undefined ? {} : { label }),
    ...(family === "" ? {} : { family }),
    flags: [...flags],
  };
}
