/**
 * The link and IP headers of packets to one destination, made once and written in front of each as words. It is the part of a way that all
 * families have; one count of changes guards all of it: routes, addresses, settings, devices, and the neighbour's state and address.
 */
import type { Neighbour } from "../neigh/entry.ts";
import { NUD_CONNECTED } from "../neigh/states.ts";
import type { NetDevice } from "../net/device.ts";
import { type SendManner, USUAL_MANNER } from "./layer.ts";

// A constant of this module's own: V8 reads an imported one anew at each use (docs/datapath.md).
const CONNECTED = NUD_CONNECTED;

/** Words of an Ethernet header. It begins in the middle of the first one, so that all others lie as those of the IP header do. */
export const LINK_WORDS = 4;

const NO_WORDS = new Int32Array(0);

/** Fields that every packet's sending reads stand first, side by side in memory. */
export abstract class HeaderTemplate {
  /** Network.changes at the time at which all of this was right. */
  generation = -1;
  /** Packets go straight to the device, behind the headers here: their neighbour is known to be there, and nobody else hears them. */
  straight = false;
  /** Bytes behind the IP header that go out in one packet; -1 without a route. */
  room = -1;
  /** The controller at its end fills in transport checksums (Checksum.PARTIAL). Packets to ourselves reach none. */
  offloadsChecksum = false;
  /** The part of the pseudo header's sum (RFC 768, RFC 8200 8.1) that all packets by it have: the addresses. */
  addressSum = 0;
  /** Both headers in network byte order, the fields that differ from packet to packet left 0. The first two octets are none of the frame's. */
  header: Int32Array = NO_WORDS;
  /** The entry of the next hop, as of the last packet. Check `dead`: an entry that was removed says so itself. */
  neighbour: Neighbour | null = null;
  /** The device by which they go straight. */
  leaves: NetDevice | null = null;
  /** The wishes of who sends by it. */
  manner: SendManner = USUAL_MANNER;

  /** Draws from route and manner what packets need of them. */
  abstract describe(): void;

  /** Sets the wishes of who sends by it. */
  behave(manner: SendManner): void {
    if (manner === this.manner) return;
    this.manner = manner;
    this.describe();
  }

  /**
   * Makes the Ethernet header, where packets by this way need no more than headers; false when they have to take the long way.
   * @param words of both headers
   * @param type of what follows (IEEE 802 numbers)
   * @param aside they do not leave by a wire, or are heard by us, too
   */
  prepareLink(words: number, type: number, aside: boolean): boolean {
    const { neighbour } = this;
    if (aside || neighbour === null || neighbour.dead || !neighbour.headerReady) return false;
    if ((neighbour.nudState & CONNECTED) === 0) return false;
    const { device } = neighbour.on;
    const own = device.addressView;
    if (this.header.length === 0) this.header = new Int32Array(words);
    const { header } = this;
    header[0] = neighbour.addressHigh;
    header[1] = neighbour.addressLow;
    header[2] = own.getInt32(0);
    header[3] = (own.getUint16(4) << 16) | type;
    this.leaves = device;
    this.straight = true;
    return true;
  }
}
