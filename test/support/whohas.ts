/**
 * `whohas` as a user has it: a running instance and commands, each in processes of their own that die with the test. Instances and
 * commands of one test file share a runtime folder that nobody else has.
 *
 *     const board = await Instance.start(["--no-app", "--device", `eth0=packet:${pair.near}`, "--address", "10.9.0.2/24"]);
 *     t.teardown(() => board.kill());
 *     const { code, stdout } = await whohas("-i", board.name, "neigh");
 *     const { summary } = await board.stop();
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectSocket } from "../../firmware-ts/board/control-socket.ts";
import { ControlClient } from "../../firmware-ts/control/methods/client.ts";
import type { MethodName, ParamsOf, ResultOf } from "../../firmware-ts/control/methods/index.ts";
import { RpcClient } from "../../firmware-ts/control/rpc/client.ts";
import { witness } from "./evidence.ts";
import { bound, type Ended, nodeCommand, PLAIN, programCommand, SETPRIV, scratch } from "./own.ts";

const MAIN = new URL("../../firmware-ts/cli/main.ts", import.meta.url);
const SHELL = new URL("whohas-shell.ts", import.meta.url);

/** Runs a program as nobody, without a way back; where the test is not root it is unprivileged already. */
export const UNPRIVILEGED: readonly string[] =
  process.getuid?.() === 0
    ? [...PLAIN, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--inh-caps=-all"]
    : [];

/** Kinds of devices and buses that are interfaces of the machine's kernel. */
const NETWORK = /packet|tap:|sim@|wire:|interface|qemu/;

/** Longest that anything started here lives, in ms; less than tap gives a file (.taprc). */
const LIFETIME = 120_000;
/** Longest that anything is waited for, in ms: what comes comes much sooner, unless the machine is very busy. */
export const PATIENCE: number = 60_000;

/** Runtime folder, rig files and captures of this test file. */
export const folder: string = scratch("e2e");
const environment = { ...process.env, WHOHAS_RUNTIME_DIR: join(folder, "run"), WHOHAS_STATE_DIR: join(folder, "state") };
const children = new Set<ChildProcess>();

process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Has the child killed when this process ends, in whatever way it does, and when it lives for too long. */
export function adopt(child: ChildProcess): ChildProcess {
  children.add(child);
  const limit = setTimeout(() => child.kill("SIGKILL"), LIFETIME).unref();
  child.once("error", () => clearTimeout(limit));
  child.once("exit", () => {
    clearTimeout(limit);
    children.delete(child);
  });
  return child;
}

/**
 * Starts it as a supervisor would, with the rights that its devices need and no way to more: then it need not execute itself anew to
 * give rights away, which costs as much as the start. What it does with all rights, privileges.test.ts has.
 */
function supervised([object, ...words]: readonly string[]): readonly string[] {
  if ((object !== "run" && object !== "exec") || process.getuid?.() !== 0 || !SETPRIV) return [];
  const rigs = words.filter((word) => word.endsWith(".yaml") && existsSync(word)).map((file) => readFileSync(file, "utf8"));
  const kept = [...words, ...rigs].some((text) => NETWORK.test(text)) ? "-all,+net_admin,+net_raw" : "-all";
  return ["setpriv", "--no-new-privs", "--inh-caps=-all", `--bounding-set=${kept}`, "--"];
}

/** The command line of `whohas` with these words; `before` comes in front of it (`setpriv …`). */
export function commandLine(words: readonly string[], before: readonly string[] = supervised(words)): [string, string[]] {
  const [node, args] = programCommand(MAIN, words);
  const [program = "", ...rest] = [...before, node, ...args];
  return [program, rest];
}

/** Starts `whohas` in a process of its own. */
export function whohasChild(words: readonly string[], before?: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const [program, args] = commandLine(words, before);
  return bound(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...environment, ...env } });
}

