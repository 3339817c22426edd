/** Flags of a neighbour entry (include/uapi/linux/neighbour.h): the low octet is ndm_flags, what lies above is NDA_FLAGS_EXT. */
export const NeighFlags = {
  /** Only in requests: starts a resolution as a packet would. Never stored. */
  USE: 0x01,
  SELF: 0x02,
  MASTER: 0x04,
  PROXY: 0x08,
  /** A control plane looks after the entry: no garbage collection. */
  EXT_LEARNED: 0x10,
  OFFLOADED: 0x20,
  STICKY: 0x40,
  /** The neighbour is a router. */
  ROUTER: 0x80,
  /** The stack keeps the entry resolved by itself. */
  MANAGED: 0x100,
  /** Bridges only. A neighbour request with it is refused. */
  LOCKED: 0x200,
  /** A control plane vouches for the entry: no garbage collection, and a failed probe makes it STALE, not FAILED (Linux 6.17). */
  EXT_VALIDATED: 0x400,
} as const;

/** Flags that exempt an entry from garbage collection. */
export const NTF_GC_EXEMPT: number = NeighFlags.EXT_LEARNED | NeighFlags.EXT_VALIDATED;

/** The words of `ip neigh show`, which are the keys of its JSON too, in the order in which it prints them. */
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
