/** NUD states of a neighbour entry and the kernel's sets of them (include/uapi/linux/neighbour.h; RFC 4861 7.3.2). */
export const Nud = {
  NONE: 0x00,
  INCOMPLETE: 0x01,
  REACHABLE: 0x02,
  STALE: 0x04,
  DELAY: 0x08,
  PROBE: 0x10,
  FAILED: 0x20,
  NOARP: 0x40,
  PERMANENT: 0x80,
} as const;
export type Nud = (typeof Nud)[keyof typeof Nud];

/** States in which a timer runs. */
export const NUD_IN_TIMER: number = Nud.INCOMPLETE | Nud.REACHABLE | Nud.DELAY | Nud.PROBE;
/** States in which the link address may be used. */
export const NUD_VALID: number = Nud.PERMANENT | Nud.NOARP | Nud.REACHABLE | Nud.PROBE | Nud.STALE | Nud.DELAY;
/** States in which the link address may be used on the fast path. */
export const NUD_CONNECTED: number = Nud.PERMANENT | Nud.NOARP | Nud.REACHABLE;

/** The states in the order in which `ip neigh` prints them. */
const NAMES: readonly (readonly [number, string])[] = [
  [Nud.INCOMPLETE, "INCOMPLETE"],
  [Nud.REACHABLE, "REACHABLE"],
  [Nud.STALE, "STALE"],
  [Nud.DELAY, "DELAY"],
  [Nud.PROBE, "PROBE"],
  [Nud.FAILED, "FAILED"],
  [Nud.NOARP, "NOARP"],
  [Nud.PERMANENT, "PERMANENT"],
];

/** Returns the name of a state in capitals; the empty string for NONE, as in `ip neigh`. */
export function nudName(state: number): string {
  return NAMES.find(([bit]) => bit === state)?.[1] ?? "";
}

/** Returns the state of a name in any case, `none` included; undefined for any other word. */
export function parseNud(name: string): Nud | undefined {
  if (name.toLowerCase() === "none") return Nud.NONE;
  return NAMES.find(([, text]) => text.toLowerCase() === name.toLowerCase())?.[0] as Nud | undefined;
}
