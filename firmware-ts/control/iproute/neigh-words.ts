/** The words of `ip neigh`: requests and filters. */
import type { ParamsOf } from "../methods/index.ts";
import { protocolNumber } from "../protocols.ts";
import {
  abbreviates,
  duplicate,
  garbage,
  IpError,
  type IpOptions,
  readAddress,
  readLinkAddress,
  readPrefix,
  unsigned,
  type Words,
  wrongArgument,
} from "./words.ts";

/** States by name; the first three may be abbreviated. */
const STATES: readonly (readonly [bit: number, name: string])[] = [
  [0x80, "permanent"],
  [0x02, "reachable"],
  [0x20, "failed"],
  [0x40, "noarp"],
  [0x00, "none"],
  [0x04, "stale"],
  [0x01, "incomplete"],
  [0x08, "delay"],
  [0x10, "probe"],
];
const ABBREVIATED = 3;

/** A state's name, from a name, an abbreviation or a single bit. */
function stateName(text: string): string {
  const lower = text.toLowerCase();
  const number = unsigned(text);
  const named = STATES.find(([, name], at) => name === lower || (at < ABBREVIATED && abbreviates(lower, name)));
  const meant = named ?? STATES.find(([bit]) => bit === number);
  if (!meant) throw wrongArgument(text, "nud state is bad");
  return meant[1];
}

function protocol(text: string, message: string): number {
  const number = protocolNumber(text);
  if (Number.isNaN(number)) throw wrongArgument(text, message);
  return number;
}

const FLAGS = ["router", "use", "managed", "extern_valid"] as const;

function isFlag(word: string): word is (typeof FLAGS)[number] {
  return FLAGS.some((flag) => flag === word);
}

type Request = ParamsOf<"neigh.add">;
type Filter = ParamsOf<"neigh.show">;

/** Words of add, change, replace and delete. */
export function requestWords(words: Words, family: IpOptions["family"]): Request {
  const request: Partial<Request> = {};
  let lladdr: string | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (abbreviates(word, "lladdr")) {
      const value = words.value();
      if (lladdr !== undefined) throw duplicate("lladdr", value);
      lladdr = value;
    } else if (word === "nud") request.nud = stateName(words.value());
    else if (abbreviates(word, "proxy")) {
      const value = words.value();
      if (request.dst !== undefined) throw duplicate("address", value);
      request.dst = readAddress(value, family);
      request.proxy = true;
    } else if (isFlag(word)) {
      request[word] = true;
      // The kernel resolves it: there is no state to name, unless one is named later.
      if (word === "managed") request.nud = "none";
    } else if (abbreviates(word, "extern_learn")) request.extern_learn = true;
    else if (word === "dev") request.dev = words.value();
    else if (abbreviates(word, "protocol")) request.protocol = protocol(words.value(), '"protocol" value is invalid\n');
    else {
      const value = word === "to" ? words.value() : word;
      if (request.dst !== undefined) throw garbage("to", value);
      // A word that stands for every address is no destination.
      if (value === "any" || value === "all" || value === "default") continue;
      request.dst = readAddress(value, family);
    }
  }
  const { dst, ...rest } = request;
  if (dst === undefined || (rest.dev === undefined && rest.proxy !== true)) {
    throw new IpError("Device and destination are required arguments.");
  }
  if (lladdr !== undefined && lladdr !== "null") rest.lladdr = readLinkAddress(lladdr);
  return { dst, ...rest };
}

/** Words of show and flush. To flush, `nud all` leaves NOARP entries alone, which the table makes by itself. */
export function filterWords(words: Words, family: IpOptions["family"], flush = false): Filter {
  const filter: Filter = family === "" ? {} : { family };
  const states: string[] = [];
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "dev") {
      const device = words.value();
      if (filter.dev !== undefined) throw duplicate("dev", device);
      filter.dev = device;
    } else if (word === "master") throw wrongArgument(words.value(), "Device does not exist\n");
    else if (word === "vrf") throw wrongArgument(words.value(), "Not a valid VRF name\n");
    else if (word === "nomaster") continue;
    else if (word === "unused") filter.unused = true;
    else if (word === "nud") {
      const state = words.value();
      if (state !== "all") states.push(stateName(state));
      else states.push(...STATES.map(([, name]) => name).filter((name) => !(flush && name === "noarp")));
    } else if (word === "proxy") filter.proxy = true;
    else if (abbreviates(word, "protocol")) filter.protocol = protocol(words.value(), 'invalid "protocol"\n');
    else {
      const prefix = readPrefix(word === "to" ? words.value() : word, family);
      filter.to = `${prefix.address}/${prefix.length}`;
    }
  }
  if (states.length > 0) filter.nud = states;
  return filter;
}
