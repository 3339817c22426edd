/**
 * IPv4 settings of devices: net.ipv4.conf.{all,default,DEV}.* (Documentation/networking/ip-sysctl). Every value is a plain integer
 * and any integer is stored; what `all` and the device say together depends on the setting.
 */
import type { NetDevice } from "../../net/device.ts";

export interface DevconfValues {
  /** Which source address a request carries: 0 the packet's, 1 one of the target's subnet, 2 always the best for the target. */
  arpAnnounce: number;
  /** Which requests for our addresses are answered: 0 all, 1 for addresses of the device, 2 and asked from their subnet, … */
  arpIgnore: number;
  /** Answer only where packets to the asker would leave. */
  arpFilter: number;
  /** Entries from answers and announcements that nobody asked for: 0 none, 1 all, 2 of the device's subnets. */
  arpAccept: number;
  /** Announce our addresses when the device comes up or its link address changes. */
  arpNotify: number;
  /** Drop ARP packets whose sender is their target. */
  dropGratuitousArp: number;
  /** A lost carrier removes the entries. */
  arpEvictNocarrier: number;
  /** Answer for what lies behind our other devices. */
  proxyArp: number;
  /** Answer for what lies behind the device itself (RFC 3069). */
  proxyArpPvlan: number;
  /** Devices of one number are on one medium: no proxying between them. -1: none to or from this one. */
  mediumId: number;
  /** Reverse path filter: 0 none, 1 strict, 2 loose (RFC 3704). */
  rpFilter: number;
  forwarding: number;
  /** 127/8 is an ordinary subnet. */
  routeLocalnet: number;
}

export type DevconfName = keyof DevconfValues;

const DEFAULTS: Readonly<DevconfValues> = {
  arpAnnounce: 0,
  arpIgnore: 0,
  arpFilter: 0,
  arpAccept: 0,
  arpNotify: 0,
  dropGratuitousArp: 0,
  arpEvictNocarrier: 1,
  proxyArp: 0,
  proxyArpPvlan: 0,
  mediumId: 0,
  rpFilter: 0,
  forwarding: 0,
  routeLocalnet: 0,
};

const NAMES = Object.keys(DEFAULTS) as readonly DevconfName[];

/** Names of the settings by the kernel's key. */
export const DEVCONF_KEYS: ReadonlyMap<string, DevconfName> = new Map(
  NAMES.map((name) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), name]),
);

/** One set of values: a device's, or those of `all` or `default`. Written through Devconfs only. */
export class Devconf implements DevconfValues {
  arpAnnounce: number = DEFAULTS.arpAnnounce;
  arpIgnore: number = DEFAULTS.arpIgnore;
  arpFilter: number = DEFAULTS.arpFilter;
  arpAccept: number = DEFAULTS.arpAccept;
  arpNotify: number = DEFAULTS.arpNotify;
  dropGratuitousArp: number = DEFAULTS.dropGratuitousArp;
  arpEvictNocarrier: number = DEFAULTS.arpEvictNocarrier;
  proxyArp: number = DEFAULTS.proxyArp;
  proxyArpPvlan: number = DEFAULTS.proxyArpPvlan;
  mediumId: number = DEFAULTS.mediumId;
  rpFilter: number = DEFAULTS.rpFilter;
  forwarding: number = DEFAULTS.forwarding;
  routeLocalnet: number = DEFAULTS.routeLocalnet;
  /** Written for this very set: a change of the defaults does not reach these any more. */
  readonly written: Set<DevconfName> = new Set<DevconfName>();
}

/** What holds for a device, from its own values and those of `all`. Kept up to date by Devconfs; for reading. */
export class Effective {
  // The larger of the two.
  arpAnnounce = 0;
  arpIgnore = 0;
  arpAccept = 0;
  arpNotify = 0;
  rpFilter = 0;
  // One of the two is not 0.
  arpFilter = false;
  proxyArp = false;
  proxyArpPvlan = false;
  dropGratuitousArp = false;
  routeLocalnet = false;
  // Neither is 0.
  arpEvictNocarrier = true;
  // The device's alone.
  forwarding = false;
  mediumId = 0;

