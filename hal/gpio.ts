/**
 * The board's own pins, as the stack uses them: lamps that can be lit and sensors that can be read. The maker of a
 * BoardIo decides what drives the pins (johnny-five, a simulated board, or nothing); the layers above do not know.
 */

/** Something lit by one output pin. */
export interface Led {
  on(): void;
  off(): void;
  /** As last switched; false once the board is closed or lost. */
  readonly isOn: boolean;
}

/** A pin that is driven to a level. */
export interface Output {
  /** Does nothing on a closed board; a lost one gets the newest level when it is back. */
  write(high: boolean): void;
  /** The board was lost and is back, and so is the level; for a moment the pin was not driven, or was low. Set by the user. */
  onRestored: (() => void) | null;
}

/** Something measured through one input pin. */
export interface Sensor {
  /** The kind, as in a rig file: `thermometer`, `light`, `analog` … */
  readonly kind: string;
  /** The pin, as in a rig file. */
  readonly pin: string;
  /** Unit of what read() returns, as people write it (`°C`, `V`); empty for a pure number. */
  readonly unit: string;
  /** The newest reading. NaN before the first, and once the board is closed or lost: an old reading is never passed off as new. */
  read(): number;
}

/** The pins of one board. */
export interface BoardIo {
  /** The driver of the pins and how it is reached, for people: `Firmata on /dev/ttyUSB0 at 57600 baud`. Valid before open(). */
  readonly description: string;
  /** The pins are not real. */
  readonly simulated: boolean;
  /** Called once when an open board goes away by itself. Set by the user, null to ignore. */
  onLost: ((error: GpioError) => void) | null;
  /**
   * Called when a lost board is open again: its lamps and outputs are as last switched, its sensors measure. Never by boards that
   * cannot come back by themselves. Set by the user, null to ignore.
   */
  onBack: (() => void) | null;
  /** Reaches the board. @throws GpioError GPIO_PORT, GPIO_TIMEOUT, GPIO_NO_PACKAGE, GPIO_NO_PLUGIN, GPIO_PLUGIN_FAILED */
  open(): Promise<void>;
  /** The lamp on a pin, dark at first. @throws GpioError GPIO_NOT_OPEN, GPIO_BAD_PIN */
  led(pin: string): Led;
  /** A sensor on a pin. @throws GpioError GPIO_NOT_OPEN, GPIO_BAD_KIND, GPIO_BAD_PIN, GPIO_NO_IO */
  sensor(kind: string, pin: string): Sensor;
  /** An output, at that level as soon as the board can; many boards drive it low for a moment first. @throws GpioError as led() */
  output(pin: string, high: boolean): Output;
  /** Darkens every lamp, leaves outputs as they are, and lets go of the board; lamps and sensors had from it are dead. May be opened again. */
  close(): Promise<void>;
}

/** The pins cannot do what was asked. `code` is stable. */
export class GpioError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GpioError";
    this.code = code;
  }
}

/** An error for a pin of a board that is closed or lost. @param what `LED on pin 13` */
export function boardNotOpen(what: string, board: string): GpioError {
  return new GpioError("GPIO_NOT_OPEN", `${what}: the board (${board}) is not open; open() it first`);
}

/** An error for a board that went away by itself. @param advice what people can do */
export function boardGone(board: string, why: string, advice: string, cause: unknown): GpioError {
  return new GpioError("GPIO_LOST", `${board}: the board is gone (${why}); ${advice}`, { cause });
}

/** The advice for a board that does not come back by itself. */
export const PLUG_IN_AND_RESTART = "plug it in again and restart";
