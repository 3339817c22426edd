/** Tells packets for us from others, by their addresses (RFC 4291 2.5.3, 2.7; RFC 4007 9). */
import { DropReason } from "../../hal/drop-reason.ts";
import type { Ip6 } from "../ip/ip6.ts";
import type { NetDevice } from "../net/device.ts";
import { AddressScope, isLoopback6, isMulticast6, scopeOf } from "./common/address-kind.ts";
import type { Fib6 } from "./routing/fib.ts";

const { NONE, IP_INHDR, IP_INADDRERRORS, IP_NOT_LOCAL, IPV6DISABLED } = DropReason;

/** Returns NONE for addresses of a packet that is for us, IP_NOT_LOCAL for those of one to another host, IP_INHDR for impossible ones. */
export function admit(fib: Fib6, source: Ip6, destination: Ip6, device: NetDevice): DropReason {
  if (!fib.isActive(device)) return IPV6DISABLED;
  if (isMulticast6(source)) return IP_INHDR;
  if (!device.loopback && (isLoopback6(source) || isLoopback6(destination))) return IP_INHDR;
  if (isMulticast6(destination)) {
    const scope = scopeOf(destination);
    if (scope === 0 || (scope === AddressScope.INTERFACE && !device.loopback)) return IP_INHDR;
    return fib.groups.has(device, destination) ? NONE : IP_INADDRERRORS;
  }
  return fib.isForUs(destination, device.loopback ? null : device) ? NONE : IP_NOT_LOCAL;
}
