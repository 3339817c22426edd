/**
 * A frame that its sender left to the hardware to part (generic segmentation offload): many segments of one TCP connection, or datagrams of
 * one UDP socket, behind one header. Over a veth pair it arrives as it is; here it is parted into the frames that a wire would have brought.
 * Each keeps its checksum open, as the long frame did (Checksum.PARTIAL), and never touched a wire that could damage it.
 */
import { NATIVE } from "../../hal/bridges/linux/libc.ts";
import { MAC_BYTES, MAX_TAGGED_FRAME, VLAN_TAG } from "../../hal/ethernet.ts";
import { copyPart } from "../../hal/kit/copy-frame.ts";
import { PacketView, packetSlot } from "../../hal/packet-memory.ts";
import { Checksum, type SkBuff } from "../../hal/skbuff.ts";
import { GsoType, VnetHeader } from "./vnet-header.ts";

/** Most bytes of a long frame: what an IP header can tell, behind an Ethernet header with two tags, and a vnet header in front. */
const MOST = VnetHeader.BYTES + 65_535 + 22;
/** The frame's place in the memory. */
const FRAME = VnetHeader.BYTES;

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;

/** Offsets in an IPv4 header (RFC 791). */
const IP_LENGTH = 2;
const IP_ID = 4;
const IP_CHECKSUM = 10;
const IP_HEADER = 20;
/** Offset of the payload's length in an IPv6 header, and the header's length (RFC 8200). */
const IP6_LENGTH = 4;
const IP6_HEADER = 40;
/** Offsets in a TCP header (RFC 9293). */
const TCP_SEQUENCE = 4;
const TCP_DATA_OFFSET = 12;
const TCP_FLAGS = 13;
const TCP_CHECKSUM = 16;
const TCP_HEADER = 20;
/** FIN and PSH belong to the last segment, CWR to the first one. */
const LAST_FLAGS = 0x09;
const CWR = 0x80;
/** Offsets in a UDP header (RFC 768), and its length. */
const UDP_LENGTH = 4;
const UDP_CHECKSUM = 6;
const UDP_HEADER = 8;

export class LongFrame {
  /** A vnet header and the frame. Filled by the caller, for begin(). */
  readonly bytes: Uint8Array = packetSlot(MOST, this);
  readonly #view: PacketView = new PacketView(this.bytes);
  #length = 0;
  #tcp = false;
  #ip6 = false;
  /** Offsets in the frame: of the IP header, of the transport header, of the payload. */
  #network = 0;
  #transport = 0;
  #payload = 0;
  /** Bytes of payload in each piece, and those that are in none yet. */
  #size = 0;
  #left = 0;
  #pieces = 0;

  /** Pieces were not taken yet. */
  get pending(): boolean {
    return this.#left > 0;
  }

