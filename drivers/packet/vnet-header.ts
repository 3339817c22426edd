/** The header that the kernel puts in front of each frame, and wants in front of ours: struct virtio_net_hdr (linux/virtio_net.h). */
import { NATIVE } from "../../hal/bridges/linux/libc.ts";
import { Checksum, type SkBuff } from "../../hal/skbuff.ts";

/** Kinds of frames that are to be parted (VIRTIO_NET_HDR_GSO_*). */
export const GsoType = { NONE: 0, TCPV4: 1, TCPV6: 4, UDP_L4: 5 } as const;
/** The segments tell of congestion; a remark beside the kind. */
const GSO_ECN = 0x80;

const NEEDS_CSUM = 1;
const DATA_VALID = 2;
/** Offsets; numbers are in native byte order. */
const FLAGS = 0;
const GSO_TYPE = 1;

function native16(bytes: Uint8Array, at: number): number {
  return NATIVE ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The ten bytes in front of a frame. */
export const VnetHeader = {
  BYTES: 10,
  /** Offsets of bytes of payload in each segment, and of the place of an open checksum. */
  GSO_SIZE: 4,
  CSUM_START: 6,
  CSUM_OFFSET: 8,

  /** The kind of the frame at `at`, of which several are to be made; GsoType.NONE for one. */
  gsoType(bytes: Uint8Array, at: number): number {
    return bytes[at - this.BYTES + GSO_TYPE]! & ~GSO_ECN;
  },

  /** The checksum of the frame at `at` is open. */
  needsChecksum(bytes: Uint8Array, at: number): boolean {
    return (bytes[at - this.BYTES + FLAGS]! & NEEDS_CSUM) !== 0;
  },

  /** Tells the packet what is known of the checksum of the frame at `at`. Offsets that point outside it are not believed. */
  toPacket(bytes: Uint8Array, at: number, skb: SkBuff): void {
    const header = at - this.BYTES;
    const flags = bytes[header + FLAGS]!;
    if ((flags & NEEDS_CSUM) !== 0) {
      const start = native16(bytes, header + this.CSUM_START);
      const offset = native16(bytes, header + this.CSUM_OFFSET);
      if (start + offset + 2 > skb.length) return;
      skb.checksum = Checksum.PARTIAL;
      skb.csumStart = skb.data + start;
      skb.csumOffset = offset;
    } else if ((flags & DATA_VALID) !== 0) {
      skb.checksum = Checksum.UNNECESSARY;
    }
  },

  /** Writes the header of a frame to be sent: the kernel fills in a checksum that we have not. */
  write(view: DataView, at: number, skb: SkBuff): void {
    const partial = skb.checksum === Checksum.PARTIAL;
    view.setUint8(at + FLAGS, partial ? NEEDS_CSUM : 0);
    view.setUint8(at + GSO_TYPE, 0);
    view.setUint32(at + 2, 0);
    view.setUint16(at + this.CSUM_START, partial ? skb.csumStart - skb.data : 0, NATIVE);
    view.setUint16(at + this.CSUM_OFFSET, partial ? skb.csumOffset : 0, NATIVE);
  },
} as const;