/** Runs `whohas` in a process of its own, to its end. */
export function whohasProcess(words: readonly string[], before?: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return ended(whohasChild(words, before, env));
}

/** Waits for a program to end, and returns what it printed. */
export async function ended(child: ChildProcess): Promise<Ended> {
  adopt(child);
  const result: Ended = { stdout: "", stderr: "", code: null };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    result.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    result.stderr += text;
  });
  [result.code] = (await once(child, "close")) as [number | null];
  return result;
}

/**
 * One process that runs the words of one command after the other: starting Node and translating the sources takes most of a second,
 * and a user's session has many commands.
 */
class Shell {
  readonly #child: ChildProcess;
  readonly #waiting: ((result: Ended) => void)[] = [];
  #rest = "";

  constructor() {
    this.#child = adopt(bound(...nodeCommand(SHELL), { stdio: ["pipe", "pipe", "inherit"], env: environment }));
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#waiting.shift()?.(JSON.parse(line) as Ended);
    });
    this.#child.once("exit", (code, signal) => {
      const gone = { stdout: "", stderr: `the shell went away (${code ?? signal})`, code: null };
      for (const resolve of this.#waiting.splice(0)) resolve(gone);
    });
    this.#hold(false);
  }

  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  run(words: readonly string[]): Promise<Ended> {
    this.#hold(true);
    return new Promise((resolve) => {
      this.#waiting.push((result) => {
        if (this.#waiting.length === 0) this.#hold(false);
        resolve(result);
      });
      this.#child.stdin?.write(`${JSON.stringify(words)}\n`);
    });
  }

  /** Idle, it keeps no test from ending. */
  #hold(on: boolean): void {
    const parts = [this.#child, this.#child.stdin, this.#child.stdout] as ({ ref?: () => void; unref?: () => void } | null)[];
    for (const part of parts) on ? part?.ref?.() : part?.unref?.();
  }
}

const shells: Shell[] = [];

/** Runs a command that ends by itself. Those asked for at the same time run at the same time. */
export function whohas(...words: string[]): Promise<Ended> {
  let shell = shells.find(({ busy }) => !busy);
  if (!shell) {
    shell = new Shell();
    shells.push(shell);
  }
  return shell.run(words);
}

/** An object of `whohas run --json`. */
export type RunEvent = { event: string } & Record<string, unknown>;

export interface RunSummary {
  datagrams: { sent: number; queued: number; failed: number };
  arp: Record<"requestsBroadcast" | "requestsUnicast" | "repliesSent" | "requestsReceived" | "repliesReceived", number>;
  nd: Record<
    "solicitsMulticast" | "solicitsUnicast" | "claims" | "advertsSent" | "solicitsReceived" | "advertsReceived",
    number
  > | null;
  drops: Record<string, number>;
}

export interface Stopped {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The outcome of a run that ended by itself. */
  summary: RunSummary;
}

let started = 0;

/** `whohas run --json`, up and ready. */
export class Instance {
  readonly name: string;
  readonly child: ChildProcess;
  readonly events: RunEvent[] = [];
  /** Station address of its first device. */
  mac = "";
  stderr = "";
  #client: ControlClient | null = null;
  #changed: () => void = () => {};
  readonly #dismiss: () => void;
  readonly #exit: Promise<[number | null, NodeJS.Signals | null]>;

