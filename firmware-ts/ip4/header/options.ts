/** IPv4 options (RFC 791 3.1): a host that runs no source routes only has to see that they are well formed. */

const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_LSRR = 131;
const OPTION_SSRR = 137;

/** False for a malformed list, and for a source route, which this stack does not take (as Linux by default). */
export function optionsAcceptable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const option = bytes[at]!;
    if (option === OPTION_END) return true;
    if (option === OPTION_NOP) {
      at++;
      continue;
    }
    if (option === OPTION_LSRR || option === OPTION_SSRR || at + 1 >= end) return false;
    const length = bytes[at + 1]!;
    if (length < 2 || at + length > end) return false;
    at += length;
  }
  return true;
}
