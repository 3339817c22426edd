/** The client as servers know it: its identifier, its names, and options of a rig's own. Its device's link address may change. */
import type { AppDevice } from "../app.ts";
import type { IdentityConfig } from "./config.ts";
import { isDomainName } from "./lease.ts";
import type { DhcpIdentity } from "./message.ts";
import { ownClientId, ownOptions } from "./own-options.ts";
import type { DhcpOptions } from "./wire.ts";

/** RFC 4361 6.1: a node-specific identifier of an IAID and a DUID; DUID-LL (RFC 8415 11.4) of Ethernet. */
const CLIENT_ID_DUID = 255;
const DUID_LL = 3;
const HTYPE = 1;
const VENDOR = "whohas";

export class Identity implements DhcpIdentity {
  readonly hostName: string;
  readonly vendorClass: string;
  readonly asked: readonly number[];
  readonly options: DhcpOptions;
  readonly #on: AppDevice;
  readonly #kind: IdentityConfig["identity"];
  readonly #own: Uint8Array | null;

  /** @param node the rig's name, which is the host's where it can be and the rig names no other */
  constructor(on: AppDevice, config: IdentityConfig, node: string) {
    const { hostname = node, vendor = VENDOR, identity, request = [] } = config;
    this.#on = on;
    this.#kind = identity;
    this.#own = ownClientId(config);
    this.hostName = isDomainName(hostname) ? hostname : "";
    this.vendorClass = vendor;
    this.asked = request;
    this.options = ownOptions(config);
  }

  get clientId(): Uint8Array {
    if (this.#own) return this.#own;
    const { address } = this.#on.device;
    if (this.#kind === "mac") return Uint8Array.of(HTYPE, ...address);
    return Uint8Array.of(CLIENT_ID_DUID, ...address.subarray(2), 0, DUID_LL, 0, HTYPE, ...address);
  }
}
