/** The folder of running instances' control sockets: $WHOHAS_RUNTIME_DIR, $XDG_RUNTIME_DIR/whohas, /run/whohas or a folder in /tmp. */
import { chownSync, lstatSync, mkdirSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { ControlError } from "../control/rpc/protocol.ts";
import { errnoWords } from "./errno-words.ts";

/** Longest path that a Unix socket can have, less its terminating zero (sun_path, unix(7)). */
const MAX_SOCKET_PATH = 107;
/** End of a socket's name. */
export const SOCKET_SUFFIX = ".sock";
/** The mode bit of a folder in which everybody may have files (inode(7), S_ISVTX). */
const STICKY = 0o1000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A user that a folder is made for. */
interface Owner {
  readonly uid: number;
  /** Given for another user than this process's. */
  readonly gid?: number;
}

export function runtimeDir(): string {
  const { WHOHAS_RUNTIME_DIR, XDG_RUNTIME_DIR } = process.env;
  if (WHOHAS_RUNTIME_DIR) return WHOHAS_RUNTIME_DIR;
  if (XDG_RUNTIME_DIR) return join(XDG_RUNTIME_DIR, "whohas");
  const uid = ourUid();
  return uid === 0 ? "/run/whohas" : join(tmpdir(), `whohas-${uid}`);
}

export function isInstanceName(name: string): boolean {
  return NAME.test(name);
}

/** @throws ControlError INSTANCE_NAME */
export function socketPath(instance: string): string {
  if (!isInstanceName(instance)) {
    throw new ControlError(
      "INSTANCE_NAME",
      `"${instance}" is not an instance's name: letters, digits, . _ - and at most 64 of them`,
    );
  }
  const path = join(runtimeDir(), `${instance}${SOCKET_SUFFIX}`);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new ControlError("INSTANCE_NAME", `${path} is too long for a socket; set WHOHAS_RUNTIME_DIR to a shorter folder`);
  }
  return path;
}

/**
 * Makes the folder, for its owner only, with the folders above it, and returns its path.
 * @param owner another user than this process's, who gets what is made
 * @throws ControlError RUNTIME_DIR
 */
export function makeRuntimeDir(owner: Owner = { uid: ourUid() }): string {
  const dir = runtimeDir();
  try {
    makeFolders(dir, owner);
    checkOwner(lstatSync(dir), owner.uid);
  } catch (error) {
    throw unusable(dir, errnoWords(error));
  }
  return dir;
}

/**
 * Returns the path of an instance's socket for a client, after a look at who owns folder and socket: a socket of another user may answer
 * anything.
 * @returns null when there is no such socket
 * @throws ControlError INSTANCE_NAME, RUNTIME_DIR, INSTANCE_FOREIGN
 */
export function trustedSocket(instance: string): string | null {
  const path = socketPath(instance);
  if (!trustedDir()) return null;
  const socket = lstatSync(path, { throwIfNoEntry: false });
  if (!socket) return null;
  if (!socket.isSocket()) throw new ControlError("INSTANCE_FOREIGN", `${path} is no socket; remove it`);
  if (socket.uid !== ourUid())
    throw new ControlError("INSTANCE_FOREIGN", `${path} belongs to user ${socket.uid}; it is not trusted`);
  return path;
}

/**
 * Returns whether there is a folder to look for instances in.
 * @throws ControlError RUNTIME_DIR for a folder that others have made or may change
 */
export function trustedDir(): boolean {
  const dir = runtimeDir();
  try {
    const found = lstatSync(dir, { throwIfNoEntry: false });
    if (found) checkOwner(found);
    return found !== undefined;
  } catch (error) {
    throw unusable(dir, errnoWords(error));
  }
}

function unusable(dir: string, why: string): ControlError {
  return new ControlError("RUNTIME_DIR", `cannot use ${dir} for the control socket: ${why}; set WHOHAS_RUNTIME_DIR`);
}

/** Makes a folder for its owner only, and those above it. One by one: mkdir's own recursion never ends below /proc, where each attempt fails with ENOENT. */
export function makeFolders(dir: string, { uid, gid }: Owner): void {
  const missing: string[] = [];
  for (let at = resolve(dir); !lstatSync(at, { throwIfNoEntry: false }); at = dirname(at)) missing.push(at);
  for (const path of missing.reverse()) {
    try {
      mkdirSync(path, { mode: 0o700 });
      if (gid !== undefined) chownSync(path, uid, gid);
    } catch (error) {
      // Another start has made it.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** @throws Error what is wrong with a folder that others control */
function checkOwner(found: Stats, uid: number = ourUid()): void {
  if (found.isSymbolicLink()) throw new Error("it is a link; name the folder itself");
  if (!found.isDirectory()) throw new Error("it is no folder");
  if (found.uid !== uid) throw new Error(`it belongs to user ${found.uid}, be that user`);
  // Not mended: it may be a folder that others need. /tmp is one, as its sticky bit says.
  if (found.mode & 0o077) {
    const advice = found.mode & STICKY ? "and shared with them" : "say chmod 700";
    throw new Error(`it is open to others (mode ${(found.mode & 0o7777).toString(8)}), ${advice}`);
  }
}

function ourUid(): number {
  return process.getuid?.() ?? 0;
}
