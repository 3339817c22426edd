/**
 * The names of running instances. A name is claimed by a lock file beside its socket: NAME.lock.N, where the newest N counts. Its holder
 * is the process that it names; a claim makes N + 1 with link(2), which only one of several can. The newest file stays when its holder
 * ends, so that N never goes back and a slow claimant cannot make a number that was used before.
 */
import { chmodSync, linkSync, lstatSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { ControlError } from "../control/rpc/protocol.ts";
import { errnoWords } from "./errno-words.ts";
import { isInstanceName, makeRuntimeDir, runtimeDir, socketPath, trustedDir } from "./runtime-dir.ts";

/** A process, told apart from a later one that has its number. */
export interface Holder {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, in clock ticks since boot; empty where there is no /proc. */
  readonly start: string;
}

/** An instance that runs. */
export interface RunningInstance extends Holder {
  readonly name: string;
  /** When it claimed its name, in ms since 1970. */
  readonly since: number;
  readonly socket: string;
}

/** A name that this process holds. */
export class InstanceClaim {
  /** Path for the control socket; nothing is there. */
  readonly path: string;
  readonly #lock: string;

  constructor(path: string, lock: string) {
    this.path = path;
    this.#lock = lock;
  }

  /** Gives the socket to its owner only, whatever the umask. */
  protectSocket(): void {
    chmodSync(this.path, 0o600);
  }

  /** The next start may have the name. Safe to call twice; a process that ends without it releases its name, too. */
  release(): void {
    this.#release(false);
  }

  /** Removes the socket as well, for an end at which nobody closes it. After release() it does nothing: both may be another's then. */
  abandon(): void {
    this.#release(true);
  }

  #release(withSocket: boolean): void {
    try {
      if (holderOf(this.#lock)?.pid !== process.pid) return;
      if (withSocket) rmSync(this.path, { force: true });
      truncateSync(this.#lock);
    } catch {
      // The folder is gone, and the name with it.
    }
  }
}

/**
 * Claims a name for this process, makes the folder, and clears away the socket of an instance that died.
 * @throws ControlError INSTANCE_NAME, INSTANCE_RUNNING, RUNTIME_DIR
 */
export async function claimInstance(name: string): Promise<InstanceClaim> {
  const path = socketPath(name);
  const dir = makeRuntimeDir();
  const claim = new InstanceClaim(path, claimLock(dir, name));
  try {
    // It may run where its process cannot be seen from here: in another container.
    if (await answers(path)) throw running(name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
      throw new ControlError("RUNTIME_DIR", `${path} is in the way and is no socket; remove it or give another --name`);
    }
    rmSync(path, { force: true });
  } catch (error) {
    claim.release();
    throw error;
  }
  return claim;
}

/**
 * Returns the instances of the runtime folder that run, by name.
 * @throws ControlError RUNTIME_DIR
 */
export function runningInstances(): RunningInstance[] {
  if (!trustedDir()) return [];
  const dir = runtimeDir();
  const names = new Set(readdirSync(dir).flatMap((file) => /^(.+)\.lock\.\d+$/.exec(file)?.[1] ?? []));
  return [...names]
    .filter(isInstanceName)
    .sort()
    .flatMap((name) => runningInstance(name) ?? []);
}

/**
 * Returns the instance that holds a name; undefined when none does.
 * @throws ControlError INSTANCE_NAME, RUNTIME_DIR
 */
export function runningInstance(name: string): RunningInstance | undefined {
  const socket = socketPath(name);
  if (!trustedDir()) return undefined;
  const dir = runtimeDir();
  const lock = lockPath(dir, name, newestLock(dir, name));
  const holder = holderOf(lock);
  if (!holder || !lives(holder)) return undefined;
  return { ...holder, name, since: lstatSync(lock).mtimeMs, socket };
}

/** Makes the newest lock of a name and returns its path. Nothing in it waits: two claims of one process do not meet. */
function claimLock(dir: string, name: string): string {
  const made = join(dir, `${name}.claim.${process.pid}`);
  try {
    rmSync(made, { force: true });
    writeFileSync(made, `${process.pid} ${startOf(process.pid) ?? ""}\n`, { flag: "wx", mode: 0o600 });
    for (;;) {
      const newest = newestLock(dir, name);
      const holder = holderOf(lockPath(dir, name, newest));
      if (holder && lives(holder)) throw running(name, holder);
      const lock = lockPath(dir, name, newest + 1);
      if (!linked(made, lock)) continue;
      // A claimant that was slow has made a number that is not the newest any more, and looks again.
      if (newestLock(dir, name) !== newest + 1) {
        rmSync(lock, { force: true });
        continue;
      }
      for (const old of locksOf(dir, name)) if (old <= newest) rmSync(lockPath(dir, name, old), { force: true });
      clearAbandoned(dir, name);
      return lock;
    }
  } catch (error) {
    if (error instanceof ControlError) throw error;
    throw new ControlError("RUNTIME_DIR", `cannot claim ${name} in ${dir}: ${errnoWords(error)}; set WHOHAS_RUNTIME_DIR`);
  } finally {
    rmSync(made, { force: true });
  }
}

/** Removes what claimants left that were killed before they had a lock. */
function clearAbandoned(dir: string, name: string): void {
  const start = `${name}.claim.`;
  for (const file of readdirSync(dir)) {
    const pid = file.startsWith(start) ? file.slice(start.length) : "";
    if (/^\d+$/.test(pid) && !lives({ pid: Number(pid), start: "" })) rmSync(join(dir, file), { force: true });
  }
}

/** Returns false when the number is taken. */
function linked(made: string, lock: string): boolean {
  try {
    linkSync(made, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function lockPath(dir: string, name: string, number: number): string {
  return join(dir, `${name}.lock.${number}`);
}

function locksOf(dir: string, name: string): number[] {
  const start = `${name}.lock.`;
  return readdirSync(dir)
    .filter((file) => file.startsWith(start) && /^\d{1,15}$/.test(file.slice(start.length)))
    .map((file) => Number(file.slice(start.length)));
}

/** 0 when the name was never claimed. */
function newestLock(dir: string, name: string): number {
  return locksOf(dir, name).reduce((newest, number) => Math.max(newest, number), 0);
}

/** Null for a lock that was released, or that gave way to a newer one. */
function holderOf(lock: string): Holder | null {
  try {
    const [, pid, start = ""] = /^(\d+) (\d*)\n$/.exec(readFileSync(lock, "latin1")) ?? [];
    return pid === undefined ? null : { pid: Number(pid), start };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Returns whether the process runs. */
export function lives({ pid, start }: Holder): boolean {
  if (start !== "") return startOf(pid) === start;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process started; null when there is none, or only what its parent has not waited for yet. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // proc(5): behind the name in brackets stand the state (field 3) and what follows it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : (fields[22 - 3] ?? null);
  } catch {
    return null;
  }
}

function running(name: string, holder?: Holder): ControlError {
  const as = holder ? ` as ${holder.pid}` : "";
  return new ControlError("INSTANCE_RUNNING", `instance ${name} is already running${as}; give this one another --name`);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // Any other error than these two is that of a socket with somebody behind it, whose queue is full, for example.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}
