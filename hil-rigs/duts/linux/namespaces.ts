/**
 * Network namespaces without names. The bench's process moves its main thread into a namespace of its own, which holds the tester's ends
 * of all cables. Each case's DUT gets another one, and the main thread enters it for the length of one synchronous call: a program
 * started there and a socket made there belong to it for good. So there is no agent process, the machine's own network stays untouched,
 * and the kernel removes everything when the process ends in any way.
 *
 * Node's thread pool (asynchronous fs, DNS) stays in the namespace that the process was started in.
 */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { type Libc, loadLibc } from "../../../hal/bridges/linux/libc.ts";
import type { IpResult } from "../../contract/dut.ts";
import type { SystemCalls } from "./system-calls.ts";
import { TesterSocket } from "./tester-socket.ts";

const CLONE_NEWNET = 0x40000000;
/** The main thread's namespace: /proc/self shows that of the process's first thread. */
const CURRENT = "/proc/self/ns/net";

/** The namespace that all the tester's ends of cables live in, and the way into others. */
export class TesterNetwork {
  readonly libc: Libc;
  readonly calls: SystemCalls;
  /** The socket at the tester's end of all cables. */
  readonly tester: TesterSocket;
  readonly #home: number;
  readonly #own: number;
  #made = 0;
  #users = 0;

  private constructor(libc: Libc, calls: SystemCalls) {
    this.libc = libc;
    this.calls = calls;
    this.#home = openSync(CURRENT, "r");
    try {
      this.#own = this.#unshare();
    } catch (error) {
      closeSync(this.#home);
      throw error;
    }
    this.silence();
    this.tester = new TesterSocket(libc, calls);
  }

  /** Moves the main thread into a namespace of its own until every opener has called close(). @throws Error without the permission */
  static async open(): Promise<TesterNetwork> {
    const libc = await loadLibc("packet");
    const koffi = await import("koffi");
    current ??= TesterNetwork.#make(libc, koffi);
    current.#users++;
    return current;
  }

  static #make(libc: Libc, koffi: typeof import("koffi")): TesterNetwork {
    const library = koffi.load(null);
    return new TesterNetwork(libc, {
      unshare: library.func("unshare", "int", ["int"]),
      setns: library.func("setns", "int", ["int", "int"]),
      sendto: library.func("sendto", "intptr_t", ["int", "void *", "size_t", "int", "void *", "uint32_t"]),
      recvfrom: library.func("recvfrom", "intptr_t", ["int", "void *", "size_t", "int", "void *", "void *"]),
      recvmsg: library.func("recvmsg", "intptr_t", ["int", "void *", "int"]),
      getsockname: library.func("getsockname", "int", ["int", "void *", "void *"]),
      listen: library.func("listen", "int", ["int", "int"]),
      accept4: library.func("accept4", "int", ["int", "void *", "void *", "int"]),
      connect: library.func("connect", "int", ["int", "void *", "uint32_t"]),
      shutdown: library.func("shutdown", "int", ["int", "int"]),
      clock_gettime: library.func("clock_gettime", "int", ["int", "void *"]),
      word: koffi.sizeof("void *"),
    });
  }

  /** Makes a namespace and returns its descriptor, which the caller closes. */
  namespace(): number {
    try {
      return this.#unshare();
    } finally {
      this.#enter(this.#own);
    }
  }

  /** Runs `work`, which must not wait for anything, with the main thread in that namespace. */
  inside<T>(namespace: number, work: () => T): T {
    this.#enter(namespace);
    try {
      return work();
    } finally {
      this.#enter(this.#own);
    }
  }

  /** As inside(), in the namespace that the process was started in. */
  outside<T>(work: () => T): T {
    return this.inside(this.#home, work);
  }

  /** A name for a new interface in the tester's namespace. */
  name(): string {
    return `t${this.#made++}`;
  }

  /** The name by which another process (`ip link ... netns`) reaches a namespace that we hold open. */
  path(namespace: number): string {
    return `/proc/${process.pid}/fd/${namespace}`;
  }

  /** Turns IPv6 off for interfaces to come, so that the kernel sends nothing of its own accord. */
  silence(): void {
    try {
      writeFileSync("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
      writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    } catch {
      // A kernel without IPv6.
    }
  }

  /** Makes the IPv6 addresses of interfaces to come usable at once, and lets them ask for no routers. */
  prepareIpv6(): void {
    for (const [name, value] of Object.entries({ accept_dad: "0", router_solicitations: "0" }))
      writeFileSync(`/proc/sys/net/ipv6/conf/default/${name}`, value);
  }

  close(): void {
    if (this.#users === 0 || --this.#users > 0) return;
    current = null;
    this.tester.close();
    this.#enter(this.#home);
    closeSync(this.#own);
    closeSync(this.#home);
  }

  #unshare(): number {
    if (this.calls.unshare(CLONE_NEWNET) < 0) {
      const why = this.libc.errorName(this.libc.errno());
      throw new Error(`cannot make a network namespace: ${why}; run as root, or with CAP_SYS_ADMIN`);
    }
    return openSync(CURRENT, "r");
  }

  #enter(namespace: number): void {
    if (this.calls.setns(namespace, CLONE_NEWNET) < 0)
      throw new Error(`cannot enter a network namespace: ${this.libc.errorName(this.libc.errno())}`);
  }
}

/** One at a time, because there is one main thread. */
let current: TesterNetwork | null = null;

/** Runs a program to its end in the main thread's namespace. Time limit 10 s. */
export function runProgram(program: string, args: readonly string[], input = ""): IpResult {
  const { stdout, stderr, status, error } = spawnSync(program, args, { encoding: "utf8", input, timeout: 10_000 });
  if (error) throw error;
  return { stdout, stderr, exit: status ?? -1 };
}

/** Runs lines of `ip -batch`. @throws Error when one is refused */
export function ipBatch(...lines: string[]): void {
  const { stderr, exit } = runProgram("ip", ["-batch", "-"], lines.map((line) => `${line}\n`).join(""));
  if (exit !== 0) throw new Error(`ip: ${lines.join("; ")}: ${stderr.trim()}`);
}

/** Names the first thing that this machine lacks for cables and namespaces; null if nothing is missing. */
export function missingForNamespaces(): string | null {
  if (process.platform !== "linux") return "Linux";
  if (process.getuid?.() !== 0) return "root, for network namespaces and packet sockets";
  if (spawnSync("ip", ["-V"]).error) return "ip, from the package iproute2";
  return null;
}
