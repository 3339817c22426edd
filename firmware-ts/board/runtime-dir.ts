/** The folder of running instances' control sockets: $WHOHAS_RUNTIME_DIR, $XDG_RUNTIME_DIR/whohas, /run/whohas or a folder in /tmp. */
import { chmodSync, lstatSync, mkdirSync, rmSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ControlError } from "../control/rpc/protocol.ts";

/** Longest path that a Unix socket can have, less its terminating zero (sun_path, unix(7)). */
const MAX_SOCKET_PATH = 107;

export function runtimeDir(): string {
  const { WHOHAS_RUNTIME_DIR, XDG_RUNTIME_DIR } = process.env;
  if (WHOHAS_RUNTIME_DIR) return WHOHAS_RUNTIME_DIR;
  if (XDG_RUNTIME_DIR) return join(XDG_RUNTIME_DIR, "whohas");
  const uid = process.getuid?.() ?? 0;
  return uid === 0 ? "/run/whohas" : join(tmpdir(), `whohas-${uid}`);
}

/** @throws ControlError INSTANCE_NAME */
export function socketPath(instance: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(instance)) {
    throw new ControlError(
      "INSTANCE_NAME",
      `"${instance}" is not an instance's name: letters, digits, . _ - and at most 64 of them`,
    );
  }
  const path = join(runtimeDir(), `${instance}.sock`);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new ControlError("INSTANCE_NAME", `${path} is too long for a socket; set WHOHAS_RUNTIME_DIR to a shorter folder`);
  }
  return path;
}

/**
 * Makes the folder, for its owner only, and clears away the socket of an instance that died.
 * @throws ControlError INSTANCE_RUNNING, RUNTIME_DIR
 */
export async function claimSocket(instance: string): Promise<string> {
  const path = socketPath(instance);
  const dir = runtimeDir();
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const found = statSync(dir);
    if (found.uid !== (process.getuid?.() ?? 0)) throw new Error("it belongs to somebody else");
    // Not mended: it may be a folder that others need, such as /tmp.
    if (found.mode & 0o077) throw new Error(`it is open to others (mode ${(found.mode & 0o7777).toString(8)}), say chmod 700`);
  } catch (error) {
    throw new ControlError(
      "RUNTIME_DIR",
      `cannot use ${dir} for the control socket: ${(error as Error).message}; set WHOHAS_RUNTIME_DIR`,
    );
  }
  if (await answers(path)) {
    throw new ControlError("INSTANCE_RUNNING", `instance ${instance} runs already; give this one another --name`);
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
    throw new ControlError("RUNTIME_DIR", `${path} is in the way and is no socket; remove it or give another --name`);
  }
  rmSync(path, { force: true });
  return path;
}

/** Gives the socket to its owner only, whatever the umask. */
export function protectSocket(path: string): void {
  chmodSync(path, 0o600);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
