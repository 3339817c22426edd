/** The parts that a command closes at its end, the first that was added first. */
export class Closing {
  readonly #parts: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#parts.push(close);
  }

  /**
   * Closes everything that was added, once, also when a part fails.
   * @throws the first failure
   */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#parts.splice(0)) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
