/** node:net for a stack. */
import { isIP, isIPv4, isIPv6 } from "node:net";
import { makeLookup, NO_NAMES } from "../dns/lookup.ts";
import { type SocketOptions as GroundOptions, Holds } from "../ground.ts";
import { readConnect } from "./arguments.ts";
import type { NetGround, NetStack } from "./ground.ts";
import { type ConnectionListener, NetServer, type ServerGround, type ServerOptions } from "./server.ts";
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
  return netOn({ stack, lookup: lookup ?? makeLookup(stack, NO_NAMES), holds });
}

/** Makes node:net on a ground that others have as well. */
export function netOn(base: NetGround): Net & { readonly ground: ServerGround } {
  const ground: ServerGround = { ...base, makeSocket: (options) => new Socket(options) };
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
    ground,
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
