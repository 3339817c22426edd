/** Arithmetic of sequence numbers and of other counts of 32 bits that begin anew (RFC 9293 3.4), as int32. */

/** Returns true when `a` comes before `b`. */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Returns true when `a` comes after `b`. */
export function after(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}

/** Returns the later of two. */
export function latest(a: number, b: number): number {
  return ((a - b) | 0) < 0 ? b : a;
}
