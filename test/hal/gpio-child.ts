/** Run by gpio.test.ts as a process of its own: opens a simulated board, reads it once, closes, and has nothing more to do. */
import { createBoardIo } from "../../firmware-ts/board/board-io.ts";
import { SystemClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";

const listeners = process.listenerCount("SIGINT");
const board = createBoardIo("simulated", new SystemClock(), new SeededRandom(7));
await board.open();
const led = board.led("17");
led.on();
const reading = board.sensor("thermometer", "A0").read();
await board.close();
console.log(`read ${Number.isFinite(reading)} sigint ${process.listenerCount("SIGINT") - listeners}`);
