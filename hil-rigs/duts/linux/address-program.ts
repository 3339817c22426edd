/**
 * dhcpcd as the program that gives a kernel its addresses: the kernel has none of its own. It speaks DHCP, asks for addresses before it uses
 * them (RFC 5227), and chooses link-local ones (RFC 3927), so that one program stands beside all three of ours.
 *
 * Each runs with files of its own in a mount namespace, and ends with the pipe that it was started on: however the bench ends, none stays.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressOptions, AddressProgram } from "../../contract/address-program.ts";

const PROGRAM = "/usr/sbin/dhcpcd";

export function missingDhcpcd(): boolean {
  try {
    accessSync(PROGRAM, constants.X_OK);
    return false;
  } catch {
    return true;
  }
}

/**
 * $1 is the directory that stays for the next program, and the other words are dhcpcd's. A line on standard input is the signal that ends
 * it. The end of the pipe without one means that the bench was killed: then the directory goes as well.
 */
const SCRIPT = `
dir=$1; shift
mount -t tmpfs none /run && mount --bind "$dir" /var/lib/dhcpcd || exit 1
"$@" </dev/null >/dev/null 2>&1 &
pid=$!
read -r signal
kill -s "\${signal:-TERM}" "$pid"
wait "$pid"
[ -n "$signal" ] || rm -rf "$dir"
`;

/** In the foreground, IPv4 only, with no file of the machine and no script that would touch it, and without a random delay. */
const ALWAYS = ["-4", "-B", "-f", "/dev/null", "-c", "/bin/true", "--nodelay"];
/** Longest time for its end, in ms. */
const PATIENCE = 5000;

export class Dhcpcd {
  readonly #inside: <T>(work: () => T) => T;
  readonly #directory: string = mkdtempSync(join(tmpdir(), "whohas-dhcpcd-"));
  readonly #running = new Map<ChildProcess, Promise<void>>();

  /** @param inside runs something within the DUT's namespace */
  constructor(inside: <T>(work: () => T) => T) {
    this.#inside = inside;
  }

  start(options: AddressOptions): AddressProgram {
    const words = ["--mount", "sh", "-c", SCRIPT, "sh", this.#directory, PROGRAM, ...ALWAYS, ...wordsOf(options), "e0"];
    const child = this.#inside(() => spawn("unshare", words, { stdio: ["pipe", "ignore", "ignore"] }));
    child.stdin?.on("error", () => {});
    const ended = new Promise<void>((resolve) => {
      child.once("close", () => resolve());
      child.once("error", () => resolve());
    });
    this.#running.set(child, ended);
    return { stop: () => this.#end(child, options.release ? "ALRM" : "TERM") };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((child) => this.#end(child, "TERM")));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #end(child: ChildProcess, signal: "ALRM" | "TERM"): Promise<void> {
    const ended = this.#running.get(child);
    if (!ended) return;
    this.#running.delete(child);
    child.stdin?.end(`${signal}\n`);
    const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    await ended;
    clearTimeout(patience);
  }
}

function wordsOf({ by, address = "", probes = false }: AddressOptions): string[] {
  if (by === "link-local") return ["--nodhcp"];
  if (by === "static") return ["-S", `ip_address=${address}`];
  return ["-L", "-I", "", "-o", "subnet_mask,routers,classless_static_routes", ...(probes ? [] : ["-A"])];
}
