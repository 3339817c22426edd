/**
 * Protocol addresses as keys. The last four octets are an int32, which allocates nothing. Addresses of sixteen octets have a rest, an
 * object with the twelve octets before them.
 */

/** The first twelve octets of a 16-octet address, as int32 in network byte order. */
export interface KeyRest {
  a: number;
  b: number;
  c: number;
}

export function sameRest(one: KeyRest | null, other: KeyRest | null): boolean {
  if (one === null || other === null) return one === other;
  return one.a === other.a && one.b === other.b && one.c === other.c;
}

/** Copies a rest in order to keep it: the caller's object may change. */
export function copyRest(rest: KeyRest | null): KeyRest | null {
  return rest && { a: rest.a, b: rest.b, c: rest.c };
}
