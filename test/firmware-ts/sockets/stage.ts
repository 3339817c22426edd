/**
 * The same script for node's own sockets over the kernel and for ours over a stack's loopback device: what each logs is compared. Ports
 * that were drawn are written as A, B, C … in the order in which they are met.
 */
import dgram from "node:dgram";
import net from "node:net";
import type { Test } from "tap";
import { dgram as dgramOf } from "../../../firmware-ts/sockets/dgram/index.ts";
import { net as netOf } from "../../../firmware-ts/sockets/net/index.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";

export class Log {
  /** By who has said them: two sockets have no order in common. */
  readonly lines: Record<string, string[]> = {};
  readonly #name: string;
  readonly #ports: Map<number, string>;

  private constructor(name: string, lines: Record<string, string[]>, ports: Map<number, string>) {
    this.#name = name;
    this.lines = lines;
    this.#ports = ports;
    lines[name] = [];
  }

  static new(): Log {
    return new Log("script", {}, new Map());
  }

  of(name: string): Log {
    return new Log(name, this.lines, this.#ports);
  }

  say(...words: unknown[]): void {
    this.lines[this.#name]?.push(words.map((word) => this.#text(word)).join(" "));
  }

  /** What a call returns or throws. */
  call(name: string, work: () => unknown): void {
    try {
      this.say(name, "->", work());
    } catch (error) {
      this.say(name, "threw", error);
    }
  }

  #text(word: unknown): string {
    if (typeof word === "string") return this.#hide(word);
    if (!(word instanceof Error)) return this.#hide(JSON.stringify(word) ?? String(word));
    const fields = Object.fromEntries(Object.entries(word).filter(([key]) => key !== "stack"));
    return this.#hide(`${word.name}: ${word.message} ${JSON.stringify(fields, Object.keys(fields).sort())}`);
  }

  #hide(text: string): string {
    return text.replace(/\b(3[2-9]\d{3}|[45]\d{4}|60\d{3})\b/g, (digits) => {
      const port = Number(digits);
      const name = this.#ports.get(port) ?? `port-${String.fromCharCode(65 + this.#ports.size)}`;
      this.#ports.set(port, name);
      return name;
    });
  }
}

export type Script<Api> = (api: Api, log: Log) => Promise<void>;

/** A stack with a loopback device in real time. */
export function loopbackStack(): { stack: Stack; close(): Promise<void> } {
  const clock = new SystemClock();
  const stack = new Stack({ clock, random: new SeededRandom(7), families: [4, 6], loopback: true });
  return {
    stack,
    async close() {
      await stack.close();
      clock.stop();
    },
  };
}

/** Plays a script to node:dgram and to ours. */
export async function sameDgram(t: Test, name: string, script: Script<typeof dgram>): Promise<void> {
  const theirs = Log.new();
  await script(dgram, theirs);
  const { stack, close } = loopbackStack();
  const ours = Log.new();
  try {
    await script(dgramOf(stack) as unknown as typeof dgram, ours);
  } finally {
    await close();
  }
  t.same(ours.lines, theirs.lines, name);
}

/** Plays a script to node:net and to ours. */
export async function sameNet(t: Test, name: string, script: Script<typeof net>): Promise<void> {
  const theirs = Log.new();
  await script(net, theirs);
  const { stack, close } = loopbackStack();
  const ours = Log.new();
  try {
    await script(netOf(stack) as unknown as typeof net, ours);
  } finally {
    await close();
  }
  t.same(ours.lines, theirs.lines, name);
}
