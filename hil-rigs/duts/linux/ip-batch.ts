/**
 * `ip` that stays: one `ip -batch` for a namespace, which gets one command at a time. Starting a program takes a small board some 10 ms,
 * blocks the bench's process meanwhile, and delays the command's effect; a line to a waiting program does none of that.
 *
 * Its output is that of `ip`. The exit status is exact only where the error ends the whole batch; it is 1 for every other refusal.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { IpResult } from "../../contract/dut.ts";

/** No object of `ip` begins so. `ip` refuses it with known words, which show that everything before it is done. */
const MARK = ".";
const MARK_ANSWER = `Object "${MARK}" is unknown, try "ip help".\n`;
/** `Command failed -:1`, the batch's own words. */
const FAILED = /^Command failed -:\d+\n/gm;
const PATIENCE = 10_000;

export class IpBatch {
  readonly #inside: <T>(work: () => T) => T;
  #child: Child | null;

  /** @param inside runs something within the namespace */
  constructor(inside: <T>(work: () => T) => T) {
    this.#inside = inside;
    this.#child = inside(() => new Child());
  }

  /** Runs one command, its words as after `ip`; no flags before them. One at a time. */
  async run(words: readonly string[]): Promise<IpResult> {
    const child = this.#child ?? this.#inside(() => new Child());
    const { stdout, stderr, exit } = await child.run(words);
    // A new program is ready by the time of the next command.
    this.#child = exit === null ? child : this.#inside(() => new Child());
    const said = stderr.replace(FAILED, "");
    return { stdout, stderr: said, exit: exit ?? (said === stderr ? 0 : 1) };
  }

  async close(): Promise<void> {
    await this.#child?.end();
    this.#child = null;
  }
}

class Child {
  readonly #process: ChildProcessWithoutNullStreams = spawn("ip", ["-force", "-batch", "-"]);
  readonly #ended: Promise<void>;
  #stdout = "";
  #stderr = "";
  #exit: number | null = null;
  #closed = false;
  /** Called when more output has arrived, or the program has ended. */
  #wake: () => void = () => {};

  constructor() {
    const { stdout, stderr, stdin } = this.#process;
    stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#wake();
    });
    // The program ends at some errors and leaves the mark unread.
    stdin.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#process.on("error", (error) => {
        this.#stderr += `ip: ${error.message}\n`;
        this.#exit = -1;
      });
      this.#process.on("close", (code) => {
        this.#exit = code ?? -1;
        this.#closed = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** Runs one command. `exit` is null if the program goes on. */
  async run(words: readonly string[]): Promise<{ stdout: string; stderr: string; exit: number | null }> {
    const patience = setTimeout(() => this.#process.kill("SIGKILL"), PATIENCE);
    await new Promise<void>((resolve) => {
      this.#wake = () => {
        if (this.#closed || this.#marked) resolve();
      };
      this.#process.stdin.write(`${words.join(" ")}\n${MARK}\n`);
      this.#wake();
    });
    clearTimeout(patience);
    this.#wake = () => {};
    // The output was written before the mark, but comes by another pipe, which Node reads later in the same turn.
    if (!this.#closed) await new Promise((resolve) => setImmediate(resolve));
    const result = { stdout: this.#stdout, stderr: this.#stderr, exit: this.#closed ? this.#exit : null };
    const at = result.stderr.indexOf(MARK_ANSWER);
    if (at >= 0) result.stderr = result.stderr.slice(0, at);
    this.#stdout = "";
    this.#stderr = "";
    return result;
  }

  end(): Promise<void> {
    this.#process.stdin.end();
    return this.#ended;
  }

  /** The answer to the mark and the batch's own line for it have arrived. */
  get #marked(): boolean {
    const at = this.#stderr.indexOf(MARK_ANSWER);
    return at >= 0 && this.#stderr.endsWith("\n") && this.#stderr.length > at + MARK_ANSWER.length;
  }
}
