/** The simulated board as johnny-five's side asks for it: an IO plugin that is opened and let go of. */
import type { GpioError } from "../gpio.ts";
import type { SignalShape } from "../signal-shape.ts";
import type { SimulatedIo } from "./io.ts";

/** A session on the simulated board; it is never lost by itself. */
export interface SimulatedIoConnection {
  readonly io: SimulatedIo;
  onLost: ((error: GpioError) => void) | null;
  /** Connects a signal to a pin. @throws GpioError GPIO_BAD_PIN */
  attach(pin: string, shape: SignalShape): void;
  /** Pushes the pin's value of this moment to its listeners. @throws GpioError GPIO_BAD_PIN */
  sample(pin: string | number): void;
  close(): Promise<void>;
}

/** A simulated board, which outlives the sessions on it. */
export class SimulatedIoSource {
  readonly description = "simulated GPIO";
  readonly simulated = true;
  readonly #io: SimulatedIo;

  constructor(io: SimulatedIo) {
    this.#io = io;
  }

  async open(): Promise<SimulatedIoConnection> {
    const io = this.#io;
    return {
      io,
      onLost: null,
      attach: (pin, shape) => io.attach(pin, shape),
      sample: (pin) => io.sample(pin),
      close: async () => io.release(),
    };
  }
}
