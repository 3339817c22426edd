/** The acts that the manual of the 82540EM forbids a driver; see ViolationCounters. */
import { ViolationCounters } from "../violations.ts";

/** Each kind, and what to tell about it; `%r` stands for the register, `%h` for the value or address at hand. */
const KINDS = {
  "access-while-closed": "%r was touched while the device was closed",
  "unaligned-access": "offset %h was touched: registers are 32 bits wide and their offsets multiples of 4",
  "unknown-register": "%r was touched: no such register in this model",
  "read-only-register": "%r is read-only and was written",
  "access-in-reset": "%r was touched within 1 µs after CTRL.RST (section 13.4.1)",
  "flow-control-not-modelled": "CTRL was set to %h: RFCE and TFCE ask for flow control, which this model does not have",
  "eeprom-wires": "EECD was set to %h: the EEPROM's wires are driven, and EE_REQ did not ask for them (section 13.4.3)",
  "eeprom-busy": "EERD was written while the word asked for before was not there yet",
  "eeprom-address": "EERD asked for word %h: there are 64",
  "mdic-busy": "MDIC was written while the command before was not done",
  "mdic-command": "MDIC was set to %h: neither read nor write",
  "unknown-phy-register": "PHY register %h is none of this PHY's and was touched",
  "read-only-phy-register": "PHY register %h is read-only and was written",
  "ring-alignment": "%r was set to an address that is not a multiple of 16",
  "ring-length": "%r was set to a length that is not a multiple of 128 or above 65536 bytes",
  "ring-outside-memory": "the ring at %r does not lie in shared memory",
  "ring-missing": "%r: enabled, or its tail moved, with a ring of length 0",
  "ring-changed": "%r was written while its engine was enabled",
  "tail-beyond-ring": "%r was set to a descriptor behind the ring's end; this model stops there, silicon never stops",
  "tail-moved-back": "%r was moved back: descriptors that were the hardware's were taken away, or all of a ring was given",
  "descriptor-changed": "the descriptor at %h was changed while it was the hardware's",
  "descriptor-done": "the receive descriptor at %h was given with its status not cleared",
  "reserved-buffer-size": "RCTL %h asks for a reserved buffer size (BSEX with BSIZE 0)",
  "reserved-loopback": "RCTL %h asks for a reserved loopback mode (LBM 1 or 2)",
  "dma-outside-memory": "address %h: the chip was sent to read or write outside shared memory",
  "transmit-type": "a transmit descriptor has the reserved type %h",
  "transmit-too-long": "a frame of %h bytes: at most 16288 can be sent",
  "transmit-too-many": "segmentation made more than 16384 frames in one go: this model cuts the frame off after %h segments of it",
  "transmit-too-short": "a frame of %h bytes without TCTL.PSP goes out as a fragment",
  "checksum-outside-frame": "a checksum was to go to offset %h, which is not in the frame",
  "segmentation-setup": "segmentation with a header or segment size of %h: a context descriptor must give both, and MSS a value",
} as const;

export type ViolationKind = keyof typeof KINDS;

export class Violations extends ViolationCounters<ViolationKind> {
  constructor(registerName: (register: number) => string) {
    super(KINDS, registerName);
  }
}
