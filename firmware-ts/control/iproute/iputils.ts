/** Numbers on the command lines of iputils (20221126, measured): one refusal for all of its programs. */
import { IpError } from "./words.ts";

/** long of a 64-bit machine. */
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/**
 * Reads a whole number. A bound that is a bigint may lie beyond what a number holds exactly; the value is rounded there.
 * @throws IpError with exit status 1
 */
export function iputilsNumber(program: string, text: string, least: number | bigint, most: number | bigint): number {
  const invalid = `${program}: invalid argument: '${text}'`;
  if (!/^\s*[+-]?\d+$/.test(text)) throw new IpError(invalid, 1);
  const value = BigInt(text.trim().replace(/^\+/, ""));
  if (value < LONG_MIN || value > LONG_MAX) throw new IpError(`${invalid}: Numerical result out of range`, 1);
  if (value >= least && value <= most) return Number(value);
  throw new IpError(`${invalid}: out of range: ${least} <= value <= ${most}`, 1);
}
