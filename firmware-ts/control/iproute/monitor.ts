/** `ip monitor neigh`: changes of the neighbour table as they happen. */
import type { ParamsOf } from "../methods/index.ts";
import { neighText } from "./neigh.ts";
import { longStamp, shortStamp } from "./time.ts";
import { abbreviates, type IpContext, IpError, known, type Words, wrongArgument } from "./words.ts";

const HELP = `Usage: ip monitor [ all | neigh ] [ label ] [ dev DEVICE ] [ --all-transitions ]
--all-transitions: every change of state, those on the way of a packet too, with its cause`;

/** Objects of `ip` whose changes are not announced here. */
const SILENT = ["address", "link", "mroute", "netconf", "nexthop", "nsid", "prefix", "route", "rule", "stats"];

const PREFIXES: Readonly<Record<string, string>> = { new: "", deleted: "Deleted ", miss: "miss " };

/** Goes on until the other end or the user ends it. */
export async function ipMonitor(context: IpContext, words: Words): Promise<void> {
  const request: ParamsOf<"neigh.monitor"> = {};
  let label = "";
  let objects = 0;
  let neigh = false;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "label") label = "[NEIGH]";
    else if (word === "all") {
      neigh = true;
      label = "[NEIGH]";
    } else if (word === "dev") request.dev = words.value();
    else if (word === "--all-transitions") request.transitions = true;
    else if (abbreviates(word, "help")) throw new IpError(HELP);
    else if (abbreviates(word, "neigh")) neigh = true;
    else if (SILENT.some((object) => abbreviates(word, object))) objects++;
    else throw new IpError(`Argument "${word}" is unknown, try "ip monitor help".`);
  }
  if (objects > 0 && !neigh) throw new IpError('Only neighbours are watched; say "monitor neigh".');
  const { caller } = context;
  const view = { withoutDevice: request.dev !== undefined, statistics: context.options.statistics > 0 };
  caller.onNotification = (method, params) => {
    if (method === "neigh.event") {
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

function stamped(context: IpContext, line: string): void {
  const { timestamp } = context.options;
  if (timestamp === "t") context.print(longStamp(context.wallTime()));
  context.print(timestamp === "ts" ? shortStamp(context.wallTime()) + line : line);
}
