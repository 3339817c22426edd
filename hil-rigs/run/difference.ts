/** One difference between two devices under test. */
export interface Difference {
  /** `frames`, `times`, `commands`, `table`, `events`. */
  where: string;
  /** The behaviour of the one and of the other; empty: nothing more. */
  left: string;
  right: string;
}
