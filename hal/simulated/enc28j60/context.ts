/** The parts that all units of one simulated ENC28J60 share: time, registers, memory, faults, counters. The chip makes it once. */
import type { Clock } from "../../clock.ts";
import type { ChipCounters } from "./counters.ts";
import type { Errata } from "./errata.ts";
import type { BufferMemory } from "./memory.ts";
import type { RegisterFile } from "./registers.ts";
import type { Violations } from "./violations.ts";

export interface ChipContext {
  readonly clock: Clock;
  readonly registers: RegisterFile;
  readonly memory: BufferMemory;
  readonly counters: ChipCounters;
  readonly violations: Violations;
  readonly errata: Errata;
  /** Time of a byte on the line, in ms; 0: neither the line nor the chip's own accesses take time. */
  readonly byteTime: number;
}
