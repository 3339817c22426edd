/**
 * A `whohas` command that runs until it is told to stop (`bridge-sim`, `tap`), in a process of its own.
 *
 *     const bridge = await Background.start(["bridge-sim", "--pty", path]);
 *     t.teardown(() => bridge.kill());
 *     const { code, stdout } = await bridge.stop();
 */
import type { ChildProcess } from "node:child_process";
import { witness } from "./evidence.ts";
import { bound, type Ended } from "./own.ts";
import { adopt, commandLine, PATIENCE } from "./whohas.ts";

export class Background {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  #changed: () => void = () => {};
  readonly #end: Promise<number | null>;
  #over = false;
  readonly #dismiss: () => void;

  private constructor(words: readonly string[], before: readonly string[]) {
    const [program, args] = commandLine(words, before);
    this.child = adopt(bound(program, args, { stdio: ["ignore", "pipe", "pipe"] }));
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#changed();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    const testify = (): string => `${words.join(" ")}\n${this.stdout}${this.stderr}`;
    this.#dismiss = witness({ name: `${words[0]}-${this.child.pid}`, testify });
    this.#end = new Promise((resolve) => {
      this.child.once("close", (code) => {
        this.#over = true;
        resolve(code);
        this.#changed();
      });
    });
  }

  /**
   * Starts it and waits for its ready line.
   * @param before stands in front of the command: `ip netns exec NAME`
   */
  static async start(words: readonly string[], before: readonly string[] = []): Promise<Background> {
    const started = new Background(words, before);
    await started.until(/^ready: /m);
    return started;
  }

  /** The words of the ready line. */
  get ready(): string {
    return /^ready: (.*)$/m.exec(this.stdout)?.[1] ?? "";
  }

  until(line: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (why: string): void => reject(new Error(`${line}: ${why}; ${this.stdout}${this.stderr}`));
      const timeout = setTimeout(() => failed(`not within ${PATIENCE} ms`), PATIENCE);
      const look = (): void => {
        const found = line.test(this.stdout);
        if (!found && !this.#over) return;
        clearTimeout(timeout);
        this.#changed = () => {};
        if (found) resolve();
        else failed("it ended");
      };
      this.#changed = look;
      look();
    });
  }

  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<Ended> {
    this.child.kill(signal);
    const code = await this.#end;
    return { stdout: this.stdout, stderr: this.stderr, code };
  }

  /** For teardown: it is gone when this resolves. */
  async kill(): Promise<void> {
    this.#dismiss();
    this.child.kill("SIGKILL");
    await this.#end;
  }
}
