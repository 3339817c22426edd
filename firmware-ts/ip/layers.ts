/** The IP layers of a stack: finds the layer of an address, reads the text of addresses and makes destinations. */
import type { NetDevice } from "../net/device.ts";
import { familyOf, type IpAddress } from "./address.ts";
import { Destination } from "./destination.ts";
import { formatIp, parseIp } from "./endpoint.ts";
import { InetError } from "./inet-error.ts";
import type { Ip6Interner } from "./ip6.ts";
import type { IpLayer } from "./layer.ts";

/** An address, and the device that its text names as its zone (RFC 4007 11); null for any. */
export interface ZonedAddress {
  readonly address: IpAddress;
  readonly zone: NetDevice | null;
}

export class IpLayers {
  readonly list: readonly IpLayer[];
  /** Makes the stack's IPv6 addresses. */
  readonly interner: Ip6Interner;
  readonly #deviceNamed: (name: string) => NetDevice | undefined;

  /** @param deviceNamed finds the device that an address names as its zone */
  constructor(
    list: readonly IpLayer[],
    interner: Ip6Interner,
    deviceNamed: (name: string) => NetDevice | undefined = () => undefined,
  ) {
    this.list = list;
    this.interner = interner;
    this.#deviceNamed = deviceNamed;
  }

  /**
   * Reads an address; one that is read already stays as it is.
   * @throws InetError ADDRESS_INVALID
   */
  address(host: string | IpAddress): IpAddress {
    if (typeof host !== "string") return host;
    const address = parseIp(host, this.interner);
    if (address === null) throw new InetError("ADDRESS_INVALID", `"${host}" is not an IP address; say e.g. 192.168.10.1`);
    return address;
  }

  /**
   * Reads an address that may end in a zone: `fe80::2%eth0`.
   * @throws InetError ADDRESS_INVALID, DEVICE_MISSING
   */
  zoned(host: string | IpAddress): ZonedAddress {
    const at = typeof host === "string" ? host.indexOf("%") : -1;
    if (typeof host !== "string" || at < 0) return { address: this.address(host), zone: null };
    const zone = this.#deviceNamed(host.slice(at + 1));
    if (!zone) throw new InetError("DEVICE_MISSING", `${host}: there is no such device`);
    return { address: this.address(host.slice(0, at)), zone };
  }

  /**
   * Reads an address of ours; with a zone, one of that device.
   * @throws InetError ADDRESS_INVALID, ADDRESS_NOT_AVAILABLE, DEVICE_MISSING, FAMILY_UNSUPPORTED
   */
  own(host: string | IpAddress): ZonedAddress {
    const own = this.zoned(host);
    if (this.of(own.address).isLocal(own.address, own.zone)) return own;
    const where = own.zone === null ? "of this stack" : `of ${own.zone.name}`;
    throw new InetError("ADDRESS_NOT_AVAILABLE", `${formatIp(own.address)} is not an address ${where}`);
  }

  /** @throws InetError FAMILY_UNSUPPORTED when the stack has no layer for the address */
  of(address: IpAddress): IpLayer {
    const family = familyOf(address);
    const layer = this.list.find((one) => one.family === family);
    if (!layer) throw new InetError("FAMILY_UNSUPPORTED", `${formatIp(address)}: this stack has no IPv${family}`);
    return layer;
  }

  /**
   * Makes a destination.
   * @param host an address, or its text, which may end in a zone (`fe80::2%eth0`, RFC 4007 11)
   * @param from the source address; null for the best
   * @param device the only one by which it may be reached; null for that of the zone, or for any
   * @throws InetError ADDRESS_INVALID, DEVICE_MISSING, FAMILY_UNSUPPORTED, PORT_INVALID
   */
  destination(host: string | IpAddress, port: number, from: IpAddress | null, device: NetDevice | null = null): Destination {
    const { address, zone } = this.zoned(host);
    return new Destination(this.of(address), address, checkPort(port), from, zone ?? device);
  }
}

/**
 * Returns the port.
 * @throws InetError PORT_INVALID
 */
export function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 0xffff) return port;
  throw new InetError("PORT_INVALID", `port ${port} is not 0..65535`);
}
