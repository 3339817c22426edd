/**
 * The parts that a rig file's schema is built from. A value is text until a leaf reads it; every refusal says what would be right, with
 * an example.
 */
import * as v from "valibot";
import { UnitError } from "./units.ts";
import { closest, didYouMean, show } from "./wording.ts";

/** A mapping of known keys, as table() makes it. */
export type Table<E extends v.ObjectEntries> = v.ObjectWithRestSchema<
  E,
  v.NeverSchema<string>,
  (issue: v.ObjectWithRestIssue) => string
>;

/** The keys that one kind of thing (a bus, an app) has beside `kind`, each with its schema. */
export type Keys = v.ObjectEntries;

/** A T in which each refused value is undefined. */
export type Draft<T> = T extends Uint8Array | string | number
  ? T | undefined
  : T extends readonly (infer Item)[]
    ? readonly Draft<Item>[] | undefined
    : { readonly [Key in keyof T]?: Draft<T[Key]> } | undefined;

/** A single value: text, which `parse` turns into what it means or refuses with a UnitError. A refused value becomes undefined. */
export function leaf<T>(example: string, parse: (text: string) => T): v.GenericSchema<unknown, T> {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const text = dataset.value;
      try {
        if (typeof text !== "string") throw new UnitError(`one value belongs here, not several; say e.g. ${example}`);
        if (text === "") throw new UnitError(`empty; say e.g. ${example}`);
        return parse(text);
      } catch (error) {
        if (!(error instanceof UnitError)) throw error;
        addIssue({ message: error.message });
        dataset.value = undefined;
        return NEVER;
      }
    }),
  );
}

/** A leaf takes anything; for a mapping's keys valibot wants to be told that they are text. */
export function asKey(schema: v.GenericSchema<unknown, string>): v.GenericSchema<string, string> {
  return schema as v.GenericSchema<string, string>;
}

export function oneOf<const T extends string>(words: readonly T[]): v.GenericSchema<unknown, T> {
  return leaf(words[0]!, (text) => {
    const word = words.find((known) => known === text);
    if (word) return word;
    const near = closest(text, words);
    throw new UnitError(`${show(text)}: ${near ? `did you mean ${near}?` : `what may stand here: ${words.join(", ")}`}`);
  });
}

export function ranged(
  example: string,
  parse: (text: string) => number,
  format: (n: number) => string,
  range: readonly [number, number],
): v.GenericSchema<unknown, number> {
  const [min, max] = range;
  return leaf(example, (text) => {
    const value = parse(text);
    if (value < min || value > max) throw new UnitError(`${show(text)}: not from ${format(min)} to ${format(max)}`);
    return value;
  });
}

/** `true` or `false`. */
export function truth(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new UnitError(`${show(text)}: say true or false`);
}

/** Refuses what is not of the right shape before the schema behind it looks inside; valibot takes a list for an object. */
export function shaped<T>(list: boolean, example: string, schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, T> {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, unknown>(({ dataset, addIssue, NEVER }) => {
      const value = dataset.value;
      if (typeof value === "object" && Array.isArray(value) === list) return value;
      const found =
        value === ""
          ? "empty"
          : typeof value === "string"
            ? `${show(value)}: one value`
            : Array.isArray(value)
              ? "a list"
              : "a mapping";
      addIssue({
        message: `${found}, where ${list ? "a list" : "a mapping"} belongs; say e.g. ${example}`,
        expected: "UNIT_INVALID",
      });
      dataset.value = undefined;
      return NEVER;
    }),
    schema,
  );
}

/** The beginning of the message about a missing key. */
export const MISSING: string = "missing; say e.g. ";
/** The beginning of the message about an unknown key. */
export const KNOWN: string = "unknown key; what may stand here: ";

/** A mapping of known keys. `examples` are for the message that one is missing. */
export function table<const E extends v.ObjectEntries>(entries: E, examples: Readonly<Record<string, string>> = {}): Table<E> {
  return v.objectWithRest(entries, v.never(KNOWN + Object.keys(entries).join(", ")), (issue) => {
    const key = String(issue.path?.[0]?.key);
    return `${MISSING}${key}: ${examples[key] ?? "…"}`;
  });
}

/** A mapping whose `kind` decides which other keys it has: one table for each kind. `what` it is, for the message, and an example. */
export function byKind(
  kinds: readonly { readonly kind: string; readonly keys: Keys; readonly examples?: Readonly<Record<string, string>> }[],
  what: string,
  example: string,
): v.GenericSchema<unknown, { readonly kind: string; readonly [key: string]: unknown }> {
  const names = kinds.map(({ kind }) => kind);
  const known = names.join(", ");
  return v.variant(
    "kind",
    kinds.map(({ kind, keys, examples }) => table({ kind: v.literal(kind), ...keys }, examples)),
    (issue) => {
      if (issue.input === undefined) return `${MISSING}kind: ${example} (kinds are ${known})`;
      if (typeof issue.input !== "string") return `one value belongs here, not several; say e.g. ${example}`;
      return `${show(issue.input)}: not ${what}${didYouMean(issue.input, names) || `; kinds are ${known}`}`;
    },
  );
}
