/** `address.*`: addresses of devices as `ip -j address` has them, and what an operator changes about them. */
import * as v from "valibot";
import { formatIpv4, INADDR_ANY, prefixMask } from "../../ip/address.ts";
import type { Lifetimes } from "../../ip/lifetimes.ts";
import { type AddressOptions, holds, type InterfaceAddress } from "../../ip4/routing/addresses.ts";
import { ControlError } from "../rpc/protocol.ts";
import { ADDRESS_FILTER, addressInfo, FOREVER, INFO, SCOPE_NAMES, scopeNumber, selects } from "./address-view.ts";
import { DEVICE, DEVICES, devicesOf, deviceView } from "./device.ts";
import { FLAG, HOST_PREFIX, type HostPrefix, integer, ipv4Of, maybe, needed, oneOf, TEXT, UINT_MAX, wrong } from "./forms.ts";
import { type MethodContext, method } from "./method.ts";

const ADDRESSES = v.pipe(v.object({ ...DEVICE, addr_info: v.array(INFO) }), v.title("device with addresses"));

export type AddressView = v.InferOutput<typeof ADDRESSES>;

const FLUSHED = v.object({ ifindex: v.number(), ifname: v.string(), addr_info: v.array(INFO) });

const SECONDS = integer(0, UINT_MAX);
const DEV = needed(TEXT, "device");
const PEER = maybe(HOST_PREFIX, "the peer's address on a point-to-point link; the length is then its");
const LABEL = maybe(TEXT, "what `ip address` prints last; default the device's name");

const NEW = {
  dev: DEV,
  local: needed(HOST_PREFIX, "the address; without a length 32"),
  peer: PEER,
  label: LABEL,
  broadcast: maybe(TEXT, "an address, + for all ones or - for all zeros; default none"),
  scope: maybe(oneOf(...SCOPE_NAMES), "or a number from 0 to 255; default that of the address"),
  metric: maybe(integer(0, UINT_MAX), "of the route to its prefix; default 0"),
  noprefixroute: maybe(FLAG, "it brings no route to its prefix"),
  valid_lft: maybe(SECONDS, `seconds until it is removed; default ${FOREVER}, for ever`),
  preferred_lft: maybe(SECONDS, `seconds until it is deprecated, at most valid_lft; default ${FOREVER}, for ever`),
};

type NewAddress = v.InferOutput<v.ObjectSchema<typeof NEW, undefined>>;

export const addressMethods = {
  "address.show": method({
    about: "Devices with their addresses.",
    params: DEVICES,
    result: v.array(ADDRESSES),
    errors: ["NO_DEVICE"],
    run: (context, params) =>
      devicesOf(context, params).map((device) => ({
        ...deviceView(device),
        addr_info: context.stack.ip.addresses.of(device).map(addressInfo),
      })),
  }),
  "address.add": method({
    about: "Gives a device an address.",
    params: NEW,
    result: v.null(),
    errors: ["NO_DEVICE", "ADDRESS_EXISTS", "SCOPE_INVALID", "LIFETIME_INVALID", "FAMILY_UNSUPPORTED"],
    run: (context, params) => add(context, params, false),
  }),
  "address.replace": method({
    about: "Gives a device an address, or the address that it has already these lifetimes and this metric and nothing else.",
    params: NEW,
    result: v.null(),
    errors: ["NO_DEVICE", "SCOPE_INVALID", "LIFETIME_INVALID", "FAMILY_UNSUPPORTED"],
    run: (context, params) => add(context, params, true),
  }),
  "address.del": method({
    about:
      "Takes an address from a device. A primary address takes the secondary ones of its subnet with it, unless promote_secondaries makes the first of them primary.",
    params: {
      dev: DEV,
      local: maybe(HOST_PREFIX, "the address; without a length 32. Needed without peer"),
      peer: PEER,
      label: LABEL,
      anyLength: maybe(FLAG, "whatever its length"),
    },
    result: v.null(),
    errors: ["NO_DEVICE", "ADDRESS_MISSING", "FAMILY_UNSUPPORTED"],
    run(context, { dev, local, peer, label, anyLength }) {
      const device = context.device(dev);
      const prefix = peer ?? local;
      if (!prefix) throw wrong("local is missing");
      const meant = (own: InterfaceAddress): boolean =>
        (!local || own.local === local.address) &&
        (anyLength || (own.prefixLength === prefix.length && holds(own, prefix.address))) &&
        (label === undefined || own.label === label);
      const own = context.stack.ip.addresses.of(device).find(meant);
      if (!own) {
        const written = prefixText(local ?? prefix);
        throw new ControlError("ADDRESS_MISSING", `${dev} has no address ${written}`, { errno: "EADDRNOTAVAIL", detail: written });
      }
      context.stack.ip.fib.removeAddress(own);
      return null;
    },
  }),
  "address.flush": method({
    about: "Takes addresses from the devices, all or those that are selected. Answers which they were.",
    params: { ...DEVICES, ...ADDRESS_FILTER },
    result: v.array(FLUSHED),
    errors: ["NO_DEVICE", "FAMILY_UNSUPPORTED"],
    run(context, { dev, up, ...filter }) {
      const { addresses, fib } = context.stack.ip;
      return devicesOf(context, { dev, up }).flatMap((device) => {
        const meant = addresses
          .of(device)
          .map((own) => ({ own, info: addressInfo(own) }))
          .filter(({ info }) => selects(filter, info));
        for (const { own } of meant) fib.removeAddress(own);
        const { ifindex, name: ifname } = device;
        return meant.length === 0 ? [] : [{ ifindex, ifname, addr_info: meant.map(({ info }) => info) }];
      });
    },
  }),
};

function add(context: MethodContext, params: NewAddress, replace: boolean): null {
  const { local, peer, label, broadcast, scope, metric = 0, noprefixroute: noPrefixRoute = false } = params;
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
