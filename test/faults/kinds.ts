/** All that faults are done to, in the order of the table. */
import { E1000_MODEL, E1000_QEMU } from "./e1000.ts";
import { ENC28J60 } from "./enc28j60.ts";
import { PACKET, TAP } from "./kernel.ts";
import type { FaultKind } from "./kind.ts";

export const KINDS: readonly FaultKind[] = [...ENC28J60, E1000_MODEL, E1000_QEMU, PACKET, TAP];
