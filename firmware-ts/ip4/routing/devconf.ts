/**
 * IPv4 settings of devices: net.ipv4.conf.{all,default,DEV}.* (Documentation/networking/ip-sysctl). Every value is an integer, and any
 * integer is stored. Each setting has its own rule of how the values of `all` and of the device combine.
 */
import { kernelKey } from "../../ip/kernel-key.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { PerDevice } from "../../net/per-device.ts";

/** The settings, with the kernel's names in camel case. */
export interface DevconfValues {
  /** Source address of requests: 0 the packet's, 1 one of the target's subnet, 2 always the best for the target. */
  arpAnnounce: number;
  /** Requests that are answered: 0 all for our addresses, 1 those for addresses of the device, 2 those from the subnet too, 8 none. */
  arpIgnore: number;
  /** Not 0: only the device answers by which packets to the asker leave. */
  arpFilter: number;
  /** Entries made by answers and announcements that nobody asked for: 0 none, 1 all, 2 those of the device's subnets. */
  arpAccept: number;
  /** Not 0: our addresses are announced when the device comes up or its link address changes. */
  arpNotify: number;
  /** Not 0: the first secondary address of a subnet takes the place of a primary one that goes. 0: all of them go with it. */
  promoteSecondaries: number;
  /** Not 0: ARP packets whose sender is their target are dropped. */
  dropGratuitousArp: number;
  /** Not 0: a lost carrier removes the entries. */
  arpEvictNocarrier: number;
  /** Not 0: we answer for addresses behind our other devices. */
  proxyArp: number;
  /** Not 0: we answer for addresses behind the device itself (RFC 3069). */
  proxyArpPvlan: number;
  /** Devices with the same number are on one medium, without proxying between them. -1: no proxying to or from this device. */
  mediumId: number;
  /** Reverse path filter: 0 none, 1 strict, 2 loose (RFC 3704). */
  rpFilter: number;
  forwarding: number;
  /** Not 0: 127/8 is an ordinary subnet. */
  routeLocalnet: number;
  /** Not 0: packets from addresses of ours are taken as those of others are. */
  acceptLocal: number;
  /** Not 0: routers' redirects are believed. A device that forwards wants it of `all` and of its own, another of either. */
  acceptRedirects: number;
  /** Not 0: with sharedMedia 0, a redirect is believed to gateways of ours only. */
  secureRedirects: number;
  /** Not 0: senders hear of a shorter way when their packets go back out by the device that they came from. */
  sendRedirects: number;
  /** Not 0: several subnets may be on the link, so that a redirect may lead from one to another. */
  sharedMedia: number;
  /** Not 0: packets to us alone are dropped that came in a frame to many. */
  dropUnicastInL2Multicast: number;
  /** Not 0: packets with addresses that may not be there are told of. */
  logMartians: number;
  /** The version of IGMP that is spoken: 1, 2, or for anything else that of the link's routers. */
  forceIgmpVersion: number;
  /** Milliseconds within which a new group is reported once more: in versions 1 and 2, and in version 3. */
  igmpv2UnsolicitedReportInterval: number;
  igmpv3UnsolicitedReportInterval: number;
}

export type DevconfName = keyof DevconfValues;

const DEFAULTS: Readonly<DevconfValues> = {
  arpAnnounce: 0,
  arpIgnore: 0,
  arpFilter: 0,
  arpAccept: 0,
  arpNotify: 0,
  promoteSecondaries: 0,
  dropGratuitousArp: 0,
  arpEvictNocarrier: 1,
  proxyArp: 0,
  proxyArpPvlan: 0,
  mediumId: 0,
  rpFilter: 0,
  forwarding: 0,
  routeLocalnet: 0,
  acceptLocal: 0,
  acceptRedirects: 1,
  secureRedirects: 1,
  sendRedirects: 1,
  sharedMedia: 1,
  dropUnicastInL2Multicast: 0,
  logMartians: 0,
  forceIgmpVersion: 0,
  igmpv2UnsolicitedReportInterval: 10_000,
  igmpv3UnsolicitedReportInterval: 1000,
};

