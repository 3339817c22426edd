/** One `ip` command, words in and text out: the same for a person at the shell, a script, and a rig that compares with the real one. */
import { type Caller, NetnsCaller } from "../methods/client.ts";
import { ControlError } from "../rpc/protocol.ts";
import { ipAddress } from "./address.ts";
import { colorsOn, PLAIN } from "./colors.ts";
import { ipLink } from "./link.ts";
import { ipMaddress } from "./maddress.ts";
import { ipMonitor } from "./monitor.ts";
import { ipNeigh } from "./neigh.ts";
import { ipNtable } from "./ntable.ts";
import { applyFlag, ipOptions, USAGE } from "./options.ts";
import { refusalWords } from "./refusals.ts";
import { ipRoute } from "./route.ts";
import { abbreviates, type IpContext, IpError, IpExit, type IpOptions, refusal, Words } from "./words.ts";

export type IpObject = (context: IpContext, words: Words) => Promise<void>;

/** Objects in the order in which an abbreviation finds them, as iproute2 has them. */
export const IP_OBJECTS: readonly { readonly names: readonly string[]; readonly what: string; readonly run: IpObject }[] = [
  {
    names: ["address"],
    what: "addresses: show, add, del, flush",
    run: ipAddress,
  },
  {
    names: ["maddress"],
    what: "groups that devices have joined: show",
    run: ipMaddress,
  },
  {
    names: ["route"],
    what: "routes: show, get, add, change, replace, append, del, flush",
    run: ipRoute,
  },
  {
    names: ["neighbor", "neighbour"],
    what: "neighbours: show, get, add, change, replace, del, flush",
    run: ipNeigh,
  },
  {
    names: ["ntable", "ntbl"],
    what: "parameters of the neighbour table: show, change",
    run: ipNtable,
  },
  {
    names: ["link"],
    what: "devices: show (-s counters, -d drops by reason), set",
    run: ipLink,
  },
  {
    names: ["monitor"],
    what: "changes of the neighbour table as they happen",
    run: ipMonitor,
  },
];

/** Exit codes of `ip` for refusals of the stack, where they are not 2. */
const EXITS: Readonly<Record<string, number>> = {
  NO_DEVICE: IpExit.VALUE,
  INVALID_PARAMS: IpExit.VALUE,
  NETNS_UNKNOWN: IpExit.WORDS,
};

export interface IpSurroundings {
  caller: Caller;
  /** Takes a line of output, without its end. */
  print(line: string): void;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** A command that goes on until it is interrupted gives what is to be done then, and ends by itself. */
  onInterrupt?(stop: () => void): void;
  /** The name in messages. Default `ip`. */
  program?: string;
  /** Output goes to a terminal (-c=auto). Default false. */
  terminal?: boolean;
  /** The terminal's background is dark. Default false. */
  dark?: boolean;
}

export interface IpEnd {
  /** Text for standard error, without the end of the last line; empty for none. */
  stderr: string;
  exit: number;
}

export function findObject(word: string): IpObject | undefined {
  return IP_OBJECTS.find(({ names }) => abbreviates(word, ...names))?.run;
}

/** Runs `object` with its words. Errors of the connection itself are thrown. */
export async function runIpObject(
  object: IpObject,
  options: IpOptions,
  words: readonly string[],
  around: IpSurroundings,
): Promise<IpEnd> {
  const { print, wallTime } = around;
  const caller = options.netns === undefined ? around.caller : new NetnsCaller(around.caller, options.netns);
  const warnings: string[] = [];
  const { color, json } = options;
  const colored = !json && (color === "always" || (color === "auto" && around.terminal === true));
  const paint = colored ? colorsOn(around.dark === true) : PLAIN;
  const context: IpContext = { caller, options, paint, print, wallTime, warn: (text) => warnings.push(text) };
  const ended = (exit: number): IpEnd => ({ stderr: named(warnings.join("\n"), around.program), exit });
  try {
    await object(context, new Words(words));
    return ended(0);
  } catch (error) {
    const { message, exit } = error instanceof IpError ? error : refused(refusal(error));
    warnings.push(message);
    return ended(exit);
  }
}

/** Runs a whole command line, flags included: what follows `ip` at the shell. */
export async function runIp(words: readonly string[], around: IpSurroundings): Promise<IpEnd> {
  const options = ipOptions();
  try {
    let first = 0;
    for (let flag = words[0]; flag?.startsWith("-"); flag = words[first]) {
      const valued = applyFlag(options, flag, words[first + 1]);
      first += valued ? 2 : 1;
      if (valued && options.netns !== undefined) await openNamespace(around.caller, options.netns);
    }
    const [name, ...rest] = words.slice(first);
    if (name === undefined) throw new IpError(USAGE);
    const object = findObject(name);
    if (!object) throw name === "help" ? new IpError(USAGE) : unknownObject(name);
    return await runIpObject(object, options, rest, around);
  } catch (error) {
    if (!(error instanceof IpError)) throw error;
    return { stderr: named(error.message, around.program), exit: error.exit };
  }
}

/** `ip` goes there as soon as it reads the flag. */
async function openNamespace(caller: Caller, netns: string): Promise<void> {
  await new NetnsCaller(caller, netns).call("netns.open").catch((error: unknown) => {
    throw error instanceof ControlError && error.code === "NETNS_UNKNOWN" ? new IpError(refusalWords(error)) : error;
  });
}

export function unknownObject(word: string): IpError {
  return new IpError(`Object "${word}" is unknown, try "ip help".`, IpExit.VALUE);
}

/** A refusal of the stack, as `ip` ends for it. */
function refused(error: ControlError): IpError {
  return new IpError(refusalWords(error), EXITS[error.code] ?? IpExit.REFUSED);
}

/** Messages that name the program. */
function named(message: string, program = "ip"): string {
  return program === "ip" ? message : message.replace(/(["\s])ip (?=[a-z[{-])/g, `$1${program} `);
}
