/** Files that apps keep, on the board's file system: whole or not at all, for a board may lose its supply at any moment. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { TextFiles } from "../apps/text-files.ts";
import { makeFolders } from "./runtime-dir.ts";

export class BoardTextFiles implements TextFiles {
  readonly #complain: (message: string) => void;
  /** Files whose trouble was told. */
  readonly #told = new Set<string>();

  /** @param complain is told once of each file that cannot be kept */
  constructor(complain: (message: string) => void) {
    this.#complain = complain;
  }

  load(path: string, most: number): string | null {
    try {
      const { size } = statSync(path);
      if (size <= most) return readFileSync(path, "utf8");
      this.setAside(path, `it has ${size} bytes, and ${most} are the most`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#tell(path, `cannot be read: ${(error as Error).message}`);
    }
    return null;
  }

  save(path: string, text: string | null): boolean {
    try {
      if (text === null) {
        rmSync(path, { force: true });
        return true;
      }
      makeFolders(dirname(path), { uid: process.getuid?.() ?? 0 });
      writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
      renameSync(`${path}.new`, path);
      return true;
    } catch (error) {
      this.#tell(path, `cannot be written: ${(error as Error).message}`);
      return false;
    }
  }

  setAside(path: string, why: string): void {
    try {
      renameSync(path, `${path}.bad`);
      this.#complain(`${path}: ${why}; it is kept as ${path}.bad`);
    } catch (error) {
      this.#tell(path, `${why}; it cannot be renamed: ${(error as Error).message}`);
    }
  }

  #tell(path: string, what: string): void {
    if (this.#told.has(path)) return;
    this.#told.add(path);
    this.#complain(`${path}: ${what}`);
  }
}
