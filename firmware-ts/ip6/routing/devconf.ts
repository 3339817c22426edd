/**
 * IPv6 settings of devices: net.ipv6.conf.{all,default,DEV}.* (Documentation/networking/ip-sysctl). Every value is an integer. Unlike
 * IPv4's, a device's own value holds by itself, but for the few settings that Effective6 combines with that of `all`.
 */
import { kernelKey } from "../../ip/kernel-key.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { PerDevice } from "../../net/per-device.ts";

/** The settings, with the kernel's names in camel case and its start values. */
const DEFAULTS = {
  forwarding: 0,
  /** The device's packets are handed on even where those of all are not. */
  forceForwarding: 0,
  hopLimit: 64,
  acceptRa: 1,
  acceptRedirects: 1,
  autoconf: 1,
  /** DAD_TRANSMITS of RFC 4862 5.1. */
  dadTransmits: 1,
  routerSolicitations: -1,
  /** Seconds, as the three below. */
  routerSolicitationInterval: 4,
  routerSolicitationMaxInterval: 3600,
  routerSolicitationDelay: 1,
  useTempaddr: 0,
  tempValidLft: 604_800,
  tempPreferedLft: 86_400,
  regenMaxRetry: 3,
  maxDesyncFactor: 600,
  maxAddresses: 16,
  acceptRaDefrtr: 1,
  raDefrtrMetric: 1024,
  acceptRaMinHopLimit: 1,
  acceptRaMinLft: 0,
  acceptRaPinfo: 1,
  /** Not 0: the valid lifetime of a prefix holds as it is, without the two hours of RFC 4862 5.5.3. */
  raHonorPioLife: 0,
  acceptRaRtrPref: 1,
  routerProbeInterval: 60,
  acceptRaRtInfoMinPlen: 0,
  acceptRaRtInfoMaxPlen: 0,
  acceptRaMtu: 1,
  /** Longest packet of IPv6, in bytes; 0: as long as the device carries. A router may say less. */
  mtu: 0,
  acceptRaFromLocal: 0,
  acceptSourceRoute: 0,
  proxyNdp: 0,
  optimisticDad: 0,
  useOptimistic: 0,
  acceptDad: 1,
  enhancedDad: 1,
  disableIpv6: 0,
  forceTllao: 0,
  ndiscNotify: 0,
  suppressFragNdisc: 1,
  dropUnicastInL2Multicast: 0,
  dropUnsolicitedNa: 0,
  acceptUntrackedNa: 0,
  ndiscTclass: 0,
  ndiscEvictNocarrier: 1,
  keepAddrOnDown: 0,
  useOifAddrsOnly: 0,
  addrGenMode: 0,
  forceMldVersion: 0,
  mldv1UnsolicitedReportInterval: 10_000,
  mldv2UnsolicitedReportInterval: 1000,
  ignoreRoutesWithLinkdown: 0,
};

export type Ip6DevconfValues = typeof DEFAULTS;
export type Ip6DevconfName = keyof Ip6DevconfValues;

const NAMES = Object.keys(DEFAULTS) as readonly Ip6DevconfName[];

/** Start values of `all` that differ: the value of `all` and the device's both have to ask for it, or one of them is enough. */
const OF_ALL: Partial<Ip6DevconfValues> = { acceptDad: 0 };

/** The settings by the kernel's key. */
export const IP6_DEVCONF_KEYS: ReadonlyMap<string, Ip6DevconfName> = new Map(NAMES.map((name) => [kernelKey(name), name]));

const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;
/** Seconds that are kept as jiffies of 4 ms in an int. */
const SECONDS_MAX: number = Math.trunc(INT_MAX / 250);

const SWITCH = [0, 1] as const;
const SECONDS = [-SECONDS_MAX, SECONDS_MAX] as const;
const MILLISECONDS = [0, INT_MAX] as const;

/** The least and the most that a setting takes; those that are not named take any int (measured on Linux 6.18). */
const RANGES: Readonly<Partial<Record<Ip6DevconfName, readonly [least: number, most: number]>>> = {
  forceForwarding: SWITCH,
  hopLimit: [1, 255],
  routerSolicitationInterval: SECONDS,
  routerSolicitationMaxInterval: SECONDS,
  routerSolicitationDelay: SECONDS,
  routerProbeInterval: SECONDS,
  raDefrtrMetric: [1, 0xffffffff],
  raHonorPioLife: SWITCH,
  acceptUntrackedNa: [0, 2],
  ndiscTclass: [0, 255],
  ndiscEvictNocarrier: SWITCH,
  addrGenMode: [0, 3],
  mldv1UnsolicitedReportInterval: MILLISECONDS,
  mldv2UnsolicitedReportInterval: MILLISECONDS,
};

