/**
 * The door `whohas/dgram`: datagram sockets of a stack with the API of node:dgram, for libraries that are written for it.
 *
 *     import { once } from "node:events";
 *     import { openBoard } from "whohas/board";
 *     import { dgram } from "whohas/dgram";
 *
 *     const board = await openBoard({ device: "enc28j60:sim", address: "192.168.10.10/24" });
 *     const { createSocket } = dgram(board.stack);
 *     const server = createSocket("udp4");
 *     server.on("message", (message, { address }) => console.log(`${message} from ${address}`)); // prints: hello from 192.168.10.10
 *     server.bind(5000);
 *     await once(server, "listening");
 *     const client = createSocket("udp4");
 *     await new Promise((resolve) => client.send("hello", 5000, "192.168.10.10", resolve));
 *     await new Promise((resolve) => setTimeout(resolve, 20));
 *     client.close();
 *     server.close();
 *     await board.close();
 */

export type { NodeAddress } from "../addresses.ts";
export { Holds, type Lookup, type SocketOptions, type SocketStack } from "../ground.ts";
export { type Dgram, dgram } from "./dgram.ts";
export type { RemoteInfo } from "./handle.ts";
export type { DgramBindOptions, DgramOptions, DgramSocket, MessageListener, SocketType } from "./socket.ts";
