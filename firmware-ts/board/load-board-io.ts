/** The board's pins of a rig: what drives them is loaded only for a rig that has a board. */
import { NoBoardIo } from "../../hal/bridges/no-board-io.ts";
import type { Clock } from "../../hal/clock.ts";
import type { BoardIo } from "../../hal/gpio.ts";
import type { Random } from "../../hal/random.ts";

/** Makes the pins; nothing of them is open yet. @throws GpioError GPIO_BAD_SPEC */
export type IoMaker = (clock: Clock, random: Random) => BoardIo;

/** Loads the code for one `board.io:` of a rig. IO plugins are found where whohas is installed. */
export async function loadBoardIo(io: string): Promise<IoMaker> {
  if (io === "none") return () => new NoBoardIo();
  if (io === "simulated") {
    const { SimulatedBoardIo } = await import("../../hal/simulated/board-io.ts");
    const { SimulatedIo } = await import("../../hal/simulated/io.ts");
    return (clock, random) => new SimulatedBoardIo(new SimulatedIo(clock, random));
  }
  const { createBoardIo } = await import("./board-io.ts");
  return (clock, random) => createBoardIo(io, clock, random, { importPlugin: (name) => import(name) });
}
