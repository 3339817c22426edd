/**
 * Checks a value that came from outside against a form, part by part. What is refused is said in one line, with its place:
 * `neighbours[3].state: "AWAKE": what may stand here: REACHABLE, STALE, PERMANENT`.
 */
import { StackError } from "../net/stack-error.ts";

/** A snapshot cannot be read, or does not fit the stack. */
export class SnapshotError extends StackError {
  constructor(code: SnapshotErrorCode, message: string, detail = "") {
    super(code, "EINVAL", `snapshot: ${message}`, detail);
    this.name = "SnapshotError";
  }
}

/**
 * SNAPSHOT_INVALID: it is none, or a part of it is not as it ought to be. SNAPSHOT_VERSION: of another version of the form.
 * SNAPSHOT_DEVICE: it has a device that the stack has not. SNAPSHOT_CONFLICT: the stack has what it is to be given, or cannot have it.
 */
export type SnapshotErrorCode = "SNAPSHOT_INVALID" | "SNAPSHOT_VERSION" | "SNAPSHOT_DEVICE" | "SNAPSHOT_CONFLICT";

/** Reads a value at a place, or throws. */
export type Form<Value> = (value: unknown, at: string) => Value;
/** The value that a form reads. */
export type Read<F> = F extends Form<infer Value> ? Value : never;

/** Longest text shown of what was refused. */
const SHOWN = 40;

export function refuse(at: string, value: unknown, rule: string): SnapshotError {
  const text = JSON.stringify(value) ?? "nothing";
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return new SnapshotError("SNAPSHOT_INVALID", `${at === "" ? "" : `${at}: `}${shown}: ${rule}`, at);
}

/** A number from `least` to `most`. */
export function number(least: number, most: number): Form<number> {
  return (value, at) => {
    if (typeof value === "number" && value >= least && value <= most) return value;
    throw refuse(at, value, `what may stand here: a number from ${least} to ${most}`);
  };
}

export function integer(least: number, most: number): Form<number> {
  const inRange = number(least, most);
  return (value, at) => {
    const found = inRange(value, at);
    if (Number.isInteger(found)) return found;
    throw refuse(at, value, "what may stand here: a whole number");
  };
}

export const boolean: Form<boolean> = (value, at) => {
  if (typeof value === "boolean") return value;
  throw refuse(at, value, "what may stand here: true, false");
};

/** A text that `isGood` accepts. @param example for the message */
export function text(isGood: (text: string) => boolean, example: string): Form<string> {
  return (value, at) => {
    if (typeof value === "string" && value.length <= 256 && isGood(value)) return value;
    throw refuse(at, value, `say e.g. ${JSON.stringify(example)}`);
  };
}

export function word<const Words extends readonly string[]>(words: Words): Form<Words[number]> {
  return (value, at) => {
    if (words.some((known) => known === value)) return value as Words[number];
    throw refuse(at, value, `what may stand here: ${words.join(", ")}`);
  };
}

/** That, or null. */
export function orNull<Value>(form: Form<Value>): Form<Value | null> {
  return (value, at) => (value === null ? null : form(value, at));
}

/** A list of `most` at most. */
export function list<Value>(form: Form<Value>, most: number): Form<readonly Value[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw refuse(at, value, "what may stand here: a list");
    if (value.length > most) throw refuse(at, value.length, `a list of ${most} at most`);
    return value.map((each, index) => form(each, `${at}[${index}]`));
  };
}

/** An object with any names, of `most` at most. */
export function named<Value>(form: Form<Value>, most: number): Form<Readonly<Record<string, Value>>> {
  return (value, at) => {
    const entries = Object.entries(objectOf(value, at));
    if (entries.length > most) throw refuse(at, entries.length, `${most} names at most`);
    return Object.fromEntries(entries.map(([key, each]) => [key, form(each, `${at}.${key}`)]));
  };
}

/** An object with these keys, all of them and no other. */
export function object<Keys extends Readonly<Record<string, Form<unknown>>>>(
  keys: Keys,
): Form<{ readonly [Key in keyof Keys]: Read<Keys[Key]> }> {
  return (value, at) => {
    const found = objectOf(value, at);
    for (const key of Object.keys(found)) {
      if (!Object.hasOwn(keys, key))
        throw refuse(place(at, key), found[key], `unknown key; there is ${Object.keys(keys).join(", ")}`);
    }
    const read = Object.entries(keys).map(([key, form]) => [key, form(found[key], place(at, key))]);
    return Object.fromEntries(read) as { readonly [Key in keyof Keys]: Read<Keys[Key]> };
  };
}

function objectOf(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw refuse(at, value, "what may stand here: an object");
}

function place(at: string, key: string): string {
  return at === "" ? key : `${at}.${key}`;
}
