/** The version of the package. */
import { createRequire } from "node:module";

/** From package.json, which stands three folders above the sources and above the bundle, four above what is compiled. */
export const VERSION: string = readVersion();

function readVersion(): string {
  const require = createRequire(import.meta.url);
  for (const path of ["../../../package.json", "../../../../package.json"]) {
    try {
      const { name, version } = require(path) as { name?: string; version?: string };
      if (name === "whohas" && version !== undefined) return version;
    } catch {
      // Not there: look one folder higher.
    }
  }
  return "unknown";
}
