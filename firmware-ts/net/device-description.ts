/** The part of a network device that describes it: name, addresses and flags. */
import { MAC_BYTES } from "../../hal/ethernet.ts";
import { ARPHRD_ETHER, type DeviceOptions, Iff } from "./device-words.ts";
import { BROADCAST_MAC } from "./ethernet.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { NOARP, LOOPBACK, POINTOPOINT, MULTICAST } = Iff;

export abstract class DeviceDescription {
  /** Changed by Network.rename() only. */
  name: string;
  readonly ifindex: number;
  /** ARPHRD_…: what it is in the hardware type field of an ARP packet. */
  readonly type: number;
  /** Station address; the controller's, copied when the device came up, unless setAddress() gave another. */
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  /** The same six bytes, to be read as words. */
  readonly addressView: DataView = new DataView(this.address.buffer);
  readonly broadcast: Uint8Array = BROADCAST_MAC;
  /** The operator's second name for it (`ip link set DEV alias`). */
  alias = "";
  /** Sum of Iff, without UP. */
  protected kept: number;

  constructor(name: string, ifindex: number, options: DeviceOptions) {
    this.name = name;
    this.ifindex = ifindex;
    this.type = options.type ?? ARPHRD_ETHER;
    this.kept = options.flags ?? Iff.BROADCAST | Iff.MULTICAST;
  }

  /** IFF_LOOPBACK. */
  get loopback(): boolean {
    return (this.kept & LOOPBACK) !== 0;
  }

  /** IFF_NOARP: no address resolution on this link. */
  get noArp(): boolean {
    return (this.kept & NOARP) !== 0;
  }

  /** IFF_POINTOPOINT: everybody on the link is one neighbour. */
  get pointToPoint(): boolean {
    return (this.kept & POINTOPOINT) !== 0;
  }

  /** IFF_MULTICAST, which nothing here depends on; `ip link set DEV multicast on|off`. */
  get multicast(): boolean {
    return (this.kept & MULTICAST) !== 0;
  }

  setMulticast(on: boolean): void {
    if (on !== this.multicast) this.kept ^= MULTICAST;
  }
}
