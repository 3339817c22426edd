/**
 * A board that may be unplugged: its lamps, outputs and sensors outlive its loss. Meanwhile lamps are dark and sensors read NaN.
 * The board is tried again and again; once it is back, everything is on its pin as last switched.
 */
import type { Clock, Timer } from "../clock.ts";
import type { BoardIo, GpioError, Led, Output, Sensor } from "../gpio.ts";
import { sensorKind } from "../sensor-kinds.ts";

/** Between attempts to open the board again, in ms: doubled each time up to the longest. */
const FIRST_DELAY = 500;
const LONGEST_DELAY = 10_000;

/** Something on a pin. */
interface Handle {
  /** Puts it on the pin of a board that has just been opened. @throws GpioError */
  make(io: BoardIo): void;
}

export class LastingBoardIo implements BoardIo {
  onLost: ((error: GpioError) => void) | null = null;
  onBack: (() => void) | null = null;
  readonly #io: BoardIo;
  readonly #timer: Timer;
  readonly #handles: Handle[] = [];
  readonly #outputs: LastingOutput[] = [];
  #lost = false;
  #delay = FIRST_DELAY;

  /** @param io the board, its onLost and onBack free */
  constructor(io: BoardIo, clock: Clock) {
    this.#io = io;
    this.#timer = clock.timer(() => void this.#reopen());
    io.onLost = (error) => this.#lose(error);
  }

  get description(): string {
    return this.#io.description;
  }

  get simulated(): boolean {
    return this.#io.simulated;
  }

  /** Opens the board. A lost one is looked for already: then this resolves at once. */
  async open(): Promise<void> {
    if (!this.#lost) await this.#io.open();
  }

  led(pin: string): Led {
    const led = new LastingLed(pin);
    this.#add(led);
    return led;
  }

  sensor(kind: string, pin: string): Sensor {
    const sensor = new LastingSensor(kind, pin);
    this.#add(sensor);
    return sensor;
  }

  output(pin: string, high: boolean): Output {
    const output = new LastingOutput(pin, high);
    this.#add(output);
    this.#outputs.push(output);
    return output;
  }

  async close(): Promise<void> {
    this.#lost = false;
    this.#timer.cancel();
    this.#handles.length = 0;
    this.#outputs.length = 0;
    await this.#io.close();
  }

  #add(handle: Handle): void {
    if (!this.#lost) handle.make(this.#io);
    this.#handles.push(handle);
  }

  #lose(error: GpioError): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#delay = FIRST_DELAY;
    this.#timer.arm(this.#delay);
    this.onLost?.(error);
  }

  async #reopen(): Promise<void> {
    try {
      await this.#io.open();
      // A board without the parts of the lost one is another board.
      if (this.#lost) for (const handle of this.#handles) handle.make(this.#io);
    } catch {
      await this.#io.close();
      if (!this.#lost) return;
      this.#delay = Math.min(LONGEST_DELAY, this.#delay * 2);
      this.#timer.arm(this.#delay);
      return;
    }
    // Closed meanwhile.
    if (!this.#lost) return;
    this.#lost = false;
    for (const output of this.#outputs) output.onRestored?.();
    this.onBack?.();
  }
}

class LastingLed implements Led, Handle {
  readonly #pin: string;
  #wanted = false;
  #led: Led | null = null;

  constructor(pin: string) {
    this.#pin = pin;
  }

  make(io: BoardIo): void {
    this.#led = io.led(this.#pin);
    if (this.#wanted) this.#led.on();
  }

  on(): void {
    this.#wanted = true;
    this.#led?.on();
  }

  off(): void {
    this.#wanted = false;
    this.#led?.off();
  }

  get isOn(): boolean {
    return this.#led?.isOn ?? false;
  }
}

class LastingSensor implements Sensor, Handle {
  readonly kind: string;
  readonly pin: string;
  readonly unit: string;
  #sensor: Sensor | null = null;

  constructor(kind: string, pin: string) {
    this.kind = kind;
    this.pin = pin;
    this.unit = sensorKind(kind).unit;
  }

  make(io: BoardIo): void {
    this.#sensor = io.sensor(this.kind, this.pin);
  }

  read(): number {
    return this.#sensor?.read() ?? Number.NaN;
  }
}

class LastingOutput implements Output, Handle {
  onRestored: (() => void) | null = null;
  readonly #pin: string;
  #high: boolean;
  #output: Output | null = null;

  constructor(pin: string, high: boolean) {
    this.#pin = pin;
    this.#high = high;
  }

  make(io: BoardIo): void {
    this.#output = io.output(this.#pin, this.#high);
  }

  write(high: boolean): void {
    this.#high = high;
    this.#output?.write(high);
  }
}
