/** Ctrl-C, or another signal that is to be heard. It is listened to from construction until ignore(): a command that has ended leaves no listener behind. */
export class Interrupt {
  readonly heard: Promise<null>;
  readonly #listener: () => void;
  readonly #signals: readonly NodeJS.Signals[];

  constructor(signals: readonly NodeJS.Signals[] = ["SIGINT"]) {
    this.#signals = signals;
    let resolve: (value: null) => void = () => {};
    this.heard = new Promise((settled) => {
      resolve = settled;
    });
    // The second one has its usual effect.
    this.#listener = () => {
      this.ignore();
      resolve(null);
    };
    for (const signal of signals) process.once(signal, this.#listener);
  }

  ignore(): void {
    for (const signal of this.#signals) process.off(signal, this.#listener);
  }
}
