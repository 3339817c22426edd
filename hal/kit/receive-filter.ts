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

/** Tells whether the six octets at bytes[at] are this address. */
function isAddress(bytes: Uint8Array, at: number, address: Uint8Array): boolean {
  for (let octet = 0; octet < MAC_BYTES; octet++) if (bytes[at + octet] !== address[octet]) return false;
  return true;
}

/** Lets through frames to our own address, broadcast, and whatever the receive mode adds. */
export class ReceiveFilter implements ReceiveMode {
  promiscuous = false;
  allMulticast = false;
  groups: readonly Uint8Array[] = [];
  ownOnly = false;
  readonly #address: Uint8Array;

  /** @param address station address; the filter follows its changes */
  constructor(address: Uint8Array) {
    this.#address = address;
  }

  set(mode: ReceiveMode): void {
    this.promiscuous = mode.promiscuous;
    this.allMulticast = mode.allMulticast;
    this.groups = copyGroups(mode);
    this.ownOnly = mode.ownOnly ?? false;
  }

  /** Tells whether the frame that begins at bytes[at] is let through. */
  accepts(bytes: Uint8Array, at: number): boolean {
    if (this.ownOnly) return isAddress(bytes, at, this.#address);
    if (this.promiscuous) return true;
    if ((bytes[at]! & 1) === 1) return this.allMulticast || isBroadcast(bytes, at) || includesGroup(this.groups, bytes, at);
    return isAddress(bytes, at, this.#address);
  }
}

/** Copies of the groups' addresses. */
export function copyGroups({ groups }: ReceiveMode): readonly Uint8Array[] {
  return groups.map((group) => group.slice(0, MAC_BYTES));
}

/** Tells whether the address at bytes[at] is one of these. */
export function includesGroup(groups: readonly Uint8Array[], bytes: Uint8Array, at = 0): boolean {
  for (let each = 0; each < groups.length; each++) if (isAddress(bytes, at, groups[each]!)) return true;
  return false;
}
