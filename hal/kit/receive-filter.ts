/** The address filter that every Ethernet controller has (IEEE 802.3 clause 3.2.3), for those that have no chip to do it. */
import { MAC_BYTES, type ReceiveMode } from "../ethernet.ts";

/** bytes[at] begins a destination address: is it everybody's? */
export function isBroadcast(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < MAC_BYTES; i++) if (bytes[at + i] !== 0xff) return false;
  return true;
}

/** bytes[at] begins a destination address: is it a group's, but not everybody's? That is what rxMulticast counts. */
export function isMulticast(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! & 1) === 1 && !isBroadcast(bytes, at);
}

/** Lets through frames to our own address, broadcast, and whatever the receive mode adds. */
export class ReceiveFilter implements ReceiveMode {
  promiscuous = false;
  allMulticast = false;
  readonly #address: Uint8Array;

  /** @param address station address; the filter follows its changes */
  constructor(address: Uint8Array) {
    this.#address = address;
  }

  set(mode: ReceiveMode): void {
    this.promiscuous = mode.promiscuous;
    this.allMulticast = mode.allMulticast;
  }

  /** Of the frame that begins at bytes[at]. */
  accepts(bytes: Uint8Array, at: number): boolean {
    if (this.promiscuous) return true;
    if ((bytes[at]! & 1) === 1) return this.allMulticast || isBroadcast(bytes, at);
    for (let i = 0; i < MAC_BYTES; i++) if (bytes[at + i] !== this.#address[i]) return false;
    return true;
  }
}
