/** Cases of the second family. */
import type { Case } from "../../../contract/case.ts";

/** The same cases with IPv6 addresses and neighbour discovery. */
export function overIpv6(cases: readonly Case[]): Case[] {
  return cases.map((one) => ({ ...one, family: 6 }));
}
