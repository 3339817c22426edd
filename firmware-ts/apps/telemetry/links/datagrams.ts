/**
 * A link of plain datagrams, one way. Of what the collector's host answers, it hears where that is asked for that the newest message was
 * refused: a word of ICMP does not say of which one it is.
 */
import type { Destination } from "../../../ip/destination.ts";
import type { SendResult } from "../../../ip/send-result.ts";
import type { UdpSocket } from "../../../transport/udp-socket.ts";
import { failure, type Link, type LinkContext } from "../contract/link.ts";
import { roomOf } from "./room.ts";

export class DatagramLink implements Link {
  readonly #context: LinkContext;
  readonly #most: number;
  #socket: UdpSocket | null = null;
  #collector: Destination | null = null;
  /** The newest message that was sent, until it is refused. */
  #newest = 0;

  /** @param most bytes that the collector takes in one datagram */
  constructor(context: LinkContext, most: number = Number.POSITIVE_INFINITY) {
    this.#context = context;
    this.#most = most;
  }

  get room(): number {
    return Math.min(this.#most, roomOf(this.#collector as Destination));
  }

  start(): void {
    const { stack, address, port, settled, refusals } = this.#context;
    const socket = stack.udp.open();
    this.#socket = socket;
    this.#collector = socket.to(address, port);
    socket.onFate = (id, result) => {
      this.#note(id, result);
      settled(id, result);
    };
    if (refusals) socket.onError = ({ errno }) => this.#refused(errno === "EMSGSIZE" ? "PKT_TOO_BIG" : `ICMP_${errno}`);
  }

  send(message: Uint8Array, id: number): SendResult {
    const result = (this.#socket as UdpSocket).send(message, this.#collector as Destination, id);
    this.#note(id, result);
    return result;
  }

  stop(): void {
    this.#socket?.close();
  }

  /** A message that was lost on the board itself was told of already. */
  #note(id: number, { status }: SendResult): void {
    if (status === "sent") this.#newest = id;
    else if (status === "failed" && id === this.#newest) this.#newest = 0;
  }

  #refused(reason: string): void {
    const id = this.#newest;
    this.#newest = 0;
    if (id !== 0) this.#context.settled(id, failure(reason));
  }
}
