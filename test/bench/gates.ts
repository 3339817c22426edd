/** The ratios to lwIP (Debian's, processor time) that the frame path is held to, by subject, and what it aims at. */
export interface Gate {
  readonly gate: number;
  readonly aim: number;
}

export const GATES: Readonly<Record<string, Gate>> = {
  "udp send, resolved neighbour, 32 B": { gate: 1.3, aim: 1.0 },
  "udp send, resolved neighbour, 1472 B": { gate: 0.7, aim: 0.5 },
  "udp send, 1000 neighbours in turn, 32 B": { gate: 1.5, aim: 1.1 },
  "udp receive, 1472 B": { gate: 0.9, aim: 0.6 },
  "e1000 rings, udp receive, 60 B frame": { gate: 1.4, aim: 1.0 },
  "e1000 rings, no offload, udp receive, 60 B": { gate: 1.5, aim: 1.1 },
  "e1000 rings, shared pool, udp send, 60 B": { gate: 1.2, aim: 0.9 },
  "e1000 rings, arp request answered": { gate: 2.5, aim: 1.5 },
};

/** Says in plain words how a ratio stands to its gate; empty where there is none. */
export function verdict(subject: string, ratio: number): string {
  const { gate, aim } = GATES[subject] ?? {};
  if (gate === undefined || aim === undefined) return "";
  if (ratio > gate) return `short of the gate, ${gate}x`;
  return ratio > aim ? `within the gate, ${gate}x` : `as aimed at, ${aim}x`;
}

export function isShort(subject: string, ratio: number): boolean {
  return ratio > (GATES[subject]?.gate ?? Number.POSITIVE_INFINITY);
}
