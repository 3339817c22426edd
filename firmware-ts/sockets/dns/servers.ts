/** Servers of names in the words of node:dns: `ADDR`, `ADDR:PORT`, `[ADDR6]:PORT`. */
import { isIP } from "node:net";
import { checkString, codedError } from "../node-errors.ts";
import type { DnsServer } from "./question.ts";

export const DNS_PORT = 53;

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_IP_ADDRESS */
export function readServer(text: string): DnsServer {
  checkString(text, "servers");
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? "";
  if (isIP(address) === 0) throw codedError(TypeError, "ERR_INVALID_IP_ADDRESS", `Invalid IP address: ${text}`);
  return { address, port: port === undefined ? DNS_PORT : Number(port) };
}
