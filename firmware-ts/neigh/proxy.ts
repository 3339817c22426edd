/** Proxy entries (`ip neigh add proxy`): the stack answers for these addresses although they are not its own. */
import type { NetDevice } from "../net/device.ts";
import { copyRest, type KeyRest, sameRest } from "./key.ts";
import type { NeighNamespace } from "./namespace.ts";

/** Buckets of the kernel's proxy hash, which decides the order in which entries are shown. */
const BUCKETS = 16;

export interface ProxyEntry {
  readonly key: number;
  readonly rest: KeyRest | null;
  readonly namespace: NeighNamespace;
  /** Null for an entry of every device of the namespace. */
  readonly device: NetDevice | null;
  /** Sum of NeighFlags, as the operator gave them. */
  flags: number;
  protocol: number;
  /** Made as PERMANENT: the entry survives the loss of carrier. */
  permanent: boolean;
}

export interface ProxyOptions {
  flags?: number;
  /** 0 leaves the protocol of an existing entry as it is. */
  protocol?: number;
  permanent?: boolean;
  /** The namespace of an entry without device. Default: the initial one. */
  namespace?: NeighNamespace;
  rest?: KeyRest | null;
}

/** Hears that an entry of one device has come, or has gone. */
export type ProxyChange = (entry: ProxyEntry, device: NetDevice, present: boolean) => void;

export class ProxyTable {
  readonly #namespaceOf: (device: NetDevice) => NeighNamespace;
  readonly #initial: NeighNamespace;
  readonly #changed: ProxyChange;
  /** Each with the newest entry first. */
  readonly #buckets: ProxyEntry[][] = Array.from({ length: BUCKETS }, () => []);
  #size = 0;

  constructor(namespaceOf: (device: NetDevice) => NeighNamespace, initial: NeighNamespace, changed: ProxyChange) {
    this.#namespaceOf = namespaceOf;
    this.#changed = changed;
    this.#initial = initial;
  }

  get size(): number {
    return this.#size;
  }

  /** Finds the entry by which we answer for `key` on a device: one of that device, or one for all devices of its namespace. */
  find(key: number, device: NetDevice, rest: KeyRest | null = null): ProxyEntry | null {
    if (this.#size === 0) return null;
    const namespace = this.#namespaceOf(device);
    for (const entry of this.#bucket(key)) {
      if (entry.device && entry.device !== device) continue;
      if (entry.namespace === namespace && entry.key === key && sameRest(entry.rest, rest)) return entry;
    }
    return null;
  }

  /** Finds the entry of exactly this device; `null` finds one for all devices. */
  get(key: number, device: NetDevice | null, options: ProxyOptions = {}): ProxyEntry | null {
    const namespace = this.#space(device, options);
    const same = (entry: ProxyEntry): boolean =>
      entry.key === key && entry.device === device && entry.namespace === namespace && sameRest(entry.rest, options.rest ?? null);
    return this.#bucket(key).find(same) ?? null;
  }

  /** Makes an entry, or gives an existing one these flags. As in the kernel, nobody is told. */
  add(key: number, device: NetDevice | null, options: ProxyOptions = {}): ProxyEntry {
    // The kernel looks up as for a request, so that an addition for one device meets an entry for all of them.
    let entry = device ? this.find(key, device, options.rest ?? null) : this.get(key, null, options);
    if (!entry) {
      const namespace = this.#space(device, options);
      entry = { key, rest: copyRest(options.rest ?? null), namespace, device, flags: 0, protocol: 0, permanent: false };
      this.#bucket(key).unshift(entry);
      this.#size++;
      this.#tell(entry, true);
    }
    entry.flags = options.flags ?? 0;
    entry.permanent = options.permanent ?? false;
    if (options.protocol) entry.protocol = options.protocol;
    return entry;
  }

  /** Removes the entry of exactly this device. Returns false when there is none. */
  delete(key: number, device: NetDevice | null, options: ProxyOptions = {}): boolean {
    const entry = this.get(key, device, options);
    if (!entry) return false;
    const bucket = this.#bucket(key);
    bucket.splice(bucket.indexOf(entry), 1);
    this.#size--;
    this.#tell(entry, false);
    return true;
  }

  /** Removes a device's entries: all of them, or all that are not permanent. */
  flushDevice(device: NetDevice, keepPermanent: boolean): void {
    this.flush((entry) => entry.device === device && !(keepPermanent && entry.permanent));
  }

  /** Removes every entry that is meant, in one walk, and returns them in the order in which the kernel shows them. */
  flush(meant: (entry: ProxyEntry) => boolean): ProxyEntry[] {
    const gone: ProxyEntry[] = [];
    for (const [at, bucket] of this.#buckets.entries()) {
      const kept: ProxyEntry[] = [];
      for (const entry of bucket) (meant(entry) ? gone : kept).push(entry);
      if (kept.length < bucket.length) this.#buckets[at] = kept;
    }
    this.#size -= gone.length;
    for (const entry of gone) this.#tell(entry, false);
    return gone;
  }

  /** The entries of one namespace or of all, in the order in which the kernel shows them. */
  list(namespace?: NeighNamespace): ProxyEntry[] {
    return this.#buckets.flat().filter((entry) => !namespace || entry.namespace === namespace);
  }

  #tell(entry: ProxyEntry, present: boolean): void {
    if (entry.device) this.#changed(entry, entry.device, present);
  }

  #space(device: NetDevice | null, options: ProxyOptions): NeighNamespace {
    return device ? this.#namespaceOf(device) : (options.namespace ?? this.#initial);
  }

  #bucket(key: number): ProxyEntry[] {
    let folded = key ^ (key >>> 16);
    folded ^= folded >>> 8;
    folded ^= folded >>> 4;
    return this.#buckets[folded & (BUCKETS - 1)] as ProxyEntry[];
  }
}
