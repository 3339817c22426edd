/** The work that an 82540EM does itself. */
import { type ControllerCapabilities, MAX_FRAME } from "../../hal/ethernet.ts";
import { EXACT_GROUPS, HASH_BITS } from "./filters.ts";

export const CAPABILITIES: ControllerCapabilities = {
  maxFrame: MAX_FRAME,
  vlan: true,
  txChecksum: true,
  rxChecksum: true,
  exactGroups: EXACT_GROUPS,
  groupHashBits: HASH_BITS,
};
