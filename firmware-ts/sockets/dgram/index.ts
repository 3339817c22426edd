/**
 * The door `whohas/dgram`: datagram sockets of a stack with the API of node:dgram, for libraries that are written for it.
 *
 *     import { openBoard } from "whohas/board";
 *     import { dgram } from "whohas/dgram";
 *
 *     const board = await openBoard({ device: "enc28j60:sim", address: "192.168.10.10/24" });
 *     const { createSocket } = dgram(board.stack);
 *     const server = createSocket("udp4");
 *     server.on("message", (message, { address }) => console.log(`${message} from ${address}`)); // prints: hello from 192.168.10.10
 *     await new Promise((resolve) => server.bind(5000, resolve));
 *     const client = createSocket("udp4");
 *     await new Promise((resolve) => client.send("hello", 5000, "192.168.10.10", resolve));
 *     await new Promise((resolve) => setTimeout(resolve, 20));
 *     client.close();
 *     server.close();
 *     await board.close();
 */

import { makeLookup, NO_NAMES } from "../dns/lookup.ts";
import { Holds, type SocketOptions, type SocketStack } from "../ground.ts";
import { type DgramGround, type DgramOptions, DgramSocket, type MessageListener, type SocketType } from "./socket.ts";

/** The contents of node:dgram, for one stack. */
export interface Dgram {
  createSocket(kind: SocketType | DgramOptions, listener?: MessageListener): DgramSocket;
  readonly Socket: new (kind: SocketType | DgramOptions, listener?: MessageListener) => DgramSocket;
}

/** Makes node:dgram for a stack. */
export function dgram(stack: SocketStack, { lookup, holds = new Holds() }: SocketOptions = {}): Dgram {
  const ground: DgramGround = { stack, lookup: lookup ?? makeLookup(stack, NO_NAMES), holds };
  class Socket extends DgramSocket {
    constructor(kind: SocketType | DgramOptions, listener?: MessageListener) {
      super(ground, kind, listener);
    }
  }
  return { Socket, createSocket: (kind, listener) => new Socket(kind, listener) };
}

export type { NodeAddress } from "../addresses.ts";
export { Holds, type Lookup, type SocketOptions, type SocketStack } from "../ground.ts";
export type { RemoteInfo } from "./handle.ts";
export type { DgramBindOptions, DgramOptions, DgramSocket, MessageListener, SocketType } from "./socket.ts";
