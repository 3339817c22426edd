/** A copy of the project's sources in a scratch folder, to be changed and run; packages are those of the project. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratch } from "./own.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["hal", "drivers", "firmware-ts", "package.json", "tsconfig.json"];

export class TreeCopy {
  readonly root: string = scratch("tree");

  constructor() {
    for (const part of SOURCES) cpSync(join(ROOT, part), join(this.root, part), { recursive: true });
    // One link for each package: what is translated here is kept apart from what is kept for the project.
    mkdirSync(join(this.root, "node_modules"));
    for (const name of readdirSync(join(ROOT, "node_modules"))) {
      if (!name.startsWith(".")) symlinkSync(join(ROOT, "node_modules", name), join(this.root, "node_modules", name));
    }
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /**
   * Adds one entry to a list: the import of its file, and its name behind the last one.
   * @param list the constant that has the list, an array or an object, as `BUS_KINDS`
   * @param item how the name stands in the list
   */
  addTo(path: string, list: string, name: string, file: string, item: string = name): void {
    const before = readFileSync(join(this.root, path), "utf8");
    const entry = new RegExp(`(${list}[^=]*= [[{][^\\]}]*?),?(\\s*[\\]}])`);
    if (!entry.test(before)) throw new Error(`${path} has no list ${list}`);
    this.write(path, `import { ${name} } from "${file}";\n${before.replace(entry, `$1, ${item}$2`)}`);
  }

  /** Runs a TypeScript file of the copy, to its end. */
  run(
    script: string,
    ...words: readonly string[]
  ): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const args = ["--import", join(this.root, "firmware-ts/cli/dev.mjs"), join(this.root, script), ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: this.root, encoding: "utf8", env });
    return { code: status, stdout, stderr };
  }
}
