/** Capabilities of a controller whose filter is ReceiveFilter, and which leaves checksums to software. */
import { type ControllerCapabilities, MAX_FRAME } from "../ethernet.ts";

export const SOFTWARE_CAPABILITIES: ControllerCapabilities = {
  maxFrame: MAX_FRAME,
  vlan: true,
  txChecksum: false,
  rxChecksum: false,
  exactGroups: Number.POSITIVE_INFINITY,
  groupHashBits: 0,
};
