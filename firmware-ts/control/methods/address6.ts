/** Addresses of IPv6 under the methods of `address.*`. */
import type { Lifetimes } from "../../ip/lifetimes.ts";
import { isMulticast6 } from "../../ip6/common/address-kind.ts";
import { AddressFlags } from "../../ip6/routing/addresses.ts";
import type { NetDevice } from "../../net/device.ts";
import { StackError } from "../../net/stack-error.ts";
import { ControlError } from "../rpc/protocol.ts";
import { type AddressFilter, type AddressInfo, ip6AddressInfo, selects } from "./address-view.ts";
import { type HostPrefix6, wrong } from "./forms.ts";
import type { MethodContext } from "./method.ts";

/** Flags that an operator may ask for, by the names of parameters. */
const FLAGS = [
  ["nodad", AddressFlags.NODAD],
  ["optimistic", AddressFlags.OPTIMISTIC],
  ["home", AddressFlags.HOMEADDRESS],
  ["mngtmpaddr", AddressFlags.MANAGETEMPADDR],
  ["noprefixroute", AddressFlags.NOPREFIXROUTE],
] as const;

/** Flags that a change sets anew: an address does not become optimistic later. */
const CHANGED: number = AddressFlags.NODAD | AddressFlags.HOMEADDRESS | AddressFlags.MANAGETEMPADDR | AddressFlags.NOPREFIXROUTE;

/** The settings of a new address. */
interface Settings extends Readonly<Partial<Record<(typeof FLAGS)[number][0], boolean | undefined>>> {
  readonly dev: string;
  readonly metric?: number | undefined;
}

export function addAddress6(
  context: MethodContext,
  settings: Settings,
  local: HostPrefix6 | undefined,
  peer: HostPrefix6 | undefined,
  lifetimes: Lifetimes,
  replace: boolean,
): null {
  if (!local) throw wrong("local is missing");
  const address = context.ip6Address(local.address);
  const { fib } = context.ip6(local.address);
  const device = context.device(settings.dev);
  if (isMulticast6(address)) {
    throw new ControlError("ADDRESS_INVALID", `${local.address} is a group`, { errno: "EINVAL", detail: "IP6_GROUP" });
  }
  let flags = 0;
  for (const [name, bit] of FLAGS) if (settings[name]) flags |= bit;
  // The word counts where optimistic_dad allows it; elsewhere it is passed over, as by Linux.
  if (!fib.conf.on(device).optimistic) flags &= ~AddressFlags.OPTIMISTIC;
  const known = replace ? fib.addresses.on(device, address) : null;
  return asked6(() => {
    if (known) {
      const metric = settings.metric || known.metric;
      fib.adding(device);
      fib.changeAddress(known, { lifetimes, metric, flags: (known.flags & ~CHANGED) | (flags & CHANGED) });
    } else {
      const { metric = 0 } = settings;
      const other = peer ? { peer: context.ip6Address(peer.address) } : {};
      fib.addAddress(device, address, (peer ?? local).length, { flags, metric, lifetimes, ...other });
    }
    return null;
  });
}

export function removeAddress6(
  context: MethodContext,
  dev: string,
  local: HostPrefix6 | undefined,
  peer: HostPrefix6 | undefined,
): null {
  // An address is named by itself, or by its peer where it has one.
  const named = local ?? peer;
  if (!named) throw wrong("local is missing");
  const address = context.ip6Address(named.address);
  const { fib } = context.ip6(named.address);
  const device = context.device(dev);
  const { length } = peer ?? named;
  const own = fib.addresses.on(device, address);
  if (own?.prefixLength === length) fib.removeAddress(own);
  else {
    const detail = "IP6_ADDRESS_MISSING";
    throw new ControlError("ADDRESS_MISSING", `${dev} has no address ${named.address}/${length}`, {
      errno: "EADDRNOTAVAIL",
      detail,
    });
  }
  return null;
}

/** Takes those addresses of a device that the filter selects, and returns them. */
export function flushAddresses6(context: MethodContext, device: NetDevice, filter: AddressFilter): AddressInfo[] {
  const { fib } = context.ip6("flush");
  const meant = fib.addresses
    .of(device)
    .map((own) => ({ own, info: ip6AddressInfo(own) }))
    .filter(({ info }) => selects(filter, info, device.name));
  for (const { own } of meant) fib.removeAddress(own);
  return meant.map(({ info }) => info);
}

/** Runs a request to IPv6. A refusal that IPv4 knows, too, says in its detail that it is IPv6's. */
export function asked6<T>(request: () => T): T {
  try {
    return request();
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    const { code, message, errno, detail } = error;
    throw new ControlError(code, message, { errno, detail: `IP6_${detail || code}` });
  }
}
