/**
 * What random scripts are made of. Each word makes one or more steps; words whose needs one of the DUTs does not have are left out, so
 * that the vocabulary grows with the stack.
 *
 * Every timer's length is either so short that it has passed before the next step (base_reachable_time_ms 8) or so long that it
 * never passes (an hour), or it is one that the planner sees coming (see plan.ts), so nothing hangs on what a kernel draws at random.
 */
import { SeededRandom } from "../../hal/random.ts";
import type { Need } from "../contract/dut.ts";
import { BROADCAST, DUT, type Host, host, ZERO } from "../wire/hosts.ts";
import { changesLink, type Step } from "./steps.ts";

export interface Word {
  name: string;
  /** How often, beside the others. */
  weight: number;
  needs: readonly Need[];
  make(dice: Dice): Step[];
}

/** Choices, drawn from a seed. */
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

  /** An address of e0's network, mostly one of few, so that things happen to it more than once. */
  address(): string {
    return this.once(20) ? this.one(ODD_ADDRESSES) : `10.0.0.${2 + this.below(HOSTS)}`;
  }

  mac(address: string): string {
    if (this.once(3)) return this.once(12) ? this.one(ODD_MACS) : host(0x70 + this.below(2)).mac;
    return host(Number(address.split(".")[3] ?? 2)).mac;
  }
}

/** Few, for all namespaces of a machine share the kernel's table, which is tidied from 128 entries on. */
const HOSTS = 5;
const ODD_ADDRESSES = [DUT.ip, "10.0.0.255", "10.0.0.0", "10.0.9.9", "224.0.0.9", "127.0.0.1", "0.0.0.0", "255.255.255.255"];
const ODD_MACS = [DUT.mac, BROADCAST, ZERO, "01:00:5e:00:00:09"];
const STATES = ["none", "incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent"];
const MASK_STATES = ["stale", "reachable", "failed", "permanent", "noarp", "all", "incomplete", "delay", "probe"];
const HOUR = 3_600_000;

/** Timers at the beginning of every script: net.ipv4.neigh.DEV. */
export const SETUP_TIMERS: Readonly<Record<string, number>> = {
  // 60 jiffies of 4 ms: below 63 the kernel's wheel is exact to a jiffy.
  retrans_time_ms: 240,
  base_reachable_time_ms: HOUR,
  delay_first_probe_time: 1,
  locktime: 0,
  // Else it is drawn.
  proxy_delay: 0,
};

/** Settings of net.ipv4.neigh.e0 that change on the way. */
const PARAMETERS: Readonly<Record<string, readonly number[]>> = {
  retrans_time_ms: [160, 240],
  base_reachable_time_ms: [8, HOUR, HOUR, HOUR],
  delay_first_probe_time: [0, 1, 1],
  // 1000 s: a change of address is never taken over.
  locktime: [0, 0, 100_000],
  ucast_solicit: [0, 1, 3],
  mcast_solicit: [0, 1, 3, 3],
  mcast_resolicit: [0, 1],
  unres_qlen_bytes: [0, 2000, 212_992],
};

/** Settings of net.ipv4.conf.e0. */
const POLICIES: Readonly<Record<string, readonly number[]>> = {
  arp_ignore: [0, 0, 1, 2, 3, 8],
  arp_announce: [0, 1, 2],
  arp_accept: [0, 1, 2],
  arp_filter: [0, 0, 1],
  arp_notify: [0, 1],
  drop_gratuitous_arp: [0, 0, 1],
  arp_evict_nocarrier: [1, 1, 0],
};

function arp(dice: Dice, op: number, more: Partial<Step & { do: "arp" }> = {}): Step[] {
  const spa = more.spa ?? dice.address();
  const sha = more.sha ?? dice.mac(spa);
  const dst = dice.once(6) ? dice.one([BROADCAST, DUT.mac, "01:00:5e:00:00:01", host(99).mac]) : op === 1 ? BROADCAST : DUT.mac;
  const src = dice.once(15) ? host(0x75).mac : sha;
  return [{ do: "arp", port: "p0", op, src, dst, sha, spa, tha: op === 1 ? ZERO : DUT.mac, tpa: DUT.ip, ...more }];
}

