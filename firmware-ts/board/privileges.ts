/**
 * The rights of a run: before it opens anything, it gives away those that its rig does not need, in all its threads, for good. For that
 * the process executes itself anew (hal/bridges/linux/privileges.ts): what follows a call of confine() may come in a second life.
 */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import {
  type Credentials,
  capabilityNames,
  capabilitySet,
  type Identity,
  loadPrivilegeCalls,
  ownCredentials,
  type PrivilegeCalls,
} from "../../hal/bridges/linux/privileges.ts";
import { ControllerError } from "../../hal/ethernet.ts";
import { busKind, deviceKind, deviceResource } from "./kinds/lookup.ts";
import { Access, mayAccess } from "./others-files.ts";
import type { Rig } from "./rig/rig.ts";
import { makeRuntimeDir, runtimeDir } from "./runtime-dir.ts";

export interface ConfineRequest {
  readonly rig: Rig;
  /** NAME or NAME:GROUP to become; undefined: the user stays. */
  readonly user?: string;
  /** Files to be read. */
  readonly reads: readonly string[];
  /** Files to be written, in folders to be written. */
  readonly writes: readonly string[];
  /** The text of standard input, when that was read: the second life reads it again. */
  readonly input?: string;
}

/** The rights that the process has from here on. */
export interface Rights {
  readonly user: string;
  /** The capabilities kept, by name. */
  readonly capabilities: readonly string[];
  /** The reason that nothing was given away; null: it was. */
  readonly whole: string | null;
}

/** Descriptors named by a word: /dev/fd/63. */
const DESCRIPTOR = /\/(?:dev|proc\/self)\/fd\/(\d{1,6})\b/g;
/** For a folder in which files are made and renamed. */
const FOLDER = Access.READ | Access.WRITE | Access.SEARCH;
const BECOME = capabilitySet(["CAP_SETUID", "CAP_SETGID"]);
const FOREIGN_IO = "an IO plugin drives the board's pins and may need them";

/**
 * Gives rights away. Returns null for a user who has none to give.
 * @throws ControllerError PRIVILEGES_USER, PRIVILEGES_GROUP, PRIVILEGES_PERMISSION, PRIVILEGES_UNSUPPORTED, PRIVILEGES_FILES,
 * PRIVILEGES_SYSTEM; ControlError RUNTIME_DIR
 */
export async function confine(request: ConfineRequest): Promise<Rights | null> {
  const { rig, user, input } = request;
  const own = process.platform === "linux" ? ownCredentials() : null;
  if (!own) {
    if (user === undefined) return null;
    throw new ControllerError("PRIVILEGES_UNSUPPORTED", `--user ${user}: needs Linux with /proc; start it as that user`);
  }
  if (user === undefined && own.permitted === 0n && own.uid !== 0) return null;
  const foreign = !/^(none|simulated|firmata:.*)$/.test(rig.board.io);
  if (user === undefined && foreign) return { user: userName(), capabilities: [], whole: FOREIGN_IO };
  const done = own.noNewPrivileges && (own.permitted & ~needed(request, own, null)) === 0n;
  // Where nothing is left to do, koffi is not loaded.
  if (done && own.ambient === 0n && (user === undefined || isUser(user, own))) return rightsOf(own);
  let calls: PrivilegeCalls;
  try {
    calls = await loadPrivilegeCalls();
  } catch (error) {
    if (user !== undefined) throw error;
    return { user: userName(), capabilities: [], whole: (error as Error).message.replace(/^privileges: /, "") };
  }
  const identity = user === undefined ? null : calls.identity(user);
  const other = identity !== null && (identity.uid !== own.uid || identity.gid !== own.gid) ? identity : null;
  if (!other && done) {
    calls.clearAmbient();
    return rightsOf(own);
  }
  if (other && (own.permitted & BECOME) !== BECOME) {
    throw new ControllerError("PRIVILEGES_PERMISSION", `--user ${user}: only root becomes another user; start it as that user`);
  }
  const environment = other ? moveTo(other) : process.env;
  calls.confine(other, needed(request, own, other));
  const script = process.argv[1] ?? "";
  if (!readable(script)) {
    const who = other?.name ?? String(other?.uid ?? own.uid);
    throw new ControllerError("PRIVILEGES_FILES", `user ${who} may not read ${script}; install whohas where that user may`);
  }
  if (input !== undefined) calls.refillInput(input);
  return calls.executeAgain(environment, namedDescriptors(process.argv));
}

function rightsOf({ permitted }: Credentials): Rights {
  return { user: userName(), capabilities: capabilityNames(permitted), whole: null };
}

/** The capabilities that the rig needs; root also keeps the one for files of others, where it would be in the way that it is gone. */
function needed({ rig, reads, writes }: ConfineRequest, own: Credentials, other: Identity | null): bigint {
  const devices = rig.devices.flatMap((device) => busKind(device.bus).needs?.(device.bus, deviceKind(device)) ?? []);
  const keep = capabilitySet(devices);
  if (own.uid !== 0 || other) return keep;
  const resources = rig.devices.map(deviceResource).filter((path): path is string => path?.startsWith("/") ?? false);
  const allowed =
    [process.argv[1] ?? "/", ...reads].every((path) => mayAccess(own, path, Access.READ)) &&
    resources.every((path) => !existsSync(path) || mayAccess(own, path, Access.READ | Access.WRITE)) &&
    writes.every((path) => mayAccess(own, path, Access.WRITE) && (isSpecial(path) || mayAccess(own, dirname(path), FOLDER))) &&
    mayAccess(own, runtimeDir(), FOLDER);
  return allowed ? keep : keep | capabilitySet(["CAP_DAC_OVERRIDE"]);
}

/** Makes the other user's runtime folder, and returns the variables that this user would have. */
function moveTo({ uid, gid, name, home }: Identity): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, HOME: home };
  if (name !== null) Object.assign(environment, { USER: name, LOGNAME: name });
  delete environment["XDG_RUNTIME_DIR"];
  delete environment["XDG_STATE_HOME"];
  const session = `/run/user/${uid}`;
  if (process.env["WHOHAS_RUNTIME_DIR"]) makeRuntimeDir({ uid, gid });
  else if (existsSync(session)) environment["XDG_RUNTIME_DIR"] = session;
  return environment;
}

/** A FIFO, a descriptor, a device: there is no second file beside it. */
function isSpecial(path: string): boolean {
  return existsSync(path) && !statSync(path).isFile();
}

function readable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function namedDescriptors(words: readonly string[]): number[] {
  return words.flatMap((word) => [...word.matchAll(DESCRIPTOR)].map(([, fd]) => Number(fd)));
}

function isUser(name: string, { gid }: Credentials): boolean {
  try {
    const user = userInfo();
    return user.username === name && user.gid === gid;
  } catch {
    return false;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A number without a user.
    return String(process.getuid?.() ?? "");
  }
}
