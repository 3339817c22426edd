/** The parts that all units of one simulated 82540EM share: time, registers, memory, statistics. The chip makes it once. */
import type { Clock } from "../../clock.ts";
import type { ChipCounters } from "./counters.ts";
import type { Interrupts } from "./interrupts.ts";
import type { ChipMemory } from "./memory.ts";
import type { Quirks } from "./quirks.ts";
import type { RegisterFile } from "./registers.ts";
import type { Statistics } from "./statistics.ts";
import type { Violations } from "./violations.ts";

export interface ChipContext {
  readonly clock: Clock;
  readonly registers: RegisterFile;
  readonly memory: ChipMemory;
  readonly statistics: Statistics;
  readonly interrupts: Interrupts;
  readonly counters: ChipCounters;
  readonly violations: Violations;
  readonly quirks: Readonly<Quirks>;
  /** Time of a byte on the line, in ms; 0: the line takes no time. */
  readonly byteTime: number;
}