const NAMES = Object.keys(DEFAULTS) as readonly DevconfName[];

/** The settings by the kernel's key. */
export const DEVCONF_KEYS: ReadonlyMap<string, DevconfName> = new Map(NAMES.map((name) => [kernelKey(name), name]));

/** One set of values: a device's, or those of `all` or `default`. Only Devconfs writes it. */
export class Devconf implements DevconfValues {
  arpAnnounce: number = DEFAULTS.arpAnnounce;
  arpIgnore: number = DEFAULTS.arpIgnore;
  arpFilter: number = DEFAULTS.arpFilter;
  arpAccept: number = DEFAULTS.arpAccept;
  arpNotify: number = DEFAULTS.arpNotify;
  promoteSecondaries: number = DEFAULTS.promoteSecondaries;
  dropGratuitousArp: number = DEFAULTS.dropGratuitousArp;
  arpEvictNocarrier: number = DEFAULTS.arpEvictNocarrier;
  proxyArp: number = DEFAULTS.proxyArp;
  proxyArpPvlan: number = DEFAULTS.proxyArpPvlan;
  mediumId: number = DEFAULTS.mediumId;
  rpFilter: number = DEFAULTS.rpFilter;
  forwarding: number = DEFAULTS.forwarding;
  routeLocalnet: number = DEFAULTS.routeLocalnet;
  acceptLocal: number = DEFAULTS.acceptLocal;
  acceptRedirects: number = DEFAULTS.acceptRedirects;
  secureRedirects: number = DEFAULTS.secureRedirects;
  sendRedirects: number = DEFAULTS.sendRedirects;
  sharedMedia: number = DEFAULTS.sharedMedia;
  dropUnicastInL2Multicast: number = DEFAULTS.dropUnicastInL2Multicast;
  logMartians: number = DEFAULTS.logMartians;
  forceIgmpVersion: number = DEFAULTS.forceIgmpVersion;
  igmpv2UnsolicitedReportInterval: number = DEFAULTS.igmpv2UnsolicitedReportInterval;
  igmpv3UnsolicitedReportInterval: number = DEFAULTS.igmpv3UnsolicitedReportInterval;
  /** Settings that were written to this very set. A change of the defaults does not reach them any more. */
  readonly written: Set<DevconfName> = new Set<DevconfName>();
}

/** The values in force for a device, combined from its own and those of `all`. Devconfs keeps them up to date; others read them. */
export class Effective {
  // The larger of the two values.
  arpAnnounce = 0;
  arpIgnore = 0;
  arpAccept = 0;
  arpNotify = 0;
  rpFilter = 0;
  // True when one of the two is not 0.
  arpFilter = false;
  proxyArp = false;
  proxyArpPvlan = false;
  promoteSecondaries = false;
  dropGratuitousArp = false;
  routeLocalnet = false;
  acceptLocal = false;
  secureRedirects = true;
  sendRedirects = true;
  sharedMedia = true;
  dropUnicastInL2Multicast = false;
  logMartians = false;
  // True when neither is 0.
  arpEvictNocarrier = true;
  // True when neither is 0 on a device that forwards, and when one of the two is not 0 on another.
  acceptRedirects = true;
  // The device's own value.
  forwarding = false;
  mediumId = 0;
  igmpv2UnsolicitedReportInterval = 0;
  igmpv3UnsolicitedReportInterval = 0;
  // The older of the two versions that are forced.
  forceIgmpVersion = 0;

