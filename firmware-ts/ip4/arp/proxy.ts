/** Proxy ARP (RFC 925, RFC 1027; RFC 3069 for private VLANs): decides when we answer for an address that is not ours. */

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

  /** Returns true when we answer a request for `tip` that came in on `device`. Packets for `tip` would leave by `out`. */
  answers(device: NetDevice, out: NetDevice, sip: number, tip: number): boolean {
    const conf = this.#conf;
    if (out === device) return sip !== tip && conf.on(device).proxyArpPvlan;
    return (conf.on(device).proxyArp && this.#otherMedium(device, out)) || this.#entries.find(tip, device) !== null;
  }

  /** medium_id: devices with a common number share a medium. 0 stands for a medium of its own, -1 takes no part in proxying. */
  #otherMedium(device: NetDevice, out: NetDevice): boolean {
    const conf = this.#conf;
    const medium = conf.on(device).mediumId;
    if (medium === 0) return true;
    if (medium === -1) return false;
    const other = conf.on(out).mediumId;
    return other !== medium && other !== -1;
  }
}
