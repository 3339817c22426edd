/** Proxy ARP (RFC 925, RFC 1027; RFC 3069 for private VLANs): when we answer for an address that is not ours. */

import type { ProxyTable } from "../../neigh/proxy.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Devconfs } from "../routing/devconf.ts";

export class ArpProxy {
  readonly #conf: Devconfs;
  readonly #entries: ProxyTable;

  constructor(conf: Devconfs, entries: ProxyTable) {
    this.#conf = conf;
    this.#entries = entries;
  }

  /** Whether we answer a request for `tip` that came in on `device`, packets for which we would send on by `out`. */
  answers(device: NetDevice, out: NetDevice, sip: number, tip: number): boolean {
    const conf = this.#conf;
    if (out === device) return sip !== tip && conf.on(device).proxyArpPvlan;
    return (conf.on(device).proxyArp && this.#otherMedium(device, out)) || this.#entries.find(tip, device) !== null;
  }

  /** medium_id: 0 is a medium of its own, -1 takes no part; else a common number is a common medium. */
  #otherMedium(device: NetDevice, out: NetDevice): boolean {
    const conf = this.#conf;
    const medium = conf.on(device).mediumId;
    if (medium === 0) return true;
    if (medium === -1) return false;
    const other = conf.on(out).mediumId;
    return other !== medium && other !== -1;
  }
}
