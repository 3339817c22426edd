/** Records a case in order. The record is the evidence when a check fails, and the basis for comparing two DUTs. */
import type { NeighEvent } from "../contract/dut.ts";
import type { Frame, MldFrame } from "../contract/frame.ts";
import { describe } from "../wire/parse.ts";
import { TcpNumbers } from "../wire/parse-tcp.ts";

export interface Check {
  name: string;
  passed: boolean;
  /** Expected and actual value, as JSON or as the text that is easiest to read. */
  expected: string;
  actual: string;
  time: number;
}

/**
 * `sent`: a frame of the tester. `frame`: a frame of the DUT. `command`: a command and the DUT's answer. `table`: an entry as the table
 * showed it. `event`: a change of the table; its time is the time of reading. `check`: a check and its result. `report`: a report of
 * multicast groups, which the DUT sends at drawn times and which is compared with nothing.
 */
export type StepKind = "sent" | "frame" | "report" | "command" | "table" | "event" | "check";

export interface Step {
  kind: StepKind;
  time: number;
  /** End of a step that began at `time`: it took effect in between. */
  end: number;
  text: string;
  /** The frame of a step that is one. */
  frame?: Frame;
  /** The check of a step that is one. */
  check?: Check;
  /** The change of a step that is one, with the time at which it happened where the DUT says so, and that of reading otherwise. */
  change?: { event: NeighEvent; time: number };
}

export class Trace {
  readonly steps: Step[] = [];
  /** Frames of the DUT in order, without its reports of multicast groups. */
  readonly frames: Frame[] = [];
  readonly reports: MldFrame[] = [];
  /** Frames of both sides, in order. */
  readonly wire: { frame: Frame; sent: boolean }[] = [];
  readonly checks: Check[] = [];
  /** Knows where the numbers of each TCP connection so far begin. */
  readonly numbers: TcpNumbers = new TcpNumbers();
  /** The case's own figures, by name. */
  readonly figures: Record<string, number> = {};

  add(kind: StepKind, time: number, text: string, end: number = time): void {
    this.steps.push({ kind, time, end, text });
  }

  frame(frame: Frame): void {
    this.wire.push({ frame, sent: false });
    if (frame.kind === "mld") this.reports.push(frame);
    else this.frames.push(frame);
    if (frame.kind === "tcp") this.numbers.note(frame, true);
    this.#onWire(frame.kind === "mld" ? "report" : "frame", frame);
  }

  said(frame: Frame): void {
    this.wire.push({ frame, sent: true });
    if (frame.kind === "tcp") this.numbers.note(frame, false);
    this.#onWire("sent", frame);
  }

  #onWire(kind: StepKind, frame: Frame): void {
    this.steps.push({ kind, time: frame.time, end: frame.time, text: describe(frame, this.numbers), frame });
  }

  /** @param happened when, if that is known; it was read at `time` */
  event(time: number, event: NeighEvent, happened: number = time): void {
    this.steps.push({ kind: "event", time, end: time, text: eventText(event), change: { event, time: happened } });
  }

  check(check: Check): void {
    this.checks.push(check);
    const outcome = check.passed ? "ok" : `NOT OK, expected ${check.expected}, got ${check.actual}`;
    this.steps.push({ kind: "check", time: check.time, end: check.time, text: `${check.name}: ${outcome}`, check });
  }

  /** In the order in which they happened. A frame and the answer to it may have the same time; they stay in the order of the record. */
  inOrder(): Step[] {
    return [...this.steps].sort((a, b) => timeOf(a) - timeOf(b));
  }

  /** By time, as frames come with the time of their arrival and commands with that of their end. */
  lines(): string[] {
    const start = this.steps[0]?.time ?? 0;
    const ordered = [...this.steps].sort((a, b) => a.time - b.time);
    return ordered.map(({ kind, time, text }) => `${(time - start).toFixed(3).padStart(11)} ${kind.padEnd(7)} ${text}`);
  }
}

/** When a step happened, as far as that is known. */
export function timeOf({ time, change }: Step): number {
  return change?.time ?? time;
}

export function eventText(event: NeighEvent): string {
  const lladdr = event.lladdr === "" ? "" : ` lladdr ${event.lladdr}`;
  return `${event.kind} ${event.dst} dev ${event.dev}${lladdr} ${event.state} probes ${event.probes}`;
}
