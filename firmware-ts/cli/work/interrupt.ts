/** Ctrl-C. It is listened to from construction until ignore(): a command that has ended leaves no listener behind. */
export class Interrupt {
  readonly heard: Promise<null>;
  readonly #listener: () => void;

  constructor() {
    let resolve: (value: null) => void = () => {};
    this.heard = new Promise((settled) => {
      resolve = settled;
    });
    this.#listener = () => resolve(null);
    process.once("SIGINT", this.#listener);
  }

  ignore(): void {
    process.off("SIGINT", this.#listener);
  }
}
