/** A count of changes, by which an answer that was remembered is checked: it holds for as long as the count is what it was then. */
export class Generation {
  count = 0;
  readonly #outer: Generation | null;

  /** @param outer counts these changes, too, among others */
  constructor(outer: Generation | null = null) {
    this.#outer = outer;
  }

  /** Something has changed. Called before anybody is told of it. */
  next(): void {
    this.count++;
    this.#outer?.next();
  }
}
