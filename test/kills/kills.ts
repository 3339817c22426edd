/**
 * `whohas run` with a packet, a TAP and a QEMU device, killed by SIGKILL at random moments: while it starts, while it runs, and on its
 * way down. After each nothing of it is left but a name that the next start takes over; and the next start works: it says that it is
 * ready, with the link of every device up, and answers a ping.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { runningInstances } from "../../firmware-ts/board/instance-claim.ts";
import type { Random } from "../../hal/random.ts";
import { LocalVeth, run } from "../support/netns.ts";
import { bound, PREFIX, scratch } from "../support/own.ts";
import { eventually, pause } from "../support/waiting.ts";

/** Latest moment of a kill after the start, in ms; or the time that the last start took, when the machine is slower. */
const LATEST = 1500;
/** Latest moment after a run was ready, or was told to end, in ms. */
const SOON = 300;
/** Longest that anything is waited for, in ms: the machine may be busy. */
const PATIENCE = 90_000;
const NAME = "killed";
const HOST = "10.7.0.1";
const BOARD = "10.7.0.2";

/** Caches of what translates TypeScript, when the command runs from its sources. */
const TRANSLATOR = /^(v8-compile-cache|swc-native)-/;

/** Moments of a run's life. */
export type Moment = "starting" | "running" | "going down";
const MOMENTS: readonly Moment[] = ["starting", "starting", "running", "going down"];

/** A kill, after which nothing was left and the next start worked. */
export interface Kill {
  readonly moment: Moment;
  /** ms since the start, since it was ready, or since it was told to end. */
  readonly after: number;
  /** It had already ended, or was not ready yet. */
  readonly state: string;
}

interface Device {
  readonly carrier: boolean;
}

/** A run that was started. */
class Run {
  readonly child: ChildProcess;
  said = "";
  #changed: () => void = () => {};
  readonly #exit: Promise<unknown>;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = bound(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.said += text;
        this.#changed();
      });
    }
    this.#exit = once(this.child, "close").then(() => this.#changed());
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The devices of the ready line; null until it is there. */
  get ready(): readonly Device[] | null {
    const line = /^\{"event":"ready".*\}$/m.exec(this.said)?.[0];
    return line === undefined ? null : (JSON.parse(line) as { devices: Device[] }).devices;
  }

  /** @throws Error with all that it said, when it ends instead or takes too long */
  async untilReady(): Promise<readonly Device[]> {
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      this.#changed();
    }, PATIENCE);
    while (!this.ready && !this.ended && !late) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    clearTimeout(limit);
    const { ready } = this;
    if (ready) return ready;
    throw new Error(`not ready: ${late ? "it takes too long" : "it ended"}; ${this.said}`);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.#exit;
  }
}

export class Kills {
  readonly #command: readonly string[];
  readonly #random: Random;
  readonly #packet = new LocalVeth();
  readonly #qemu = new LocalVeth();
  readonly #tap = `${PREFIX}k`;
  readonly #temporary = scratch("kills-tmp");
  readonly #runtime = join(scratch("kills"), "run");
  readonly #network = readlinkSync("/proc/thread-self/ns/net");
  readonly #env: NodeJS.ProcessEnv;
  readonly #interfaces: string;
  #current: Run | null = null;
  /** The last start took so many ms. */
  #took = 0;

