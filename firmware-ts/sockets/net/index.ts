/**
 * The door `whohas/net`: TCP sockets and servers of a stack with the API of node:net, so that libraries which take a stream, an agent
 * or a `createConnection` run over the stack's own devices.
 *
 *     import { openBoard } from "whohas/board";
 *     import { net } from "whohas/net";
 *
 *     const board = await openBoard({ device: "enc28j60:sim", address: "192.168.10.10/24" });
 *     const { createConnection, createServer } = net(board.stack);
 *     const server = createServer((socket) => socket.end("hello"));
 *     await new Promise((resolve) => server.listen(7, resolve));
 *     const client = createConnection(7, "192.168.10.10");
 *     for await (const bytes of client) console.log(`${bytes}`); // prints: hello
 *     server.close();
 *     await board.close();
 */
import { isIP, isIPv4, isIPv6 } from "node:net";
import { makeLookup, NO_NAMES } from "../dns/lookup.ts";
import { type SocketOptions as GroundOptions, Holds } from "../ground.ts";
import { readConnect } from "./arguments.ts";
import type { NetGround, NetStack } from "./ground.ts";
import { type ConnectionListener, NetServer, type ServerOptions } from "./server.ts";
import { NetSocket, type SocketOptions } from "./socket.ts";

/** The contents of node:net, for one stack. */
export interface Net {
  /** connect(options[, callback]), connect(port[, host][, callback]) */
  connect(...words: unknown[]): NetSocket;
  createConnection(...words: unknown[]): NetSocket;
  createServer(options?: ServerOptions | ConnectionListener, listener?: ConnectionListener): NetServer;
  readonly Socket: new (options?: SocketOptions) => NetSocket;
  readonly Server: new (options?: ServerOptions | ConnectionListener, listener?: ConnectionListener) => NetServer;
  readonly isIP: typeof isIP;
  readonly isIPv4: typeof isIPv4;
  readonly isIPv6: typeof isIPv6;
}

/** Makes node:net for a stack. */
export function net(stack: NetStack, { lookup, holds = new Holds() }: GroundOptions = {}): Net {
  const ground: NetGround = {
    stack,
    lookup: lookup ?? makeLookup(stack, NO_NAMES),
    holds,
    makeSocket: (options) => new Socket(options),
  };
  class Socket extends NetSocket {
    constructor(options?: SocketOptions) {
      super(ground, options);
    }
  }
  class Server extends NetServer {
    constructor(options?: ServerOptions | ConnectionListener, listener?: ConnectionListener) {
      super(ground, options, listener);
    }
  }
  const connect = (...words: unknown[]): NetSocket => {
    const [options] = readConnect(words);
    return new Socket(options as SocketOptions).connect(...words);
  };
  return {
    Socket,
    Server,
    connect,
    createConnection: connect,
    createServer: (options, listener) => new Server(options, listener),
    isIP,
    isIPv4,
    isIPv6,
  };
}

export type { NodeAddress } from "../addresses.ts";
export { Holds, type Lookup } from "../ground.ts";
export type { ConnectOptions, ListenOptions } from "./arguments.ts";
export type { NetStack, TcpService } from "./ground.ts";
export type { ConnectionListener, NetServer, ServerOptions } from "./server.ts";
export type { NetSocket, SocketOptions } from "./socket.ts";
