/** InfluxDB line protocol (v2 reference): `measurement,tag=value field=1.5,other=2i 1767225603000000000`. */

export interface Field {
  name: string;
  value: number;
  /** Written with a trailing i. */
  integer?: boolean;
}

/**
 * One point. Fields that are not finite numbers are left out, as the protocol has no way to write them; so a point always needs one
 * that is.
 * @param time ms since 1970-01-01 UTC; written in ns
 */
export function linePoint(
  measurement: string,
  tags: Readonly<Record<string, string>>,
  fields: readonly Field[],
  time: number,
): string {
  let line = escaped(measurement, /[, ]/g);
  for (const [name, value] of Object.entries(tags)) line += `,${escaped(name, /[,= ]/g)}=${escaped(value, /[,= ]/g)}`;
  const written = fields
    .filter((field) => Number.isFinite(field.value))
    .map((field) => `${escaped(field.name, /[,= ]/g)}=${field.integer ? `${Math.trunc(field.value)}i` : field.value}`);
  return `${line} ${written.join(",")} ${BigInt(Math.round(time)) * 1_000_000n}`;
}

function escaped(text: string, special: RegExp): string {
  return text.replace(/[\r\n]/g, " ").replace(special, "\\$&");
}
