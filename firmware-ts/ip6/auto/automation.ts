/**
 * The part of IPv6 that acts by itself: it asks whether new addresses are free, tells routers its groups, looks for routers and believes them.
 * A stack that does without (StackOptions.ip6Automatic) has static addresses and routes only, and sends nothing unasked.
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { DeviceEvent, NetDevice } from "../../net/device.ts";
import { WorkTimer } from "../../net/timer-wheel.ts";
import { isLinkLocal } from "../common/address-kind.ts";
import { ICMP6_ROUTER_ADVERTISEMENT, ICMP6_ROUTER_SOLICITATION } from "../common/icmp6-types.ts";
import { Mld } from "../mld/mld.ts";
import { MLD_DONE, MLD_QUERY, MLD_REPORT, MLD2_REPORT } from "../mld/wire.ts";
import { AddressFlags, type Ip6InterfaceAddress, isSettled } from "../routing/addresses.ts";
import type { Ip6FibUser } from "../routing/fib.ts";
import { AddressDetection } from "./detection.ts";
import type { AutoGround } from "./ground.ts";
import { NewAddresses } from "./new-addresses.ts";
import { Routers } from "./routers.ts";
import { RouterSolicitor } from "./solicitor.ts";
import { TemporaryAddresses } from "./temporary.ts";

export class Automation implements Ip6FibUser {
  readonly detection: AddressDetection;
  readonly #mld: Mld;
  readonly #solicitor: RouterSolicitor;
  readonly #temporary: TemporaryAddresses;
  readonly #new: NewAddresses;
  readonly #ground: AutoGround;
  /** Devices that are to introduce themselves anew. */
  readonly #anew = new Map<NetDevice, WorkTimer>();

  constructor(ground: AutoGround) {
    const { fib, network, ndisc, random, icmp } = ground;
    this.#ground = ground;
    this.detection = new AddressDetection(ground);
    const { timers, lateness } = ndisc.table;
    this.#mld = new Mld({
      fib,
      sender: ndisc.sender,
      timers,
      reportTo: fib.interner.intern(0xff020000 | 0, 0, 0, 0x16),
      random: random.fork("mld"),
      jiffy: lateness.jiffy,
      now: () => network.clock.now(),
    });
    this.#solicitor = new RouterSolicitor(ground);
    this.#temporary = new TemporaryAddresses(ground);
    this.#new = new NewAddresses(ndisc);
    this.detection.onTaken = (address) => this.#temporary.taken(address);
    const routers = new Routers(ground, this.#solicitor, this.#temporary);
    ndisc.handle(ICMP6_ROUTER_SOLICITATION, (skb, packet) => routers.solicitation(skb, packet));
    ndisc.handle(ICMP6_ROUTER_ADVERTISEMENT, (skb, packet) => routers.advertisement(skb, packet));
    fib.detection = this.detection;
    fib.groups.watcher = this.#mld;
    fib.watch(this);
    network.onDeviceEvent((device, event) => this.#event(device, event));
    icmp.handle(MLD_QUERY, (skb, packet) => this.#mld.query(skb, packet));
    icmp.handle(MLD_REPORT, (skb, packet) => this.#mld.report(skb, packet));
    for (const type of [MLD_DONE, MLD2_REPORT]) icmp.handle(type, passOver);
  }

  adding(device: NetDevice): void {
    this.#mld.of(device).restart();
  }

  settled(address: Ip6InterfaceAddress): void {
    const { fib, ndisc } = this.#ground;
    const { device } = address;
    const first = this.#isFirstOnLink(address);
    if (first && !device.loopback) this.#mld.of(device).introduce();
    // As in Linux, one that might have been asked for is told of, whether or not the device asks.
    if ((address.flags & AddressFlags.NODAD) === 0 && !device.loopback && fib.conf.on(device).notifies) ndisc.announceOne(address);
    this.#new.settled(address);
    if (first) this.#solicitor.begin(device);
  }

  removed(address: Ip6InterfaceAddress): void {
    this.#temporary.removed(address);
    this.#new.removed(address);
  }

  #event(device: NetDevice, event: DeviceEvent): void {
    switch (event) {
      case "up":
      case "carrier-up":
        this.detection.linked(device);
        this.#mld.of(device).restart();
        return;
      case "arp":
        this.#mld.of(device).restart();
        this.#askAnew(device);
        return;
      case "down":
        this.#mld.of(device).stop();
        this.#solicitor.end(device);
        this.#forgetAnew(device);
        return;
      case "unregister":
        this.#mld.forget(device);
        this.#forgetAnew(device);
    }
  }

  /** As in Linux, a device whose IFF_NOARP changes introduces itself and asks for routers anew, after the wait that a new address has. */
  #askAnew(device: NetDevice): void {
    const { fib, ndisc } = this.#ground;
    if (fib.addresses.linkLocal(device) === null) return;
    let timer = this.#anew.get(device);
    if (!timer) {
      timer = new WorkTimer(() => {
        this.#mld.of(device).introduce();
        this.#solicitor.begin(device);
      });
      this.#anew.set(device, timer);
    }
    ndisc.table.timers.arm(timer, this.detection.firstWait(device));
  }

  #forgetAnew(device: NetDevice): void {
    const timer = this.#anew.get(device);
    if (!timer) return;
    this.#ground.ndisc.table.timers.cancel(timer);
    this.#anew.delete(device);
  }

  /** It is the only link-local address of its device that is ours. */
  #isFirstOnLink(address: Ip6InterfaceAddress): boolean {
    if (!isLinkLocal(address.local)) return false;
    return !this.#ground.fib.addresses
      .of(address.device)
      .some((own) => own !== address && isLinkLocal(own.local) && isSettled(own));
  }
}

/** Messages of other listeners to routers are none of ours. */
function passOver(skb: SkBuff): DropReason {
  skb.consume();
  return DropReason.NONE;
}
