/** `arping`: its words, its output and its exit codes (iputils 20221126, measured). */
import type { ArpingResult } from "../methods/arping.ts";
import type { Note, ParamsOf } from "../methods/index.ts";
import type { ControlError } from "../rpc/protocol.ts";
import { iputilsNumber } from "./iputils.ts";
import { type JsonOptions, TEXT_OUTPUT } from "./json.ts";
import { refusalWords } from "./refusals.ts";
import type { IpEnd, IpSurroundings } from "./run-ip.ts";
import { IpError, internetAddress, refusal } from "./words.ts";

const USAGE = `
Usage:
  arping [-f] [-q] [-b] [-D] [-U] [-A] [-c COUNT] [-w SECONDS] [-i SECONDS] [-I DEVICE] [-s SOURCE] DESTINATION

  -f  end with the first reply           -U  tell everybody of an address of ours
  -q  print nothing                      -A  the same, in an answer
  -b  always ask everybody               -w  end after so long, or when COUNT were answered
  -D  is the address taken?              -i  between two requests, default 1 s`;

/** The command line: a request, and whether to print nothing. */
interface Line extends ParamsOf<"arping"> {
  quiet?: boolean;
}

const FLAGS = new Map<string, "first" | "broadcast" | "probe" | "unsolicited" | "answer" | "quiet">([
  ["f", "first"],
  ["b", "broadcast"],
  ["D", "probe"],
  ["U", "unsolicited"],
  ["A", "answer"],
  ["q", "quiet"],
]);

const TEXTS = new Map<string, "dev" | "source">([
  ["I", "dev"],
  ["s", "source"],
]);

interface NumberOption {
  readonly key: "count" | "timeout" | "interval";
  readonly least: number;
  /** Value of one. */
  readonly unit: number;
}

const NUMBERS = new Map<string, NumberOption>([
  ["c", { key: "count", least: 1, unit: 1 }],
  ["w", { key: "timeout", least: 0, unit: 1000 }],
  ["i", { key: "interval", least: 0, unit: 1000 }],
]);

const INT_MAX = 0x7fffffff;

/** Letters may stand together, the last one's value with them; flags may follow the destination. */
function requestOf(words: readonly string[]): Line {
  const line: Partial<Line> = {};
  const destinations: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === "--") destinations.push(...left.splice(0));
    else if (!word.startsWith("-") || word === "-") destinations.push(word);
    else if (word === "-h" || word === "--help") throw new IpError(USAGE, 2);
    else readLetters(word.slice(1), line, left);
  }
  const [to] = destinations;
  if (to === undefined || destinations.length > 1) throw new IpError(USAGE, 2);
  return { ...line, to };
}

/** Reads the letters behind one dash; a value that does not follow its letter at once is the next of the words left. */
function readLetters(letters: string, line: Partial<Line>, left: string[]): void {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters.charAt(at);
    const flag = FLAGS.get(letter);
    if (flag) {
      line[flag] = true;
      continue;
    }
    const text = TEXTS.get(letter);
    const number = NUMBERS.get(letter);
    if (!text && !number) throw new IpError(`arping: invalid option -- '${letter}'\n${USAGE}`, 2);
    const value = at + 1 < letters.length ? letters.slice(at + 1) : left.shift();
    if (value === undefined) throw new IpError(`arping: option requires an argument -- '${letter}'\n${USAGE}`, 2);
    if (text) line[text] = value;
    if (number) line[number.key] = iputilsNumber("arping", value, number.least, INT_MAX) * number.unit;
    return;
  }
}

/** Gives addresses their usual form; an empty device is none. */
function resolved({ to, source, dev, ...rest }: Line): Line {
  const destination = internetAddress(to);
  if (destination === null) throw new IpError(`arping: ${to}: Name or service not known`, 2);
  const from = source === undefined ? undefined : internetAddress(source);
  if (from === null) throw new IpError(`arping: invalid source ${source}`, 2);
  return {
    ...rest,
    to: destination,
    ...(from === undefined ? {} : { source: from }),
    ...(dev === "" || dev === undefined ? {} : { dev }),
  };
}

