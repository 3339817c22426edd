/** The contract between ping and the ICMP of a family: echo requests and replies (RFC 792, RFC 4443 4). */
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Fate } from "../neigh/machine.ts";
import type { IcmpError, IpLayer, Received, Way } from "./layer.ts";

/** Bytes of the header of a request or reply: type, code, checksum, identifier, sequence number. */
export const ECHO_HEADER = 8;

/** Takes echo replies; implemented by the sender of the requests. */
export interface EchoListener {
  /** @param bytes header and data */
  echoReply(packet: Received, id: number, sequence: number, bytes: number): void;
  /** Takes an error about a request. Returns false when requests with this identifier are not its own. */
  echoError(error: IcmpError, id: number, sequence: number): boolean;
}

export interface EchoProtocol {
  readonly layer: IpLayer;
  /** Is told of every reply. */
  echoListener: EchoListener | null;
  /** Sends a request whose data begin at skb.data, by a way just refreshed. The buffer is not the caller's any more. */
  sendEcho(skb: SkBuff, way: Way, id: number, sequence: number): Fate;
}
