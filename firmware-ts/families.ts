/** Every address family of a stack: to add one, write its folder and add its line here, under its version of IP. */
import type { IpFamily } from "./ip/address.ts";
import type { Family, FamilyGround } from "./ip/family.ts";
import { Ip4Family } from "./ip4/family.ts";
import type { NeighbourService } from "./neigh/service.ts";

const FAMILIES = {
  4: (ground: FamilyGround): Ip4Family => new Ip4Family(ground),
};

/** The families of one stack. */
export type Families = { readonly [V in keyof typeof FAMILIES]: ReturnType<(typeof FAMILIES)[V]> };

/** The neighbour services of a stack by version of IP. A family that is not on the list has none: Stack.neighbours() refuses it. */
export type NeighbourServices = {
  readonly [V in IpFamily]: V extends keyof Families ? Families[V]["neighbours"] : NeighbourService;
};

/** Makes the families of one stack. */
export function makeFamilies(groundOf: (version: IpFamily) => FamilyGround): Families {
  const made = Object.entries(FAMILIES).map(([version, make]): [string, Family] => [
    version,
    make(groundOf(Number(version) as IpFamily)),
  ]);
  return Object.fromEntries(made) as Families;
}

/** Finds a family by its version; undefined when it is not on the list. */
export function findFamily(families: Families, version: IpFamily): Family | undefined {
  const byVersion: { readonly [V in IpFamily]?: Family } = families;
  return byVersion[version];
}
