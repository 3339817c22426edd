/** Both families under one method: which of them a request means, and addresses and prefixes as they are compared. */
import { formatIpv4 } from "../../ip/address.ts";
import { formatIpv6, type Ip6Words, ip6Words } from "../../ip/ip6-text.ts";
import { wordMask } from "../../ip6/common/address-kind.ts";
import type { KeyRest } from "../../neigh/key.ts";
import type { NeighbourService } from "../../neigh/service.ts";
import { type AnyPrefix, type Family, type HostPrefix6, isOfIpv6, noIpv6, type Prefix, versionsOf } from "./forms.ts";
import type { MethodContext } from "./method.ts";

/**
 * Returns the families of the stack that a request means.
 * @param prefixes those that it names: only their family is meant then
 * @throws ControlError FAMILY_UNSUPPORTED when it names one that the stack does not have
 */
export function familiesOf(
  { stack }: MethodContext,
  family: Family | undefined,
  ...prefixes: (AnyPrefix | undefined)[]
): readonly (4 | 6)[] {
  const asked = versionsOf(family);
  if (!stack.ip6 && family === "inet6") throw noIpv6(family);
  const named = prefixes.filter((prefix) => prefix !== undefined);
  return asked.filter((version) => {
    const fits = named.every((prefix) => isOfIpv6(prefix) === (version === 6));
    if (version === 4 || stack.ip6) return fits;
    const [first] = named;
    if (fits && first) throw noIpv6(String(first.address));
    return false;
  });
}

/** Returns the neighbour services that a request means. @throws ControlError FAMILY_UNSUPPORTED */
export function servicesOf(context: MethodContext, family: Family | undefined, prefix?: AnyPrefix): readonly NeighbourService[] {
  return familiesOf(context, family, prefix).map((version) => context.stack.neighbours(version));
}

/** A neighbour's address. */
interface Keyed {
  readonly key: number;
  readonly rest: KeyRest | null;
}

/** Returns the text of a neighbour's address. */
export function keyText({ key, rest }: Keyed): string {
  return rest === null ? formatIpv4(key) : formatIpv6({ ...rest, d: key });
}

/** The prefix holds a neighbour's address, which is of its family. */
export function holdsKey(prefix: Prefix | HostPrefix6, { key, rest }: Keyed): boolean {
  if (isOfIpv6(prefix)) return rest !== null && holds6(prefix, { ...rest, d: key });
  return rest === null && (key & prefix.mask) === prefix.address;
}

/** Compares neighbours' addresses of one family. */
export function orderOfKeys(one: Keyed, other: Keyed): number {
  return (
    (one.rest && other.rest ? orderOfWords({ ...one.rest, d: 0 }, { ...other.rest, d: 0 }) : 0) || unsigned(one.key, other.key)
  );
}

/** An IPv6 prefix holds an address. */
export function holds6({ address, length }: HostPrefix6, words: Ip6Words): boolean {
  const prefix = ip6Words(address);
  if (!prefix) return false;
  const first = ((prefix.a ^ words.a) & wordMask(length)) | ((prefix.b ^ words.b) & wordMask(length - 32));
  return (first | ((prefix.c ^ words.c) & wordMask(length - 64)) | ((prefix.d ^ words.d) & wordMask(length - 96))) === 0;
}

/** Compares IPv6 addresses as numbers. */
export function orderOfWords(one: Ip6Words, other: Ip6Words): number {
  return unsigned(one.a, other.a) || unsigned(one.b, other.b) || unsigned(one.c, other.c) || unsigned(one.d, other.d);
}

function unsigned(one: number, other: number): number {
  return (one >>> 0) - (other >>> 0);
}
