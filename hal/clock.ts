/**
 * Time, as the stack sees it: monotonic milliseconds, re-armable timers and deferred tasks.
 *
 * Everything above and beside the HAL takes its time from a Clock that was handed to it. Under a VirtualClock a simulated hour
 * takes a moment and two runs give the same bytes; under the SystemClock the same code runs in real time. Both run in Node and in
 * browsers.
 */

export { SystemClock } from "./system-clock.ts";
export { type Clock, Task, type Timer } from "./time.ts";
export { VirtualClock } from "./virtual-clock.ts";
