/**
 * What IPv6 does by itself: it asks whether new addresses are free, tells routers its groups, looks for routers and believes them.
 * A stack that does without (StackOptions.ip6Automatic) has static addresses and routes only, and sends nothing unasked.
 */
import type { DeviceEvent, NetDevice } from "../../net/device.ts";
import { isLinkLocal } from "../common/address-kind.ts";
import { type Ip6InterfaceAddress, isSettled } from "../routing/addresses.ts";
import type { Ip6FibUser } from "../routing/fib.ts";
import { AddressDetection } from "./detection.ts";
import type { AutoGround } from "./ground.ts";

export class Automation implements Ip6FibUser {
  readonly detection: AddressDetection;
  readonly #ground: AutoGround;

  constructor(ground: AutoGround) {
    const { fib, network } = ground;
    this.#ground = ground;
    this.detection = new AddressDetection(ground);
    fib.detection = this.detection;
    fib.watch(this);
    network.onDeviceEvent((device, event) => this.#event(device, event));
  }

  adding(_device: NetDevice): void {}

  settled(address: Ip6InterfaceAddress): void {
    const { fib, ndisc } = this.#ground;
    const { device } = address;
    if (this.detection.concluding === address && fib.conf.on(device).notifies) ndisc.announceOne(address);
  }

  removed(_address: Ip6InterfaceAddress): void {}

  #event(device: NetDevice, event: DeviceEvent): void {
    if (event === "carrier-up") this.detection.linked(device);
  }

  /** It is the only link-local address of its device that is ours. */
  #isFirstOnLink(address: Ip6InterfaceAddress): boolean {
    if (!isLinkLocal(address.local)) return false;
    return !this.#ground.fib.addresses.of(address.device).some((own) => own !== address && isLinkLocal(own.local) && isSettled(own));
  }
}
