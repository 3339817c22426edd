/** `ip ntable`: show and change. */
import type { ParamsOf } from "../methods/index.ts";
import { NTABLE_KEYS } from "../methods/ntable.ts";
import { printJson } from "./json.ts";
import { ntableJson, ntableText } from "./print-ntable.ts";
import {
  abbreviates,
  dumped,
  duplicate,
  type IpContext,
  IpError,
  known,
  unknownCommand,
  unsigned,
  type Words,
  wrongArgument,
} from "./words.ts";

const HELP = `Usage: ip ntable show [ dev DEV ] [ name NAME ]
       ip ntable change name NAME [ dev DEV ] [ thresh1 N ] [ thresh2 N ] [ thresh3 N ]
           [ gc_int MSEC ] [ base_reachable MSEC ] [ retrans MSEC ] [ gc_stale MSEC ]
           [ delay_probe MSEC ] [ queue PACKETS ] [ app_probes N ] [ ucast_probes N ]
           [ mcast_probes N ] [ anycast_delay MSEC ] [ proxy_delay MSEC ]
           [ proxy_queue N ] [ locktime MSEC ]`;

type Change = ParamsOf<"ntable.change">;
type Filter = ParamsOf<"ntable.show">;

export async function ipNtable(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  if (abbreviates(command, "change", "chg")) return change(context, words);
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("ntable", command);
}

function isKey(word: string): word is (typeof NTABLE_KEYS)[number] {
  return NTABLE_KEYS.some((key) => key === word);
}

async function change(context: IpContext, words: Words): Promise<void> {
  const request: Partial<Change> = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const value = words.value();
    if (word === "name" || word === "dev") {
      if (request[word] !== undefined) throw duplicate(word.toUpperCase(), value);
      request[word] = value;
    } else if (isKey(word)) {
      const number = unsigned(value);
      if (!(number <= 0xffffffff)) throw wrongArgument(value, `"${word}" value is invalid`);
      request[word] = number;
    } else throw wrongArgument(word, "unknown");
  }
  const { name, ...rest } = request;
  if (name === undefined) throw new IpError('Error: argument "NAME" is required');
  if (!NTABLE_KEYS.some((key) => request[key] !== undefined)) {
    throw new IpError("Not enough information: changeable attributes required.");
  }
  const { family } = context.options;
  await context.caller.call("ntable.change", { name, ...rest, ...(family === "" ? {} : { family }) });
}

async function show(context: IpContext, words: Words): Promise<void> {
  const { json, oneline, statistics, family } = context.options;
  const filter: Filter = family === "" ? {} : { family };
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word !== "dev" && word !== "name") throw wrongArgument(word, "unknown");
    filter[word] = words.value();
  }
  const answer = dumped(context.caller.call("ntable.show", filter));
  const blocks = await known(answer, () => wrongArgument(String(filter.dev), '"DEV" is invalid'));
  const view = { statistics: statistics > 0, wallTime: context.wallTime() };
  if (json)
    printJson(
      context,
      blocks.map((block) => ntableJson(block, view)),
    );
  else for (const block of blocks) context.print(ntableText(block, view).join(oneline ? "\\" : "\n"));
}