/** Returns the least and the most that a setting takes. */
export function rangeOf(name: Ip6DevconfName): readonly [least: number, most: number] {
  return RANGES[name] ?? [INT_MIN, INT_MAX];
}

/** The values in force for a device. Ip6Devconfs keeps them up to date; others read them. */
export interface Effective6 extends Readonly<Ip6DevconfValues> {
  /** One of the two is not 0. */
  readonly proxies: boolean;
  readonly notifies: boolean;
  readonly forcesTllao: boolean;
  readonly dropsUnsolicitedNa: boolean;
  readonly usesOptimistic: boolean;
  readonly optimistic: boolean;
  /** Neither is 0. */
  readonly evictsNocarrier: boolean;
  /** The larger of the two. */
  readonly dad: number;
  readonly untrackedNa: number;
}

/** The owner of settings: one of the kernel's directories `all` and `default`, or a device. */
export type Ip6DevconfTarget = "all" | "default" | NetDevice;

/** Hears of a change: by whom, and what. */
export type Ip6DevconfListener = (target: Ip6DevconfTarget, name: Ip6DevconfName) => void;

class DeviceConf6 {
  own: Ip6DevconfValues;
  effective: Effective6;

  constructor(all: Ip6DevconfValues, own: Ip6DevconfValues) {
    this.own = own;
    this.effective = combine(all, own);
  }
}

function combine(all: Ip6DevconfValues, own: Ip6DevconfValues): Effective6 {
  return {
    ...own,
    // That of all counts, unless it is 0 (measured on Linux 6.18).
    keepAddrOnDown: all.keepAddrOnDown || own.keepAddrOnDown,
    proxies: (all.proxyNdp | own.proxyNdp) !== 0,
    notifies: (all.ndiscNotify | own.ndiscNotify) !== 0,
    forcesTllao: (all.forceTllao | own.forceTllao) !== 0,
    dropsUnsolicitedNa: (all.dropUnsolicitedNa | own.dropUnsolicitedNa) !== 0,
    usesOptimistic: (all.useOptimistic | own.useOptimistic) !== 0,
    // Routers wait until all have answered (RFC 4429 3.3).
    optimistic: (all.optimisticDad | own.optimisticDad) !== 0 && own.forwarding === 0,
    evictsNocarrier: all.ndiscEvictNocarrier !== 0 && own.ndiscEvictNocarrier !== 0,
    dad: Math.max(all.acceptDad, own.acceptDad),
    untrackedNa: Math.max(all.acceptUntrackedNa, own.acceptUntrackedNa),
  };
}

/** The settings of one namespace. */
export class Ip6Devconfs {
  readonly all: Ip6DevconfValues = { ...DEFAULTS, ...OF_ALL };
  readonly defaults: Ip6DevconfValues = { ...DEFAULTS };
  /** A device copies the defaults when it is asked for first. */
  readonly #devices = new PerDevice(() => new DeviceConf6(this.all, { ...this.defaults }));
  readonly #changes: Generation;
  readonly #listeners: Ip6DevconfListener[] = [];

  constructor(changes: Generation) {
    this.#changes = changes;
  }

  /** Adds a listener for changes. */
  watch(listener: Ip6DevconfListener): void {
    this.#listeners.push(listener);
  }

  /** Returns the values in force for a device. */
  on(device: NetDevice): Effective6 {
    return this.#devices.of(device).effective;
  }

  /** Forgets a device that is gone. */
  forget(device: NetDevice): void {
    this.#changes.next();
    this.#devices.forget(device);
  }

  /** Reads a value by kernel key; undefined when there is no such setting. */
  read(target: Ip6DevconfTarget, key: string): number | undefined {
    const name = IP6_DEVCONF_KEYS.get(key);
    return name && this.#set(target)[name];
  }

  /**
   * Writes a value by kernel key. Returns false when there is no such setting. `forwarding` and `disable_ipv6` of `all` reach the default
   * and every device; a default reaches the devices to come.
   */
  write(target: Ip6DevconfTarget, key: string, value: number): boolean {
    const name = IP6_DEVCONF_KEYS.get(key);
    if (!name) return false;
    this.#changes.next();
    this.#set(target)[name] = value;
    if (target === "all" && (name === "forwarding" || name === "disableIpv6")) {
      this.defaults[name] = value;
      for (const { own } of this.#devices.values()) own[name] = value;
    }
    for (const conf of this.#devices.values()) conf.effective = combine(this.all, conf.own);
    for (const listener of this.#listeners) listener(target, name);
    return true;
  }

  #set(target: Ip6DevconfTarget): Ip6DevconfValues {
    if (target === "all") return this.all;
    return target === "default" ? this.defaults : this.#devices.of(target).own;
  }
}
