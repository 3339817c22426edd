/** Words that the reports of several commands share. */
import type { HealthReport } from "../net/device-health.ts";

/** A chip that is looked after gives proof of life every second or so: older than this, in ms, it is worth a word. */
const FRESH = 10_000;
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

/** What of a device is not real, a line each. */
export function standInLines(name: string, fallback: string | null, gateway: string | null): string[] {
  const lines: string[] = [];
  if (fallback !== null) lines.push(`${name}: fallback taken, this chip is simulated (${fallback})`);
  if (gateway !== null) lines.push(`${name}: at the far end a simulated gateway, ${gateway}`);
  return lines;
}

/** What there is to tell of the devices' health, a line each; nothing of those that had no trouble. */
export function healthLines(devices: Readonly<Record<string, HealthReport>>): string[] {
  const lines: string[] = [];
  for (const [name, { failures, recoveries, failedFor, suspicions, repairs, sinceProof }] of Object.entries(devices)) {
    const parts: string[] = [];
    if (failures > 0) parts.push(`failed ${times(failures)}, came back ${times(recoveries)}`);
    if (failedFor !== null) parts.push(`does not work for ${seconds(failedFor)}`);
    if (repairs) parts.push(`repaired ${times(repairs)}`);
    if (suspicions) parts.push(`${suspicions} readings not believed`);
    if (sinceProof !== null && (sinceProof > FRESH || parts.length > 0))
      parts.push(`last proof of life ${seconds(sinceProof)} ago`);
    if (parts.length > 0) lines.push(`${name.padEnd(NAME)}${parts.join("; ")}`);
  }
  return lines;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
