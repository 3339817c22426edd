/** `whohas neigh …`, word for word `ip neigh …` for what is there: show, add, replace, change, del, flush. */
import type { ControlClient } from "../control/client.ts";
import type { NeighView } from "../control/neigh.ts";
import type { JsonObject } from "../control/rpc.ts";
import { neighJson, neighLine } from "../control/views.ts";
import { CommandError, Exit } from "./exit.ts";
import type { Globals } from "./globals.ts";
import { isPrefix, printJson, take } from "./words.ts";

const USAGE = `Usage: whohas neigh { add | del | change | replace } ADDR [ lladdr LLADDR ] [ nud STATE ] dev DEV
       whohas neigh { show | flush } [ to PREFIX ] [ dev DEV ] [ nud STATE ]...
STATE := { none | incomplete | reachable | stale | delay | probe | failed | noarp | permanent }`;

const CHANGES: readonly (readonly [word: string, method: string])[] = [
  ["add", "neigh.add"],
  ["change", "neigh.change"],
  ["chg", "neigh.change"],
  ["replace", "neigh.replace"],
  ["delete", "neigh.del"],
];

export async function neighCommand(client: ControlClient, globals: Globals, words: readonly string[]): Promise<void> {
  const [command = "show", ...rest] = words;
  if (command === "help") {
    console.log(USAGE);
    return;
  }
  for (const [word, method] of CHANGES) {
    if (isPrefix(command, word)) {
      await client.call(method, changeParams(rest));
      return;
    }
  }
  if (isPrefix(command, "show") || isPrefix(command, "list") || command === "lst") return show(client, globals, rest);
  if (isPrefix(command, "flush")) return flush(client, globals, rest);
  throw new CommandError(`Command "${command}" is unknown, try "whohas neigh help".`, Exit.IP_WORDS);
}

function changeParams(words: readonly string[]): JsonObject {
  const params: JsonObject = {};
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (isPrefix(word, "lladdr") && word.length > 1) params["lladdr"] = take(left);
    else if (word === "nud") params["nud"] = take(left);
    else if (word === "dev") params["dev"] = take(left);
    else if (params["dst"] === undefined || word === "to") params["dst"] = word === "to" ? take(left) : word;
    else throw new CommandError(`Error: either "to" is duplicate, or "${word}" is a garbage.`, Exit.IP_WORDS);
  }
  if (params["dst"] === undefined || params["dev"] === undefined) {
    throw new CommandError("Device and destination are required arguments.", Exit.IP_WORDS);
  }
  if (params["lladdr"] === "null") delete params["lladdr"];
  return params;
}

function filterParams(words: readonly string[]): JsonObject {
  const params: JsonObject = {};
  const states: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === "dev") params["dev"] = take(left);
    else if (word === "nud") states.push(take(left));
    else if (word === "all" && params["to"] === undefined) params["all"] = true;
    else params["to"] = word === "to" ? take(left) : word;
  }
  if (states.length > 0) params["nud"] = states;
  return params;
}

async function entries(client: ControlClient, method: string, params: JsonObject): Promise<NeighView[]> {
  return (await client.call(method, params)) as unknown as NeighView[];
}

async function show(client: ControlClient, globals: Globals, words: readonly string[]): Promise<void> {
  const params = filterParams(words);
  const options = { withoutDevice: params["dev"] !== undefined, statistics: globals.statistics > 0 };
  const found = await entries(client, "neigh.show", params);
  if (globals.json) {
    printJson(
      found.map((entry) => neighJson(entry, options)),
      globals,
    );
    return;
  }
  for (const entry of found) console.log(neighLine(entry, options));
}

async function flush(client: ControlClient, globals: Globals, words: readonly string[]): Promise<void> {
  const params = filterParams(words);
  const gone = await entries(client, "neigh.flush", params);
  if (globals.statistics === 0) return;
  if (globals.statistics > 1) {
    for (const entry of gone) console.log(neighLine(entry, { withoutDevice: params["dev"] !== undefined, statistics: true }));
  }
  if (gone.length === 0) console.log("Nothing to flush.");
  else console.log(`\n*** Round 1, deleting ${gone.length} entries ***\n*** Flush is complete after 1 round ***`);
}