  combine(all: Devconf, own: Devconf): void {
    this.arpAnnounce = Math.max(all.arpAnnounce, own.arpAnnounce);
    this.arpIgnore = Math.max(all.arpIgnore, own.arpIgnore);
    this.arpAccept = Math.max(all.arpAccept, own.arpAccept);
    this.arpNotify = Math.max(all.arpNotify, own.arpNotify);
    this.rpFilter = Math.max(all.rpFilter, own.rpFilter);
    this.arpFilter = (all.arpFilter | own.arpFilter) !== 0;
    this.proxyArp = (all.proxyArp | own.proxyArp) !== 0;
    this.proxyArpPvlan = (all.proxyArpPvlan | own.proxyArpPvlan) !== 0;
    this.promoteSecondaries = (all.promoteSecondaries | own.promoteSecondaries) !== 0;
    this.dropGratuitousArp = (all.dropGratuitousArp | own.dropGratuitousArp) !== 0;
    this.routeLocalnet = (all.routeLocalnet | own.routeLocalnet) !== 0;
    this.acceptLocal = (all.acceptLocal | own.acceptLocal) !== 0;
    this.secureRedirects = (all.secureRedirects | own.secureRedirects) !== 0;
    this.sendRedirects = (all.sendRedirects | own.sendRedirects) !== 0;
    this.sharedMedia = (all.sharedMedia | own.sharedMedia) !== 0;
    this.dropUnicastInL2Multicast = (all.dropUnicastInL2Multicast | own.dropUnicastInL2Multicast) !== 0;
    this.logMartians = (all.logMartians | own.logMartians) !== 0;
    this.arpEvictNocarrier = all.arpEvictNocarrier !== 0 && own.arpEvictNocarrier !== 0;
    this.forwarding = own.forwarding !== 0;
    this.mediumId = own.mediumId;
    this.igmpv2UnsolicitedReportInterval = own.igmpv2UnsolicitedReportInterval;
    this.igmpv3UnsolicitedReportInterval = own.igmpv3UnsolicitedReportInterval;
    const forced = (version: number): boolean => all.forceIgmpVersion === version || own.forceIgmpVersion === version;
    this.forceIgmpVersion = forced(1) ? 1 : forced(2) ? 2 : 0;
    const { acceptRedirects } = own;
    this.acceptRedirects =
      own.forwarding === 0 ? (all.acceptRedirects | acceptRedirects) !== 0 : all.acceptRedirects !== 0 && acceptRedirects !== 0;
  }
}

/** The owner of settings: one of the kernel's directories `all` and `default`, or a device. */
export type DevconfTarget = "all" | "default" | NetDevice;

interface DeviceConf {
  readonly own: Devconf;
  readonly effective: Effective;
}

/** The settings of one namespace. */
export class Devconfs {
  readonly all: Devconf = new Devconf();
  readonly defaults: Devconf = new Devconf();
  /** A device copies the defaults when it is asked for first. */
  readonly #devices = new PerDevice<DeviceConf>(() => this.#copy());
  readonly #changes: Generation;

  constructor(changes: Generation) {
    this.#changes = changes;
  }

  /** Returns the values in force for a device. */
  on(device: NetDevice): Effective {
    return this.#devices.of(device).effective;
  }

  /** Forgets a device that is gone. */
  forget(device: NetDevice): void {
    this.#changes.next();
    this.#devices.forget(device);
  }

  /** Counts every setting of a device as written. As in Linux, the first address does so. */
  pin(device: NetDevice): void {
    const { written } = this.#devices.of(device).own;
    for (const name of NAMES) written.add(name);
  }

  /** Reads a value by kernel key; undefined when there is no such setting. */
  read(target: DevconfTarget, key: string): number | undefined {
    const name = DEVCONF_KEYS.get(key);
    return name && this.#set(target)[name];
  }

  /**
   * Writes a value by kernel key. Returns false when there is no such setting. A default reaches the devices that have no value of their
   * own; `forwarding` of `all` (net.ipv4.ip_forward) reaches the default and every device, but only when it changes: a router then
   * believes no redirects, and a host does.
   */
  write(target: DevconfTarget, key: string, value: number): boolean {
    const name = DEVCONF_KEYS.get(key);
    if (!name) return false;
    this.#changes.next();
    const set = this.#set(target);
    const changed = set[name] !== value;
    set[name] = value;
    if (target === "all" && name === "forwarding") {
      if (!changed) return true;
      this.all.acceptRedirects = value === 0 ? 1 : 0;
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
    return target === "default" ? this.defaults : this.#devices.of(target).own;
  }

  #copy(): DeviceConf {
    const conf = { own: new Devconf(), effective: new Effective() };
    for (const name of NAMES) conf.own[name] = this.defaults[name];
    conf.effective.combine(this.all, conf.own);
    return conf;
  }
}