  private constructor(words: readonly string[], name: string) {
    this.name = name;
    const [program, args] = commandLine(["run", "--json", "--name", name, ...words]);
    this.child = adopt(bound(program, args, { stdio: ["ignore", "pipe", "pipe"], env: environment }));
    let rest = "";
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.events.push(JSON.parse(line) as RunEvent);
      this.#changed();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#dismiss = witness({ name: `instance-${name}`, testify: () => this.#testify() });
    this.#exit = new Promise((resolve) => {
      this.child.once("close", (code, signal) => {
        this.#client?.close();
        resolve([code, signal]);
        this.#changed();
      });
    });
  }

  /** Starts it and waits until it is ready. @throws Error with what it complained about when it ends instead */
  static async start(words: readonly string[], { name = `t${started++}` }: { name?: string } = {}): Promise<Instance> {
    const instance = new Instance(words, name);
    const ready = await instance.until((event) => event.event === "ready", "ready");
    instance.mac = (ready["devices"] as { mac: string }[])[0]?.mac ?? "";
    return instance;
  }

  /** The first event that `wanted` accepts, when it is there. */
  until(wanted: (event: RunEvent) => boolean, what: string, limit: number = PATIENCE): Promise<RunEvent> {
    return new Promise((resolve, reject) => {
      const failed = (why: string): void => reject(new Error(`no ${what} from the instance: ${why}; ${this.stderr}`));
      const timeout = setTimeout(() => failed(`waited ${limit} ms`), limit);
      const outer = this.#changed;
      const look = (): void => {
        const found = this.events.find(wanted);
        if (!found && !this.ended) return;
        clearTimeout(timeout);
        this.#changed = outer;
        if (found) resolve(found);
        else failed(`it ended with ${this.child.exitCode ?? this.child.signalCode}`);
      };
      this.#changed = () => {
        outer();
        look();
      };
      look();
    });
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get socket(): string {
    return join(environment.WHOHAS_RUNTIME_DIR, `${this.name}.sock`);
  }

  /** Asks it over its control socket: quicker than a command, for what is asked often. */
  async call<Name extends MethodName>(name: Name, params: ParamsOf<Name>): Promise<ResultOf<Name>> {
    this.#client ??= new ControlClient(new RpcClient(await connectSocket(this.socket)));
    return this.#client.call(name, params);
  }

  neighbours(): Promise<ResultOf<"neigh.show">> {
    return this.call("neigh.show", {});
  }

  /** State of an entry; "" when there is none. */
  async stateOf(address: string): Promise<string> {
    return (await this.neighbours()).find(({ dst }) => dst === address)?.state[0] ?? "";
  }

  /** Ends it with a signal, or lets it end, and returns how it ended. */
  async stop(signal: NodeJS.Signals | null = "SIGINT"): Promise<Stopped> {
    this.#client?.close();
    this.#client = null;
    if (signal !== null) this.child.kill(signal);
    const [code, by] = await this.#exit;
    const summary = this.events.find(({ event }) => event === "summary") as unknown as RunSummary;
    return { code, signal: by, summary };
  }

  /** For teardown: it is gone when this resolves, whatever state it was in. */
  async kill(): Promise<void> {
    this.#dismiss();
    this.child.kill("SIGKILL");
    await this.#exit;
  }

  /** Its output, and its table if it still runs. */
  async #testify(): Promise<string> {
    const said = [...this.events.map((event) => JSON.stringify(event)), this.stderr].join("\n");
    if (this.ended) return `${said}\nended with ${this.child.exitCode ?? this.child.signalCode}\n`;
    return `${said}\nneighbours: ${JSON.stringify(await this.neighbours(), null, 1)}\n`;
  }
}

/** The two ways to a Linux interface; what is shown for one is shown for both. */
export interface Wire {
  readonly name: string;
  /** For `--device`. */
  spec(iface: string): string;
  /** For a rig file. */
  rig(iface: string): string;
}

export const WIRES: readonly Wire[] = [
  {
    name: "packet:IFACE",
    spec: (iface) => `eth0=packet:${iface}`,
    rig: (iface) => `driver: packet, bus: { kind: interface, name: ${iface} }`,
  },
  {
    name: "enc28j60:sim@IFACE",
    spec: (iface) => `eth0=enc28j60:sim@${iface}`,
    rig: (iface) => `driver: enc28j60, bus: { kind: sim, wire: ${iface} }`,
  },
];

let written = 0;

/** Writes a file into this test's folder and returns its path. */
export function fileOf(text: string, name = `rig${written++}.yaml`): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
