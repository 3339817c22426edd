/** node:dgram for a stack. */
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
