/** Reading the parameters of a request: everything a client sends is hostile until checked. */

import { parseIpv4, prefixMask } from "../inet/address.ts";
import type { NetDevice } from "../net/device.ts";
import { parseMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import { ControlError, type JsonObject, RpcCode } from "./rpc.ts";

function wrong(message: string): ControlError {
  return new ControlError("INVALID_PARAMS", message, RpcCode.INVALID_PARAMS);
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

export function flag(params: JsonObject, key: string): boolean {
  const value = params[key];
  if (value !== undefined && value !== null && typeof value !== "boolean") throw wrong(`${key} is not true or false`);
  return value === true;
}

export function ipv4Of(value: string): number {
  const address = parseIpv4(value);
  if (address === null) throw wrong(`Error: any valid address is expected rather than "${value}".`);
  return address;
}

/** An address or a prefix, `10.0.0.0/8`; host bits do not matter, as with `ip`. */
export function prefixOf(value: string): { address: number; mask: number } {
  const [, host = "", length = "32"] = /^([^/]*)(?:\/(\d{1,2}))?$/.exec(value) ?? [];
  const address = parseIpv4(host);
  if (address === null || Number(length) > 32) throw wrong(`Error: any valid prefix is expected rather than "${value}".`);
  const mask = prefixMask(Number(length));
  return { address: address & mask, mask };
}

/** @throws ControlError LLADDR_INVALID for octets that are not six, as the kernel refuses them */
export function macOf(value: string): Uint8Array {
  const mac = parseMac(value);
  if (mac) return mac;
  if (/^[0-9a-f]{1,2}(:[0-9a-f]{1,2})*$/i.test(value)) throw new ControlError("LLADDR_INVALID", "Error: Invalid link address.");
  throw wrong(`"${value}" is invalid lladdr.`);
}

/** The named device, in the words of `ip` when there is none. */
export function deviceOf(stack: Stack, name: string): NetDevice {
  const device = stack.network.device(name);
  if (!device) throw new ControlError("NO_DEVICE", `Cannot find device "${name}"`);
  return device;
}
