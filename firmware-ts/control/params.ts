/** Reading the parameters of a request: everything a client sends is hostile until checked. */

import { type Ip4, parseIpv4, prefixMask } from "../ip/address.ts";
import type { NetDevice } from "../net/device.ts";
import type { Stack } from "../stack.ts";
import { ControlError, type JsonObject, RpcCode } from "./rpc/protocol.ts";

function wrong(message: string): ControlError {
  return new ControlError("INVALID_PARAMS", message, { rpcCode: RpcCode.INVALID_PARAMS });
}

export function optionalText(params: JsonObject, key: string): string | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw wrong(`${key} is not a string`);
  return value;
}

export function text(params: JsonObject, key: string): string {
  const value = optionalText(params, key);
  if (value === undefined) throw wrong(`${key} is missing`);
  return value;
}

export function optionalInteger(params: JsonObject, key: string, min: number, max: number): number | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw wrong(`${key} is not an integer from ${min} to ${max}`);
  }
  return value;
}

export function optionalNumber(params: JsonObject, key: string, min: number, max: number): number | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !(value >= min && value <= max)) throw wrong(`${key} is not a number from ${min} to ${max}`);
  return value;
}

export function optionalFlag(params: JsonObject, key: string): boolean | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw wrong(`${key} is not true or false`);
  return value;
}

export function flag(params: JsonObject, key: string): boolean {
  return optionalFlag(params, key) ?? false;
}

/** A list of strings. */
export function texts(params: JsonObject, key: string): string[] | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) throw wrong(`${key} is not a list of strings`);
  return value;
}

export function ipv4Of(value: string): Ip4 {
  const address = parseIpv4(value);
  if (address === null) throw wrong(`Error: any valid address is expected rather than "${value}".`);
  return address;
}

/** An address with the length of its prefix, `10.0.0.1/8`; without one it is 32. */
export function hostPrefixOf(value: string): { address: number; length: number } {
  const [, host = "", length = "32"] = /^([^/]*)(?:\/(\d{1,2}))?$/.exec(value) ?? [];
  const address = parseIpv4(host);
  if (address === null || Number(length) > 32) throw wrong(`Error: any valid prefix is expected rather than "${value}".`);
  return { address, length: Number(length) };
}

/** An address or a prefix, `10.0.0.0/8`; host bits do not matter, as with `ip`. */
export function prefixOf(value: string): { address: number; mask: number; length: number } {
  const { address, length } = hostPrefixOf(value);
  const mask = prefixMask(length);
  return { address: address & mask, mask, length };
}

/** Octets of hexadecimal between colons, however many. */
export function linkAddressOf(value: string): Uint8Array {
  if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){0,31}$/i.test(value)) throw wrong(`"${value}" is invalid lladdr.`);
  return Uint8Array.from(value.split(":"), (octet) => Number.parseInt(octet, 16));
}

/** The named device, in the words of `ip` when there is none. */
export function deviceOf(stack: Stack, name: string): NetDevice {
  const device = stack.network.device(name);
  if (!device) throw new ControlError("NO_DEVICE", `Cannot find device "${name}"`);
  return device;
}
