/** A row of the suites about UDP: a datagram of the tester's, the text that a socket gets of it, and all that the DUT sends because of it. */
import type { Case } from "../../../contract/case.ts";
import type { DutSocket, SocketOptions } from "../../../contract/dut.ts";
import { acquainted, sentInShort } from "./answers.ts";

/** The port of the socket that listens, and of the tester's that sends. */
export const PORT = 7000;
export const SENDER_PORT = 4000;

export interface Delivery {
  id: string;
  what: string;
  source: string;
  frame: Uint8Array;
  /** The datagram is delivered with this text; null: it is not. */
  text: string | null;
  /** Address and port of the sender, as the socket is told; by endpoint(). Default SENDER_PORT of T1. */
  from?: string;
  sends?: readonly string[];
  socket?: SocketOptions;
}

/** An address of either family with a port: `10.0.0.2:4000`, `[fd00::2]:4000`. */
export function endpoint(ip: string, port: number = SENDER_PORT): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** The datagrams that a socket has got, each as its sender's endpoint() and its text. */
export function got(socket: DutSocket): string[] {
  return socket.received().map(({ from, port, bytes }) => `${endpoint(from, port)} ${new TextDecoder().decode(bytes)}`);
}

export function deliveries(list: readonly Delivery[]): Case[] {
  return list.map(({ id, what, source, frame, text, from, sends = [], socket = {} }) => ({
    id,
    title: `${what}: ${text === null ? "not delivered" : "delivered"}, ${sends.length === 0 ? "nothing is sent" : sends.join(", ")}`,
    source,
    async run(bench) {
      await acquainted(bench);
      const open = bench.socket({ port: PORT, ...socket });
      await bench.say(frame);
      bench.expect("what is sent", await sentInShort(bench), sends);
      const sender = from ?? endpoint(bench.plan.T1.ip);
      bench.expect("what is delivered", got(open), text === null ? [] : [`${sender} ${text}`]);
    },
  }));
}
