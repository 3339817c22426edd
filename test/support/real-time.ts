/**
 * Tests in real time, next to a kernel or an emulated chip, which a busy machine can make late.
 *
 *     realTime(t, "ping", { skip }, async (t) => { … });
 *
 * is t.test() with two things besides. A failure is explained when, meanwhile, a process of the test was kept waiting for a processor
 * for long: then the test is repeated, and says so; whatever fails while nobody waited has failed. And a failure leaves evidence.
 */
import { Readable } from "node:stream";
import tap, { TapFile, Test } from "tap";
import { preserve } from "./evidence.ts";
import { Lateness } from "./lateness.ts";
import { FILE_LIMIT, limitTime } from "./time-limit.ts";

/** Most times that a test is played. */
const ATTEMPTS = 3;
/** Time for a file with such tests, in ms. */
const LIMIT = ATTEMPTS * FILE_LIMIT;
/** A wait that explains a failure, in ms within a quarter of a second. */
const LATE = 50;

export interface RealTimeOptions {
  /** Names the things that are missing for the test, or false. */
  skip?: string | false;
  /** Runs beside its siblings, as many as `t.jobs` says. */
  buffered?: boolean;
  /** Begins to measure for how long a process is kept waiting, in ms. Default: Lateness. */
  lateness?: () => Pick<Lateness, "stop">;
}

export function realTime(parent: Test, name: string, options: RealTimeOptions, body: (t: Test) => Promise<void>): void {
  const { skip, buffered, lateness = () => new Lateness() } = options;
  if (parent === tap) limitTime(LIMIT);
  if (skip) parent.test(name, { skip }, () => {});
  else parent.sub(TapFile, { name, tapStream: new Attempts(name, lateness, body), buffered: buffered ?? false });
}

/** Plays a test as soon as it is read from, once or again, and gives what the last attempt said, as TAP. */
class Attempts extends Readable {
  readonly #name: string;
  readonly #lateness: () => Pick<Lateness, "stop">;
  readonly #body: (t: Test) => Promise<void>;
  #begun = false;

  constructor(name: string, lateness: () => Pick<Lateness, "stop">, body: (t: Test) => Promise<void>) {
    super({ encoding: "utf8" });
    this.#name = name;
    this.#lateness = lateness;
    this.#body = body;
  }

  override _read(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#play().catch((error: Error) => this.destroy(error));
  }

  async #play(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const lateness = this.#lateness();
      const { passed, said } = await this.#attempt();
      const late = lateness.stop();
      if (passed || late < LATE || attempt === ATTEMPTS) {
        this.push(said.replace(/^TAP version 14\n/, ""));
        this.push(null);
        return;
      }
      const why = /^ *not ok \d+ - (?!.*# (?:TODO|SKIP))(.*)$/im.exec(said)?.[1] ?? "";
      this.push(`# machine too busy, repeated: a process waited ${late.toFixed(0)} ms for a processor; ${why}\n`);
    }
  }

  async #attempt(): Promise<{ passed: boolean; said: string }> {
    let said = "";
    const trial = new Test({
      name: this.#name,
      cb: async (t: Test) => {
        try {
          await this.#body(t);
        } catch (error) {
          await preserve(t, this.#name);
          throw error;
        }
        if (!t.passing()) await preserve(t, this.#name);
      },
    });
    trial.on("data", (text) => {
      said += text;
    });
    await new Promise<void>((resolve) => trial.main(resolve));
    return { passed: trial.passing(), said };
  }
}
