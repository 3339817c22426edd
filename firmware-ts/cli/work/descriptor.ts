/** Descriptors of this process that shall not make it wait. */
import { closeSync, constants, fstatSync, openSync } from "node:fs";

export interface Descriptor {
  readonly fd: number;
  close(): void;
}

/**
 * Standard output (1) or standard error (2) for writing without waiting. Pipes and terminals are opened anew, for those who share them
 * have their own idea of whether to wait. A file stays as it is, as its position is shared too.
 */
export function standardDescriptor(fd: 1 | 2): Descriptor {
  const found = fstatSync(fd);
  const kept = { fd, close: () => {} };
  if (found.isFile()) return kept;
  try {
    const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    return { fd: own, close: () => closeSync(own) };
  } catch {
    // A socket, or a terminal of somebody else. Node makes sockets and pipes non-blocking when their stream is first asked for.
    void (fd === 1 ? process.stdout : process.stderr);
    return kept;
  }
}