  combine(all: Devconf, own: Devconf): void {
    this.arpAnnounce = Math.max(all.arpAnnounce, own.arpAnnounce);
    this.arpIgnore = Math.max(all.arpIgnore, own.arpIgnore);
    this.arpAccept = Math.max(all.arpAccept, own.arpAccept);
    this.arpNotify = Math.max(all.arpNotify, own.arpNotify);
    this.rpFilter = Math.max(all.rpFilter, own.rpFilter);
    this.arpFilter = (all.arpFilter | own.arpFilter) !== 0;
    this.proxyArp = (all.proxyArp | own.proxyArp) !== 0;
    this.proxyArpPvlan = (all.proxyArpPvlan | own.proxyArpPvlan) !== 0;
    this.dropGratuitousArp = (all.dropGratuitousArp | own.dropGratuitousArp) !== 0;
    this.routeLocalnet = (all.routeLocalnet | own.routeLocalnet) !== 0;
    this.arpEvictNocarrier = all.arpEvictNocarrier !== 0 && own.arpEvictNocarrier !== 0;
    this.forwarding = own.forwarding !== 0;
    this.mediumId = own.mediumId;
  }
}

/** Whose settings: the kernel's directories `all` and `default`, or a device's. */
export type DevconfTarget = "all" | "default" | NetDevice;

interface DeviceConf {
  readonly own: Devconf;
  readonly effective: Effective;
}

/** The settings of one namespace. */
export class Devconfs {
  readonly all: Devconf = new Devconf();
  readonly defaults: Devconf = new Devconf();
  readonly #devices = new Map<NetDevice, DeviceConf>();
  /** The last one asked for: most packets come by the same device as the one before. */
  #lastDevice: NetDevice | null = null;
  #last: Effective = new Effective();

  /** What holds for a device. */
  on(device: NetDevice): Effective {
    if (device !== this.#lastDevice) {
      this.#last = this.#of(device).effective;
      this.#lastDevice = device;
    }
    return this.#last;
  }

  /** The device is gone. */
  forget(device: NetDevice): void {
    this.#devices.delete(device);
    if (device === this.#lastDevice) this.#lastDevice = null;
  }

  /** The device got an address: from now on its settings are its own, as in Linux. */
  pin(device: NetDevice): void {
    const { written } = this.#of(device).own;
    for (const name of NAMES) written.add(name);
  }

  /** A value by kernel key; undefined when there is no such setting. */
  read(target: DevconfTarget, key: string): number | undefined {
    const name = DEVCONF_KEYS.get(key);
    return name && this.#set(target)[name];
  }

  /**
   * By kernel key; false when there is no such setting. A default reaches the devices that have no value of their own; `forwarding`
   * of `all` (net.ipv4.ip_forward) reaches the default and every device.
   */
  write(target: DevconfTarget, key: string, value: number): boolean {
    const name = DEVCONF_KEYS.get(key);
    if (!name) return false;
    const set = this.#set(target);
    set[name] = value;
    if (target === "all" && name === "forwarding") {
      this.defaults.forwarding = value;
      for (const { own } of this.#devices.values()) own.forwarding = value;
    } else if (target === "default") {
      for (const { own } of this.#devices.values()) if (!own.written.has(name)) own[name] = value;
    } else {
      set.written.add(name);
    }
    for (const { own, effective } of this.#devices.values()) effective.combine(this.all, own);
    return true;
  }

  #set(target: DevconfTarget): Devconf {
    if (target === "all") return this.all;
    return target === "default" ? this.defaults : this.#of(target).own;
  }

  /** A device copies the defaults when it is first seen. */
  #of(device: NetDevice): DeviceConf {
    let conf = this.#devices.get(device);
    if (!conf) {
      conf = { own: new Devconf(), effective: new Effective() };
      for (const name of NAMES) conf.own[name] = this.defaults[name];
      conf.effective.combine(this.all, conf.own);
      this.#devices.set(device, conf);
    }
    return conf;
  }
}
