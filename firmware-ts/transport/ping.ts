/** Sends echo requests and takes their replies, over whatever IP layers there are (RFC 792, RFC 4443 4). */
import { DropReason } from "../../hal/drop-reason.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { IpAddress } from "../ip/address.ts";
import type { Destination } from "../ip/destination.ts";
import { ECHO_HEADER, type EchoListener, type EchoProtocol } from "../ip/echo.ts";
import { formatIp } from "../ip/endpoint.ts";
import { InetError } from "../ip/inet-error.ts";
import type { IcmpError, IpLayer, Received } from "../ip/layer.ts";
import type { IpLayers } from "../ip/layers.ts";
import { type SendResult, sendResult } from "../ip/send-result.ts";
import type { NetDevice } from "../net/device.ts";
import type { Network } from "../net/network.ts";

/** A reply: `bytes` counts ICMP header and data. */
export interface EchoReply {
  source: IpAddress;
  sequence: number;
  ttl: number;
  bytes: number;
  /** The device by which it came in. */
  device: NetDevice;
}

/** A sender of echo requests, whose replies are told from those of others by its identifier. */
export interface Pinger {
  readonly id: number;
  onReply: ((reply: EchoReply) => void) | null;
  /** Is told of each queued request that was lost: `failed` and why. Not of requests that were sent, nor of send()'s own failures. */
  onFailure: ((sequence: number, result: SendResult) => void) | null;
  /** Is told of each ICMP error, source quench and redirect about a request. `error` is valid only during the call. */
  onError: ((sequence: number, error: IcmpError) => void) | null;
  /** @param destination made by Ping.to() */
  send(destination: Destination, sequence: number, dataBytes: number): SendResult;
  close(): void;
}

/** Identifiers of an echo request. */
const IDS = 0x10000;

export class Ping implements EchoListener {
  readonly #network: Network;
  readonly #layers: IpLayers;
  readonly #echoes: readonly EchoProtocol[];
  readonly #pingers = new Map<number, Pinger>();
  #nextId = 1;

  /** @param echoes one for each of the layers */
  constructor(network: Network, layers: IpLayers, echoes: readonly EchoProtocol[]) {
    this.#network = network;
    this.#layers = layers;
    this.#echoes = echoes;
    for (const echo of echoes) echo.echoListener = this;
  }

  /**
   * Makes a destination for echo requests: once for each host.
   * @param host an address, or its text, with a zone where it needs one: `fe80::2%eth0`
   * @param device the only one by which it may be reached; null for that of the zone, or for any
   * @param from the source address, one of ours; null for the best
   * @throws InetError ADDRESS_INVALID, ADDRESS_NOT_AVAILABLE, DEVICE_MISSING, FAMILY_UNSUPPORTED
   */
  to(host: string | IpAddress, device: NetDevice | null = null, from: IpAddress | null = null): Destination {
    if (from !== null && !this.#layers.of(from).isLocal(from)) {
      throw new InetError("ADDRESS_NOT_AVAILABLE", `${formatIp(from)} is not an address of this stack`);
    }
    return this.#layers.destination(host, 0, from, device);
  }

  /** True when every identifier is in use: open() finds none. */
  get full(): boolean {
    return this.#pingers.size >= IDS;
  }

  /** @throws RangeError when full */
  open(): Pinger {
    if (this.full) throw new RangeError("every identifier of an echo request is in use");
    while (this.#pingers.has(this.#nextId)) this.#nextId = (this.#nextId + 1) & 0xffff;
    const id = this.#nextId;
    this.#nextId = (this.#nextId + 1) & 0xffff;
    // A drop within send() is its answer, not a later failure.
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
      onError: null,
      send: (destination, sequence, dataBytes) => {
        const echo = this.#echoOf(destination.layer);
        if (destination.room < 0) return sendResult(destination.way.failure);
        if (ECHO_HEADER + dataBytes > destination.layer.maxPayload) return sendResult(DropReason.PKT_TOO_BIG);
        const skb = this.#network.allocate(ECHO_HEADER + dataBytes);
        if (!skb) return sendResult(DropReason.NOMEM);
        skb.owner = owner;
        skb.cookie = sequence;
        for (let byte = 0, at = skb.put(dataBytes); byte < dataBytes; byte++) skb.bytes[at + byte] = byte & 0xff;
        sending = skb;
        dropped = DropReason.NONE;
        const fate = echo.sendEcho(skb, destination.way, id, sequence);
        sending = null;
        return sendResult(dropped || fate);
      },
      close: () => this.#pingers.delete(id),
    };
    this.#pingers.set(id, pinger);
    return pinger;
  }

  echoReply({ source, ttl, device }: Received, id: number, sequence: number, bytes: number): void {
    this.#pingers.get(id)?.onReply?.({ source, sequence, ttl, bytes, device });
  }

  echoError(error: IcmpError, id: number, sequence: number): boolean {
    const pinger = this.#pingers.get(id);
    pinger?.onError?.(sequence, error);
    return pinger !== undefined;
  }

  #echoOf(layer: IpLayer): EchoProtocol {
    for (const echo of this.#echoes) if (echo.layer === layer) return echo;
    throw new Error("the destination was made by another stack");
  }
}
