/** Every address family of a stack: to add one, write its folder and add its line here, under its version of IP. */
import type { IpFamily } from "./ip/address.ts";
import type { Family, FamilyGround } from "./ip/family.ts";
import { Ip4Family } from "./ip4/family.ts";
import { Ip6Family } from "./ip6/family.ts";
import type { NeighbourService } from "./neigh/service.ts";

const FAMILIES = {
  4: (ground: FamilyGround): Ip4Family => new Ip4Family(ground),
  6: (ground: FamilyGround): Ip6Family => new Ip6Family(ground),
};

type Listed = { readonly [V in keyof typeof FAMILIES]: ReturnType<(typeof FAMILIES)[V]> };

/** The families of one stack: IPv4, and those that it was asked for. */
export type Families = Pick<Listed, 4> & Partial<Listed>;

/** The neighbour services of a stack by version of IP. A family that the stack does not have has none: Stack.neighbours() refuses it. */
export type NeighbourServices = {
  readonly [V in IpFamily]: V extends keyof Listed ? Listed[V]["neighbours"] : NeighbourService;
};

/**
 * Makes the families of one stack.
 * @param versions those that it has; IPv4 it has always
 */
export function makeFamilies(versions: readonly IpFamily[], groundOf: (version: IpFamily) => FamilyGround): Families {
  const wanted = Object.entries(FAMILIES).filter(([version]) => version === "4" || versions.includes(Number(version) as IpFamily));
  const made = wanted.map(([version, make]): [string, Family] => [version, make(groundOf(Number(version) as IpFamily))]);
  return Object.fromEntries(made) as Families;
}

/** Finds a family by its version; undefined when the stack does not have it. */
export function findFamily(families: Families, version: IpFamily): Family | undefined {
  const byVersion: { readonly [V in IpFamily]?: Family } = families;
  return byVersion[version];
}
