/** `sysctl`, `nstat` and `cat`: their words, their output and their exit codes (procps 4, iproute2 6.1, coreutils 9). */
import { sysctlKey } from "../sysctl.ts";
import { type JsonOptions, printJsonObject, TEXT_OUTPUT } from "./json.ts";
import { refusalWords } from "./refusals.ts";
import type { IpEnd, IpSurroundings } from "./run-ip.ts";
import { refusal } from "./words.ts";

function ended(lines: readonly string[], exit: number): IpEnd {
  return { stderr: lines.join("\n"), exit };
}

/** Splits words into single-letter flags, long ones and the rest. */
function split(words: readonly string[], long: Readonly<Record<string, string>>): { flags: Set<string>; rest: string[] } {
  const flags = new Set<string>();
  const rest: string[] = [];
  for (const word of words) {
    if (word.startsWith("--")) flags.add(long[word.slice(2)] ?? word);
    else if (word.startsWith("-") && word.length > 1) for (const letter of word.slice(1)) flags.add(letter);
    else rest.push(word);
  }
  return { flags, rest };
}

const SYSCTL_LONG = {
  all: "a",
  ignore: "e",
  names: "N",
  values: "n",
  quiet: "q",
  write: "w",
  binary: "b",
  deprecated: "D",
  help: "h",
};
/** Keys of which newer ones exist: read by name, not listed. */
const DEPRECATED = /\.(base_reachable_time|retrans_time)$/;
const SYSCTL_USAGE = `Usage: sysctl [-n] [-N] [-e] [-q] [-w] KEY[=VALUE]...
       sysctl -a [--deprecated]
-a all settings, -n values alone, -N names alone, -e pass over unknown names, -q print nothing when writing, -w only write`;

/** As JSON the settings are one object, with `-n` and `-N`, too. */
export async function sysctl(
  words: readonly string[],
  { caller, print }: IpSurroundings,
  output: JsonOptions = TEXT_OUTPUT,
): Promise<IpEnd> {
  const settings = new Map<string, string>();
  const { flags, rest } = split(words, SYSCTL_LONG);
  const errors: string[] = [];
  let exit = 0;
  if (flags.has("h") || flags.has("d")) {
    print(SYSCTL_USAGE);
    return ended([], 0);
  }
  const unknown = [...flags].find((flag) => !"aAXeNnqwbD".includes(flag));
  if (unknown !== undefined) return ended([`sysctl: invalid option -- '${unknown}'`, SYSCTL_USAGE], 1);
  const all = ["a", "A", "X"].some((flag) => flags.has(flag));
  if (rest.length === 0 && !all) {
    return flags.size === 0
      ? ended([SYSCTL_USAGE], 1)
      : ended(["sysctl: no variables specified", "Try `sysctl --help' for more information."], 1);
  }
  const show = (key: string, value: string): void => {
    if (output.json) settings.set(key, value);
    else if (flags.has("N")) print(key);
    else print(flags.has("n") || flags.has("b") ? value : `${key} = ${value}`);
  };
  const listed = (under: string): Promise<[string, string][]> => caller.call("sysctl.list", { under });
  const showAll = (keys: readonly [string, string][]): void => {
    for (const [key, value] of keys) if (flags.has("D") || !DEPRECATED.test(key)) show(key, value);
  };
  if (all) showAll(await listed(""));
  for (const word of all ? [] : rest) {
    const sign = word.indexOf("=");
    const key = (sign < 0 ? word : word.slice(0, sign)).trim();
    try {
      if (sign >= 0) {
        const value = word.slice(sign + 1).trim();
        await caller.call("sysctl.write", { key, value });
        if (!flags.has("q")) show(sysctlKey(key), value);
      } else if (flags.has("w")) {
        errors.push("sysctl: command line(0): invalid syntax, continuing...");
        exit = 1;
      } else {
        const keys = await listed(key);
        // A setting is listed under its own name, a folder's settings under theirs.
        if (keys.some(([one]) => one !== sysctlKey(key))) showAll(keys);
        else show(sysctlKey(key), await caller.call("sysctl.read", { key }));
      }
    } catch (error) {
      const refused = refusal(error);
      if (refused.code === "SYSCTL_UNKNOWN" && flags.has("e")) continue;
      errors.push(refusalWords(refused));
      exit = 1;
    }
  }
  if (output.json) printJsonObject({ options: output, print }, Object.fromEntries(settings));
  return ended(errors, exit);
}

const NSTAT_LONG = { help: "h", ignore: "a", json: "j", nooutput: "n", pretty: "p", reset: "r", noupdate: "s", zeros: "z" };
const NSTAT_USAGE = `Usage: nstat [-a] [-j] [-n] [-p] [-r] [-s] [-z] [PATTERN...]
-a since ever, -z zeros too, -s leave the history alone, -n only bring it up to date, -r forget it`;

export async function nstat(
  words: readonly string[],
  { caller, print }: IpSurroundings,
  output: JsonOptions = TEXT_OUTPUT,
): Promise<IpEnd> {
  const { flags, rest } = split(words, NSTAT_LONG);
  const unknown = [...flags].find((flag) => !"ajnprsz".includes(flag));
  if (unknown !== undefined)
    return ended([...(unknown === "h" ? [] : [`nstat: invalid option -- '${unknown}'`]), NSTAT_USAGE], 255);
  const request = {
    ignore: flags.has("a") || flags.has("r"),
    zeros: flags.has("z"),
    keep: flags.has("s"),
    silent: flags.has("n"),
    patterns: rest,
  };
  const rows = await caller.call("nstat", request);
  if (flags.has("n")) return ended([], 0);
  const record = { kernel: Object.fromEntries(rows) };
  const pretty = output.pretty || flags.has("p");
  if (output.json || flags.has("j")) printJsonObject({ options: { pretty }, print }, record);
  else
    for (const line of ["#kernel", ...rows.map(([name, value]) => `${name.padEnd(32)}${String(value).padEnd(16)}   0.0`)])
      print(line);
  return ended([], 0);
}

const CAT_USAGE = `Usage: cat FILE...
FILE is /proc/net/arp, /proc/net/stat/arp_cache, /proc/net/stat/ndisc_cache, /proc/net/softnet_stat,
/proc/net/snmp, /proc/net/snmp6, /proc/net/netstat, /proc/net/if_inet6, or a setting below /proc/sys`;

export async function cat(
  words: readonly string[],
  { caller, print }: IpSurroundings,
  output: JsonOptions = TEXT_OUTPUT,
): Promise<IpEnd> {
  if (words.includes("--help")) {
    print(CAT_USAGE);
    return ended([], 0);
  }
  if (output.json) return ended(["cat: files have no JSON; leave -j out"], 1);
  const errors: string[] = [];
  for (const path of words) {
    try {
      const content = await caller.call("cat", { path });
      print(content.replace(/\n$/, ""));
    } catch (error) {
      errors.push(refusalWords(refusal(error)));
    }
  }
  return ended(errors, errors.length > 0 ? 1 : 0);
}
