import type { DutKind } from "../contract/dut.ts";
import { linux } from "./linux/linux.ts";
import { whohasSim } from "./whohas/sim.ts";
import { whohasWire } from "./whohas/wire.ts";

/** Every kind of DUT; the kernel first, for it is what the others are held against. */
export const DUTS: readonly DutKind[] = [linux, whohasSim, whohasWire];
