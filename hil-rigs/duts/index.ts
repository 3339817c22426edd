/** The list of all kinds of DUT: to add one, add its file and a line here. */
import type { DutKind } from "../contract/dut.ts";
import { linux } from "./linux/linux.ts";
import { whohasSim } from "./whohas/sim.ts";
import { whohasWire } from "./whohas/wire.ts";

/** The list of all kinds of DUT. The kernel comes first, because the others are compared with it. */
export const DUTS: readonly DutKind[] = [linux, whohasSim, whohasWire];
