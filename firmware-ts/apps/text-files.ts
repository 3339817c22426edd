/** Files of apps, named by a rig. Whoever puts the board together hands them in; their trouble is told there, and stops no app. */
export interface TextFiles {
  /** Returns the file's text; null for none, and for one of more than `most` bytes. Throws nothing. */
  load(path: string, most: number): string | null;
  /** Writes the file whole or not at all, or removes it. True when that is done. Throws nothing. */
  save(path: string, text: string | null): boolean;
  /** Keeps a file that cannot be read under another name, `PATH.bad`, and tells why. Throws nothing. */
  setAside(path: string, why: string): void;
}
