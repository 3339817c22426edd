/**
 * Network namespaces and veth pairs for tests on real interfaces. Everything made here has a name that begins with the test
 * process's id and goes away with its owner's remove(), and at the latest when the process exits.
 *
 *     const skip = missingForNetns();
 *     t.test("frames", { skip }, async (t) => {
 *       const pair = new VethPair();
 *       t.teardown(() => pair.remove());
 *       pair.far.ip("address", "add", "192.0.2.2/24", "dev", pair.farName);
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";

const living = new Set<{ remove(): void }>();
let made = 0;

process.once("exit", () => {
  for (const thing of [...living]) {
    try {
      thing.remove();
    } catch {
      // Gone already, or as good as: the next one matters as much.
    }
  }
});

/** What is missing for tests in network namespaces, or false: to be handed to a test as its `skip`. */
export function missingForNetns(): string | false {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root, for network namespaces and packet sockets";
  try {
    run("ip", ["-V"]);
  } catch {
    return "needs ip from iproute2";
  }
  const probe = `${prefix()}probe`;
  try {
    run("ip", ["netns", "add", probe]);
    run("ip", ["netns", "delete", probe]);
  } catch {
    return "needs permission to make network namespaces (CAP_SYS_ADMIN)";
  }
  return false;
}

/** What is missing of these programs, or false. */
export function missingPrograms(...names: string[]): string | false {
  const { PATH = "" } = process.env;
  const path = PATH.split(":");
  const missing = names.filter((name) => !path.some((folder) => existsSync(`${folder}/${name}`)));
  return missing.length > 0 ? `needs ${missing.join(", ")}` : false;
}

/** Runs a program to its end, at most 15 s, and returns what it printed. @throws Error with what it complained about */
export function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 15_000 });
}

/** A named network namespace with nothing but `lo`, which is up. */
export class Netns {
  readonly name: string;

  constructor() {
    this.name = `${prefix()}ns${made++}`;
    run("ip", ["netns", "add", this.name]);
    living.add(this);
    this.ip("link", "set", "lo", "up");
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
    return spawn("ip", ["netns", "exec", this.name, program, ...args], { stdio: ["ignore", "pipe", "pipe"], ...options });
  }

  remove(): void {
    if (living.delete(this)) run("ip", ["netns", "delete", this.name]);
  }
}

/** A cable: one end here, for a controller, and one in a namespace of its own, for the kernel. Both ends are up. */
export class VethPair {
  readonly near: string;
  readonly farName: string = "far0";
  readonly far: Netns = new Netns();

  constructor() {
    this.near = `${prefix()}v${made++}`;
    living.add(this);
    run("ip", ["link", "add", this.near, "type", "veth", "peer", "name", this.farName, "netns", this.far.name]);
    quiet(this.near);
    this.far.run("sysctl", "-qw", `net.ipv6.conf.${this.farName}.disable_ipv6=1`);
    run("ip", ["link", "set", this.near, "up"]);
    this.far.ip("link", "set", this.farName, "up");
  }

  remove(): void {
    if (!living.delete(this)) return;
    // Either end takes the other with it.
    if (existsSync(`/sys/class/net/${this.near}`)) run("ip", ["link", "delete", this.near]);
    this.far.remove();
  }
}

/** Keeps the kernel from sending anything of its own on an interface of this namespace. */
function quiet(name: string): void {
  const path = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
  if (existsSync(path)) writeFileSync(path, "1");
}

/** Interface names have 15 characters at most. */
function prefix(): string {
  return `wh${process.pid.toString(36)}`;
}

/** A cable with both ends here, for two controllers in one process. Both ends are up and the kernel is silent on them. */
export class LocalVeth {
  readonly a: string = `${prefix()}a${made}`;
  readonly b: string = `${prefix()}b${made++}`;

  constructor() {
    living.add(this);
    run("ip", ["link", "add", this.a, "type", "veth", "peer", "name", this.b]);
    for (const name of [this.a, this.b]) {
      quiet(name);
      run("ip", ["link", "set", name, "up"]);
    }
  }

  remove(): void {
    if (living.delete(this) && existsSync(`/sys/class/net/${this.a}`)) run("ip", ["link", "delete", this.a]);
  }
}

/** A TAP device in this namespace, made for a controller to attach to. It is up, has a queue of 256 frames, and the kernel is silent on it. */
export class LocalTap {
  readonly name: string = `${prefix()}t${made++}`;

  constructor() {
    living.add(this);
    run("ip", ["tuntap", "add", "dev", this.name, "mode", "tap"]);
    quiet(this.name);
    run("ip", ["link", "set", this.name, "txqueuelen", "256", "up"]);
  }

  remove(): void {
    if (living.delete(this) && existsSync(`/sys/class/net/${this.name}`)) run("ip", ["link", "delete", this.name]);
  }
}
