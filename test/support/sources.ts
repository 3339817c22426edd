/** The project's TypeScript sources as texts. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** Reads the sources in these folders of `root` and below them, by their paths from it. */
export function sourcesIn(root: string, folders: readonly string[]): Map<string, string> {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const path = join(entry.parentPath, entry.name);
      sources.set(relative(root, path).split(sep).join("/"), readFileSync(path, "utf8"));
    }
  }
  return sources;
}
