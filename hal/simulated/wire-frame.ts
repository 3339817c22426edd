/** A frame's way between packet memory and a simulated wire, the same for every station. */
import { copyFrameByWords } from "../kit/copy-frame.ts";
import { pad } from "../kit/outgoing.ts";
import type { SkBuff } from "../skbuff.ts";
import type { WirePort } from "../wire.ts";

/** Appends bytes[0..length) to an empty packet. */
export function copyFromWire(skb: SkBuff, bytes: Uint8Array, length: number, view: DataView | null): void {
  copyFrameByWords(skb.bytes, skb.view, skb.put(length), bytes, view, 0, length);
}

/** Puts a packet on the wire, padded. */
export function transmitPadded(port: WirePort, skb: SkBuff): void {
  const length = pad(skb);
  port.transmit(skb.bytes, skb.data, length, skb.view);
}
