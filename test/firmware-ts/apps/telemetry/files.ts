/** Files in memory, for apps that keep some. */
import type { TextFiles } from "../../../../firmware-ts/apps/text-files.ts";

export class Files implements TextFiles {
  readonly texts: Map<string, string> = new Map();
  /** Times that a text was written. */
  writes = 0;
  /** Nothing can be written. */
  broken = false;

  load(path: string, most: number): string | null {
    const text = this.texts.get(path);
    return text === undefined || text.length > most ? null : text;
  }

  save(path: string, text: string | null): boolean {
    if (this.broken) return false;
    if (text === null) this.texts.delete(path);
    else {
      this.writes++;
      this.texts.set(path, text);
    }
    return true;
  }

  setAside(path: string, _why: string): void {
    const text = this.texts.get(path);
    this.texts.delete(path);
    if (text !== undefined) this.texts.set(`${path}.bad`, text);
  }
}
