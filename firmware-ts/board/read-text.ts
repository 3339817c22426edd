/** Reads a file that a user names, as text. What is no file, or too large, is refused before a byte of it is read. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";

/** Bytes of the largest file that is read where nothing else is said: a hundred times any rig or firmware. */
const MOST = 1 << 20;

/**
 * The text of a regular file of at most `most` bytes.
 * @throws Error with the system's code, or with a message for the end of a sentence (`it is a pipe, not a file`)
 */
export function readText(path: string, most: number = MOST): string {
  // Looked at before it is opened: to open a serial port resets the board behind it.
  check(statSync(path), most);
  // And once more when it is open, for it may be another one by now: a pipe without a writer must not hold up the opening.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    check(fstatSync(fd), most);
    return read(fd, most);
  } finally {
    closeSync(fd);
  }
}

function check(stats: Stats, most: number): void {
  if (stats.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
  if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, not a file`);
  if (stats.size > most) throw tooLarge(most);
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

/**
 * The text of standard input, to its end.
 * @throws Error as {@link readText}
 */
export async function readStandardInput(most: number = MOST): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > most) throw tooLarge(most);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, length).toString("utf8");
}

function tooLarge(most: number): Error {
  return new Error(`it is larger than ${most >> 20} MiB`);
}

/** Files of /proc say that they are empty, and others grow: the limit holds for what comes, too. */
function read(fd: number, most: number): string {
  const chunks: Buffer[] = [];
  for (let length = 0; ; ) {
    const chunk = Buffer.alloc(64 << 10);
    const count = readSync(fd, chunk);
    length += count;
    if (length > most) throw tooLarge(most);
    chunks.push(chunk.subarray(0, count));
    if (count === 0) return Buffer.concat(chunks, length).toString("utf8");
  }
}
