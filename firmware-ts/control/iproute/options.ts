/** The flags of `ip`, in front of its object. */
import { IpError, type IpOptions } from "./words.ts";

/** In the order in which an abbreviation finds them, which is iproute2's. Those without effect are about what we never print. */
const FLAGS: readonly (readonly [flag: string, effect: Partial<IpOptions>])[] = [
  ["-4", { family: "inet" }],
  ["-6", { family: "inet6" }],
  ["-human-readable", {}],
  ["-iec", {}],
  ["-statistics", {}],
  ["-stats", {}],
  ["-details", { details: true }],
  ["-resolve", {}],
  ["-oneline", { oneline: true }],
  ["-timestamp", { timestamp: "t" }],
  ["-tshort", { timestamp: "ts" }],
  ["-brief", { brief: true }],
  ["-json", { json: true }],
  ["-color", {}],
  ["-netns", {}],
  ["-Numeric", {}],
  ["-pretty", { pretty: true }],
];

export function ipOptions(): IpOptions {
  return {
    family: "",
    json: false,
    pretty: false,
    statistics: 0,
    details: false,
    oneline: false,
    brief: false,
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
  const found = flag.length > 1 ? FLAGS.find(([name]) => name.startsWith(flag)) : undefined;
  if (!found) throw new IpError(`Option "${flag}" is unknown, try "ip -help".`);
  const [name, effect] = found;
  Object.assign(options, effect);
  if (name.startsWith("-stat")) options.statistics++;
  if (name !== "-netns") return false;
  options.netns = value ?? "(null)";
  return true;
}
