/**
 * A CoAP client's side (RFC 7252 section 4) as a link: each message is a request of its own. A non-confirmable one leaves and asks for
 * no response. A confirmable one is sent again until it is acknowledged, at growing intervals; one of them is under way at a time
 * (NSTART), the others wait their turn.
 */
import type { Timer } from "../../../../../hal/clock.ts";
import type { Destination } from "../../../../ip/destination.ts";
import type { SendResult } from "../../../../ip/send-result.ts";
import type { UdpSocket } from "../../../../transport/udp-socket.ts";
import { failure, type Link, type LinkContext, MOST_UNDER_WAY, SENT } from "../../contract/link.ts";
import { roomOf } from "../room.ts";
import {
  CoapCode,
  type CoapHeader,
  CoapType,
  codeName,
  emptyMessage,
  isResponse,
  isSuccess,
  pathSegments,
  readHeader,
  requestHead,
  tokenIs,
} from "./message.ts";

/** Transmission parameters (section 4.8), times in ms. */
const ACK_TIMEOUT = 2000;
const ACK_RANDOM_FACTOR = 1.5;
const MAX_RETRANSMIT = 4;
/** The retransmission with which the next hop is in doubt, too. */
const DOUBTFUL = 2;
/** A separate response is waited for so long (EXCHANGE_LIFETIME, section 4.8.2). */
const EXCHANGE_LIFETIME = 247_000;

const TOKEN = 4;
const IDS = 0x10000;
/** Cookies of datagrams whose fate is not that of a message: confirmable ones, of which one is under way, and replies. */
const CONFIRMABLE = 0;
const REPLY = -1;
const NO_TOKEN = new Uint8Array(0);

export interface CoapOptions {
  /** CoapCode.POST or PUT. */
  readonly code: number;
  readonly path: string;
  readonly contentFormat: number;
  /** One in so many messages is confirmable; 0: none, 1: each. */
  readonly confirmEvery: number;
}

/** A confirmable message until its fate is known. */
interface Exchange {
  readonly id: number;
  readonly messageId: number;
  readonly token: Uint8Array;
  readonly datagram: Uint8Array;
  /** Times that it was sent again. */
  attempts: number;
  timeout: number;
  /** The reason that its newest transmission did not leave the board. */
  lost: string;
  /** It is acknowledged, and the response comes by itself (section 5.2.2). */
  acknowledged: boolean;
}

export class CoapLink implements Link {
  readonly #context: LinkContext;
  readonly #options: CoapOptions;
  readonly #path: readonly Uint8Array[];
  /** Bytes in front of a payload. */
  readonly #overhead: number;
  readonly #timer: Timer;
  readonly #header: CoapHeader = { type: CoapType.ACK, code: 0, id: 0, tokenLength: 0 };
  #messageId: number;
  #count = 0;
  #socket: UdpSocket | null = null;
  #collector: Destination | null = null;
  #current: Exchange | null = null;
  readonly #waiting: Exchange[] = [];

