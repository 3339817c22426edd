/** The flags of `ip`, in front of its object. */
import { IpError, type IpFamily, type IpOptions, wrongArgument } from "./words.ts";

/** The whole of `ip` in a few lines. */
export const USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
OBJECT := { address | route | neighbour | ntable | link | monitor }
OPTIONS := { -4 | -6 | -0 | -B | -M | -f[amily] { inet | inet6 | link | bridge | mpls } |
             -s[tatistics] | -d[etails] | -o[neline] | -br[ief] | -N[umeric] |
             -j[son] | -p[retty] | -t[imestamp] | -ts[hort] | -n[etns] NAME |
             -c[olor][={ always | auto | never }] }`;

interface Flag {
  readonly name: string;
  readonly effect?: Partial<IpOptions>;
  /** Takes in the word behind it, which is undefined at the end of the line. */
  value?(options: IpOptions, word: string | undefined): void;
}

/** In the order in which an abbreviation finds them, which is iproute2's. Those without effect are about what we never print or do. */
const FLAGS: readonly Flag[] = [
  { name: "-loops", value: present },
  { name: "-family", value: setFamily },
  { name: "-4", effect: { family: "inet" } },
  { name: "-6", effect: { family: "inet6" } },
  { name: "-0", effect: { family: "link" } },
  { name: "-M", effect: { family: "mpls" } },
  { name: "-B", effect: { family: "bridge" } },
  { name: "-human-readable" },
  { name: "-iec" },
  { name: "-statistics" },
  { name: "-stats" },
  { name: "-details", effect: { details: true } },
  { name: "-resolve" },
  { name: "-oneline", effect: { oneline: true } },
  { name: "-timestamp", effect: { timestamp: "t" } },
  { name: "-tshort", effect: { timestamp: "ts" } },
  { name: "-force" },
  { name: "-brief", effect: { brief: true } },
  { name: "-json", effect: { json: true } },
  { name: "-rcvbuf", value: present },
  { name: "-color", effect: { color: "always" } },
  {
    name: "-netns",
    value: (options, word) => {
      options.netns = word ?? "(null)";
    },
  },
  { name: "-Numeric", effect: { numeric: true } },
  { name: "-all" },
  { name: "-echo" },
  { name: "-pretty", effect: { pretty: true } },
];

const FAMILIES: readonly IpFamily[] = ["inet", "inet6", "link", "bridge", "mpls"];

function setFamily(options: IpOptions, word: string | undefined): void {
  present(options, word);
  const family = FAMILIES.find((one) => one === word);
  if (family === undefined) throw wrongArgument(String(word), "invalid protocol family");
  options.family = family;
}

function present(_options: IpOptions, word: string | undefined): void {
  if (word === undefined) throw new IpError(USAGE);
}

export function ipOptions(): IpOptions {
  return {
    family: "",
    json: false,
    pretty: false,
    statistics: 0,
    details: false,
    oneline: false,
    brief: false,
    numeric: false,
    color: "never",
    timestamp: "",
    netns: undefined,
  };
}

/**
 * Takes one flag in. It may be written with two dashes and be abbreviated.
 * @param value the word behind it, for a flag that has one
 * @returns whether it had
 * @throws IpError
 */
export function applyFlag(options: IpOptions, written: string, value: string | undefined): boolean {
  const flag = written.startsWith("--") ? written.slice(1) : written;
  if (applyColor(options, flag)) return false;
  const found = flag.length > 1 ? FLAGS.find(({ name }) => name.startsWith(flag)) : undefined;
  if (!found) throw new IpError(`Option "${flag}" is unknown, try "ip -help".`);
  Object.assign(options, found.effect);
  if (found.name.startsWith("-stat")) options.statistics++;
  found.value?.(options, value);
  return found.value !== undefined;
}

/** `-c=WHEN`, which may be abbreviated before the sign; nothing behind it is `always`. */
function applyColor(options: IpOptions, flag: string): boolean {
  const [, name = "", when] = /^(-c[olr]*)=(always|auto|never|)$/.exec(flag) ?? [];
  if (when === undefined || !"-color".startsWith(name)) return false;
  options.color = COLOR_WHEN.find((one) => one === when) ?? "always";
  return true;
}

const COLOR_WHEN = ["never", "auto", "always"] as const;
