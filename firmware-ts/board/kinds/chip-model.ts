/** The ENC28J60's model as a device of a rig and bridge-sim have it. */
import { type Clock, VirtualClock } from "../../../hal/clock.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import type { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { type ChipConfig, chipOptions } from "../rig/chip-config.ts";

/** The chip's model, at the pace that the clock allows for. */
export function enc28j60Chip(clock: Clock, segment: EthernetSegment, name: string, chip: ChipConfig): Enc28j60Chip {
  // Timers of an operating system are too coarse for the 67 us that a frame takes at 10 Mbit/s: in real time the line takes none.
  const lineRate = clock instanceof VirtualClock ? 10_000_000 : Number.POSITIVE_INFINITY;
  return new Enc28j60Chip(clock, segment, name, { ...chipOptions(chip), lineRate });
}
