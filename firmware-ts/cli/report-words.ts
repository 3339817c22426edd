/** Words that the reports of several commands share. */

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