function change(dice: Dice, command: string, flags: readonly string[] = []): Step[] {
  const address = dice.address();
  const lladdr = dice.once(8) ? "" : ` lladdr ${dice.mac(address)}`;
  const nud = dice.once(4) ? "" : ` nud ${dice.one(STATES)}`;
  const words = flags.map((flag) => ` ${flag}`).join("");
  return [{ do: "ip", command: `neigh ${command} ${address}${lladdr}${nud}${words} dev e0` }];
}

function conf(dice: Dice, settings: Readonly<Record<string, readonly number[]>>, path: string): Step[] {
  const [name, values] = dice.one(Object.entries(settings));
  return [{ do: "sysctl", key: `${path}.${name}`, value: dice.one(values) }];
}

function peer(address: string): Host {
  return { ip: address, mac: host(Number(address.split(".")[3])).mac };
}

const WORDS: readonly Word[] = [
  { name: "request", weight: 8, needs: [], make: (dice) => arp(dice, 1) },
  { name: "reply", weight: 12, needs: [], make: (dice) => arp(dice, 2, dice.once(4) ? { tpa: dice.address() } : {}) },
  { name: "request-other", weight: 4, needs: [], make: (dice) => arp(dice, 1, { tpa: dice.address() }) },
  {
    name: "announce",
    weight: 5,
    needs: [],
    make: (dice) => {
      const spa = dice.address();
      const sha = dice.mac(spa);
      const reply = dice.once(2);
      const tha = dice.once(3) ? BROADCAST : sha;
      return arp(dice, reply ? 2 : 1, { spa, sha, tpa: spa, dst: BROADCAST, ...(reply ? { tha } : {}) });
    },
  },
  {
    name: "probe",
    weight: 2,
    needs: [],
    make: (dice) => arp(dice, 1, { spa: "0.0.0.0", sha: host(5).mac, tpa: dice.once(3) ? dice.address() : DUT.ip }),
  },
  { name: "bad-op", weight: 1, needs: [], make: (dice) => arp(dice, dice.one([0, 3, 4, 8, 9, 10, 513])) },
  {
    name: "echo",
    weight: 4,
    needs: [],
    make: (dice) => {
      const from = peer(`10.0.0.${2 + dice.below(HOSTS)}`);
      return [{ do: "echo", port: "p0", from, dst: DUT.mac, destination: DUT.ip }];
    },
  },
  {
    name: "send",
    weight: 22,
    needs: [],
    make: (dice) => [
      {
        do: "udp",
        to: dice.once(8) ? dice.one(["10.0.0.255", "10.0.0.0", "10.0.9.9", "255.255.255.255"]) : `10.0.0.${2 + dice.below(HOSTS)}`,
        count: dice.once(5) ? 4 : 1,
        size: dice.one([8, 8, 150, 700]),
        confirm: dice.once(8),
      },
    ],
  },
  { name: "add", weight: 4, needs: [], make: (dice) => change(dice, "add") },
  { name: "replace", weight: 9, needs: [], make: (dice) => change(dice, "replace") },
  { name: "change", weight: 5, needs: [], make: (dice) => change(dice, "change") },
  { name: "del", weight: 5, needs: [], make: (dice) => [{ do: "ip", command: `neigh del ${dice.address()} dev e0` }] },
  {
    name: "flush",
    weight: 1,
    needs: [],
    make: (dice) => {
      const nud = dice.once(2) ? "" : ` nud ${dice.one(MASK_STATES)}`;
      return [{ do: "ip", command: `neigh flush dev e0${nud}` }];
    },
  },
  { name: "parameter", weight: 5, needs: [], make: (dice) => conf(dice, PARAMETERS, "net.ipv4.neigh.e0") },
  { name: "wait", weight: 18, needs: [], make: (dice) => [{ do: "wait", ms: dice.one([120, 120, 350, 600, 1200]) }] },
  {
    name: "carrier",
    weight: 0.6,
    needs: ["carrier"],
    make: (dice) => {
      const during = dice.once(2) ? [] : [...send(`10.0.0.${2 + dice.below(HOSTS)}`), ...change(dice, "replace")];
      return [{ do: "plug", port: "p0", plugged: false }, ...during, { do: "plug", port: "p0", plugged: true }];
    },
  },
  {
    name: "e1",
    weight: 3,
    needs: ["e1"],
    make: (dice) => {
      const far = host(2 + dice.below(2));
      const ip = far.ip.replace("10.0.0.", "10.0.1.");
      if (dice.once(2)) return send(ip);
      const address = dice.once(3) ? far.ip : ip;
      return arp(dice, dice.one([1, 2]), { port: "p1", spa: address, sha: far.mac, tpa: dice.one(["10.0.1.1", DUT.ip]) });
    },
  },
  { name: "policy", weight: 5, needs: ["arp-sysctl"], make: (dice) => conf(dice, POLICIES, "net.ipv4.conf.e0") },
  {
    name: "flags",
    weight: 6,
    needs: ["neigh-flags"],
    make: (dice) => {
      // Not "managed": the kernel looks after those at its own times, one clock for all namespaces since the machine's start.
      const flags = ["use", "router", "extern_learn"].filter(() => dice.once(3));
      return change(dice, dice.one(["add", "replace", "change"]), flags);
    },
  },
  { name: "get", weight: 2, needs: ["neigh-get"], make: (dice) => [{ do: "ip", command: `neigh get ${dice.address()} dev e0` }] },
  {
    name: "proxy",
    weight: 4,
    needs: ["proxy-arp", "forwarding", "e1"],
    make: (dice) => {
      const target = `10.0.1.${2 + dice.below(3)}`;
      switch (dice.below(4)) {
        case 0:
          return [{ do: "ip", command: `neigh ${dice.one(["add", "replace", "del"])} proxy ${target} dev e0` }];
        case 1:
          return conf(dice, { proxy_arp: [0, 1], proxy_arp_pvlan: [0, 0, 1], forwarding: [1, 1, 0] }, "net.ipv4.conf.e0");
        default:
          return arp(dice, 1, { tpa: target });
      }
    },
  },
  {
    name: "address",
    weight: 1,
    needs: ["address-admin"],
    make: (dice) => [{ do: "ip", command: `address ${dice.one(["add", "del"])} 10.0.0.${2 + dice.below(HOSTS)}/24 dev e0` }],
  },
  {
    name: "link",
    weight: 0.4,
    needs: ["link-admin"],
    make: () => [
      { do: "ip", command: "link set e0 down" },
      { do: "ip", command: "link set e0 up" },
    ],
  },
];

