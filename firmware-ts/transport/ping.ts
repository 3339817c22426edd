/** Echo requests and their replies (RFC 792): what `ping` is made of. */
import { DropReason } from "../../hal/drop-reason.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import { finish, sumBytes } from "../ip/checksum.ts";
import { type SendResult, sendResult } from "../ip/send-result.ts";
import { IP_TTL } from "../ip4/header/ip-header.ts";
import {
  type EchoListener,
  ICMP_CHECKSUM,
  ICMP_ECHO_ID,
  ICMP_ECHO_REQUEST,
  ICMP_ECHO_SEQUENCE,
  ICMP_HEADER,
  ICMP_TYPE,
  type Icmp,
  IPPROTO_ICMP,
} from "../ip4/icmp.ts";
import type { Ipv4 } from "../ip4/ipv4.ts";
import type { Network } from "../net/network.ts";

/** A reply: `bytes` counts ICMP header and data. */
export interface EchoReply {
  source: number;
  sequence: number;
  ttl: number;
  bytes: number;
}

/** One sequence of echo requests to one destination. */
export interface Pinger {
  readonly id: number;
  onReply: ((reply: EchoReply) => void) | null;
  /** What became of a queued request that was lost: `failed` and why. Neither requests that were sent nor send()'s own failures. */
  onFailure: ((sequence: number, result: SendResult) => void) | null;
  send(destination: number, sequence: number, dataBytes: number): SendResult;
  close(): void;
}

/** Identifiers of an echo request. */
const IDS = 0x10000;

export class Ping implements EchoListener {
  readonly #network: Network;
  readonly #ip: Ipv4;
  readonly #pingers = new Map<number, Pinger>();
  #nextId = 1;

  constructor(network: Network, ip: Ipv4, icmp: Icmp) {
    this.#network = network;
    this.#ip = ip;
    icmp.echoListener = this;
  }

  /** Every identifier is in use: open() would find none. */
  get full(): boolean {
    return this.#pingers.size >= IDS;
  }

  /** @throws RangeError when full */
  open(): Pinger {
    if (this.full) throw new RangeError("every identifier of an echo request is in use");
    while (this.#pingers.has(this.#nextId)) this.#nextId = (this.#nextId + 1) & 0xffff;
    const id = this.#nextId;
    this.#nextId = (this.#nextId + 1) & 0xffff;
    // Within send() a drop is its answer, not a later failure.
    let sending: SkBuff | null = null;
    let dropped: DropReason = DropReason.NONE;
    const settled = (skb: SkBuff, reason: DropReason): void => {
      if (skb === sending) dropped = reason;
      else if (reason !== DropReason.NONE) pinger.onFailure?.(skb.cookie, sendResult(reason));
    };
    const owner = { settled };
    const pinger: Pinger = {
      id,
      onReply: null,
      onFailure: null,
      send: (destination, sequence, dataBytes) => {
        const limit = this.#ip.maxPayload(destination) - ICMP_HEADER;
        if (limit < 0) return sendResult(DropReason.IP_OUTNOROUTES);
        if (dataBytes > limit) return sendResult(DropReason.PKT_TOO_BIG);
        const skb = this.#network.pool.allocate();
        if (!skb) return sendResult(DropReason.NOMEM);
        skb.owner = owner;
        skb.cookie = sequence;
        this.#writeRequest(skb, id, sequence, dataBytes);
        this.#ip.counters.icmp.sent(ICMP_ECHO_REQUEST);
        sending = skb;
        dropped = DropReason.NONE;
        const fate = this.#ip.send(skb, this.#ip.sourceTo(destination), destination, IPPROTO_ICMP);
        sending = null;
        return sendResult(dropped || fate);
      },
      close: () => this.#pingers.delete(id),
    };
    this.#pingers.set(id, pinger);
    return pinger;
  }

  echoReply(source: number, id: number, sequence: number, skb: SkBuff): void {
    const ttl = skb.view.getUint8(skb.network + IP_TTL);
    this.#pingers.get(id)?.onReply?.({ source, sequence, ttl, bytes: skb.length });
  }

  #writeRequest(skb: SkBuff, id: number, sequence: number, dataBytes: number): void {
    const at = skb.put(ICMP_HEADER + dataBytes);
    const { bytes, view } = skb;
    view.setUint16(at + ICMP_TYPE, ICMP_ECHO_REQUEST << 8);
    view.setUint16(at + ICMP_CHECKSUM, 0);
    view.setUint16(at + ICMP_ECHO_ID, id);
    view.setUint16(at + ICMP_ECHO_SEQUENCE, sequence);
    for (let byte = 0; byte < dataBytes; byte++) bytes[at + ICMP_HEADER + byte] = byte & 0xff;
    view.setUint16(at + ICMP_CHECKSUM, finish(sumBytes(view, at, ICMP_HEADER + dataBytes)));
  }
}
