/**
 * The door `whohas/dns`: a stub resolver of a stack with the API of node:dns. Its `lookup` is what the sockets of `whohas/net` and
 * `whohas/dgram` need to find hosts by name.
 *
 *     import { openBoard } from "whohas/board";
 *     import { dns } from "whohas/dns";
 *     import { net } from "whohas/net";
 *
 *     const board = await openBoard({ device: "enc28j60:sim", address: "192.168.10.10/24" });
 *     const { lookup, promises } = dns(board.stack, { servers: ["192.168.10.1"] });
 *     const { createConnection } = net(board.stack, { lookup });
 *     console.log(typeof createConnection, (await promises.lookup("localhost", 4)).address); // prints: function 127.0.0.1
 *     await board.close();
 */

export type { Lookup } from "../ground.ts";
export { type Dns, type DnsOptions, dns, type ResolverOptions } from "./dns.ts";
export type { DnsPromises, DnsResolver, ResolveOptions } from "./resolver.ts";
export type { DnsStack } from "./stub.ts";
