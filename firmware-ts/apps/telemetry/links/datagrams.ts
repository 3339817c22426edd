/** A link of plain datagrams, one way: what the collector's host answers is not listened to. */
import type { Destination } from "../../../ip/destination.ts";
import type { SendResult } from "../../../ip/send-result.ts";
import type { UdpSocket } from "../../../transport/udp-socket.ts";
import type { Link, LinkContext } from "../contract/link.ts";
import { roomOf } from "./room.ts";

export class DatagramLink implements Link {
  readonly #context: LinkContext;
  readonly #most: number;
  #socket: UdpSocket | null = null;
  #collector: Destination | null = null;

  /** @param most bytes that the collector takes in one datagram */
  constructor(context: LinkContext, most: number = Number.POSITIVE_INFINITY) {
    this.#context = context;
    this.#most = most;
  }

  get room(): number {
    return Math.min(this.#most, roomOf(this.#collector as Destination));
  }

  start(): void {
    const { stack, address, port, settled } = this.#context;
    this.#socket = stack.udp.open();
    this.#collector = this.#socket.to(address, port);
    this.#socket.onFate = settled;
  }

  send(message: Uint8Array, id: number): SendResult {
    return (this.#socket as UdpSocket).send(message, this.#collector as Destination, id);
  }

  stop(): void {
    this.#socket?.close();
  }
}
