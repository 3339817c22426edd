/** The work that an ENC28J60 does itself. */
import { type ControllerCapabilities, MAX_FRAME } from "../../hal/ethernet.ts";
import { HASH_BITS } from "./filters.ts";

/** Its DMA can sum, but not while a frame comes in (erratum 17), and behind SPI it would cost more than it spares. */
export const CAPABILITIES: ControllerCapabilities = {
  maxFrame: MAX_FRAME,
  vlan: true,
  txChecksum: false,
  rxChecksum: false,
  exactGroups: 0,
  groupHashBits: HASH_BITS,
};
