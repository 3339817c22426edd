/**
 * Builds what the package holds, in dist/: JavaScript, with source maps for the bundled command alone, whose
 * stack traces name the sources; types that every
 * TypeScript since 5.4 reads; the firmware images; and commands that may be executed.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const dist = "dist";
rmSync(dist, { recursive: true, force: true });
const compiler = ["node_modules/tsc7/bin/tsc", "-p", "tsconfig.build.json", "--sourceMap", "false", "--incremental", "false"];
execFileSync(process.execPath, compiler, { stdio: "inherit" });
execFileSync("npm", ["run", "--silent", "bundle"], { stdio: "inherit" });
execFileSync("npm", ["run", "--silent", "images"], { stdio: "inherit" });
for (const name of readdirSync(dist, { recursive: true })) {
  const path = join(dist, name);
  if (name.endsWith(".d.ts")) {
    // Typed arrays have no type parameter before TypeScript 5.7, and this one is what it is when left out.
    const types = readFileSync(path, "utf8");
    const plain = types.replace(/\b(\w+Array)<ArrayBufferLike>/g, "$1");
    if (plain !== types) writeFileSync(path, plain);
  } else if (/\.(js|hex)$/.test(name)) chmodSync(path, name.endsWith("cli/main.js") ? 0o755 : 0o644);
}
