/** The pins that a rig asks for by name: none, a simulated board, Firmata behind a serial port, or a johnny-five IO plugin. */
import { FIRMATA_BAUD, FirmataSource } from "../../hal/bridges/firmata.ts";
import { IoPluginSource, isPluginName } from "../../hal/bridges/io-plugin.ts";
import { type IoSource, JohnnyFiveBoardIo } from "../../hal/bridges/johnny-five.ts";
import { LastingBoardIo } from "../../hal/bridges/lasting-io.ts";
import { NoBoardIo } from "../../hal/bridges/no-board-io.ts";
import type { Clock } from "../../hal/clock.ts";
import { type BoardIo, GpioError } from "../../hal/gpio.ts";
import type { Random } from "../../hal/random.ts";
import { SimulatedBoardIo } from "../../hal/simulated/board-io.ts";
import { SimulatedIo } from "../../hal/simulated/io.ts";

export interface BoardIoOptions {
  /** How long real hardware may take until it is ready, in ms of the clock's time: real hardware wants a real clock. Default 10000. */
  timeout?: number;
  /** Imports an IO plugin's package: `(name) => import(name)`, written where plugins are to be found. Without it there are none. */
  importPlugin?: (name: string) => Promise<unknown>;
}

/**
 * The pins that a rig file's `board: { io: … }` names. Nothing is opened or loaded before open().
 *
 * | spec | pins |
 * |---|---|
 * | `none` | none: lamps light nothing, sensors are refused |
 * | `simulated` | a simulated board, its inputs drawn from `random` and the clock's time |
 * | `firmata:/dev/ttyUSB0`, `firmata:/dev/ttyACM0@115200` | a microcontroller with Firmata; 57600 baud unless told. Unplugged, it is opened again when it is back |
 * | `raspi-io`, … | any johnny-five IO plugin that is installed |
 *
 * @throws GpioError GPIO_BAD_SPEC
 */
export function createBoardIo(spec: string, clock: Clock, random: Random, options: BoardIoOptions = {}): BoardIo {
  if (spec === "none") return new NoBoardIo();
  if (spec === "simulated") return new SimulatedBoardIo(new SimulatedIo(clock, random));
  const source = ioSource(spec, clock, options);
  if (!(source instanceof FirmataSource)) return new JohnnyFiveBoardIo(source);
  return new LastingBoardIo(new JohnnyFiveBoardIo(source, "plug it in again"), clock);
}

/** The IO plugin of a real board: of `firmata:PORT[@BAUD]`, or of an npm package. @throws GpioError GPIO_BAD_SPEC */
export function ioSource(spec: string, clock: Clock, options: BoardIoOptions = {}): IoSource {
  const timeout = options.timeout ?? 10_000;
  if (spec.startsWith("firmata:")) return new FirmataSource({ ...parseFirmata(spec), timeout }, clock);
  if (spec === "firmata" || !isPluginName(spec)) throw badSpec(spec);
  return new IoPluginSource({ name: spec, timeout, importPlugin: options.importPlugin ?? null }, clock);
}

/** `firmata:PATH[@BAUD]` */
function parseFirmata(spec: string): { path: string; baud: number } {
  const match = /^firmata:([^@]+)(?:@(\d{1,7}))?$/.exec(spec);
  const baud = Number(match?.[2] ?? FIRMATA_BAUD);
  if (!match || baud === 0) throw badSpec(spec);
  return { path: match[1] as string, baud };
}

function badSpec(spec: string): GpioError {
  const right = "none, simulated, firmata:PORT[@BAUD], or the npm package of a johnny-five IO plugin such as raspi-io";
  return new GpioError("GPIO_BAD_SPEC", `board.io "${spec}": must be ${right}`);
}
