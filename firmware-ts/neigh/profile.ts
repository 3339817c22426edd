/**
 * Whose behaviour an ARP table has: Linux's, the standards' where Linux differs from them, or that of a node that counts every frame
 * it is awake for. A profile is what its devices start with, all of which an operator may write over, and a few switches.
 * docs/profiles.md has the reasons and what each costs.
 */
import type { NeighValues } from "./parameters.ts";

export type ProfileName = "linux" | "strict" | "lowpower";

/** What no setting of the kernel's can say. */
export interface NeighPolicy {
  /** A REACHABLE entry that was just used is asked for again when its time is over, without waiting for the next packet to it. */
  readonly eagerDelay: boolean;
  /** Whoever names a group, nobody or ourselves as the sender's link address is not believed, and not answered (RFC 1812 3.3.2). */
  readonly checksSender: boolean;
  /** A reply confirms where it answers an outstanding request of ours alone; any other is hearsay (RFC 4861 7.3.1). */
  readonly onlyAskedConfirms: boolean;
  /** Whatever a neighbour sends to us alone confirms it, as an answer would. */
  readonly trafficConfirms: boolean;
  /** After a failure nobody is asked again for this long, in ms: packets to the neighbour fail at once. */
  readonly failedHold: number;
  /** Our addresses are announced when they come, and defended when somebody else uses them (RFC 5227 2.3, 2.4). */
  readonly defends: boolean;
}

export interface Profile {
  readonly name: ProfileName;
  /** Where a device's parameters start from other values than Linux's. Times in ms. */
  readonly parameters: Partial<NeighValues>;
  readonly policy: NeighPolicy;
}

const LINUX: NeighPolicy = {
  eagerDelay: true,
  checksSender: false,
  onlyAskedConfirms: false,
  trafficConfirms: false,
  failedHold: 0,
  defends: false,
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  linux: { name: "linux", parameters: {}, policy: LINUX },
  strict: {
    name: "strict",
    // RFC 826 merges every sender that it knows, however young the entry.
    parameters: { lockTime: 0 },
    policy: { ...LINUX, eagerDelay: false, checksSender: true, onlyAskedConfirms: true, defends: true },
  },
  lowpower: {
    name: "lowpower",
    parameters: {
      // As long as lwIP believes an answer; a changed address that nobody announces is found this much later.
      baseReachableTime: 300_000,
      gcStaleTime: 3_600_000,
      // To the known address once, then once to everybody: whoever has moved is found before the entry fails (as RFC 7048 2 wants it).
      ucastProbes: 1,
      mcastReprobes: 1,
      mcastProbes: 2,
    },
    policy: { ...LINUX, eagerDelay: false, trafficConfirms: true, failedHold: 10_000 },
  },
};

export const PROFILE_NAMES: readonly ProfileName[] = Object.keys(PROFILES) as ProfileName[];
