/** Opens the file of a capture: for its owner only, through no link of somebody else, and without waiting for a reader of a FIFO. */
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, lstatSync, openSync, readlinkSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, parse, resolve, sep } from "node:path";

/** As many links as Linux follows (path_resolution(7)). */
const MAX_LINKS = 40;
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
const OWNER_ONLY = 0o600;
/** A descriptor of this process, as /dev/stdout and a shell's >(…) name one: a link that only looks like one. */
const DESCRIPTOR = /^\/proc\/\d+\/fd\/\d+$/;

export interface OpenFile {
  readonly fd: number;
  /** A file of a disk, not a FIFO or a device. */
  readonly regular: boolean;
  close(): void;
}

/**
 * Opens it for writing, empty. Returns null for a FIFO that has no reader yet.
 * @param path as {@link ownPath} returns it
 * @throws Error of the system, or with a sentence that says whom the file belongs to
 */
export function openOwn(path: string): OpenFile | null {
  const descriptor = DESCRIPTOR.test(path);
  const found = (descriptor ? statSync : lstatSync)(path, { throwIfNoEntry: false });
  const links = descriptor ? 0 : O_NOFOLLOW;
  // A file that appears meanwhile is somebody else's.
  const create = found ? 0 : O_CREAT | O_EXCL;
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | links | O_NONBLOCK | O_NOCTTY | create, OWNER_ONLY);
  } catch (error) {
    // open(2) of a FIFO: nobody reads it.
    if ((error as NodeJS.ErrnoException).code === "ENXIO" && found?.isFIFO()) return null;
    throw error;
  }
  try {
    const { uid, mode } = fstatSync(fd);
    const regular = (mode & constants.S_IFMT) === constants.S_IFREG;
    if (regular) {
      if (!isOurs(uid)) throw new Error(`it belongs to user ${uid}; remove it or take another name`);
      fchmodSync(fd, OWNER_ONLY);
      ftruncateSync(fd, 0);
    }
    return { fd, regular, close: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * The path without links. Links of this user and of root are followed.
 * @throws Error for a link of somebody else, in any part of the path
 */
export function ownPath(path: string): string {
  let links = 0;
  const { root } = parse(resolve(path));
  let done = root;
  const rest = resolve(path).slice(root.length).split(sep);
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const next = name === ".." ? dirname(done) : join(done, name);
    const found = lstatSync(next, { throwIfNoEntry: false });
    if (!found?.isSymbolicLink() || DESCRIPTOR.test(next)) {
      done = next;
      continue;
    }
    if (found.uid !== 0 && !isOurs(found.uid)) throw new Error(`${next} is a link that belongs to user ${found.uid}`);
    if (++links > MAX_LINKS) throw new Error(`${next}: too many links`);
    const target = readlinkSync(next);
    if (isAbsolute(target)) done = parse(target).root;
    rest.unshift(...target.split(sep).filter((part) => part !== "" && part !== "."));
  }
  return done;
}

function isOurs(uid: number): boolean {
  return process.getuid === undefined || uid === process.geteuid?.();
}