  constructor(context: LinkContext, options: CoapOptions) {
    this.#context = context;
    this.#options = options;
    this.#path = pathSegments(options.path);
    const heads = [this.#head(CoapType.NON, 0, NO_TOKEN), this.#head(CoapType.CON, 0, new Uint8Array(TOKEN))];
    this.#overhead = Math.max(...heads.map(({ length }) => length));
    this.#messageId = context.random.below(IDS);
    this.#timer = context.stack.clock.timer(() => this.#timedOut());
  }

  get room(): number {
    return roomOf(this.#collector as Destination) - this.#overhead;
  }

  start(): void {
    const { stack, address, port } = this.#context;
    const socket = stack.udp.open();
    this.#socket = socket;
    this.#collector = socket.to(address, port);
    socket.onFate = (cookie, result) => this.#fate(cookie, result);
    const { address: collector } = this.#collector;
    // A datagram of anybody else is no answer (section 4.4).
    socket.onDatagram = (bytes, at, length, source, from) => {
      if (source === collector && from === port) this.#receive(bytes, at, length);
    };
  }

  send(message: Uint8Array, id: number): SendResult | null {
    const { confirmEvery } = this.#options;
    const confirmable = confirmEvery > 0 && this.#count++ % confirmEvery === 0;
    // Nothing comes back that a token could be found in.
    if (!confirmable) return this.#transmit(this.#datagram(CoapType.NON, this.#nextId(), NO_TOKEN, message), id);
    if (this.#waiting.length + 1 >= MOST_UNDER_WAY) return failure("COAP_BUSY");
    const messageId = this.#nextId();
    const token = this.#newToken();
    const datagram = this.#datagram(CoapType.CON, messageId, token, message);
    const spread = 1 + this.#context.random.next() * (ACK_RANDOM_FACTOR - 1);
    const exchange = { id, messageId, token, datagram, attempts: 0, timeout: ACK_TIMEOUT * spread, lost: "", acknowledged: false };
    if (this.#current) {
      this.#waiting.push(exchange);
      return null;
    }
    return this.#begin(exchange) === "queued" ? { status: "queued", reason: "" } : null;
  }

  stop(): void {
    this.#timer.cancel();
    const unfinished = this.#current ? [this.#current, ...this.#waiting] : [];
    this.#current = null;
    this.#waiting.length = 0;
    this.#socket?.close();
    for (const { id } of unfinished) this.#context.settled(id, failure("COAP_STOPPED"));
  }

  #begin(exchange: Exchange): SendResult["status"] {
    this.#current = exchange;
    const { status, reason } = this.#transmit(exchange.datagram, CONFIRMABLE);
    exchange.lost = reason;
    this.#timer.arm(exchange.timeout);
    return status;
  }

  /** The retransmission timer, or the end of the wait for a separate response. */
  #timedOut(): void {
    const exchange = this.#current as Exchange;
    if (exchange.acknowledged || exchange.attempts === MAX_RETRANSMIT) {
      // A reason on the board itself says more than that nobody answered.
      this.#finish(failure(exchange.lost || "COAP_TIMEOUT"));
      return;
    }
    exchange.attempts++;
    exchange.timeout *= 2;
    // One datagram may be lost on any day.
    if (exchange.attempts === DOUBTFUL) this.#socket?.doubt(this.#collector as Destination);
    exchange.lost = this.#transmit(exchange.datagram, CONFIRMABLE).reason;
    this.#timer.arm(exchange.timeout);
  }

  /** The exchange under way has ended, and the next one begins. */
  #finish(result: SendResult): void {
    const { id } = this.#current as Exchange;
    this.#timer.cancel();
    this.#current = null;
    const next = this.#waiting.shift();
    if (next) this.#begin(next);
    this.#context.settled(id, result);
  }

  /** A datagram has left the board, or was lost on it. */
  #fate(cookie: number, result: SendResult): void {
    if (cookie > 0) this.#context.settled(cookie, result);
    else if (cookie === CONFIRMABLE && this.#current) this.#current.lost = result.reason;
  }

  #receive(bytes: Uint8Array, at: number, length: number): void {
    const header = this.#header;
    if (!readHeader(bytes, at, length, header)) return;
    const { type, code, id } = header;
    const current = this.#current;
    if (type === CoapType.ACK || type === CoapType.RST) {
      if (!current || id !== current.messageId) return;
      if (type === CoapType.RST) this.#finish(failure("COAP_RESET"));
      else if (code === CoapCode.EMPTY) this.#acknowledged(current);
      else if (isResponse(code) && tokenIs(bytes, at, header, current.token)) this.#respond(code);
      return;
    }
    const ours = current !== null && isResponse(code) && tokenIs(bytes, at, header, current.token);
    if (type === CoapType.CON) this.#transmit(emptyMessage(ours ? CoapType.ACK : CoapType.RST, id), REPLY);
    // The acknowledgement of the request may have been lost: its response stands for it (section 5.2.2).
    if (ours) this.#respond(code);
  }

  #acknowledged(exchange: Exchange): void {
    if (exchange.acknowledged) return;
    exchange.acknowledged = true;
    exchange.lost = "";
    this.#alive();
    this.#timer.arm(EXCHANGE_LIFETIME);
  }

  #respond(code: number): void {
    this.#alive();
    this.#finish(isSuccess(code) ? SENT : failure(codeName(code)));
  }

  /** The collector has answered: the way there works, and so does the next hop, without a probe (MSG_CONFIRM). */
  #alive(): void {
    this.#socket?.confirm(this.#collector as Destination);
  }

  #transmit(datagram: Uint8Array, cookie: number): SendResult {
    return (this.#socket as UdpSocket).send(datagram, this.#collector as Destination, cookie);
  }

  #datagram(type: typeof CoapType.CON | typeof CoapType.NON, id: number, token: Uint8Array, payload: Uint8Array): Uint8Array {
    const head = this.#head(type, id, token);
    const datagram = new Uint8Array(head.length + payload.length);
    datagram.set(head);
    datagram.set(payload, head.length);
    return datagram;
  }

  #head(type: typeof CoapType.CON | typeof CoapType.NON, id: number, token: Uint8Array): Uint8Array {
    const { code, contentFormat } = this.#options;
    return requestHead({ type, code, id, token, path: this.#path, contentFormat, silent: type === CoapType.NON });
  }

  #nextId(): number {
    this.#messageId = (this.#messageId + 1) % IDS;
    return this.#messageId;
  }

  /** Unlikely to be guessed by somebody who does not see the request (section 5.3.1). */
  #newToken(): Uint8Array {
    return Uint8Array.from({ length: TOKEN }, () => this.#context.random.below(256));
  }
}
