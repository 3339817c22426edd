/** `address.*`: addresses of devices as `ip -j address` has them, and what an operator changes about them. */
import * as v from "valibot";
import { formatIpv4, INADDR_ANY, prefixMask } from "../../ip/address.ts";
import type { Lifetimes } from "../../ip/lifetimes.ts";
import { type AddressOptions, holds, type InterfaceAddress } from "../../ip4/routing/addresses.ts";
import type { NetDevice } from "../../net/device.ts";
import { ControlError } from "../rpc/protocol.ts";
import {
  ADDRESS_FILTER,
  type AddressFilter,
  type AddressInfo,
  addressInfo,
  FOREVER,
  INFO,
  ip6AddressInfo,
  SCOPE_NAMES,
  scopeNumber,
  selects,
} from "./address-view.ts";
import { addAddress6, flushAddresses6, removeAddress6 } from "./address6.ts";
import { familiesOf } from "./by-family.ts";
import { DEVICE, DEVICES, devicesOf, deviceView } from "./device.ts";
import {
  FAMILY,
  FLAG,
  type HostPrefix,
  type HostPrefix6,
  IP_HOST_PREFIX,
  integer,
  ipv4Of,
  isOfIpv6,
  maybe,
  needed,
  oneOf,
  TEXT,
  UINT_MAX,
  wrong,
} from "./forms.ts";
import { type MethodContext, method } from "./method.ts";

const ADDRESSES = v.pipe(v.object({ ...DEVICE, addr_info: v.array(INFO) }), v.title("device with addresses"));

export type AddressView = v.InferOutput<typeof ADDRESSES>;

const FLUSHED = v.object({ ifindex: v.number(), ifname: v.string(), addr_info: v.array(INFO) });

const SECONDS = integer(0, UINT_MAX);
const DEV = needed(TEXT, "device");
const PEER = maybe(IP_HOST_PREFIX, "the peer's address on a point-to-point link; the length is then its");
const LABEL = maybe(TEXT, "what `ip address` prints last; default the device's name");

const NEW = {
  dev: DEV,
  local: needed(IP_HOST_PREFIX, "the address; without a length that of a host"),
  peer: PEER,
  label: LABEL,
  broadcast: maybe(TEXT, "an address, + for all ones or - for all zeros; default none"),
  scope: maybe(oneOf(...SCOPE_NAMES), "or a number from 0 to 255; default that of the address"),
  metric: maybe(integer(0, UINT_MAX), "of the route to its prefix; default 0, of IPv6 256"),
  nodad: maybe(FLAG, "IPv6: nobody is asked whether it is free"),
  optimistic: maybe(FLAG, "IPv6: it is used while the others are asked"),
  home: maybe(FLAG, "IPv6: a home address (RFC 6275)"),
  mngtmpaddr: maybe(FLAG, "IPv6: temporary addresses are made for its prefix"),
  noprefixroute: maybe(FLAG, "it brings no route to its prefix"),
  valid_lft: maybe(SECONDS, `seconds until it is removed; default ${FOREVER}, for ever`),
  preferred_lft: maybe(SECONDS, `seconds until it is deprecated, at most valid_lft; default ${FOREVER}, for ever`),
};

export type NewAddress = v.InferOutput<v.ObjectSchema<typeof NEW, undefined>>;

export const addressMethods = {
  "address.show": method({
    about: "Devices with their addresses.",
    params: DEVICES,
    result: v.array(ADDRESSES),
    errors: ["NO_DEVICE"],
    run: (context, params) =>
      devicesOf(context, params).map((device) => ({
        ...deviceView(device),
        addr_info: [
          ...context.stack.ip.addresses.of(device).map(addressInfo),
          ...(context.stack.ip6?.addresses.of(device).map(ip6AddressInfo) ?? []),
        ],
      })),
  }),
  "address.add": method({
    about: "Gives a device an address.",
    params: NEW,
    result: v.null(),
    errors: ["NO_DEVICE", "ADDRESS_EXISTS", "ADDRESS_INVALID", "SCOPE_INVALID", "LIFETIME_INVALID", "FAMILY_UNSUPPORTED"],
    run: (context, params) => add(context, params, false),
  }),
  "address.replace": method({
    about: "Gives a device an address, or the address that it has already these lifetimes and this metric and nothing else.",
    params: NEW,
    result: v.null(),
    errors: ["NO_DEVICE", "ADDRESS_INVALID", "SCOPE_INVALID", "LIFETIME_INVALID", "FAMILY_UNSUPPORTED"],
    run: (context, params) => add(context, params, true),
  }),
  "address.del": method({
    about:
      "Takes an address from a device. A primary address takes the secondary ones of its subnet with it, unless promote_secondaries makes the first of them primary; one of IPv6 goes alone.",
    params: {
      dev: DEV,
      local: maybe(IP_HOST_PREFIX, "the address; without a length that of a host. Needed without peer"),
      peer: PEER,
      label: LABEL,
      anyLength: maybe(FLAG, "whatever its length"),
    },
    result: v.null(),
    errors: ["NO_DEVICE", "ADDRESS_MISSING", "FAMILY_UNSUPPORTED"],
    run(context, { dev, local, peer, label, anyLength }) {
      const written = oneFamily(local, peer);
      if (written.six) return removeAddress6(context, dev, written.local, written.peer);
      const { local: given, peer: other } = written;
      const device = context.device(dev);
      const prefix = other ?? given;
      if (!prefix) throw wrong("local is missing");
      const meant = (own: InterfaceAddress): boolean =>
        (!given || own.local === given.address) &&
        (anyLength || (own.prefixLength === prefix.length && holds(own, prefix.address))) &&
        (label === undefined || own.label === label);
      const own = context.stack.ip.addresses.of(device).find(meant);
      if (!own) {
        const name = prefixText(given ?? prefix);
        throw new ControlError("ADDRESS_MISSING", `${dev} has no address ${name}`, { errno: "EADDRNOTAVAIL", detail: name });
      }
      context.stack.ip.fib.removeAddress(own);
      return null;
    },
  }),
  "address.flush": method({
    about: "Takes addresses from the devices, all or those that are selected. Answers which they were.",
    params: { ...DEVICES, ...ADDRESS_FILTER, family: maybe(FAMILY, "address family; default both") },
    result: v.array(FLUSHED),
    errors: ["NO_DEVICE", "FAMILY_UNSUPPORTED"],
    run(context, { dev, up, family, ...filter }) {
      const devices = devicesOf(context, { dev, up });
      const families = familiesOf(context, family, filter.to);
      return devices.flatMap((device) => {
        const gone = families.flatMap((version) => (version === 4 ? flush : flushAddresses6)(context, device, filter));
        const { ifindex, name: ifname } = device;
        return gone.length === 0 ? [] : [{ ifindex, ifname, addr_info: gone }];
      });
    },
  }),
};

