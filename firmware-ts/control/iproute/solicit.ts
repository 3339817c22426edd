/** `solicit`: routers as Debian's rdisc6 prints them, a neighbour as its ndisc6 (1.0.5, measured): words, output and exit codes. */
import { formatIpv6, ip6Words } from "../../ip/ip6-text.ts";
import type { Note, ParamsOf } from "../methods/index.ts";
import type { ToldOption, ToldRouter } from "../methods/solicit.ts";
import type { ControlError } from "../rpc/protocol.ts";
import { type JsonOptions, TEXT_OUTPUT } from "./json.ts";
import { refusalWords } from "./refusals.ts";
import type { IpEnd, IpSurroundings } from "./run-ip.ts";
import { IpError, internetAddress, refusal } from "./words.ts";

const HELP = `Usage: solicit [options] [IPv6 address] <interface>
Solicits the routers on an interface's link, as rdisc6, or with an address a
neighbour there, as ndisc6

  -1, --single     display first response and exit (default with an address)
  -d, --no-solicit don't send any solicitation messages
  -h, --help       display this help and exit
  -m, --multiple   wait and display all responses (default without an address)
  -n, --numeric    accepted for scripts: no name is ever looked up
  -q, --quiet      only print the advertised prefixes, or the link-layer address
  -r, --retry      maximum number of attempts (default: 3)
  -s, --source     specify source IPv6 address
  -v, --verbose    verbose display (this is the default)
  -w, --wait       how long to wait for a response [ms] (default: 4000, with an
                   address 1000)`;

const TRY = 'Try "solicit -h" for more information.';

/** Exit codes: an answer came; no; wrong words, or no answer. */
const REFUSED = 1;
const NOTHING = 2;

interface Line extends ParamsOf<"solicit"> {
  quiet: boolean;
}

type Flag = "single" | "multiple" | "listen" | "quiet" | "verbose" | "numeric" | "help";
type Value = "retry" | "source" | "wait";

const FLAGS: ReadonlyMap<string, Flag> = new Map([
  ["1", "single"],
  ["m", "multiple"],
  ["d", "listen"],
  ["q", "quiet"],
  ["v", "verbose"],
  ["n", "numeric"],
  ["h", "help"],
]);
const VALUES: ReadonlyMap<string, Value> = new Map([
  ["r", "retry"],
  ["s", "source"],
  ["w", "wait"],
]);
const LONG: readonly (readonly [name: string, letter: string])[] = [
  ["single", "1"],
  ["no-solicit", "d"],
  ["help", "h"],
  ["multiple", "m"],
  ["numeric", "n"],
  ["quiet", "q"],
  ["retry", "r"],
  ["source", "s"],
  ["verbose", "v"],
  ["wait", "w"],
];

function wordsWrong(what = ""): IpError {
  return new IpError(what === "" ? TRY : `solicit: ${what}\n${TRY}`, NOTHING);
}

/** The words of the command line. */
class Given {
  readonly plain: string[] = [];
  readonly flags = new Set<Flag>();
  readonly values = new Map<Value, string>();
  /** The later one of -1 and -m. */
  single: boolean | undefined;

  /** Letters may stand together, the last one's value with them; options may stand behind words (getopt_long(3)). */
  constructor(words: readonly string[]) {
    const left = [...words];
    for (let word = left.shift(); word !== undefined; word = left.shift()) {
      if (word === "--") this.plain.push(...left.splice(0));
      else if (word.startsWith("--")) this.#long(word.slice(2), left);
      else if (word.startsWith("-") && word !== "-") this.#letters(word.slice(1), left);
      else this.plain.push(word);
    }
  }

