/** The output of a command that runs until it is told to stop: it can neither end nor delay the command. */
import type { Clock } from "../../../hal/clock.ts";
import { type OutputRecord, RecordWriter } from "../../board/output/record-writer.ts";
import { type Descriptor, standardDescriptor } from "./descriptor.ts";

/** Bytes of lines that wait for a reader. */
const LIMIT = 1 << 20;
/** At the end, a reader that takes nothing for this long, in ms, is not waited for. */
const PATIENCE = 1000;
const NEWLINE = new Uint8Array([0x0a]);

/** One line, or a note that stands for lines that are lost. */
interface Line extends OutputRecord {
  readonly lines: number;
}

/** The words that tell of lost lines. */
export type LostNote = (lines: number, reason: string) => string;

export interface TerminalOptions {
  /** Tells real time. */
  readonly clock: Clock;
  /** The command can wait for its reader: no line is lost to a slow one. Default false. */
  readonly patient?: boolean;
  /** Default: in English. */
  readonly note?: LostNote;
  /** Standard output is for something else: all lines go to standard error. Default false. */
  readonly aside?: boolean;
}

const inWords: LostNote = (lines, reason) => `whohas: ${lines} ${lines === 1 ? "line" : "lines"} of output lost: ${reason}`;

export class Terminal {
  readonly #out: Lines;
  readonly #errors: Lines;

  constructor({ clock, patient = false, note = inWords, aside = false }: TerminalOptions) {
    this.#errors = new Lines(standardDescriptor(2), clock, patient, aside ? note : inWords);
    this.#out = aside ? this.#errors : new Lines(standardDescriptor(1), clock, patient, note);
  }

  /** Prints one line on standard output, if that is for lines. */
  print(line: string): void {
    this.#out.print(line);
  }

  /** Prints one line on standard error. */
  complain(line: string): void {
    this.#errors.print(line);
  }

  /** Tells on standard error of lines that standard output still refuses at the end. Of a reader that went away nobody needs to hear. */
  complainOfLost(): void {
    const { lost, reason } = this.#out;
    if (lost > 0 && !GONE.has(reason)) this.complain(inWords(lost, reason));
  }

  /** Resolves when the readers have everything, or take nothing any more. @param patience with a reader that takes nothing, in ms */
  async drained(patience: number = PATIENCE): Promise<void> {
    await Promise.all([this.#out.drained(patience), this.#errors.drained(patience)]);
  }

  async close(): Promise<void> {
    await Promise.all([...new Set([this.#out, this.#errors])].map((lines) => lines.close()));
  }
}

/** Lines to one descriptor. */
class Lines {
  readonly #descriptor: Descriptor;
  readonly #writer: RecordWriter<Line>;
  readonly #note: LostNote;
  readonly #encoder = new TextEncoder();
  /** Lines that no note has told of, and why the last one was lost. */
  lost = 0;
  reason = "";

  constructor(descriptor: Descriptor, clock: Clock, patient: boolean, note: LostNote) {
    this.#descriptor = descriptor;
    this.#note = note;
    this.#writer = new RecordWriter({
      fd: descriptor.fd,
      clock,
      limit: LIMIT,
      patient,
      regular: false,
      mend: NEWLINE,
      lost: ({ lines }, { code = "" }) => this.#lose(lines, code),
      // A reader that caught up hears of the gap even if no other line follows. A failure is tried again with the next line only.
      idle: () => {
        if (this.reason === TOO_SLOW) this.#tell();
      },
    });
  }

  print(line: string): void {
    this.#tell();
    if (this.lost > 0 || !this.#writer.push(this.#record(line, 1))) this.#lose(1, TOO_SLOW);
  }

  drained(patience: number): Promise<boolean> {
    return this.#writer.drained(patience);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#descriptor.close();
  }

  #record(line: string, lines: number): Line {
    return { bytes: this.#encoder.encode(`${line}\n`), lines };
  }

  #lose(lines: number, reason: string): void {
    this.lost += lines;
    this.reason = reason;
  }

  /** Puts the note of lost lines where they would stand, once there is room. */
  #tell(): void {
    if (this.lost === 0 || !this.#writer.push(this.#record(this.#note(this.lost, this.reason), this.lost))) return;
    this.lost = 0;
    this.reason = "";
  }
}

/** Reasons of an output without a reader: a closed pipe, a closed terminal. */
const GONE: ReadonlySet<string> = new Set(["EPIPE", "EIO"]);
const TOO_SLOW = "its reader is too slow";
