/** Flags of a neighbour entry (include/uapi/linux/neighbour.h): the low octet is ndm_flags, what lies above is NDA_FLAGS_EXT. */
export const NeighFlags = {
  /** Request only: start resolution as a packet would. Never stored. */
  USE: 0x01,
  SELF: 0x02,
  MASTER: 0x04,
  PROXY: 0x08,
  /** A control plane answers for it: no garbage collection. */
  EXT_LEARNED: 0x10,
  OFFLOADED: 0x20,
  STICKY: 0x40,
  /** The neighbour is a router (ND). */
  ROUTER: 0x80,
  /** The stack keeps it resolved by itself. */
  MANAGED: 0x100,
  /** Bridges only; a neighbour request with it is refused. */
  LOCKED: 0x200,
  /** A control plane vouches for it: no garbage collection, and a failed probe makes it STALE, not FAILED (Linux 6.17). */
  EXT_VALIDATED: 0x400,
} as const;

/** Flags of an entry that exempt it from garbage collection. */
export const NTF_GC_EXEMPT: number = NeighFlags.EXT_LEARNED | NeighFlags.EXT_VALIDATED;

/** Words of `ip neigh show` and the keys of its JSON, in the order in which it prints them. */
const WORDS: readonly (readonly [number, string])[] = [
  [NeighFlags.ROUTER, "router"],
  [NeighFlags.PROXY, "proxy"],
  [NeighFlags.MANAGED, "managed"],
  [NeighFlags.EXT_LEARNED, "extern_learn"],
  [NeighFlags.OFFLOADED, "offload"],
  [NeighFlags.EXT_VALIDATED, "extern_valid"],
];

export function flagWords(flags: number): string[] {
  return WORDS.filter(([bit]) => flags & bit).map(([, word]) => word);
}
