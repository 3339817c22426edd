/** The parts of a random script's words: a word, the dice that draw choices, and helpers of the words of both families. */
import { SeededRandom } from "../../hal/random.ts";
import type { Need } from "../contract/dut.ts";
import type { Step } from "./steps.ts";

export interface Word {
  name: string;
  /** Weight of the word beside the others. */
  weight: number;
  needs: readonly Need[];
  make(dice: Dice): Step[];
}

/** Draws choices from a seed. */
export class Dice {
  readonly #random: SeededRandom;

  constructor(seed: number | string) {
    this.#random = new SeededRandom(seed);
  }

  below(bound: number): number {
    return this.#random.below(bound);
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.#random.below(choices.length)] as T;
  }

  /** True once in so many throws. */
  once(times: number): boolean {
    return this.#random.below(times) === 0;
  }
}

/** Few hosts, because all namespaces of a machine share the kernel's tables, which are collected from 128 entries on. */
export const HOSTS = 5;
export const STATES: readonly string[] = [
  "none",
  "incomplete",
  "reachable",
  "stale",
  "delay",
  "probe",
  "failed",
  "noarp",
  "permanent",
];
export const MASK_STATES: readonly string[] = [
  ...["stale", "reachable", "failed", "permanent", "noarp", "all", "incomplete", "delay", "probe"],
];
/** By name: iproute2 6.1 in a batch takes the last number that it read for any name that it saw before. */
const PROTOCOLS = ["static", "zebra", "bird"];
export const HOUR = 3_600_000;

/** Values that each setting may get; the more often a value stands there, the likelier it is. */
export type Settings = Readonly<Record<string, readonly number[]>>;

/** Settings of net.ipvN.neigh.DEV that change during a script. */
export const PARAMETERS: Settings = {
  retrans_time_ms: [160, 240],
  base_reachable_time_ms: [8, HOUR, HOUR, HOUR],
  delay_first_probe_time: [0, 1, 1],
  // 1000 s: a change of address is never taken over.
  locktime: [0, 0, 100_000],
  ucast_solicit: [0, 1, 3],
  mcast_solicit: [0, 1, 3, 3],
  mcast_resolicit: [0, 1],
  app_solicit: [0, 0, 1],
  unres_qlen_bytes: [0, 2000, 212_992],
};

/** The same settings by another way: `ip ntable change`. */
export const NTABLE: readonly string[] = [
  ...["retrans 160", "delay_probe 1000", "ucast_probes 2", "app_probes 0", "mcast_probes 2", "queue 1", "locktime 0"],
];

/** `ip neigh COMMAND` about an address, with any state, link address, protocol. */
export function change(dice: Dice, command: string, address: string, mac: string, flags: readonly string[] = []): Step[] {
  const lladdr = dice.once(8) ? "" : ` lladdr ${mac}`;
  const nud = dice.once(4) ? "" : ` nud ${dice.one(STATES)}`;
  const protocol = dice.once(8) ? ` protocol ${dice.one(PROTOCOLS)}` : "";
  const words = flags.map((flag) => ` ${flag}`).join("");
  return [{ do: "ip", command: `neigh ${command} ${address}${lladdr}${nud}${protocol}${words} dev e0` }];
}

/** One setting gets one of its values. @param path as in `net.ipv4.neigh.e0` */
export function conf(dice: Dice, settings: Settings, path: string): Step[] {
  const [name, values] = dice.one(Object.entries(settings));
  return [{ do: "sysctl", key: `${path}.${name}`, value: dice.one(values) }];
}

export function ip(...commands: string[]): Step[] {
  return commands.map((command) => ({ do: "ip", command }));
}

export function send(to: string): Step[] {
  return [{ do: "udp", to, count: 1, size: 8, confirm: false }];
}
