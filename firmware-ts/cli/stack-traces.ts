/**
 * Stack traces of the bundled command name the sources. A source map is read when a trace is asked for: --enable-source-maps reads
 * all of them at the start, which takes 1 MB.
 */
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** Sets the traces of this process, in V8's way to do so (v8.dev/docs/stack-trace-api). */
export function nameSources(): void {
  const maps = new Map<string, SourceMap | null>();
  Error.prepareStackTrace = (error, sites) =>
    [String(error), ...sites.map((site) => `    at ${nameSource(site, maps)}`)].join("\n");
}

function nameSource(site: NodeJS.CallSite, maps: Map<string, SourceMap | null>): string {
  const text = site.toString();
  const [file, line, column] = [site.getFileName(), site.getLineNumber(), site.getColumnNumber()];
  if (!file?.startsWith("file:") || line === null || column === null) return text;
  if (!maps.has(file)) maps.set(file, mapOf(file));
  // Both count from 0, V8 from 1. A place without a source gives an empty object, whatever the types say.
  const { originalSource, originalLine, originalColumn } = maps.get(file)?.findEntry(line - 1, column - 1) ?? {};
  if (originalSource === undefined || originalLine === undefined || originalColumn === undefined) return text;
  const source = fileURLToPath(new URL(originalSource, file));
  return text.replace(`${file}:${line}:${column}`, () => `${source}:${originalLine + 1}:${originalColumn + 1}`);
}

/** Null for a file without a map, such as a package's. */
function mapOf(file: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${file}.map`), "utf8")));
  } catch {
    return null;
  }
}
