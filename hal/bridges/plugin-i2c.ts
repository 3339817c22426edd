/** I2C through a johnny-five IO plugin: Firmata's, one of a Raspberry Pi, or the simulated board. */
import type { Clock } from "../clock.ts";
import { type I2cBus, I2cError } from "../i2c.ts";
import type { IoConnection, IoPlugin, IoSource } from "./johnny-five.ts";

/** The part of a plugin that speaks I2C (github.com/rwaldron/io-plugins). */
interface I2cPlugin extends IoPlugin {
  i2cConfig(options: { readonly address: number }): unknown;
  i2cReadOnce(address: number, register: number, length: number, answer: (bytes: ArrayLike<number>) => void): unknown;
}

export class PluginI2c implements I2cBus {
  readonly #source: IoSource;
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #configured = new Set<number>();
  #connection: IoConnection | null = null;

  /** @param timeout the most time for an answer, ms */
  constructor(source: IoSource, clock: Clock, timeout: number) {
    this.#source = source;
    this.#clock = clock;
    this.#timeout = timeout;
  }

  get description(): string {
    return this.#source.description;
  }

  get simulated(): boolean {
    return this.#source.simulated;
  }

  async open(): Promise<void> {
    if (this.#connection) return;
    const connection = await this.#source.open();
    if (!isI2c(connection.io)) {
      await connection.close();
      throw new I2cError("I2C_NONE", `${this.description}: it has no I2C`);
    }
    this.#connection = connection;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    this.#configured.clear();
    await connection?.close();
  }

  async read(address: number, register: number, length: number): Promise<Uint8Array> {
    const part = `${this.description}: 0x${address.toString(16)} on I2C`;
    const io = this.#connection?.io;
    if (!io || !isI2c(io)) throw new I2cError("I2C_CLOSED", `${this.description}: it is not open`);
    const bytes = await this.#answer(io, address, register, length, part);
    const answer = Uint8Array.from(bytes);
    if (answer.length < length)
      throw new I2cError("I2C_SHORT", `${part}: it sent ${answer.length} of ${length} bytes; is it there?`);
    return answer.subarray(0, length);
  }

  #answer(io: I2cPlugin, address: number, register: number, length: number, part: string): Promise<ArrayLike<number>> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.timer(() =>
        reject(new I2cError("I2C_SILENT", `${part}: no answer within ${this.#timeout} ms; is it there?`)),
      );
      timer.arm(this.#timeout);
      try {
        if (!this.#configured.has(address)) io.i2cConfig({ address });
        this.#configured.add(address);
        io.i2cReadOnce(address, register, length, (bytes) => {
          timer.cancel();
          resolve(bytes);
        });
      } catch (cause) {
        timer.cancel();
        reject(new I2cError("I2C_FAILED", `${part}: ${(cause as Error).message}`, { cause }));
      }
    });
  }
}

function isI2c(io: IoPlugin): io is I2cPlugin {
  const { i2cConfig, i2cReadOnce } = io as Partial<I2cPlugin>;
  return typeof i2cConfig === "function" && typeof i2cReadOnce === "function";
}
