/**
 * A destination of datagrams: an address and a port, parsed once. It keeps the way there and the neighbour's entry, as a connected socket
 * of the kernel keeps its dst_entry. A send to it hashes nothing and looks up nothing until a route, an address or a device changes, or
 * the entry is removed.
 */
import type { NetDevice } from "../net/device.ts";
import type { IpAddress } from "./address.ts";
import type { IpLayer, Way } from "./layer.ts";

export class Destination {
  readonly layer: IpLayer;
  /** As it was at the last use; IpLayer.refresh() brings it up to date. */
  readonly way: Way;
  /** 0 where there are no ports. */
  readonly port: number;
  /** The source address that was asked for; null for the best. */
  readonly from: IpAddress | null;
  /** The only device by which it may be reached; null for any. */
  readonly device: NetDevice | null;

  /** @param device the only one by which it may be reached; null for any */
  constructor(layer: IpLayer, address: IpAddress, port: number, from: IpAddress | null, device: NetDevice | null = null) {
    this.layer = layer;
    this.way = layer.way(address, from, device);
    this.port = port;
    this.from = from;
    this.device = device;
  }

  get address(): IpAddress {
    return this.way.destination;
  }

  /** The source address that a datagram sent now would have; the unspecified address where there is none. */
  get source(): IpAddress {
    this.layer.refresh(this.way);
    return this.way.source;
  }

  /** Bytes behind the IP header that a datagram sent now could have; -1 when there is no route. */
  get room(): number {
    this.layer.refresh(this.way);
    return this.way.room;
  }
}