function send(to: string): Step[] {
  return [{ do: "udp", to, count: 1, size: 8, confirm: false }];
}

/** Words that all these DUTs have what it takes for. @param without names of words that are not wanted */
export function vocabulary(cans: readonly ReadonlySet<Need>[], without: readonly string[] = []): Word[] {
  const has = (need: Need): boolean => cans.every((can) => can.has(need));
  return WORDS.filter((word) => word.needs.every(has) && !without.includes(word.name));
}

export const WORD_NAMES: readonly string[] = WORDS.map((word) => word.name);

/** Long enough for every entry to come to rest: a delay, then all probes. */
const REST = 2600;

/** The script of a seed: the same for the same words. At least `length` steps, and no more than a few beyond it. */
export function generate(seed: number | string, length: number, words: readonly Word[]): Step[] {
  const dice = new Dice(seed);
  const total = words.reduce((sum, word) => sum + word.weight, 0);
  const steps: Step[] = [];
  while (steps.length < length) {
    let at = (dice.below(1_000_000) / 1_000_000) * total;
    const word = words.find((each) => {
      at -= each.weight;
      return at < 0;
    });
    for (const step of word?.make(dice) ?? []) {
      if (changesLink(step)) steps.push({ do: "wait", ms: REST });
      steps.push(step);
    }
  }
  return steps;
}