function flush({ stack }: MethodContext, device: NetDevice, filter: AddressFilter): AddressInfo[] {
  const { addresses, fib } = stack.ip;
  const meant = addresses
    .of(device)
    .map((own) => ({ own, info: addressInfo(own) }))
    .filter(({ info }) => selects(filter, info, device.name));
  for (const { own } of meant) fib.removeAddress(own);
  return meant.map(({ info }) => info);
}

/** An address and its peer's, which are of one family. */
type Written =
  | { six: false; local: HostPrefix | undefined; peer: HostPrefix | undefined }
  | { six: true; local: HostPrefix6 | undefined; peer: HostPrefix6 | undefined };

function oneFamily(local: HostPrefix | HostPrefix6 | undefined, peer: HostPrefix | HostPrefix6 | undefined): Written {
  if (local && isOfIpv6(local)) {
    if (!peer || isOfIpv6(peer)) return { six: true, local, peer };
  } else if (!peer || !isOfIpv6(peer)) return { six: false, local, peer };
  else if (!local) return { six: true, local, peer };
  throw wrong("local and peer are of different families");
}

function add(context: MethodContext, params: NewAddress, replace: boolean): null {
  const { label, broadcast, scope, metric = 0, noprefixroute: noPrefixRoute = false } = params;
  const written = oneFamily(params.local, params.peer);
  if (written.six) return addAddress6(context, params, written.local, written.peer, lifetimesOf(params), replace);
  const { local, peer } = written;
  if (!local) throw wrong("local is missing");
  const { fib, addresses } = context.stack.ip;
  const device = context.device(params.dev);
  // Said, and nothing is made of it, as in the kernel.
  if (local.address === INADDR_ANY) return null;
  const { address, length } = peer ?? local;
  const lifetimes = lifetimesOf(params);
  const known = replace ? addresses.matching(device, local.address, length, address) : undefined;
  if (known) {
    fib.changeAddress(known, { lifetimes, metric });
    return null;
  }
  const options: AddressOptions = {
    peer: address,
    broadcast: broadcastOf(broadcast, address, length),
    metric,
    noPrefixRoute,
    lifetimes,
  };
  if (label !== undefined) options.label = label;
  if (scope !== undefined) options.scope = scopeOf(scope);
  fib.addAddress(device, local.address, length, options);
  return null;
}

function lifetimesOf({ valid_lft: valid = FOREVER, preferred_lft: preferred = FOREVER }: NewAddress): Lifetimes {
  return { ...(valid === FOREVER ? {} : { valid }), ...(preferred === FOREVER ? {} : { preferred }) };
}

function prefixText({ address, length }: HostPrefix): string {
  return `${formatIpv4(address)}/${length}`;
}

function scopeOf(written: string): number {
  const scope = scopeNumber(written);
  if (scope !== undefined) return scope;
  throw new ControlError("SCOPE_INVALID", `no scope is called "${written}"`, { errno: "EINVAL", detail: written });
}

/** `ip` gives an address no broadcast address unless it is told to; `+` and `-` are all ones and all zeros, where there is room for them. */
function broadcastOf(written: string | undefined, address: number, length: number): number {
  if (written === undefined) return 0;
  if (written !== "+" && written !== "-") return ipv4Of(written);
  const mask = prefixMask(length);
  if (length >= 31) return 0;
  return written === "+" ? address | ~mask : address & mask;
}
