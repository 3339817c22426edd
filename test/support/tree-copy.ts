/** A copy of the project's sources in a scratch folder, to be changed and run; packages are those of the project. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LAYERS } from "./layers.ts";
import { type Ended, runPlainNode, scratch } from "./own.ts";
import { ROOT, sourcesIn } from "./sources.ts";

export class TreeCopy {
  readonly root: string = scratch("tree");

  /** @param added a folder whose files go over the copy, each to its place */
  constructor(added: URL) {
    for (const part of [...LAYERS, "package.json", "tsconfig.json"]) {
      cpSync(join(ROOT, part), join(this.root, part), { recursive: true });
    }
    cpSync(fileURLToPath(added), this.root, { recursive: true });
    // One link for each package: what is translated here is kept apart from what is kept for the project.
    mkdirSync(join(this.root, "node_modules"));
    for (const name of readdirSync(join(ROOT, "node_modules"))) {
      if (!name.startsWith(".")) symlinkSync(join(ROOT, "node_modules", name), join(this.root, "node_modules", name));
    }
  }

  /**
   * Adds one entry to a list, behind the last one.
   * @param list the constant that has the list, an array or an object, as `BUS_KINDS`; "" for a file that is a list of exports itself
   * @param item the entry as it stands in the list
   * @param from the import that the entry needs: a name and its file
   */
  addTo(path: string, list: string, item: string, from?: readonly [name: string, file: string]): void {
    const file = join(this.root, path);
    const text = readFileSync(file, "utf8");
    const start = list === "" ? text.length : text.search(new RegExp(`const ${list}\\b`));
    const entry = list === "" ? `${item}\n` : text.slice(start).replace(/,?(\s*[\]}];)/, (_, end: string) => `, ${item}${end}`);
    if (start < 0 || entry === text.slice(start)) throw new Error(`${path} has no list ${list}`);
    const needed = from ? `import { ${from[0]} } from "${from[1]}";\nimport ` : "import ";
    writeFileSync(file, text.slice(0, start).replace(/^import /m, needed) + entry);
  }

  /** The sources of the layers, by their paths. */
  sources(): Map<string, string> {
    return sourcesIn(this.root, LAYERS);
  }

  /** Runs a TypeScript file of the copy, to its end. */
  run(script: string, ...words: readonly string[]): Ended {
    return this.#node("--import", join(this.root, "firmware-ts/cli/dev.mjs"), join(this.root, script), ...words);
  }

  /** Checks the types of the copy. */
  typecheck(): Ended {
    return this.#node(join(this.root, "node_modules/tsc7/bin/tsc"), "-p", "tsconfig.json");
  }

  #node(...args: readonly string[]): Ended {
    return runPlainNode(args, this.root);
  }
}
