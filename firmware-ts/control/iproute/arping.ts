/** `arping`: its words, what it prints and how it ends (iputils 20221126, measured). */
import type { Json, JsonObject } from "../rpc/protocol.ts";
import type { IpEnd, IpSurroundings } from "./run-ip.ts";
import { IpError, internetAddress, refusal } from "./words.ts";

const USAGE = `
Usage:
  arping [-f] [-q] [-b] [-D] [-U] [-A] [-c COUNT] [-w SECONDS] [-i SECONDS] [-I DEVICE] [-s SOURCE] DESTINATION

  -f  end with the first reply           -U  tell everybody of an address of ours
  -q  print nothing                      -A  the same, in an answer
  -b  always ask everybody               -w  end after so long, or when COUNT were answered
  -D  is the address taken?              -i  between two requests, default 1 s`;

const FLAGS: Readonly<Record<string, string>> = {
  f: "first",
  b: "broadcast",
  D: "probe",
  U: "unsolicited",
  A: "answer",
  q: "quiet",
};
const TEXTS: Readonly<Record<string, string>> = { I: "dev", s: "source" };
/** Name, least value, and what a unit is worth. */
const NUMBERS: Readonly<Record<string, readonly [key: string, least: number, unit: number]>> = {
  c: ["count", 1, 1],
  w: ["timeout", 0, 1000],
  i: ["interval", 0, 1000],
};
const INT_MAX = 0x7fffffff;

/** Letters may stand together, the last one's value with them; flags may follow the destination. */
function requestOf(words: readonly string[]): JsonObject {
  const request: JsonObject = {};
  const destinations: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === "--") destinations.push(...left.splice(0));
    else if (!word.startsWith("-") || word === "-") destinations.push(word);
    else
      for (let letters = word.slice(1); letters !== ""; letters = letters.slice(1)) {
        const letter = letters[0] as string;
        if (Object.hasOwn(FLAGS, letter)) {
          request[FLAGS[letter] as string] = true;
          continue;
        }
        if (!Object.hasOwn(TEXTS, letter) && !Object.hasOwn(NUMBERS, letter)) {
          throw new IpError(`arping: invalid option -- '${letter}'\n${USAGE}`, 2);
        }
        const value = letters.length > 1 ? letters.slice(1) : left.shift();
        if (value === undefined) throw new IpError(`arping: option requires an argument -- '${letter}'\n${USAGE}`, 2);
        if (Object.hasOwn(TEXTS, letter)) request[TEXTS[letter] as string] = value;
        else request[NUMBERS[letter]?.[0] as string] = number(letter, value);
        break;
      }
  }
  const [to] = destinations;
  if (to === undefined || destinations.length > 1) throw new IpError(USAGE, 2);
  return { ...request, to };
}

function number(letter: string, text: string): number {
  const [, least, unit] = NUMBERS[letter] as readonly [string, number, number];
  if (!/^\s*[+-]?\d+$/.test(text)) throw new IpError(`arping: invalid argument: '${text}'`, 1);
  const value = Number(text);
  if (value >= least && value <= INT_MAX) return value * unit;
  throw new IpError(`arping: invalid argument: '${text}': out of range: ${least} <= value <= ${INT_MAX}`, 1);
}

/** Gives addresses their usual form; an empty device is none. */
function resolved(request: JsonObject): JsonObject {
  const { to, source, dev, ...rest } = request;
  const destination = internetAddress(String(to));
  if (destination === null) throw new IpError(`arping: ${String(to)}: Name or service not known`, 2);
  const from = source === undefined ? undefined : internetAddress(String(source));
  if (from === null) throw new IpError(`arping: invalid source ${String(source)}`, 2);
  return { ...rest, to: destination, ...(from === undefined ? {} : { source: from }), ...(dev === "" ? {} : { dev }) };
}

interface Result {
  sent: number;
  broadcasts: number;
  received: number;
  requests: number;
  receivedBroadcasts: number;
}

export async function arping(words: readonly string[], { caller, print, onInterrupt }: IpSurroundings): Promise<IpEnd> {
  let quiet: Json | undefined = false;
  const say = (line: string): void => {
    if (quiet !== true) print(line);
  };
  try {
    const { quiet: asked, ...params } = resolved(requestOf(words));
    quiet = asked;
    caller.onNotification = (method, note) => {
      if (method === "arping.start") say(`ARPING ${String(params["to"])} from ${String(note["from"])} ${String(note["dev"])}`);
      if (method === "arping.reply") say(replyLine(note));
    };
    onInterrupt?.(() => void caller.call("arping.stop").catch(() => undefined));
    const result = (await caller.call("arping", params)) as unknown as Result;
    say(`Sent ${result.sent} probes (${result.broadcasts} broadcast(s))`);
    const kinds = [
      result.requests > 0 && `${result.requests} request(s)`,
      result.receivedBroadcasts > 0 && `${result.receivedBroadcasts} broadcast(s)`,
    ].filter(Boolean);
    say(`Received ${result.received} response(s)${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}`);
    return { stderr: "", exit: exitOf(result, params) };
  } catch (error) {
    if (error instanceof IpError) return { stderr: error.message, exit: error.exit };
    const { code, message } = refusal(error);
    if (code === "ARPING_INTERFACE") {
      // This alone goes where the answers go.
      say(message);
      return { stderr: "", exit: 2 };
    }
    return { stderr: message, exit: code === "ARPING_ROUTE" ? 1 : 2 };
  } finally {
    caller.onNotification = null;
  }
}

/** Whom it was for stands there when that was not us. */
function replyLine({ kind, from, lladdr, to, toLladdr, time }: JsonObject): string {
  const upper = (address: unknown): string => `[${String(address).toUpperCase()}]`;
  const whom = `${to === undefined ? "" : `${String(to)} `}${toLladdr === undefined ? "" : upper(toLladdr)}`;
  return `${String(kind)} from ${String(from)} ${upper(lladdr)} ${whom === "" ? "" : `for ${whom}`} ${Number(time).toFixed(3)}ms`;
}

/** A probe asks whether the address is taken; who tells of an address expects no answer; who counts wants one for each request. */
function exitOf({ sent, received }: Result, { probe, unsolicited, answer, count }: JsonObject): number {
  if (probe === true) return received > 0 ? 1 : 0;
  if (unsolicited === true || answer === true) return 0;
  return (count === undefined ? received > 0 : received === sent) ? 0 : 1;
}
