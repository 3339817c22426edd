/** `ip ntable`: show and change. */
import { type NtableView, ntableJson, ntableText } from "../neigh-views.ts";
import { ControlError, type JsonObject } from "../rpc/protocol.ts";
import { printJson } from "./json.ts";
import { abbreviates, duplicate, type IpContext, IpError, unknownCommand, unsigned, type Words, wrongArgument } from "./words.ts";

const HELP = `Usage: ip ntable show [ dev DEV ] [ name NAME ]
       ip ntable change name NAME [ dev DEV ] [ thresh1 N ] [ thresh2 N ] [ thresh3 N ]
           [ gc_int MSEC ] [ base_reachable MSEC ] [ retrans MSEC ] [ gc_stale MSEC ]
           [ delay_probe MSEC ] [ queue PACKETS ] [ app_probes N ] [ ucast_probes N ]
           [ mcast_probes N ] [ anycast_delay MSEC ] [ proxy_delay MSEC ]
           [ proxy_queue N ] [ locktime MSEC ]`;

/** What may be changed, of the table and of a parameter set. */
export const NTABLE_KEYS = [
  "thresh1",
  "thresh2",
  "thresh3",
  "gc_int",
  "base_reachable",
  "retrans",
  "gc_stale",
  "delay_probe",
  "queue",
  "app_probes",
  "ucast_probes",
  "mcast_probes",
  "anycast_delay",
  "proxy_delay",
  "proxy_queue",
  "locktime",
] as const;

export async function ipNtable(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  if (abbreviates(command, "change", "chg")) return change(context, words);
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("ntable", command);
}

async function change(context: IpContext, words: Words): Promise<void> {
  const request: JsonObject = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const value = words.value();
    if (word === "name" || word === "dev") {
      if (request[word] !== undefined) throw duplicate(word.toUpperCase(), value);
      request[word] = value;
    } else if (NTABLE_KEYS.some((key) => key === word)) {
      const number = unsigned(value);
      if (!(number <= 0xffffffff)) throw wrongArgument(value, `"${word}" value is invalid`);
      request[word] = number;
    } else throw wrongArgument(word, "unknown");
  }
  if (request["name"] === undefined) throw new IpError('Error: argument "NAME" is required');
  if (!NTABLE_KEYS.some((key) => request[key] !== undefined)) {
    throw new IpError("Not enough information: changeable attributes required.");
  }
  await context.caller.call("ntable.change", request);
}

async function show(context: IpContext, words: Words): Promise<void> {
  const filter: JsonObject = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word !== "dev" && word !== "name") throw wrongArgument(word, "unknown");
    filter[word] = words.value();
  }
  const { json, oneline, statistics, family } = context.options;
  const blocks = await call(context, filter);
  const view = { statistics: statistics > 0, wallTime: context.wallTime() };
  const shown = family === "inet6" ? [] : blocks;
  if (json)
    printJson(
      context,
      shown.map((block) => ntableJson(block, view)),
    );
  else for (const block of shown) context.print(ntableText(block, view).join(oneline ? "\\" : "\n"));
}

async function call({ caller }: IpContext, filter: JsonObject): Promise<NtableView[]> {
  try {
    return (await caller.call("ntable.show", filter)) as unknown as NtableView[];
  } catch (error) {
    if (error instanceof ControlError && error.code === "NO_DEVICE") throw wrongArgument(String(filter["dev"]), '"DEV" is invalid');
    throw error;
  }
}
