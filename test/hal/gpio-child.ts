/** Run by gpio.test.ts as a process of its own: opens a simulated board through johnny-five, reads it once, closes, and has nothing more to do. */
import { JohnnyFiveBoardIo } from "../../hal/bridges/johnny-five.ts";
import { SystemClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { SimulatedIo } from "../../hal/simulated/io.ts";
import { SimulatedIoSource } from "../../hal/simulated/io-source.ts";

const listeners = process.listenerCount("SIGINT");
const board = new JohnnyFiveBoardIo(new SimulatedIoSource(new SimulatedIo(new SystemClock(), new SeededRandom(7))));
await board.open();
const led = board.led("17");
led.on();
const reading = board.sensor("thermometer", "A0").read();
await board.close();
console.log(`read ${Number.isFinite(reading)} sigint ${process.listenerCount("SIGINT") - listeners}`);
