/** `address.*`: addresses of devices as `ip -j address` has them, and what an operator changes about them. */
import * as v from "valibot";
import { formatIpv4, INADDR_ANY, prefixMask } from "../../ip/address.ts";
import type { AddressOptions, InterfaceAddress } from "../../ip4/routing/addresses.ts";
import { Scope } from "../../ip4/routing/scope.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Stack } from "../../stack.ts";
import { ControlError } from "../rpc/protocol.ts";
import { DEVICE, DEVICES, devicesOf, deviceView } from "./device.ts";
import { FLAG, HOST_PREFIX, ipv4Of, maybe, needed, oneOf, TEXT } from "./forms.ts";
import { method } from "./method.ts";

const INFO = v.pipe(
  v.object({
    family: v.string(),
    local: v.string(),
    prefixlen: v.number(),
    broadcast: v.exactOptional(v.string()),
    scope: v.string(),
    secondary: v.exactOptional(v.boolean()),
    label: v.string(),
    valid_life_time: v.number(),
    preferred_life_time: v.number(),
  }),
  v.title("address"),
);

const ADDRESSES = v.pipe(v.object({ ...DEVICE, addr_info: v.array(INFO) }), v.title("device with addresses"));

export type AddressView = v.InferOutput<typeof ADDRESSES>;

/** Scopes by name; `ip` prints others as numbers. */
const SCOPES: readonly (readonly [name: string, scope: number])[] = [
  ["global", Scope.GLOBAL],
  ["link", Scope.LINK],
  ["host", Scope.HOST],
  ["nowhere", Scope.NOWHERE],
];

const ONE = {
  dev: needed(TEXT, "device"),
  local: needed(HOST_PREFIX, "the address; without a length 32"),
  label: maybe(TEXT, "what `ip address` prints last; default the device's name"),
};

export const addressMethods = {
  "address.show": method({
    about: "Devices with their addresses.",
    params: DEVICES,
    result: v.array(ADDRESSES),
    errors: ["NO_DEVICE"],
    run: (context, params) => devicesOf(context, params).map((device) => addressView(context.stack, device)),
  }),
  "address.add": method({
    about: "Gives a device an address.",
    params: {
      ...ONE,
      broadcast: maybe(TEXT, "an address, + for all ones or - for all zeros; default none"),
      scope: maybe(oneOf(...SCOPES.map(([name]) => name)), "default that of the address"),
    },
    result: v.null(),
    errors: ["NO_DEVICE", "ADDRESS_EXISTS", "SCOPE_INVALID", "FAMILY_UNSUPPORTED"],
    run(context, { dev, local: { address, length }, label, broadcast, scope }) {
      const device = context.device(dev);
      // Said, and nothing is made of it, as in the kernel.
      if (address === INADDR_ANY) return null;
      const options: AddressOptions = { broadcast: broadcastOf(broadcast, address, length) };
      if (label !== undefined) options.label = label;
      if (scope !== undefined) options.scope = scopeOf(scope);
      context.stack.ip.fib.addAddress(device, address, length, options);
      return null;
    },
  }),
  "address.del": method({
    about: "Takes an address from a device. A primary address takes the secondary ones of its subnet with it.",
    params: { ...ONE, anyLength: maybe(FLAG, "whatever its length") },
    result: v.null(),
    errors: ["NO_DEVICE", "ADDRESS_MISSING", "FAMILY_UNSUPPORTED"],
    run(context, { dev, local: { address, length }, label, anyLength }) {
      const device = context.device(dev);
      const meant = (own: InterfaceAddress): boolean =>
        own.local === address && (anyLength || own.prefixLength === length) && (label === undefined || own.label === label);
      const own = context.stack.ip.addresses.of(device).find(meant);
      if (!own) {
        const written = `${formatIpv4(address)}/${length}`;
        throw new ControlError("ADDRESS_MISSING", `${dev} has no address ${written}`, { errno: "EADDRNOTAVAIL", detail: written });
      }
      context.stack.ip.fib.removeAddress(own);
      return null;
    },
  }),
  "address.flush": method({
    about: "Takes every address from the devices. Answers how many went.",
    params: DEVICES,
    result: v.number(),
    errors: ["NO_DEVICE"],
    run(context, params) {
      const { addresses, fib } = context.stack.ip;
      let gone = 0;
      for (const device of devicesOf(context, params)) {
        for (let own = addresses.of(device)[0]; own; own = addresses.of(device)[0]) gone += fib.removeAddress(own).length;
      }
      return gone;
    },
  }),
};

/** Lifetime in seconds that `ip` prints as "forever". */
const FOREVER = 0xffffffff;

function addressView(stack: Stack, device: NetDevice): AddressView {
  const info = stack.ip.addresses.of(device).map((own) => ({
    family: "inet",
    local: formatIpv4(own.local),
    prefixlen: own.prefixLength,
    ...(own.broadcast ? { broadcast: formatIpv4(own.broadcast) } : {}),
    scope: scopeName(own.scope),
    ...(own.secondary ? { secondary: true } : {}),
    label: own.label,
    valid_life_time: FOREVER,
    preferred_life_time: FOREVER,
  }));
  return { ...deviceView(device), addr_info: info };
}

export function scopeName(scope: number): string {
  return SCOPES.find(([, value]) => value === scope)?.[0] ?? String(scope);
}

function scopeOf(written: string): number {
  const known = SCOPES.find(([name]) => name === written);
  if (known) return known[1];
  throw new ControlError("SCOPE_INVALID", `no scope is called "${written}"`, { errno: "EINVAL", detail: written });
}

/** `ip` gives an address no broadcast address unless it is told to; `+` and `-` are all ones and all zeros. */
function broadcastOf(written: string | undefined, local: number, length: number): number {
  const mask = prefixMask(length);
  if (written === undefined) return 0;
  if (written === "+") return local | ~mask;
  return written === "-" ? local & mask : ipv4Of(written);
}
