/** InfluxDB line protocol (v2 reference): `measurement,tag=value field=1.5,other=2i 1767225603000000000`. */

export interface Field {
  name: string;
  value: number;
  /** Written with a trailing i. */
  integer?: boolean;
}

/**
 * One point. Fields that are not finite numbers are left out, and tags without a value, as the protocol has no way to write them.
 * @param time ms since 1970-01-01 UTC; written in ns
 * @throws RangeError when no field is a finite number: there is no point without one
 */
export function linePoint(
  measurement: string,
  tags: Readonly<Record<string, string>>,
  fields: readonly Field[],
  time: number,
): string {
  let line = escaped(measurement, /[, ]/g);
  for (const [name, value] of Object.entries(tags)) {
    const written = escaped(value, /[,= ]/g);
    if (written !== "") line += `,${escaped(name, /[,= ]/g)}=${written}`;
  }
  const finite = fields.filter((field) => Number.isFinite(field.value));
  if (finite.length === 0) throw new RangeError(`a point of ${measurement} needs a field with a finite number`);
  const written = finite.map(
    (field) => `${escaped(field.name, /[,= ]/g)}=${field.integer ? `${Math.trunc(field.value)}i` : field.value}`,
  );
  return `${line} ${written.join(",")} ${BigInt(Math.round(time)) * 1_000_000n}`;
}

function escaped(text: string, special: RegExp): string {
  // A backslash at the end would escape what follows, and there is no way to write one there.
  return text
    .replace(/[\r\n]/g, " ")
    .replace(/\\+$/, "")
    .replace(special, "\\$&");
}
