/** Where two devices under test did not do the same. */
export interface Difference {
  /** `frames`, `times`, `commands`, `table`, `events`. */
  where: string;
  /** What one did, and the other; empty: nothing more. */
  left: string;
  right: string;
}
