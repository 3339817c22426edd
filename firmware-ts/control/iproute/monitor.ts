/** `ip monitor neigh`: changes of the neighbour table as they happen. */
import type { ParamsOf } from "../methods/index.ts";
import { neighText } from "./neigh.ts";
import { type NeighViewOptions, neighJson } from "./print-neigh.ts";
import { isoStamp, longStamp, shortStamp } from "./time.ts";
import { abbreviates, type IpContext, IpError, known, type Words, wrongArgument } from "./words.ts";

const HELP = `Usage: ip monitor [ all | neigh ] [ label ] [ dev DEVICE ] [ --all-transitions ]
--all-transitions: every change of state, those on the way of a packet too, with its cause`;

/** Objects of `ip` whose changes are not announced here. */
const SILENT = ["address", "link", "mroute", "netconf", "nexthop", "nsid", "prefix", "route", "rule", "stats"];

/** Other words of `ip monitor` that mean nothing here, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  file: "there is no file of changes to read; an instance tells of them as they happen",
  "all-nsid": "an instance is asked for one namespace; say which with -n NAME",
};

const PREFIXES: Readonly<Record<string, string>> = { new: "", deleted: "Deleted ", miss: "miss " };
/** Keys of a JSON object by the kind of change, as iproute2 names them. */
const KEYS: Readonly<Record<string, object>> = { new: {}, deleted: { deleted: true }, miss: { miss: null } };

/**
 * Goes on until the other end or the user ends it. With -j it prints an object a line, where iproute2 6.1 prints text: a program can read
 * that while it goes on.
 */
export async function ipMonitor(context: IpContext, words: Words): Promise<void> {
  const { family } = context.options;
  const request: ParamsOf<"neigh.monitor"> = family === "inet" || family === "inet6" ? { family } : {};
  let label = "";
  const silent: string[] = [];
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "label" || word === "all") label = "[NEIGH]";
    else if (word === "dev") request.dev = words.value();
    else if (word === "--all-transitions") request.transitions = true;
    else if (abbreviates(word, "help")) throw new IpError(HELP);
    else if (abbreviates(word, "neigh")) continue;
    else if (SILENT.some((object) => abbreviates(word, object))) silent.push(word);
    else if (ELSEWHERE[word] !== undefined) throw new IpError(`"${word}": ${ELSEWHERE[word]}.`);
    else throw new IpError(`Argument "${word}" is unknown, try "ip monitor help".`);
  }
  const [other] = silent;
  if (other !== undefined) throw new IpError(`"${other}": only neighbours are watched; say "monitor neigh".`);
  const { caller } = context;
  const { statistics, brief } = context.options;
  const view: NeighViewOptions & { brief: boolean } = {
    withoutDevice: request.dev !== undefined,
    statistics: statistics > 0,
    brief,
  };
  caller.onNotification = (method, params) => {
    if (method === "neigh.event" && context.options.json) {
      told(context, label, { ...KEYS[params.event], ...neighJson(params.entry, view) });
    } else if (method === "neigh.transition" && context.options.json) {
      const { from, to, cause } = params;
      told(context, label, { ...neighJson(params.entry, view), transition: { from, to, cause } });
    } else if (method === "neigh.event") {
      stamped(context, label + (PREFIXES[params.event] ?? "") + neighText(context, params.entry, view));
    } else if (method === "neigh.transition") {
      stamped(context, `${label}${neighText(context, params.entry, view)}${transition(params)}`);
    }
  };
  try {
    await known(caller.call("neigh.monitor", request), () => wrongArgument(String(request.dev), "Device does not exist\n"));
  } finally {
    caller.onNotification = null;
  }
}

/** `STALE -> DELAY by packet`, behind what `ip` would print of the entry; `-` is no entry. */
function transition({ from, to, cause }: { from: string | null; to: string | null; cause: string }): string {
  return `(${from ?? "-"} -> ${to ?? "-"} by ${cause}) `;
}

/** Prints an object on one line, -p or not: the lines of a program's input are its records. */
function told(context: IpContext, label: string, record: object): void {
  const { timestamp } = context.options;
  const time = timestamp === "" ? {} : { timestamp: isoStamp(context.wallTime()) };
  context.print(JSON.stringify({ ...time, ...(label === "" ? {} : { label: "NEIGH" }), ...record }));
}

function stamped(context: IpContext, line: string): void {
  const { timestamp } = context.options;
  if (timestamp === "t") context.print(longStamp(context.wallTime()));
  context.print(timestamp === "ts" ? shortStamp(context.wallTime()) + line : line);
}
