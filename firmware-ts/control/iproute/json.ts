/** JSON as iproute2 lays it out, plain and with -p. */

/** The output that a command is asked for by the flags before its name. */
export interface JsonOptions {
  readonly json: boolean;
  /** JSON on several lines. */
  readonly pretty: boolean;
}

/** A command's output and its flags. */
interface JsonContext {
  readonly options: Pick<JsonOptions, "pretty">;
  print(line: string): void;
}

export const TEXT_OUTPUT: JsonOptions = { json: false, pretty: false };

export function printJson({ options, print }: JsonContext, records: readonly object[]): void {
  print(options.pretty ? prettyArray(records, "") : JSON.stringify(records));
}

export function printJsonObject({ options, print }: JsonContext, record: object): void {
  print(options.pretty ? prettyObject(record) : JSON.stringify(record));
}

const STEP = "    ";

/** An object with its braces on lines of their own. */
function prettyObject(record: object, indent = ""): string {
  const inner = indent + STEP;
  const lines = Object.entries(record).map(([key, value]) => `${inner}${JSON.stringify(key)}: ${pretty(value, inner)}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
}

/** Array items share its line: values one behind the other, an object on the line of the brace before it. */
function prettyArray(items: readonly unknown[], indent: string): string {
  return items.length === 0 ? "[ ]" : `[ ${items.map((item) => pretty(item, indent + STEP)).join(",")} ]`;
}

function pretty(value: unknown, indent: string): string {
  if (Array.isArray(value)) return prettyArray(value, indent);
  return typeof value === "object" && value !== null ? prettyObject(value, indent) : JSON.stringify(value);
}
