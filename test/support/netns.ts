/**
 * Network namespaces and veth pairs for tests on real interfaces. The process moves into a network namespace of its own when it makes
 * the first of them: no daemon of the machine speaks on its interfaces, another checkout's tests are out of reach, and when the process
 * ends, however it does, the kernel takes all away but the named namespaces, whose names carry the process (own.ts).
 *
 *     const skip = missingForNetns();
 *     t.test("frames", { skip }, async (t) => {
 *       const pair = new VethPair();
 *       t.teardown(() => pair.remove());
 *       pair.far.ip("address", "add", "192.0.2.2/24", "dev", pair.farName);
 */
import { type ChildProcess, execFileSync, type SpawnOptions } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import koffi from "koffi";
import { witness } from "./evidence.ts";
import { bound, PREFIX } from "./own.ts";

const CLONE_NEWNET = 0x40000000;

const living = new Set<{ remove(): void }>();
let made = 0;
let entered = false;

process.once("exit", () => {
  for (const thing of [...living]) {
    try {
      thing.remove();
    } catch {
      // Gone already, or as good as: the next one matters as much.
    }
  }
});

/** Moves this process's main thread, and with it every program started from now on, into a network namespace of its own. */
function enterOwnNetwork(): void {
  if (entered) return;
  const unshare = koffi.load(null).func("unshare", "int", ["int"]);
  if (unshare(CLONE_NEWNET) !== 0) throw new Error("no permission for a network namespace");
  entered = true;
  silence();
  run("ip", ["link", "set", "lo", "up"]);
}

/** Keeps the kernel from sending anything of its own in the namespace that this thread is in: IPv6 is off on interfaces to come. */
function silence(): void {
  for (const which of ["all", "default"]) {
    const path = `/proc/sys/net/ipv6/conf/${which}/disable_ipv6`;
    if (existsSync(path)) writeFileSync(path, "1");
  }
}

/** Names the things that are missing for tests in network namespaces, or false: a test's `skip`. */
export function missingForNetns(): string | false {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root, for network namespaces and packet sockets";
  try {
    run("ip", ["-V"]);
  } catch {
    return "needs ip from iproute2";
  }
  const probe = `${PREFIX}probe`;
  try {
    run("ip", ["netns", "add", probe]);
    run("ip", ["netns", "delete", probe]);
  } catch {
    return "needs permission to make network namespaces (CAP_SYS_ADMIN)";
  }
  return false;
}

/** Names those of these programs that are missing, or false. */
export function missingPrograms(...names: string[]): string | false {
  const { PATH = "" } = process.env;
  const path = PATH.split(":");
  const missing = names.filter((name) => !path.some((folder) => existsSync(`${folder}/${name}`)));
  return missing.length > 0 ? `needs ${missing.join(", ")}` : false;
}

/** Runs a program to its end, at most a minute, and returns what it printed. @throws Error with what it complained about */
export function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
}

/** A named network namespace with nothing but `lo`, which is up. */
export class Netns {
  readonly name: string;
  readonly #dismiss: () => void;

  constructor() {
    enterOwnNetwork();
    this.name = `${PREFIX}ns${made++}`;
    run("ip", ["netns", "add", this.name]);
    living.add(this);
    this.run("sysctl", "-eqw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1");
    this.ip("link", "set", "lo", "up");
    this.#dismiss = witness({ name: this.name, testify: () => this.#tables() });
  }

  ip(...args: string[]): string {
    return run("ip", ["-n", this.name, ...args]);
  }

  /** Runs a program in the namespace, to its end. */
  run(program: string, ...args: string[]): string {
    return run("ip", ["netns", "exec", this.name, program, ...args]);
  }

  /** Starts a program in the namespace; whoever starts it ends it. */
  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return bound("ip", ["netns", "exec", this.name, program, ...args], { stdio: ["ignore", "pipe", "pipe"], ...options });
  }

  remove(): void {
    if (!living.delete(this)) return;
    this.#dismiss();
    run("ip", ["netns", "delete", this.name]);
  }

  /** The entries and counters of the kernel in this namespace. */
  #tables(): string {
    return [["neigh"], ["address"], ["route"], ["-s", "-s", "link"]].map((words) => this.ip(...words)).join("\n");
  }
}

/** A cable: one end here, for a controller, and one in a namespace of its own, for the kernel. Both ends are up. */
export class VethPair {
  readonly near: string;
  readonly farName: string = "far0";
  readonly far: Netns = new Netns();

  constructor() {
    this.near = `${PREFIX}v${made++}`;
    living.add(this);
    run("ip", ["link", "add", this.near, "type", "veth", "peer", "name", this.farName, "netns", this.far.name]);
    run("ip", ["link", "set", this.near, "up"]);
    this.far.ip("link", "set", this.farName, "up");
  }

  remove(): void {
    if (!living.delete(this)) return;
    // Either end takes the other with it.
    removeLink(this.near);
    this.far.remove();
  }
}

/** An interface of this process's namespace that may be gone. */
export function linkExists(name: string): boolean {
  return JSON.parse(run("ip", ["-j", "link"])).some((link: { ifname: string }) => link.ifname === name);
}

function removeLink(name: string): void {
  if (linkExists(name)) run("ip", ["link", "delete", name]);
}

/** A cable with both ends here, for two controllers in one process. Both ends are up and the kernel is silent on them. */
export class LocalVeth {
  readonly a: string = `${PREFIX}a${made}`;
  readonly b: string = `${PREFIX}b${made++}`;

  constructor() {
    enterOwnNetwork();
    living.add(this);
    run("ip", ["link", "add", this.a, "type", "veth", "peer", "name", this.b]);
    for (const name of [this.a, this.b]) run("ip", ["link", "set", name, "up"]);
  }

  remove(): void {
    if (living.delete(this)) removeLink(this.a);
  }
}

/** A TAP device in this namespace, made for a controller to attach to. It is up, has a queue of 256 frames, and the kernel is silent on it. */
export class LocalTap {
  readonly name: string = `${PREFIX}t${made++}`;

  constructor() {
    enterOwnNetwork();
    living.add(this);
    run("ip", ["tuntap", "add", "dev", this.name, "mode", "tap"]);
    run("ip", ["link", "set", this.name, "txqueuelen", "256", "up"]);
  }

  remove(): void {
    if (living.delete(this)) removeLink(this.name);
  }
}