  /**
   * Reads the headers of the frame in `bytes`.
   * @param length without the vnet header
   * @returns false when it cannot be parted: it is of another kind, or its headers do not fit together
   */
  begin(length: number): boolean {
    this.#left = 0;
    this.#length = length;
    this.#pieces = 0;
    if (length < IP_HEADER || FRAME + length > this.bytes.length || !this.#findHeaders(length)) return false;
    this.#left = length - this.#payload;
    return this.#left > 0;
  }

  /** Passes over one piece. */
  skip(): void {
    this.#left -= Math.min(this.#size, this.#left);
    this.#pieces++;
  }

  /** Makes the next piece the contents of an empty packet. */
  next(skb: SkBuff): void {
    const { view } = skb;
    const from = this.#view;
    const at = skb.data;
    const part = Math.min(this.#size, this.#left);
    const done = this.#length - this.#payload - this.#left;
    const head = this.#payload;
    copyPart(view, at, from, FRAME, head);
    copyPart(view, at + head, from, FRAME + head + done, part);
    skb.put(head + part);
    this.#writeNetwork(view, at + this.#network, head + part - this.#network);
    this.#writeTransport(view, at + this.#transport, head + part - this.#transport, done, part === this.#left);
    skb.checksum = Checksum.PARTIAL;
    skb.csumStart = at + this.#transport;
    skb.csumOffset = this.#tcp ? TCP_CHECKSUM : UDP_CHECKSUM;
    this.#left -= part;
    this.#pieces++;
    skb.more = this.#left > 0;
  }

  #findHeaders(length: number): boolean {
    const view = this.#view;
    const type = VnetHeader.gsoType(this.bytes, FRAME);
    const size = view.getUint16(VnetHeader.GSO_SIZE, NATIVE);
    const transport = view.getUint16(VnetHeader.CSUM_START, NATIVE);
    let ethertype = 2 * MAC_BYTES;
    while (isTag(view.getUint16(FRAME + ethertype))) {
      ethertype += VLAN_TAG;
      if (ethertype + 2 > length) return false;
    }
    const network = ethertype + 2;
    const protocol = view.getUint16(FRAME + ethertype);
    const ip6 = protocol === ETH_P_IPV6;
    const tcp = type === (ip6 ? GsoType.TCPV6 : GsoType.TCPV4);
    if ((!ip6 && protocol !== ETH_P_IP) || (!tcp && type !== GsoType.UDP_L4)) return false;
    const header = ip6 ? IP6_HEADER : (view.getUint8(FRAME + network) & 15) * 4;
    const least = tcp ? TCP_HEADER : UDP_HEADER;
    if (header < IP_HEADER || transport < network + header || transport + least > length) return false;
    const sum = view.getUint16(VnetHeader.CSUM_OFFSET, NATIVE);
    if (!VnetHeader.needsChecksum(this.bytes, FRAME) || sum !== (tcp ? TCP_CHECKSUM : UDP_CHECKSUM)) return false;
    const payload = transport + (tcp ? (view.getUint8(FRAME + transport + TCP_DATA_OFFSET) >>> 4) * 4 : UDP_HEADER);
    if (payload < transport + least || payload > length || size === 0 || payload + size > MAX_TAGGED_FRAME) return false;
    this.#tcp = tcp;
    this.#ip6 = ip6;
    this.#network = network;
    this.#transport = transport;
    this.#payload = payload;
    this.#size = size;
    return true;
  }

  #writeNetwork(view: DataView, at: number, length: number): void {
    if (this.#ip6) {
      view.setUint16(at + IP6_LENGTH, length - IP6_HEADER);
      return;
    }
    view.setUint16(at + IP_LENGTH, length);
    view.setUint16(at + IP_ID, view.getUint16(at + IP_ID) + this.#pieces);
    view.setUint16(at + IP_CHECKSUM, 0);
    let sum = 0;
    for (let end = at + (view.getUint8(at) & 15) * 4, next = at; next < end; next += 2) sum += view.getUint16(next);
    view.setUint16(at + IP_CHECKSUM, ~fold(sum));
  }

  /** @param length of the transport header and its payload @param done bytes of payload in the pieces before */
  #writeTransport(view: DataView, at: number, length: number, done: number, last: boolean): void {
    const field = at + (this.#tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
    // The sum of the pseudo header stands there, with the length of all.
    view.setUint16(field, fold(view.getUint16(field) + (~(this.#length - this.#transport) & 0xffff) + length));
    if (!this.#tcp) {
      view.setUint16(at + UDP_LENGTH, length);
      return;
    }
    view.setInt32(at + TCP_SEQUENCE, view.getInt32(at + TCP_SEQUENCE) + done);
    const flags = view.getUint8(at + TCP_FLAGS);
    view.setUint8(at + TCP_FLAGS, flags & ~(last ? 0 : LAST_FLAGS) & ~(done === 0 ? 0 : CWR));
  }
}

function isTag(ethertype: number): boolean {
  return ethertype === ETH_P_8021Q || ethertype === ETH_P_8021AD;
}

function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}