  /** @param command the command line of `whohas` */
  constructor(command: readonly string[], random: Random) {
    this.#command = command;
    this.#random = random;
    mkdirSync(this.#runtime, { mode: 0o700 });
    process.env["WHOHAS_RUNTIME_DIR"] = this.#runtime;
    this.#env = { ...process.env, TMPDIR: this.#temporary };
    run("ip", ["address", "add", `${HOST}/24`, "dev", this.#packet.b]);
    this.#interfaces = this.#links();
  }

  /** Kills a run at a random moment, and starts the next. @throws Error that says what was left behind, or what did not start */
  async kill(): Promise<Kill> {
    const moment = MOMENTS[this.#random.below(MOMENTS.length)]!;
    const latest = moment === "starting" ? Math.max(LATEST, this.#took) : SOON;
    const after = Math.round(this.#random.next() * latest);
    let current = this.#current ?? (await this.#started());
    if (moment === "starting") {
      await current.end("SIGTERM");
      this.#clean("a proper end", []);
      current = this.#start();
    } else if (moment === "going down") current.child.kill("SIGTERM");
    await pause(after);
    const state = current.ended ? "it had ended" : current.ready ? "ready" : "not ready";
    await current.end("SIGKILL");
    await this.#nothingLeft(`SIGKILL, ${moment}, after ${after} ms`);
    this.#current = await this.#started();
    return { moment, after, state };
  }

  async end(): Promise<void> {
    await this.#current?.end("SIGTERM");
    this.#current = null;
    await this.#nothingLeft("the end");
    this.#clean("the end", []);
  }

  /** For teardown. */
  remove(): void {
    this.#current?.child.kill("SIGKILL");
    this.#packet.remove();
    this.#qemu.remove();
  }

  #start(): Run {
    const devices = [`eth0=packet:${this.#packet.a}`, `eth1=tap:${this.#tap}`, `eth2=e1000:qemu@${this.#qemu.a}`];
    const [program = "", ...args] = this.#command;
    const words = ["run", "--json", "--no-app", "--name", NAME, "--address", `${BOARD}/24`];
    return new Run(program, [...args, ...words, ...devices.flatMap((spec) => ["--device", spec])], this.#env);
  }

  /** A run that works. */
  async #started(): Promise<Run> {
    const begun = performance.now();
    const started = this.#start();
    const devices = await started.untilReady();
    this.#took = performance.now() - begun;
    if (devices.length !== 3 || devices.some(({ carrier }) => !carrier)) throw new Error(`a link is down: ${started.said}`);
    run("ping", ["-n", "-q", "-c", "1", "-W", "20", BOARD]);
    this.#clean("a start", [`${NAME}.lock`, `${NAME}.sock`]);
    const [instance, ...others] = runningInstances();
    if (instance?.pid !== started.child.pid || others.length > 0) throw new Error("it is not the one instance that runs");
    return started;
  }

  /** Nothing of a killed run is left. Its socket and its lock stay, for nobody lives to remove them; nobody takes them for a run. */
  async #nothingLeft(when: string): Promise<void> {
    await eventually(() => this.#processes().length === 0, "", 10_000).catch(() => {
      throw new Error(`${when}: processes are left: ${this.#processes().join("; ")}`);
    });
    await eventually(() => this.#links() === this.#interfaces, "", 10_000).catch(() => {
      throw new Error(`${when}: interfaces were ${this.#interfaces}, and are ${this.#links()}`);
    });
    const files = readdirSync(this.#temporary).filter((file) => !TRANSLATOR.test(file));
    if (files.length > 0) throw new Error(`${when}: temporary files are left: ${files.join(" ")}`);
    if (runningInstances().length > 0) throw new Error(`${when}: a killed run is listed`);
    const kinds = this.#files();
    // A claim that was cut short has left a second name of the lock at most.
    if (new Set(kinds).size + 1 < kinds.length) throw new Error(`${when}: the runtime folder has ${kinds.join(" ")}`);
  }

  /** The runtime folder has these files besides a released lock. */
  #clean(when: string, expected: readonly string[]): void {
    const files = this.#files().filter((file) => expected.includes(file) || file !== `${NAME}.lock`);
    if (files.join() !== expected.join()) throw new Error(`${when}: the runtime folder has ${this.#files().join(" ")}`);
  }

  /** Files of the runtime folder, without the numbers of locks and processes. */
  #files(): string[] {
    return readdirSync(this.#runtime)
      .map((file) => file.replace(/\.\d+$/, ""))
      .sort();
  }

  /** Processes besides this one that are in its network: QEMU, or a run. */
  #processes(): string[] {
    return readdirSync("/proc").flatMap((pid) => {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
      try {
        if (readlinkSync(`/proc/${pid}/ns/net`) !== this.#network) return [];
        return [readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").slice(0, 2).join(" ")];
      } catch {
        // It ends just now, or is a kernel's.
        return [];
      }
    });
  }

  /** All interfaces: whether each is up, and how many want to have all its frames. */
  #links(): string {
    const links = JSON.parse(run("ip", ["-d", "-j", "link"])) as { ifname: string; flags: string[]; promiscuity: number }[];
    return links.map(({ ifname, flags, promiscuity }) => `${ifname} ${flags.includes("UP")} ${promiscuity}`).join(", ");
  }
}
