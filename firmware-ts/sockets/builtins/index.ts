/** Binds Node's own network modules to a stack, for the whole process and for good: require(), import and Node's own users of them. */
import nodeDgram from "node:dgram";
import nodeDns from "node:dns";
import nodePromises from "node:dns/promises";
import { syncBuiltinESMExports } from "node:module";
import { dgram } from "../dgram/dgram.ts";
import { dns } from "../dns/dns.ts";
import type { DnsStack } from "../dns/stub.ts";
import type { Holds } from "../ground.ts";
import { netOn } from "../net/net.ts";
import { bindNet } from "./net.ts";

export interface BindOptions {
  /** Addresses of the servers of names. Default: those that the stack is told of. */
  readonly servers?: readonly string[] | undefined;
  /** Counts what the program waits for. */
  readonly holds: Holds;
}

/** @throws TypeError ERR_INVALID_IP_ADDRESS for a server */
export function bindBuiltins(stack: DnsStack, { servers, holds }: BindOptions): void {
  const { promises, ...names } = dns(stack, { servers, holds });
  const ground = { stack, holds, lookup: names.lookup };
  const bound = netOn(ground);
  Object.assign(nodeDns, names);
  Object.assign(nodePromises, promises);
  Object.assign(nodeDgram, dgram(stack, ground));
  bindNet(bound, bound.ground);
  syncBuiltinESMExports();
}