  #letters(letters: string, left: string[]): void {
    for (let at = 0; at < letters.length; at++) {
      const letter = letters.charAt(at);
      const flag = FLAGS.get(letter);
      const value = VALUES.get(letter);
      if (flag) this.#set(flag);
      else if (!value) throw wordsWrong(`invalid option -- '${letter}'`);
      else {
        const text = at + 1 < letters.length ? letters.slice(at + 1) : left.shift();
        if (text === undefined) throw wordsWrong(`option requires an argument -- '${letter}'`);
        this.values.set(value, text);
        return;
      }
    }
  }

  #long(word: string, left: string[]): void {
    const [name = "", ...rest] = word.split("=");
    const exact = LONG.filter(([full]) => full === name);
    const found = exact.length > 0 ? exact : LONG.filter(([full]) => full.startsWith(name));
    const [full, letter = ""] = found.length === 1 ? (found[0] ?? []) : [];
    if (full === undefined) throw wordsWrong(`unrecognized option '--${word}'`);
    const flag = FLAGS.get(letter);
    if (flag && rest.length > 0) throw wordsWrong(`option '--${full}' doesn't allow an argument`);
    if (flag) this.#set(flag);
    const value = VALUES.get(letter);
    if (!value) return;
    const text = rest.length > 0 ? rest.join("=") : left.shift();
    if (text === undefined) throw wordsWrong(`option '--${full}' requires an argument`);
    this.values.set(value, text);
  }

  #set(flag: Flag): void {
    this.flags.add(flag);
    if (flag === "single" || flag === "multiple") this.single = flag === "single";
    if (flag === "verbose") this.flags.delete("quiet");
  }
}

/** Reads a number as strtoul(3) does with any base. */
function unsigned(text: string): number {
  if (!/^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*|)$/i.test(text)) throw wordsWrong();
  const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  if (value > 0xffffffff) throw wordsWrong();
  return value;
}

/** An address of IPv6, in its usual form. @throws IpError in the words of getaddrinfo(3) */
function address6(text: string): string {
  const words = ip6Words(text);
  if (words !== null) return formatIpv6(words);
  const other = internetAddress(text) !== null;
  throw new IpError(`${text}: ${other ? "Address family for hostname not supported" : "Name or service not known"}`, REFUSED);
}

function requestOf(given: Given): Line {
  const { plain, flags, values } = given;
  const dev = plain.at(-1);
  if (dev === undefined || plain.length > 2) throw wordsWrong();
  const target = plain.length === 2 ? address6(plain[0] ?? "") : undefined;
  const [retry, wait, source] = [values.get("retry"), values.get("wait"), values.get("source")];
  return {
    dev,
    quiet: flags.has("quiet"),
    listen: flags.has("listen"),
    first: given.single ?? target !== undefined,
    ...(target === undefined ? {} : { target }),
    ...(retry === undefined ? {} : { attempts: unsigned(retry) }),
    ...(wait === undefined ? {} : { wait: unsigned(wait) }),
    ...(source === undefined ? {} : { source: address6(source) }),
  };
}

/** As JSON it prints an object a line: `start`, each `router`, `neighbour` and `timeout`, and a `summary`. */
export async function solicit(
  words: readonly string[],
  { caller, print }: IpSurroundings,
  { json }: JsonOptions = TEXT_OUTPUT,
): Promise<IpEnd> {
  try {
    const given = new Given(words);
    if (given.flags.has("help")) {
      print(HELP);
      return { stderr: "", exit: 0 };
    }
    const { quiet, ...params } = requestOf(given);
    caller.onNotification = (...note) => {
      const lines = json ? jsonOf(note) : quiet ? quietly(note) : inWords(note);
      for (const line of lines) print(line);
    };
    const result = await caller.call("solicit", params);
    if (json) print(JSON.stringify({ event: "summary", ...result }));
    else if (result.received === 0 && !quiet) print("No response.");
    return { stderr: "", exit: result.received > 0 ? 0 : NOTHING };
  } catch (error) {
    if (error instanceof IpError) return { stderr: error.message, exit: error.exit };
    return { stderr: refused(refusal(error)), exit: REFUSED };
  } finally {
    caller.onNotification = null;
  }
}

function refused(error: ControlError): string {
  const words = refusalWords(error);
  if (error.code === "UNREACHABLE") return `Sending ICMPv6 packet: ${strerror(words)}`;
  if (error.code === "FAMILY_UNSUPPORTED") return `Raw IPv6 socket: ${strerror(words)}`;
  if (error.code === "NO_DEVICE") return `${error.detail}: No such device`;
  if (error.code === "SOLICIT_SOURCE") return `${error.detail}: Cannot assign requested address`;
  return words;
}

/** The text of the errno behind `RTNETLINK answers: `. */
function strerror(words: string): string {
  return words.slice(words.lastIndexOf(": ") + 1).trim();
}

