/** The doors of the package, as package.json's `exports` name them, and the example at the head of each. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sources.ts";

export interface Door {
  /** As users import it: `whohas/drivers`. */
  readonly name: string;
  /** The source of its index, from the project's root. */
  readonly source: string;
}

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

export function doors(): Door[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === "string") return [];
    return [{ name: `whohas${path.slice(1)}`, source: target.default.replace("./dist/", "").replace(/\.js$/, ".ts") }];
  });
}

export interface Example {
  /** Statements, without the imports. */
  readonly body: string;
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** The lines that it prints, which follow `// prints:` in it. */
  readonly prints: readonly string[];
}

/** The indented code of the comment at the head of a file. */
export function exampleOf({ source }: Door): Example {
  const [, comment = ""] = /^\/\*\*\n(.*?)\*\//s.exec(readFileSync(join(ROOT, source), "utf8")) ?? [];
  const lines = comment.split("\n").flatMap((line) => /^ \* {5}(.*)$/.exec(line)?.slice(1) ?? []);
  const isImport = (line: string): boolean => line.startsWith("import ");
  return {
    imports: lines.filter(isImport),
    body: lines.filter((line) => !isImport(line)).join("\n"),
    prints: lines.flatMap((line) => /\/\/ prints: (.*)$/.exec(line)?.slice(1) ?? []),
  };
}
