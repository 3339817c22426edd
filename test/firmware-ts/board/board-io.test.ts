/** The words that name a board's pins in a rig file; the boards behind them are tested in test/hal/gpio.test.ts. */
import t from "tap";
import { createBoardIo } from "../../../firmware-ts/board/board-io.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";

t.test("a spec that names nothing is refused before anything is opened", async (t) => {
  const make = (spec: string): unknown => createBoardIo(spec, new VirtualClock(), new SeededRandom(1));
  const bad = [
    "",
    "firmata",
    "firmata:",
    "firmata:@9600",
    "firmata:/dev/x@0",
    "firmata:/dev/x@fast",
    "./evil.js",
    "../x",
    "/etc/x",
    "fs",
    "node:fs",
    "data:text/javascript,1",
    "Simulated",
  ];
  for (const spec of bad)
    t.throws(() => make(spec), { code: "GPIO_BAD_SPEC", message: /must be none, simulated, firmata:PORT/ }, `"${spec}"`);
});
