/** Words that the reports of several commands share. */
import { STALE } from "../../board/health-watch.ts";
import type { NeighTroubles } from "../../board/neigh-watch.ts";
import type { HealthReport } from "../../net/device-health.ts";

/** As wide as the names in front of a summary's other lines. */
const NAME = 14;

/** `QDISC_DROP 3, NOMEM 1`, or `none`. */
export function dropsText(drops: Readonly<Record<string, number>>): string {
  return (
    Object.entries(drops)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(", ") || "none"
  );
}

/** Names the parts of a device that are not real, a line each. */
export function standInLines(name: string, fallback: string | null, gateway: string | null): string[] {
  const lines: string[] = [];
  if (fallback !== null) lines.push(`${name}: fallback taken, this chip is simulated (${fallback})`);
  if (gateway !== null) lines.push(`${name}: at the far end a simulated gateway, ${gateway}`);
  return lines;
}

/** Tells of the neighbour table's troubles; nothing where there was none. */
export function neighLines({ tableFulls, changed, flipFlops, contradicted, refused }: NeighTroubles): string[] {
  const claims: [count: number, words: string][] = [
    [changed, "believed"],
    [flipFlops, "believed back and forth"],
    [contradicted, "against static entries"],
    [refused, "not believed"],
  ];
  const told = claims.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  const words = tableFulls > 0 ? [`${tableFulls} refused by a full table`] : [];
  if (told.length > 0) words.push(`claims of another link address: ${told.join(", ")}`);
  return words.length > 0 ? [`${"neighbours".padEnd(NAME)}${words.join("; ")}`] : [];
}

/** Tells the health of devices that had trouble, a line each. */
export function healthLines(devices: Readonly<Record<string, HealthReport>>): string[] {
  return Object.entries(devices).flatMap(([name, report]) => {
    const words = healthWords(report);
    return words.length > 0 ? [`${name.padEnd(NAME)}${words.join("; ")}`] : [];
  });
}

/** Nothing where there was no trouble. */
export function healthWords({ failures, recoveries, failedFor, suspicions, repairs, sinceProof }: HealthReport): string[] {
  const words: string[] = [];
  if (failures > 0) words.push(`failed ${times(failures)}, came back ${times(recoveries)}`);
  if (failedFor !== null) words.push(`has not worked for ${seconds(failedFor)}`);
  if (repairs) words.push(`repaired ${times(repairs)}`);
  if (suspicions) words.push(`${suspicions} readings not believed`);
  if (sinceProof !== null && (sinceProof > STALE || words.length > 0)) words.push(`last proof of life ${seconds(sinceProof)} ago`);
  return words;
}

function times(count: number): string {
  return count === 0 ? "never" : count === 1 ? "once" : `${count} times`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
