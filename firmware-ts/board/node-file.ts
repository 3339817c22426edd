/**
 * A node's state in a file that outlives the process, its power and its deep sleep. The file is written beside the old one, brought to
 * the disk, and put in its place by a rename, which is brought to the disk, too: after a loss of power at any moment there is the new
 * state, or the one before, and never a part of one.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { SnapshotError } from "../snapshot/check.ts";

/** The file operations of a disk that loses what was not brought to it. */
export interface Disk {
  /** Returns a file's text; null where there is none. */
  read(path: string): string | null;
  /** Makes a file with this text, or empties the one that is there first. */
  write(path: string, text: string): void;
  /** Brings a file's contents to the disk. */
  sync(path: string): void;
  rename(from: string, to: string): void;
  /** Brings a folder's names to the disk. */
  syncFolder(path: string): void;
}

/** `whohas node 1 CRC32 LENGTH`, then the text. */
const HEAD = /^whohas node 1 ([0-9a-f]{8}) (\d{1,9})\n/;

export class NodeFile {
  readonly path: string;
  readonly #disk: Disk;

  constructor(path: string, disk: Disk = new SystemDisk()) {
    this.path = path;
    this.#disk = disk;
  }

  get #beside(): string {
    return `${this.path}.new`;
  }

  get #before(): string {
    return `${this.path}.old`;
  }

  /** Keeps a text; the one before stays as PATH.old. @throws Error of the file system; what was kept before is still there */
  write(text: string): void {
    const disk = this.#disk;
    const bytes = Buffer.from(text);
    disk.write(this.#beside, `whohas node 1 ${crc32(bytes).toString(16).padStart(8, "0")} ${bytes.length}\n${text}`);
    disk.sync(this.#beside);
    const kept = disk.read(this.path);
    // A damaged file does not take the place of a good one.
    if (kept !== null && textOf(kept) !== null) disk.rename(this.path, this.#before);
    disk.rename(this.#beside, this.path);
    disk.syncFolder(dirname(this.path));
  }

  /**
   * Returns the text that was kept last, or the one before where that is damaged or its place is empty; null where nothing was kept.
   * @throws SnapshotError SNAPSHOT_INVALID both are damaged
   */
  read(): { readonly text: string; readonly damaged: boolean } | null {
    const [last, before] = [this.#disk.read(this.path), this.#disk.read(this.#before)];
    for (const [kept, damaged] of [
      [last, false],
      [before, last !== null],
    ] as const) {
      const text = kept === null ? null : textOf(kept);
      if (text !== null) return { text, damaged };
    }
    if (last === null && before === null) return null;
    throw new SnapshotError("SNAPSHOT_INVALID", `${this.path} is damaged: its checksum is not that of its text`, this.path);
  }
}

/** The text behind the head; null where it is not what was written. */
function textOf(kept: string): string | null {
  const [head, crc = "", length] = HEAD.exec(kept) ?? [];
  if (head === undefined) return null;
  const text = kept.slice(head.length);
  const bytes = Buffer.from(text);
  return bytes.length === Number(length) && crc32(bytes) === Number.parseInt(crc, 16) ? text : null;
}

/** The operating system's. */
class SystemDisk implements Disk {
  read(path: string): string | null {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  write(path: string, text: string): void {
    const bytes = Buffer.from(text);
    this.#with(path, "w", (descriptor) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    });
  }

  sync(path: string): void {
    this.#with(path, "r+", fsyncSync);
  }

  rename(from: string, to: string): void {
    renameSync(from, to);
  }

  syncFolder(path: string): void {
    this.#with(path, "r", fsyncSync);
  }

  #with(path: string, flags: string, act: (descriptor: number) => void): void {
    const descriptor = openSync(path, flags, 0o600);
    try {
      act(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}
