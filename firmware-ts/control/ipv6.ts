/** Tells the text of an IPv6 address from other text, for a stack that refuses such addresses with a reason of their own. */

/** Groups of 16 bits in an address. */
const GROUPS = 8;
const QUAD = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/** The text is an IPv6 address (RFC 4291 2.2), with or without a zone. */
export function isIpv6(text: string): boolean {
  const [, address = "", zone] = /^([^%]*)(?:%(.*))?$/.exec(text) ?? [];
  if (zone === "") return false;
  const [front = "", back, ...rest] = address.split("::");
  if (rest.length > 0) return false;
  const head = groupsIn(front, back === undefined);
  const tail = back === undefined ? 0 : groupsIn(back, true);
  // A run of zero groups is one group at least.
  return back === undefined ? head === GROUPS : head + tail < GROUPS;
}

/** Groups between colons, a dotted quad at the end counted as two; more than an address has when one of them is none. */
function groupsIn(text: string, last: boolean): number {
  if (text === "") return 0;
  const groups = text.split(":");
  const quad = last && QUAD.test(groups.at(-1) ?? "");
  if (quad) groups.pop();
  return groups.every((group) => /^[\da-f]{1,4}$/i.test(group)) ? groups.length + (quad ? 2 : 0) : GROUPS + 1;
}