function jsonOf([name, note]: Note): string[] {
  const [kind, event] = name.split(".");
  return kind === "solicit" ? [JSON.stringify({ event, ...note })] : [];
}

/** Only the prefixes, or the link address. */
function quietly([name, note]: Note): string[] {
  if (name === "solicit.neighbour") return [note.lladdr.toUpperCase()];
  if (name !== "solicit.router") return [];
  return note.options.flatMap((option) => (option.kind === "prefix" ? [`${option.prefix}/${option.length}`] : []));
}

function inWords([name, note]: Note): string[] {
  switch (name) {
    case "solicit.start":
      return [`Soliciting ${note.to} (${note.to}) on ${note.dev}...`];
    case "solicit.timeout":
      return ["Timed out."];
    case "solicit.neighbour":
      return [`Target link-layer address: ${note.lladdr.toUpperCase()}`, ` from ${note.from}`];
    case "solicit.router":
      return routerLines(note);
    default:
      return [];
  }
}

const FOREVER = 0xffffffff;
/** Widths of the names in front of the colons, and of numbers. */
const NAME = 26;
const NUMBER = 12;
/** The least MTU of a link (RFC 8200 5). */
const LEAST_MTU = 1280;

function row(name: string, value: string | number, rest = ""): string {
  return `${name.padEnd(NAME)}: ${String(value).padStart(NUMBER)}${rest}`;
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

function yes(name: string, value: boolean): string {
  return row(name, value ? "Yes" : "No");
}

function counted(name: string, value: number, unit: string, digits = 8): string {
  return row(name, value, ` (${hex(value, digits)}) ${unit}${value === 1 ? "" : "s"}`);
}

function milliseconds(name: string, value: number): string {
  return value === 0 ? row(name, "unspecified", " (0x00000000)") : counted(name, value, "millisecond");
}

function lifetime(name: string, value: number): string {
  return value === FOREVER ? row(name, "infinite", ` (${hex(value, 8)})`) : counted(name, value, "second");
}

function preferenceRow(name: string, preference: ToldRouter["preference"]): string {
  return preference === "invalid" ? row(name, "medium", " (invalid)") : row(name, preference);
}

function routerLines(router: ToldRouter): string[] {
  const { hopLimit, lifetime: seconds, options, from } = router;
  return [
    "",
    row("Hop limit", hopLimit === 0 ? "undefined" : hopLimit, ` (      ${hex(hopLimit, 2)})`),
    yes("Stateful address conf.", router.managed),
    yes("Stateful other conf.", router.other),
    yes("Mobile home agent", router.homeAgent),
    preferenceRow("Router preference", router.preference),
    yes("Neighbor discovery proxy", router.proxy),
    counted("Router lifetime", seconds, "second"),
    milliseconds("Reachable time", router.reachable),
    milliseconds("Retransmit time", router.retrans),
    ...options.flatMap(optionLines),
    ` from ${from}`,
  ];
}

function optionLines(option: ToldOption): string[] {
  switch (option.kind) {
    case "prefix":
      return [
        `${" Prefix".padEnd(NAME)}: ${option.prefix}/${option.length}`,
        yes("  On-link", option.onLink),
        yes("  Autonomous address conf.", option.autonomous),
        lifetime("  Valid time", option.valid),
        lifetime("  Pref. time", option.preferred),
      ];
    case "route":
      return [
        `${" Route".padEnd(NAME)}: ${option.prefix}/${option.length}`,
        preferenceRow("  Route preference", option.preference),
        lifetime("  Route lifetime", option.lifetime),
      ];
    case "dns":
      return [
        ...option.servers.map((server) => `${" Recursive DNS server".padEnd(NAME)}: ${server}`),
        lifetime(option.servers.length > 1 ? "  DNS servers lifetime" : "  DNS server lifetime", option.lifetime),
      ];
    case "search":
      return [
        `${" DNS search list".padEnd(NAME)}: ${option.domains.join(" ")} `,
        lifetime("  DNS search list lifetime", option.lifetime),
      ];
    case "mtu":
      return [row(" MTU", option.mtu, ` bytes (${option.mtu < LEAST_MTU ? "invalid" : "valid"})`)];
    case "link":
      return [` Source link-layer address: ${option.lladdr.toUpperCase()}`];
  }
}
