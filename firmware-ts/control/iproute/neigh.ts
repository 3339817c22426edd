/** `ip neigh`: add, change, replace, delete, show, flush, get. */
import type { NeighView } from "../methods/neigh-entry.ts";
import { printJson } from "./json.ts";
import { filterWords, requestWords } from "./neigh-words.ts";
import { type NeighViewOptions, neighBrief, neighJson, neighLine } from "./print-neigh.ts";
import { abbreviates, dumped, garbage, type IpContext, IpError, IpExit, readAddress, unknownCommand, type Words } from "./words.ts";

const HELP = `Usage: ip neigh { add | change | replace | del } ADDR [ dev DEV ] [ lladdr LLADDR ]
           [ nud STATE ] [ router ] [ use ] [ managed ] [ extern_learn ]
           [ extern_valid ] [ protocol PROTO ]
       ip neigh { add | del } proxy ADDR [ dev DEV ]
       ip neigh { show | flush } [ proxy ] [ to PREFIX ] [ dev DEV ] [ nud STATE ]
           [ unused ] [ protocol PROTO ]
       ip neigh get { ADDR dev DEV | proxy ADDR [ dev DEV ] }
STATE := { permanent | reachable | failed | noarp | none | stale |
           incomplete | delay | probe }`;

const CHANGES = [
  ["add", "neigh.add"],
  ["change", "neigh.change"],
  ["chg", "neigh.change"],
  ["replace", "neigh.replace"],
  ["delete", "neigh.del"],
] as const;

/** Most rounds of a flush, as long as entries come back while it works. */
const FLUSH_ROUNDS = 10;

export async function ipNeigh(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  for (const [word, method] of CHANGES) {
    if (!abbreviates(command, word)) continue;
    await context.caller.call(method, requestWords(words, context.options.family));
    return;
  }
  if (abbreviates(command, "get")) return get(context, words);
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "flush")) return flush(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("neigh", command);
}

async function get(context: IpContext, words: Words): Promise<void> {
  const request: { dst?: string; dev?: string; proxy?: boolean } = {};
  const { family, statistics } = context.options;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "dev") request.dev = words.value();
    else {
      if (abbreviates(word, "proxy")) request.proxy = true;
      const value = word === "to" || abbreviates(word, "proxy") ? words.value() : word;
      if (request.dst !== undefined) throw garbage("to", value);
      request.dst = readAddress(value, family);
    }
  }
  if (request.dst === undefined || (request.dev === undefined && !request.proxy)) {
    throw new IpError("Device and address are required arguments.", IpExit.VALUE);
  }
  const { dst, ...rest } = request;
  const entry = await context.caller.call("neigh.get", { dst, ...rest });
  // iproute2 6.1 prints text here even with -j.
  context.print(neighText(context, entry, { withoutDevice: false, statistics: statistics > 0 }));
}

async function show(context: IpContext, words: Words): Promise<void> {
  const { json, statistics, brief, family } = context.options;
  const filter = filterWords(words, family);
  const entries = await dumped(context.caller.call("neigh.show", filter));
  const view = { withoutDevice: filter.dev !== undefined, statistics: statistics > 0, brief };
  if (json)
    printJson(
      context,
      entries.map((entry) => neighJson(entry, view)),
    );
  else for (const entry of entries) context.print(neighText(context, entry, view));
}

export function neighText(context: IpContext, entry: NeighView, view: NeighViewOptions): string {
  return context.options.brief ? neighBrief(entry, view) : neighLine(entry, view);
}

/** Deletes what matches until a round finds nothing; FAILED entries count in the first round only. */
async function flush(context: IpContext, words: Words): Promise<void> {
  if (words.empty) throw new IpError("Flush requires arguments.", IpExit.VALUE);
  const { statistics, family } = context.options;
  const filter = filterWords(words, family, true);
  const view = { withoutDevice: filter.dev !== undefined, statistics: true };
  for (let round = 1; round <= FLUSH_ROUNDS; round++) {
    const request = { ...filter, all: true, ...(round > 1 ? { keepFailed: true } : {}) };
    const gone = await dumped(context.caller.call("neigh.flush", request));
    if (statistics > 1) for (const entry of gone) context.print(neighText(context, entry, view));
    if (gone.length === 0) {
      if (statistics > 0) context.print(flushed(round));
      return;
    }
    if (statistics > 0) context.print(`\n*** Round ${round}, deleting ${gone.length} entries ***`);
  }
  throw new IpError(`*** Flush not completed, bailing out after ${FLUSH_ROUNDS} rounds`, IpExit.VALUE);
}

function flushed(round: number): string {
  if (round === 1) return "Nothing to flush.";
  return `*** Flush is complete after ${round - 1} round${round > 2 ? "s" : ""} ***`;
}
