/** The version of the package. */
import { createRequire } from "node:module";

/** From package.json, which stands two folders above the sources and three above what is built from them. */
export const VERSION: string = readVersion();

function readVersion(): string {
  const require = createRequire(import.meta.url);
  for (const path of ["../../package.json", "../../../package.json"]) {
    try {
      const { name, version } = require(path) as { name?: string; version?: string };
      if (name === "whohas" && version !== undefined) return version;
    } catch {
      // Not there: look one folder higher.
    }
  }
  return "unknown";
}
