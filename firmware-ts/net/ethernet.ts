/** The Ethernet header (IEEE 802.3 clause 3; type field values from the IANA "IEEE 802 Numbers" registry) and MAC addresses. */
import { ETHERNET_HEADER, MAC_BYTES, VLAN_TAG } from "../../hal/ethernet.ts";
import { PacketType, type SkBuff } from "../../hal/skbuff.ts";

/** Offsets in the header. */
const ETH_DESTINATION = 0;
export const ETH_SOURCE = 6;
export const ETH_TYPE = 12;

export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ETH_P_IPV6 = 0x86dd;
const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;

const VLAN_ID = 0x0fff;
/** The bit of a group's address, in its first two octets. */
const GROUP = 0x0100;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const HEADER = ETHERNET_HEADER;
const { HOST, OTHERHOST, BROADCAST, MULTICAST } = PacketType;
const TYPE = ETH_TYPE;
const SOURCE = ETH_SOURCE;

export const BROADCAST_MAC: Uint8Array = new Uint8Array(MAC_BYTES).fill(0xff);

/** Reads `02:00:5e:10:00:01` (also with `-`); null when it is not six hexadecimal octets. */
export function parseMac(text: string): Uint8Array | null {
  if (!/^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(text)) return null;
  return Uint8Array.from(text.split(/[:-]/), (octet) => Number.parseInt(octet, 16));
}

/** Six octets as lower-case hexadecimal with colons. */
export function formatMac(bytes: Uint8Array, at = 0): string {
  let text = "";
  for (let octet = 0; octet < MAC_BYTES; octet++) {
    text += (octet ? ":" : "") + bytes[at + octet]!.toString(16).padStart(2, "0");
  }
  return text;
}

/** Tells whether the six octets at a[atA] and b[atB] are the same. */
export function sameMac(a: Uint8Array, atA: number, b: Uint8Array, atB: number): boolean {
  // Without a loop: this is asked of every frame.
  return (
    a[atA] === b[atB] &&
    a[atA + 1] === b[atB + 1] &&
    a[atA + 2] === b[atB + 2] &&
    a[atA + 3] === b[atB + 3] &&
    a[atA + 4] === b[atB + 4] &&
    a[atA + 5] === b[atB + 5]
  );
}

/** The first two octets of the address at bytes[at..at+6), as one number. */
export function highOctets(bytes: ArrayLike<number>, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The other four, as int32. */
export function lowOctets(bytes: ArrayLike<number>, at: number): number {
  return (bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
}

/**
 * Pushes a header in front of the packet, in four words that end where an IP header's begin: a copy or a checksum that reads words which
 * were stored as bytes just before waits for them.
 * @param high and low: the destination, as highOctets() and lowOctets() give it
 * @param source the view of a device's address
 */
export function pushHeader(skb: SkBuff, high: number, low: number, source: DataView, type: number): void {
  const at = skb.push(HEADER);
  const { view } = skb;
  view.setInt16(at + ETH_DESTINATION, high);
  view.setInt32(at + ETH_DESTINATION + 2, low);
  view.setInt32(at + SOURCE, source.getInt32(0));
  view.setInt32(at + SOURCE + 4, (source.getUint16(4) << 16) | type);
}

/**
 * Takes the header and its tags off a received frame: sets protocol and packet type. False when the frame is too short to have one.
 * A type field below 0x600 is an 802.3 length; it stays as it is and no protocol will want it.
 */
export function pullHeader(skb: SkBuff, own: DataView): boolean {
  const { view, data: at } = skb;
  if (skb.tail - at < HEADER) return false;
  const high = view.getUint16(at + ETH_DESTINATION);
  const low = view.getInt32(at + ETH_DESTINATION + 2);
  if (high === own.getUint16(0) && low === own.getInt32(2)) skb.packetType = HOST;
  else if ((high & GROUP) === 0) skb.packetType = OTHERHOST;
  else skb.packetType = high === 0xffff && low === -1 ? BROADCAST : MULTICAST;
  const protocol = view.getUint16(at + TYPE);
  skb.protocol = protocol;
  skb.data = at + HEADER;
  skb.network = at + HEADER;
  // This is asked of every frame, and hardly any has a tag.
  return isTag(protocol) ? pullTags(skb) : true;
}

function isTag(type: number): boolean {
  return type === ETH_P_8021Q || type === ETH_P_8021AD;
}

/**
 * Takes priority tags off (VLAN 0, IEEE 802.1Q 6.9; a customer's, a provider's, or several): they say nothing of where a frame belongs.
 * A frame of any other VLAN is somebody else's. False when the frame ends within a tag.
 */
function pullTags(skb: SkBuff): boolean {
  while (isTag(skb.protocol) && skb.packetType !== OTHERHOST) {
    if (skb.length < VLAN_TAG) return false;
    if ((skb.view.getUint16(skb.data) & VLAN_ID) !== 0) skb.packetType = OTHERHOST;
    skb.protocol = skb.view.getUint16(skb.data + 2);
    skb.network = skb.pull(VLAN_TAG);
  }
  return true;
}
