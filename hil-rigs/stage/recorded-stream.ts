/** Writes down what a case's program does with its TCP connections, and what it is told. */
import type { DutListener, DutStream } from "../contract/stream.ts";
import type { Trace } from "./trace.ts";

export function recordedListener(listener: DutListener, trace: Trace, now: () => number): DutListener {
  const { port } = listener;
  trace.add("command", now(), `tcp listen ${port}`);
  return {
    port,
    accept(): DutStream | null {
      const stream = listener.accept();
      trace.add("command", now(), `tcp accept ${port} -> ${stream ? "a connection" : "none"}`);
      return stream && recordedStream(stream, trace, now);
    },
    close(): void {
      trace.add("command", now(), `tcp listen ${port} closed`);
      listener.close();
    },
  };
}

export function recordedStream(stream: DutStream, trace: Trace, now: () => number): DutStream {
  /** Does it, and writes it down with the answer. */
  const noted = <T>(what: string, work: () => T, answer: (value: T) => string = String): T => {
    const began = now();
    const value = work();
    const text = value === undefined ? "" : ` -> ${answer(value)}`;
    trace.add("command", began, `tcp ${what}${text}`, now());
    return value;
  };
  return {
    state: () => noted("state", () => stream.state()),
    send: (payload) => noted(`send ${payload.length} bytes`, () => stream.send(payload)),
    received: (most) =>
      noted(
        "receive",
        () => stream.received(most),
        ({ length }) => `${length} bytes`,
      ),
    ended: () => noted("ended", () => stream.ended()),
    error: () =>
      noted(
        "error",
        () => stream.error(),
        (errno) => errno || "none",
      ),
    end: () => noted("end", () => stream.end()),
    close: () => noted("close", () => stream.close()),
    abort: () => noted("abort", () => stream.abort()),
    keepAlive: (options) => noted(`keep-alive ${Object.values(options).join(" ")}`, () => stream.keepAlive(options)),
    noDelay: () => noted("no delay", () => stream.noDelay()),
  };
}
