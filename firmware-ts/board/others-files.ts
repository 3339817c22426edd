/** Whether root without its capabilities (CAP_DAC_OVERRIDE) may use a file: it is then a user like others, who need not own the file. */
import { type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Credentials } from "../../hal/bridges/linux/privileges.ts";

/** The mode bits of one class of users (inode(7)). */
export const Access = { SEARCH: 1, WRITE: 2, READ: 4 } as const;

type User = Pick<Credentials, "uid" | "gid" | "groups">;

/**
 * Returns whether the mode bits of a path and of the folders above it let this user in. A path that is not there yet is one to be made.
 * @param wanted bits of {@link Access}
 */
export function mayAccess(user: User, path: string, wanted: number): boolean {
  const full = resolve(path);
  const found = look(full);
  const above = dirname(full);
  if (full === above) return !found || lets(user, found, wanted);
  if (!found) return mayAccess(user, above, Access.WRITE | Access.SEARCH);
  return lets(user, found, wanted) && mayAccess(user, above, Access.SEARCH);
}

function lets({ uid, gid, groups }: User, { mode, uid: owner, gid: group }: Stats, wanted: number): boolean {
  const shift = owner === uid ? 6 : group === gid || groups.includes(group) ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}

/** Null for what is not there, or is behind what is no folder. */
function look(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
