/**
 * Profiles of a table's behaviour: Linux's, the standards' where Linux differs from them, or that of a node that counts every frame it is
 * awake for. A profile sets start values, which an operator may write over, and a few switches. docs/profiles.md has reasons and costs.
 */
import type { NeighValues } from "./parameters.ts";

export type ProfileName = "linux" | "strict" | "lowpower";

/** Switches for which the kernel has no setting. The machine goes by eagerDelay and failedHold, the families by the others. */
export interface NeighPolicy {
  /** A REACHABLE entry that was used just now goes to DELAY when its time is over, without waiting for the next packet. */
  readonly eagerDelay: boolean;
  /** Neither believes nor answers a sender whose link address is a group's, nobody's or ours (RFC 1812 3.3.2). */
  readonly checksSender: boolean;
  /** A reply confirms only when it answers an outstanding request of ours; any other reply is hearsay (RFC 4861 7.3.1). */
  readonly onlyAskedConfirms: boolean;
  /** Another link address than the known one is not believed unasked: the known one is asked first whether it is there still. */
  readonly asksOldAddress: boolean;
  /** Any packet that a neighbour sends to us alone confirms it, as an answer does. */
  readonly trafficConfirms: boolean;
  /** Time after a failure, in ms, in which packets to the neighbour fail at once and nobody is asked. */
  readonly failedHold: number;
  /** Announces our addresses when they come, and defends them when another station uses them. */
  readonly defends: boolean;
  /** Tells the routers new addresses, and as a router believes a host's (RFC 9131 6.1), where the family has such messages. */
  readonly tellsRouters: boolean;
}

export interface Profile {
  readonly name: ProfileName;
  /** Start values of a device that stand above those of the family. Times in ms. */
  readonly parameters: Partial<NeighValues>;
  readonly policy: NeighPolicy;
}

const LINUX: NeighPolicy = {
  eagerDelay: true,
  checksSender: false,
  onlyAskedConfirms: false,
  asksOldAddress: false,
  trafficConfirms: false,
  failedHold: 0,
  defends: false,
  tellsRouters: false,
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  linux: { name: "linux", parameters: {}, policy: LINUX },
  strict: {
    name: "strict",
    // Another address is not a matter of the entry's age: the one that is known is asked. Other families start with 0 anyway.
    parameters: { lockTime: 0 },
    policy: {
      ...LINUX,
      eagerDelay: false,
      checksSender: true,
      onlyAskedConfirms: true,
      asksOldAddress: true,
      defends: true,
      tellsRouters: true,
    },
  },
  lowpower: {
    name: "lowpower",
    parameters: {
      // lwIP believes an answer as long. A changed address that nobody announces is found that much later.
      baseReachableTime: 300_000,
      gcStaleTime: 3_600_000,
      // One request to the known address, then one to everybody: a neighbour that moved is found before the entry fails (RFC 7048 2).
      ucastProbes: 1,
      mcastReprobes: 1,
      mcastProbes: 2,
    },
    policy: { ...LINUX, eagerDelay: false, trafficConfirms: true, failedHold: 10_000 },
  },
};

export const PROFILE_NAMES: readonly ProfileName[] = Object.keys(PROFILES) as ProfileName[];
