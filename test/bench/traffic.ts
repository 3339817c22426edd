/** Datagrams for the subjects: sent by a socket, or put on the wire for one. */

import type { Destination } from "../../firmware-ts/ip/destination.ts";
import type { Stack } from "../../firmware-ts/stack.ts";
import { BURST, expectCount, inBursts } from "./wire-bench.ts";

export const PEER = "10.0.0.2";
/** The socket that receives. */
export const PORT = 5000;
/** Ethernet 14, IPv4 20, UDP or ICMP 8; of ARP all of it. */
export const HEADERS = 42;
/** The bytes of payloads. */
export const FILL = 0x5a;

/** A stack whose frames are counted where they arrive. */
export interface Bench {
  readonly stack: Stack;
  readonly sink: { frames: number };
  /** Everything that is under way arrives. */
  tick(): void;
}

export function sender(bench: Bench, bytes: number, peers: readonly string[] = [PEER]): (count: number) => void {
  const socket = bench.stack.udp.open();
  const destinations = peers.map((peer) => socket.to(peer, 9));
  const payload = new Uint8Array(bytes).fill(FILL);
  const { sink } = bench;
  let sent = 0;
  let next = 0;
  const send = (): void => {
    if (socket.send(payload, destinations[next] as Destination).status === "sent") sent++;
    next = next + 1 === destinations.length ? 0 : next + 1;
  };
  const tick = (): void => bench.tick();
  return (count) => {
    sent = 0;
    sink.frames = 0;
    inBursts(count, send, tick);
    expectCount("udp send", sent, count);
    expectCount("udp send, on the wire", sink.frames, count);
  };
}

/** @param say puts one datagram for PORT, its payload made of FILL, where the stack's controller finds it */
export function receiver(bench: Bench, say: () => void, burst: number = BURST): (count: number) => void {
  let received = 0;
  bench.stack.udp.open(PORT).onDatagram = (datagram, at, length) => {
    if (datagram[at + length - 1] === FILL) received++;
  };
  const tick = (): void => bench.tick();
  return (count) => {
    received = 0;
    inBursts(count, say, tick, burst);
    expectCount("udp receive", received, count);
  };
}
