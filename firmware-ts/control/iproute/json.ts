/** JSON as iproute2 lays it out, plain and with -p. */
import type { IpContext } from "./words.ts";

export function printJson(context: IpContext, records: readonly object[]): void {
  context.print(context.options.pretty ? prettyArray(records, "") : JSON.stringify(records));
}

const STEP = "    ";

/** An object with its braces on lines of their own. */
export function prettyObject(record: object, indent = ""): string {
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
