/** A line that tells how far a run is, on a terminal only: a pipe or a file gets results and nothing else. */

/** Time between two looks of the line, in ms. */
const PACE = 200;
/** Cases that must have ended before the remaining time is told. */
const SURE = 20;

export class Progress {
  readonly #terminal: boolean;
  readonly #name: string;
  readonly #total: number;
  readonly #began: number = performance.now();
  #done = 0;
  #failed = 0;
  #shown = Number.NEGATIVE_INFINITY;

  constructor(name: string, total: number) {
    this.#terminal = process.stderr.isTTY === true;
    this.#name = name;
    this.#total = total;
  }

  /** Takes the line away, so that others can be printed. */
  clear(): void {
    if (this.#terminal && this.#shown > 0) process.stderr.write("\r\x1b[K");
  }

  /** One more case has ended. */
  step(failed: boolean): void {
    this.#done++;
    if (failed) this.#failed++;
    const now = performance.now();
    if (!this.#terminal || now - this.#shown < PACE) return;
    this.#shown = now;
    process.stderr.write(`\r\x1b[K${this.#line(now - this.#began)}`);
  }

  #line(took: number): string {
    const failed = this.#failed > 0 ? `, ${this.#failed} failed` : "";
    const left = ((this.#total - this.#done) * took) / this.#done;
    const remaining = this.#done >= SURE ? `, about ${Math.ceil(left / 1000)} s left` : "";
    return `${this.#name}: ${this.#done} of ${this.#total} cases${failed}${remaining}`;
  }
}
