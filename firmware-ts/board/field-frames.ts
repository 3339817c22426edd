/** Frames of a field's wire, counted by kind. */
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import { AR_OP, ARPOP_REPLY } from "../ip4/arp/wire.ts";
import { ETH_P_ARP, ETH_P_IP } from "../net/ethernet.ts";
import { ETH_P_LLDP } from "./field-lldp.ts";

/** Frames and their bytes, padding included, without FCS. */
export interface FrameCount {
  readonly frames: number;
  readonly bytes: number;
}

export const FRAME_KINDS = ["udp", "arpBroadcast", "arpUnicast", "arpReply", "lldp", "other"] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];
export type FramesByKind = Readonly<Record<FrameKind, FrameCount>>;

const TYPE_AT = 12;
const IP_PROTOCOL_AT: number = ETHERNET_HEADER + 9;
const UDP = 17;

const [DATAGRAM, BROADCAST, UNICAST, REPLY, LLDP, OTHER] = [0, 1, 2, 3, 4, 5] as const;

export class FrameKinds {
  readonly #frames = new Float64Array(FRAME_KINDS.length);
  readonly #bytes = new Float64Array(FRAME_KINDS.length);

  count(bytes: Uint8Array, length: number): void {
    const kind = kindOf(bytes, length);
    this.#frames[kind] = this.#frames[kind]! + 1;
    this.#bytes[kind] = this.#bytes[kind]! + length;
  }

  byKind(): FramesByKind {
    const rows = FRAME_KINDS.map((kind, at) => [kind, { frames: this.#frames[at]!, bytes: this.#bytes[at]! }]);
    return Object.fromEntries(rows) as FramesByKind;
  }
}

function kindOf(bytes: Uint8Array, length: number): number {
  const type = (bytes[TYPE_AT]! << 8) | bytes[TYPE_AT + 1]!;
  if (type === ETH_P_IP && length > IP_PROTOCOL_AT) return bytes[IP_PROTOCOL_AT] === UDP ? DATAGRAM : OTHER;
  if (type === ETH_P_LLDP) return LLDP;
  if (type !== ETH_P_ARP || length < ETHERNET_HEADER + AR_OP + 2) return OTHER;
  if (bytes[ETHERNET_HEADER + AR_OP + 1] === ARPOP_REPLY) return REPLY;
  return bytes[0]! & 1 ? BROADCAST : UNICAST;
}
