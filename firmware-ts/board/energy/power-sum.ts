/** Energy from power over time: between two values the power is taken to change evenly. */
export class PowerSum {
  joules = 0;
  #watts = Number.NaN;
  #at = 0;

  /** @param at seconds, never less than before */
  add(watts: number, at: number): void {
    if (!Number.isNaN(this.#watts)) this.joules += ((watts + this.#watts) / 2) * (at - this.#at);
    this.#watts = watts;
    this.#at = at;
  }
}