/** As JSON it prints an object a line: `start`, each `reply`, and a `summary`. */
export async function arping(
  words: readonly string[],
  { caller, print, onInterrupt }: IpSurroundings,
  { json }: JsonOptions = TEXT_OUTPUT,
): Promise<IpEnd> {
  let quiet = false;
  const say = (line: string): void => {
    if (!quiet && !json) print(line);
  };
  const tell = (event: string, fields: object): void => {
    if (!quiet && json) print(JSON.stringify({ event, ...fields }));
  };
  try {
    const { quiet: asked = false, ...params } = resolved(requestOf(words));
    quiet = asked;
    caller.onNotification = (name, note) => {
      if (name === "arping.start") {
        say(`ARPING ${params.to} from ${note.from} ${note.dev}`);
        tell("start", { destination: params.to, ...note });
      }
      if (name === "arping.reply") {
        say(replyLine(note));
        tell("reply", note);
      }
    };
    onInterrupt?.(() => void caller.call("arping.stop").catch(() => undefined));
    const result = await caller.call("arping", params);
    tell("summary", result);
    say(`Sent ${result.sent} probes (${result.broadcasts} broadcast(s))`);
    const kinds = [
      result.requests > 0 && `${result.requests} request(s)`,
      result.receivedBroadcasts > 0 && `${result.receivedBroadcasts} broadcast(s)`,
    ].filter(Boolean);
    say(`Received ${result.received} response(s)${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}`);
    return { stderr: "", exit: exitOf(result, params) };
  } catch (error) {
    if (error instanceof IpError) return { stderr: error.message, exit: error.exit };
    const refused = refusal(error);
    if (refused.code === "ARPING_INTERFACE") {
      // This one alone goes to standard output, where it is no JSON.
      say(wordsOf(refused));
      return { stderr: json ? wordsOf(refused) : "", exit: 2 };
    }
    return { stderr: wordsOf(refused), exit: refused.code === "ARPING_ROUTE" ? 1 : 2 };
  } finally {
    caller.onNotification = null;
  }
}

/** A refusal as iputils prints it. */
function wordsOf(refused: ControlError): string {
  const { code, errno, detail } = refused;
  if (code === "ARPING_ROUTE") return "arping: NETLINK_ROUTE unexpected iov element";
  if (code === "ARPING_DEVICE") return `arping: Device ${detail} not available.`;
  if (code === "ARPING_INTERFACE") return `Interface "${detail}" is ${errno === "ENETDOWN" ? "down" : "not ARPable"}`;
  if (code === "ARPING_TARGET") return "arping: connect: Permission denied";
  if (code !== "ARPING_SOURCE") return refusalWords(refused);
  return errno === "" ? "arping: no source address in not-DAD mode" : "arping: bind: Cannot assign requested address";
}

type Reply = Extract<Note, [name: "arping.reply", params: unknown]>[1];

/** A packet that was not for us names its target. */
function replyLine({ kind, from, lladdr, to, toLladdr, time }: Reply): string {
  const upper = (address: string): string => `[${address.toUpperCase()}]`;
  const target = `${to === undefined ? "" : `${to} `}${toLladdr === undefined ? "" : upper(toLladdr)}`;
  return `${kind} from ${from} ${upper(lladdr)} ${target === "" ? "" : `for ${target}`} ${time.toFixed(3)}ms`;
}

/** A probe asks whether the address is taken; an announcement expects no answer; with a count each request wants an answer. */
function exitOf({ sent, received }: ArpingResult, { probe, unsolicited, answer, count }: Line): number {
  if (probe) return received > 0 ? 1 : 0;
  if (unsolicited || answer) return 0;
  return (count === undefined ? received > 0 : received === sent) ? 0 : 1;
}
