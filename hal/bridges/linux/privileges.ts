/**
 * Users and capabilities of this process (credentials(7), capabilities(7)). The kernel keeps them for each thread, and Node has threads
 * from its first moment, which no JavaScript reaches: so they are set for the calling thread, which then executes the program anew.
 * That ends all others, and those that follow have what this one had.
 */
import { readFileSync, writeSync } from "node:fs";
import { ControllerError } from "../../ethernet.ts";
import { loadLibc } from "./libc.ts";

/** Capabilities by the kernel's names (linux/capability.h). */
export const Capability = {
  CAP_DAC_OVERRIDE: 1,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
} as const;

export type CapabilityName = keyof typeof Capability;

/** The calling thread's rights. Sets of capabilities are bits, 1 << number. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly permitted: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  readonly noNewPrivileges: boolean;
}

/** A user to become. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Null for a number that has no user. */
  readonly name: string | null;
  readonly home: string;
}

export interface PrivilegeCalls {
  /**
   * Looks a user up: NAME or NAME:GROUP, each by name or number.
   * @throws ControllerError PRIVILEGES_USER, PRIVILEGES_GROUP
   */
  identity(words: string): Identity;
  /**
   * Leaves this thread with these capabilities at most, as that user, with no way back.
   * @param identity null: the user stays
   * @throws ControllerError PRIVILEGES_PERMISSION, PRIVILEGES_SYSTEM
   */
  confine(identity: Identity | null, keep: bigint): void;
  /** Programs that this thread starts get no capabilities from it (unless it is root's). */
  clearAmbient(): void;
  /** Lets standard input be read from the beginning of this text. @throws ControllerError PRIVILEGES_SYSTEM */
  refillInput(text: string): void;
  /**
   * Executes this program anew, with the same words. Does not return.
   * @param open descriptors that stay open, besides the three standard ones
   * @throws ControllerError PRIVILEGES_SYSTEM
   */
  executeAgain(environment: NodeJS.ProcessEnv, open: readonly number[]): never;
}

/** The part of struct passwd that is read. */
interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly dir: string;
}

/** prctl(2). */
const Prctl = {
  SET_KEEPCAPS: 8,
  CAPBSET_DROP: 24,
  SET_NO_NEW_PRIVS: 38,
  CAP_AMBIENT: 47,
} as const;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
/** capset(2): two words of each set. */
const LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;
/** ioctl(2): the descriptor stays open when a program is executed. Node has made all that it found close. */
const FIONCLEX = 0x5450;
const NUMBER = /^\d{1,10}$/;

/** Returns the set of capabilities with these names. */
export function capabilitySet(names: readonly CapabilityName[]): bigint {
  return names.reduce((set, name) => set | (1n << BigInt(Capability[name])), 0n);
}

/** Returns the names of a set's capabilities, in the order of their names; those without a name here have their numbers. */
export function capabilityNames(set: bigint): string[] {
  const names = new Map<number, string>(Object.entries(Capability).map(([name, number]) => [number, name]));
  return membersOf(set)
    .map((number) => names.get(number) ?? `CAP_${number}`)
    .sort();
}

/** Returns the rights of the calling thread; null where there is no /proc that tells. */
export function ownCredentials(): Credentials | null {
  let text: string;
  try {
    text = readFileSync("/proc/thread-self/status", "latin1");
  } catch {
    return null;
  }
  const field = (name: string): string[] => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1]?.split(/\s+/) ?? [];
  const set = (name: string): bigint => BigInt(`0x${field(name)[0] ?? "0"}`);
  return {
    uid: Number(field("Uid")[0]),
    gid: Number(field("Gid")[0]),
    groups: field("Groups")
      .filter((group) => group !== "")
      .map(Number),
    permitted: set("CapPrm"),
    bounding: set("CapBnd"),
    ambient: set("CapAmb"),
    noNewPrivileges: field("NoNewPrivs")[0] === "1",
  };
}

