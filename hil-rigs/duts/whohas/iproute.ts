/** `ip` for our stack, in the process that it runs in: the words of `ip`, what it prints, how it ends. */
import type { NeighView } from "../../../firmware-ts/control/neigh.ts";
import { ControlError, type JsonObject, type Methods, type Session } from "../../../firmware-ts/control/rpc.ts";
import { neighJson, neighLine } from "../../../firmware-ts/control/views.ts";
import type { IpResult } from "../../contract/dut.ts";

const SESSION: Session = { notify: () => {}, onClose: () => () => {}, closed: false };
const CHANGES: Readonly<Record<string, string>> = {
  add: "neigh.add",
  change: "neigh.change",
  replace: "neigh.replace",
  del: "neigh.del",
  delete: "neigh.del",
};

export async function runIp(methods: Methods, words: readonly string[]): Promise<IpResult> {
  const first = words.findIndex((word) => !word.startsWith("-"));
  const flags = words.slice(0, first);
  const [object = "", command = "show", ...rest] = words.slice(first);
  if (!["neigh", "neighbor", "neighbour", "n"].includes(object))
    return refused(255, `Object "${object}" is unknown, try "ip help".`);
  try {
    const change = CHANGES[command];
    if (change) {
      await methods.get(change)?.(parameters(rest, false), SESSION);
      return { stdout: "", stderr: "", exit: 0 };
    }
    const params = parameters(rest, true);
    const method = command === "flush" ? "neigh.flush" : "neigh.show";
    const entries = (await methods.get(method)?.(params, SESSION)) as unknown as NeighView[];
    if (command === "flush") return { stdout: "", stderr: "", exit: 0 };
    const options = { withoutDevice: params["dev"] !== undefined, statistics: flags.includes("-s") };
    const stdout = flags.includes("-j")
      ? `${JSON.stringify(entries.map((entry) => neighJson(entry, options)))}\n`
      : entries.map((entry) => `${neighLine(entry, options)}\n`).join("");
    return { stdout, stderr: "", exit: 0 };
  } catch (error) {
    if (error instanceof ControlError) return refused(2, error.message);
    throw error;
  }
}

function parameters(words: readonly string[], filter: boolean): JsonObject {
  const params: JsonObject = {};
  const states: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === "nud" && filter) states.push(left.shift() ?? "");
    else if (["dev", "nud", "lladdr"].includes(word)) params[word] = left.shift() ?? "";
    else params[filter ? "to" : "dst"] = word === "to" ? (left.shift() ?? "") : word;
  }
  if (states.length > 0) params["nud"] = states;
  return params;
}

function refused(exit: number, message: string): IpResult {
  return { stdout: "", stderr: `${message}\n`, exit };
}
