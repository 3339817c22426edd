/** The words by which `ip address show` and `flush` select devices and addresses. */
import { type AddressFilter, scopeName } from "../methods/address-view.ts";
import { ipPrefixOf } from "../methods/forms.ts";
import { readScope } from "./scope-word.ts";
import { abbreviates, garbage, type IpOptions, readPrefix, unsigned, type Words, wrongArgument } from "./words.ts";

/** Flags that addresses are selected by, each with the words that mean it. `-` in front of a word is its contrary. */
const FLAGS: readonly (readonly [word: string, flag: string])[] = [
  ["permanent", "-dynamic"],
  ["dynamic", "dynamic"],
  ["secondary", "secondary"],
  ["temporary", "secondary"],
  ["primary", "-secondary"],
  ...["tentative", "deprecated", "dadfailed", "optimistic", "stable-privacy"].map((word) => [word, word] as const),
  ...["home", "nodad", "mngtmpaddr", "noprefixroute", "autojoin"].map((word) => [word, word] as const),
];

export interface AddressWords extends Omit<AddressFilter, "to"> {
  dev?: string;
  up: boolean;
  /** A prefix, written as an address and a length. */
  to?: string;
  flags: readonly string[];
  /** The family of the addresses: that of -4 and -6, or that of the prefix. */
  family: IpOptions["family"];
  /** The devices are none of ours: ours have no type, no other group than the first, and no master. */
  foreign: boolean;
  /** The device that has to be the master of those shown. */
  master?: string;
  /** Nothing is selected. */
  empty: boolean;
}

/** Reads the words behind `show` and `flush`. @param help makes the error that shows the help */
export function readAddressWords(words: Words, family: IpOptions["family"], help: () => Error): AddressWords {
  const read: AddressWords = { up: false, flags: [], family, foreign: false, empty: words.empty };
  const flags = new Map<string, string>();
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const flag = flagOf(word);
    if (flag !== undefined) flags.set(flag.replace(/^-/, ""), flag);
    else if (word === "up") read.up = true;
    else if (word === "to") Object.assign(read, prefixOf(words.value(), family));
    else if (word === "scope") setScope(read, words.value());
    else if (word === "label") read.label = words.value();
    else if (word === "group") read.foreign ||= groupOf(words.value()) !== 0;
    else if (word === "master") read.master = words.value();
    else if (word === "vrf") throw wrongArgument(words.value(), "Not a valid VRF name\n");
    else if (word === "type") read.foreign = words.value() !== "";
    else if (word !== "nomaster") setDevice(read, word, words, help);
  }
  read.flags = [...flags.values()];
  return read;
}

function setDevice(read: AddressWords, word: string, words: Words, help: () => Error): void {
  const device = word === "dev" ? words.value() : word;
  if (word !== "dev" && abbreviates(word, "help")) throw help();
  if (read.dev !== undefined) throw garbage("dev", device);
  read.dev = device;
}

function flagOf(word: string): string | undefined {
  const contrary = word.startsWith("-");
  const [, flag] = FLAGS.find(([name]) => name === (contrary ? word.slice(1) : word)) ?? [];
  if (!contrary || flag === undefined) return flag;
  return flag.startsWith("-") ? flag.slice(1) : `-${flag}`;
}

/** `default`, `any` and `all` are no prefix: they select everything. */
function prefixOf(word: string, family: IpOptions["family"]): Pick<AddressWords, "to" | "family"> {
  const prefix = readPrefix(word, family);
  if (prefix.length === 0 && !word.includes("/")) return { family };
  return { to: `${prefix.address}/${prefix.length}`, family: prefix.family };
}

function setScope(read: AddressWords, word: string): void {
  if (word === "all") {
    delete read.scope;
    return;
  }
  const scope = readScope(word);
  if (scope === undefined) throw wrongArgument(word, 'invalid "scope"\n');
  read.scope = scopeName(scope);
}

function groupOf(word: string): number {
  const group = word === "default" ? 0 : unsigned(word);
  if (group <= 0xffffffff) return group;
  throw wrongArgument(word, 'Invalid "group" value\n');
}

/** The filter, as an address is compared with it. */
export function filterOf({ to, scope, label, flags }: AddressWords): AddressFilter {
  return { scope, label, flags, to: to === undefined ? undefined : ipPrefixOf(to) };
}