/** @throws ControllerError PRIVILEGES_UNSUPPORTED: not Linux, or no koffi for this machine */
export async function loadPrivilegeCalls(): Promise<PrivilegeCalls> {
  const libc = await loadLibc("privileges");
  const { default: koffi } = await import("koffi");
  const library = koffi.load(null);
  const long = "unsigned long";
  const prctl = library.func("prctl", "int", ["int", long, long, long, long]);
  const capset = library.func("capset", "int", ["void *", "void *"]);
  const execve = library.func("execve", "int", ["const char *", "const char **", "const char **"]);
  const dup2 = library.func("dup2", "int", ["int", "int"]);
  // struct passwd and struct group, as glibc and musl have them on Linux.
  const passwd = koffi.struct({
    name: "char *",
    passwd: "char *",
    uid: "uint32_t",
    gid: "uint32_t",
    gecos: "char *",
    dir: "char *",
    shell: "char *",
  });
  const group = koffi.struct({ name: "char *", passwd: "char *", gid: "uint32_t", members: "void *" });
  const userByName = library.func("getpwnam", koffi.pointer(passwd), ["const char *"]);
  const userByNumber = library.func("getpwuid", koffi.pointer(passwd), ["uint32_t"]);
  const groupByName = library.func("getgrnam", koffi.pointer(group), ["const char *"]);

  const failed = (what: string): ControllerError =>
    new ControllerError("PRIVILEGES_SYSTEM", `privileges: cannot ${what}: ${libc.errorName(libc.errno())}`);
  const must = (result: number, what: string): void => {
    if (result !== 0) throw failed(what);
  };

  function userOf(word: string): User | null {
    const found = userByName(word) ?? (NUMBER.test(word) ? userByNumber(Number(word)) : null);
    return found === null ? null : (koffi.decode(found, passwd) as User);
  }

  function groupOf(word: string): number {
    const found = groupByName(word);
    if (found !== null) return (koffi.decode(found, group) as Pick<User, "gid">).gid;
    if (NUMBER.test(word)) return Number(word);
    throw new ControllerError("PRIVILEGES_GROUP", `there is no group ${word}; see: getent group`);
  }

  return {
    identity(words) {
      const [, word = "", groupWord] = /^([^:]+)(?::([^:]+))?$/.exec(words) ?? [];
      const user = word === "" ? null : userOf(word);
      if (!user && !(NUMBER.test(word) && groupWord !== undefined)) {
        const advice = NUMBER.test(word) ? `a number without one needs a group, as in ${word}:${word}` : "see: getent passwd";
        throw new ControllerError("PRIVILEGES_USER", `there is no user ${word || words}; ${advice}`);
      }
      const gid = groupWord === undefined ? (user?.gid ?? 0) : groupOf(groupWord);
      return { uid: user?.uid ?? Number(word), gid, name: user?.name ?? null, home: user?.dir ?? "/" };
    },

    confine(identity, keep) {
      const { permitted, bounding } = ownCredentials() ?? { permitted: 0n, bounding: 0n };
      const kept = keep & permitted;
      // Refused without CAP_SETPCAP. Then it matters no more: with no new privileges, nothing is ever gained from this set.
      for (const number of membersOf(bounding & ~keep)) prctl(Prctl.CAPBSET_DROP, number, 0, 0, 0);
      if (identity) {
        must(prctl(Prctl.SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities");
        become(identity);
      }
      // Each word three times: effective, permitted, inheritable.
      const sets = [kept & 0xffff_ffffn, kept >> 32n].flatMap((word) => Array<number>(3).fill(Number(word)));
      const header = bytes(Uint32Array.of(LINUX_CAPABILITY_VERSION_3, 0));
      must(capset(header, bytes(Uint32Array.from(sets))), "give capabilities away");
      for (const number of membersOf(kept)) {
        must(prctl(Prctl.CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0), "hand capabilities on");
      }
      must(prctl(Prctl.SET_NO_NEW_PRIVS, 1, 0, 0, 0), "refuse new privileges");
    },

    clearAmbient() {
      prctl(Prctl.CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    },

    refillInput(text) {
      const fd = libc.memfd_create("whohas-input", 0);
      if (fd < 0) throw failed("keep standard input");
      const content = Buffer.from(text);
      // At a position: the descriptor stays at its beginning.
      for (let at = 0; at < content.length; ) at += writeSync(fd, content, at, content.length - at, at);
      if (dup2(fd, 0) !== 0) throw failed("keep standard input");
      libc.close(fd);
    },

    executeAgain(environment, open) {
      for (const fd of [0, 1, 2, ...open]) libc.ioctl(fd, FIONCLEX, 0);
      const words = [process.argv0, ...process.execArgv, ...process.argv.slice(1)];
      const variables = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
      execve(process.execPath, [...words, null], [...variables, null]);
      throw failed(`execute ${process.execPath}`);
    },
  };
}

/** Node's types leave it out. */
type GroupsOf = NodeJS.Process & { initgroups(user: string, extraGroup: number): void };

/** Node's own calls change all threads, which no longer matters. @throws ControllerError PRIVILEGES_PERMISSION */
function become({ uid, gid, name }: Identity): void {
  try {
    if (name === null) process.setgroups?.([gid]);
    else (process as GroupsOf).initgroups(name, gid);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (cause) {
    const message = `not allowed to become user ${name ?? uid}; be root, or start it as that user`;
    throw new ControllerError("PRIVILEGES_PERMISSION", message, { cause });
  }
}

function membersOf(set: bigint): number[] {
  return Array.from({ length: 64 }, (_, number) => number).filter((number) => ((set >> BigInt(number)) & 1n) === 1n);
}

function bytes(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer);
}
