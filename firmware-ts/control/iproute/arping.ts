/** `arping`: its words, what it prints and how it ends (iputils 20221126). */
import { ControlError, type JsonObject } from "../rpc.ts";
import type { IpEnd, IpSurroundings } from "./run-ip.ts";

const USAGE = `Usage: arping [-f] [-q] [-b] [-D] [-c COUNT] [-w SECONDS] [-i SECONDS] [-I DEVICE] [-s SOURCE] DESTINATION
-f end with the first reply, -q print little, -b always ask everybody, -D is the address taken?`;

const FLAGS: Readonly<Record<string, string>> = { f: "first", b: "broadcast", D: "probe", q: "quiet" };
const TEXTS: Readonly<Record<string, string>> = { I: "dev", s: "source" };
const NUMBERS: Readonly<Record<string, readonly [key: string, unit: number]>> = {
  c: ["count", 1],
  w: ["timeout", 1000],
  i: ["interval", 1000],
};

/** Undefined for words that are wrong. */
function requestOf(words: readonly string[]): JsonObject | undefined {
  const request: JsonObject = {};
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (!/^-[a-zA-Z]/.test(word)) {
      if (request["to"] !== undefined) return undefined;
      request["to"] = word;
      continue;
    }
    const letter = word[1] as string;
    if (Object.hasOwn(FLAGS, letter) && word.length === 2) {
      request[FLAGS[letter] as string] = true;
      continue;
    }
    const value = word.length > 2 ? word.slice(2) : left.shift();
    if (value === undefined) return undefined;
    if (Object.hasOwn(TEXTS, letter)) request[TEXTS[letter] as string] = value;
    else if (Object.hasOwn(NUMBERS, letter) && /^\d+(\.\d+)?$/.test(value)) {
      const [key, unit] = NUMBERS[letter] as readonly [string, number];
      request[key] = Number(value) * unit;
    } else return undefined;
  }
  return request["to"] === undefined ? undefined : request;
}

/** Ends with 0 when somebody answered; with -D when nobody did. */
export async function arping(words: readonly string[], { caller, print }: IpSurroundings): Promise<IpEnd> {
  const request = requestOf(words);
  if (!request) return { stderr: USAGE, exit: 2 };
  const { quiet, ...params } = request;
  const say = (line: string): void => {
    if (quiet !== true) print(line);
  };
  caller.onNotification = (method, { from, dev, lladdr, time }) => {
    if (method === "arping.start") say(`ARPING ${String(params["to"])} from ${String(from)} ${String(dev)}`);
    if (method === "arping.reply") {
      say(`Unicast reply from ${String(from)} [${String(lladdr).toUpperCase()}]  ${Number(time).toFixed(3)}ms`);
    }
  };
  try {
    const result = (await caller.call("arping", params)) as { sent: number; broadcasts: number; received: number };
    say(`Sent ${result.sent} probes (${result.broadcasts} broadcast(s))`);
    say(`Received ${result.received} response(s)`);
    return { stderr: "", exit: result.received > 0 === (params["probe"] === true) ? 1 : 0 };
  } catch (error) {
    if (error instanceof ControlError && error.code !== "INSTANCE_GONE") return { stderr: error.message, exit: 2 };
    throw error;
  } finally {
    caller.onNotification = null;
  }
}
