/** The contract of a bench's subject. */
import type { FloorWork } from "./floor.ts";
import type { Runnable } from "./measure.ts";
import type { PollTimes } from "./poll-times.ts";

/** SPI traffic of an operation. */
export interface BusLoad {
  transactions: number;
  bytes: number;
}

export interface Subject extends Runnable {
  /** The least cost of one operation. */
  readonly floor: FloorWork;
  /** Load of the bus by one operation, since the subject was made; where there is a bus. */
  readonly busLoad?: () => BusLoad;
  /** Times of the polls that brought the frames; where those count. */
  readonly polls?: PollTimes;
  /** The words for lwip/lwip.c that make lwIP do the same. */
  readonly lwip?: string;
}
