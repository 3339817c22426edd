/** Packets in pcapng files, which rotate, and in FIFOs, for as long as a capture lasts. Nothing that happens to a file delays the capture. */
import { existsSync, renameSync } from "node:fs";
import { rename } from "node:fs/promises";
import { type Clock, SystemClock, type Timer } from "../../hal/clock.ts";
import { pcapngHeader, pcapngPacket, pcapngStatistics } from "../control/pcapng.ts";
import { ControlError } from "../control/rpc/protocol.ts";
import { type OpenFile, openOwn, ownPath } from "./capture/open.ts";
import { type CaptureSpec, parseCaptureSpec, STANDARD_OUTPUT } from "./capture/spec.ts";
import { whyUnwritable } from "./errno-words.ts";
import { type OutputRecord, RecordWriter } from "./output/record-writer.ts";

/** Bytes that wait for a disk or a reader. */
const LIMIT = 16 << 20;
/** Most bytes of a packet block beside its frame. */
const BLOCK = 64;
/** The way out of what a file refuses, by the errno. */
const INSTEAD: Readonly<Record<string, string>> = {
  EACCES: "name a file in a folder of yours",
  EISDIR: "name a file in it",
  ENOENT: "make it, or name a file elsewhere",
  ENOSPC: "make room, or name a file elsewhere",
  ENOTDIR: "name a file in a folder",
  EROFS: "name a file elsewhere",
};

/** Between two looks for the reader of a FIFO, in ms. */
const NO_READER = 100;
/** At the end, a reader that takes nothing for this long, in ms, is not waited for. */
const PATIENCE = 1000;

/** A packet of an interface, or a block of none. */
interface Block extends OutputRecord {
  /** -1: no packet. */
  readonly index: number;
  /** Packets lost before it, which it tells of. */
  readonly drops: number;
}

/** Packets of one interface. */
interface Count {
  seen: number;
  lost: number;
  /** Lost and not told of by a packet yet. */
  untold: number;
}

/** The present file and its writer. */
interface Output {
  readonly file: OpenFile;
  readonly writer: RecordWriter<Block>;
}

export interface CaptureOptions {
  /** The stack's time can wait for the file, as virtual time can: no packet is lost to a slow one. Default false. */
  readonly patient?: boolean;
  /** Opens standard output, for a capture to `-`, without waiting for its reader. Default: there is none. */
  readonly standardOutput?: () => Pick<OpenFile, "fd" | "close">;
  /** The reader of standard output went away, or the file cannot be written: no further packet is. */
  onStopped?(): void;
}

/** The packets that there will be. */
export interface PacketSource {
  /** Names of the interfaces, in the order of their indices. */
  readonly interfaces: readonly string[];
  /** Bytes of a packet that are kept at most. Default {@link SNAP_LENGTH}. */
  readonly snaplen?: number;
  /** Tells the time of rotation and of the statistics. */
  readonly clock: Clock;
}

/** A packet as it was seen. */
export interface SeenPacket {
  /** The interface's. */
  readonly index: number;
  /** ms since 1970-01-01 UTC, fractions included. */
  readonly time: number;
  readonly bytes: Uint8Array;
  /** Bytes that it had; default those that there are. */
  readonly length?: number;
  /** As `Direction` of control/pcapng.ts has it. */
  readonly direction: number;
}

/**
 * Packets that the file did not take in time are counted: the next packet of their interface says how many (epb_dropcount), and
 * statistics at the end of each file (isb_ifrecv, isb_ifdrop). A FIFO may be without a reader for a while; each reader gets a section of
 * its own.
 */
export class PacketFile {
  readonly #source: PacketSource;
  readonly #spec: CaptureSpec;
  readonly #path: string;
  readonly #patient: boolean;
  readonly #standardOutput: CaptureOptions["standardOutput"];
  /** Runs in real time, whatever time the stack has. */
  readonly #clock = new SystemClock();
  readonly #look: Timer;
  readonly #age: Timer;
  readonly #counts: readonly Count[];
  readonly #onStopped: (() => void) | undefined;
  #output: Output | null = null;
  /** Bytes that the present file was given and will be given at its end, and whether there is a packet among them. */
  #size = 0;
  #begun = false;
  /** Blocks for the next writer, while there is none. */
  #pending: Block[] = [];
  #pendingBytes = 0;
  #turning: Promise<void> | null = null;
  /** There will be no further file. */
  #stopped = false;
  #failure: ControlError | null = null;
  #closing: Promise<void> | null = null;

  /**
   * @param file `FILE,size=10M,every=1h,keep=5`; `-` is standard output
   * @throws ControlError CAPTURE_FILE, UnitError
   */
  constructor(source: PacketSource, file: string | CaptureSpec, options: CaptureOptions = {}) {
    const { patient = false, standardOutput, onStopped } = options;
    this.#source = source;
    this.#onStopped = onStopped;
    this.#patient = patient;
    this.#standardOutput = standardOutput;
    this.#spec = typeof file === "string" ? parseCaptureSpec(file) : file;
    this.#counts = source.interfaces.map(() => ({ seen: 0, lost: 0, untold: 0 }));
    this.#look = this.#clock.timer(() => this.#open());
    this.#age = source.clock.timer(() => this.#turn());
    try {
      this.#path = this.#standard ? STANDARD_OUTPUT : ownPath(this.#spec.path);
      this.#take(this.#opened());
    } catch (error) {
      this.#clock.stop();
      throw this.#error(error);
    }
  }

  get #standard(): boolean {
    return this.#spec.path === STANDARD_OUTPUT;
  }

  /** Packets that are not in the file. */
  get lost(): number {
    return this.#counts.reduce((sum, { lost }) => sum + lost, 0);
  }

  /**
   * Ends the capture; a reader that takes nothing any more is not waited for.
   * @throws ControlError CAPTURE_FILE when the disk did not take all of it
   */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#age.cancel();
    while (this.#turning) await this.#turning;
    this.#look.cancel();
    await this.#finish(this.#patient ? Number.POSITIVE_INFINITY : PATIENCE);
    this.#losePending();
    this.#clock.stop();
    if (this.#failure) throw this.#failure;
  }

  /** Takes a packet in; one of an interface that was not there at the beginning is left out. */
  packet({ index, time, bytes, length, direction }: SeenPacket): void {
    const count = this.#counts[index];
    if (!count) return;
    count.seen++;
    const waiting = this.#pendingBytes + (this.#output?.writer.backlog ?? 0);
    if (this.#stopped || (!this.#patient && waiting + bytes.length + BLOCK > LIMIT)) {
      count.lost++;
      count.untold++;
      return;
    }
    const drops = count.untold;
    count.untold = 0;
    this.#put({ bytes: pcapngPacket(index, time, bytes, direction, drops, length), index, drops });
  }

  /** Counts packets of an interface that were lost before they came here. */
  missing(index: number, packets: number): void {
    const count = this.#counts[index];
    if (!count) return;
    count.seen += packets;
    count.lost += packets;
    count.untold += packets;
  }

  #put(block: Block): void {
    const { size = Number.POSITIVE_INFINITY } = this.#spec;
    if (this.#output && this.#size + block.bytes.length > size && this.#begun) this.#turn();
    if (!this.#output) {
      this.#pending.push(block);
      this.#pendingBytes += block.bytes.length;
      return;
    }
    this.#size += block.bytes.length;
    this.#begun = true;
    this.#output.writer.append(block);
  }

  /** Begins a file, or waits for the reader of the FIFO. */
  #take(file: OpenFile | null): void {
    if (!file) {
      this.#look.arm(NO_READER);
      return;
    }
    const { fd, regular } = file;
    const writer = new RecordWriter<Block>({
      fd,
      clock: this.#clock,
      limit: LIMIT,
      patient: this.#patient,
      regular,
      lost: (block, error) => this.#notWritten(writer, block, error),
    });
    this.#output = { file, writer };
    if (this.#spec.every !== undefined) this.#age.arm(this.#spec.every);
    const bytes = pcapngHeader(this.#source.interfaces, this.#source.snaplen);
    writer.append({ bytes, index: -1, drops: 0 });
    this.#size = bytes.length + this.#counts.length * pcapngStatistics(0, 0, 0, 0).length;
    // The first packet may be larger than a file shall be.
    this.#begun = false;
    const blocks = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    for (const block of blocks) this.#put(block);
  }

  #opened(): OpenFile | null {
    // As the shell has it: neither emptied nor made private, and others may write to it, too.
    if (this.#standard) {
      if (!this.#standardOutput) throw new Error("there is no standard output here");
      return { ...this.#standardOutput(), regular: false };
    }
    const file = openOwn(this.#path);
    if ((this.#spec.size === undefined && this.#spec.every === undefined) || file?.regular) return file;
    file?.close();
    throw new Error("size= and every= need a file of a disk");
  }

  #open(): void {
    try {
      this.#take(this.#opened());
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #notWritten(writer: RecordWriter<Block>, block: Block, error: NodeJS.ErrnoException): void {
    this.#lose(block);
    if (error.code !== "EPIPE") this.#failure ??= this.#error(error);
    if (error.code !== "EPIPE" || this.#output?.writer !== writer) return;
    // The reader went away. What it had not read is thrown away with the descriptor, so that the next one begins with a section.
    const { file } = this.#output;
    this.#output = null;
    this.#pending = [...writer.left];
    this.#pendingBytes = writer.backlog;
    // Standard output has one reader only.
    if (this.#standard) {
      this.#stop();
    }
    void writer.close().then(() => {
      file.close();
      if (this.#closing === null && !this.#stopped) this.#look.arm(NO_READER);
    });
  }

  #lose({ index, drops }: Block): void {
    const count = this.#counts[index];
    if (!count) return;
    count.lost++;
    count.untold += 1 + drops;
  }

  /** A file ends here and the next one begins. */
  #turn(): void {
    if (this.#turning || !this.#output) return;
    if (this.#patient) {
      this.#turnNow(this.#output);
      return;
    }
    this.#turning = this.#turnOver()
      .catch((error: unknown) => this.#giveUp(error))
      .finally(() => {
        this.#turning = null;
        if (!this.#stopped) this.#open();
      });
  }

  async #turnOver(): Promise<void> {
    await this.#finish(Number.POSITIVE_INFINITY);
    for (const [from, to] of this.#names()) {
      await rename(from, to).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    }
  }

  /** As #turnOver() and #open(), before the stack's time goes on: two runs in virtual time give the same files. */
  #turnNow({ file, writer }: Output): void {
    this.#tellCounts(writer);
    this.#output = null;
    file.close();
    try {
      for (const [from, to] of this.#names()) if (existsSync(from)) renameSync(from, to);
      this.#take(this.#opened());
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** Files that get another name when a file ends, the oldest first. */
  #names(): (readonly [from: string, to: string])[] {
    const name = (at: number): string => (at === 0 ? this.#path : `${this.#path}.${at}`);
    return Array.from({ length: this.#spec.keep - 1 }, (_, at) => [name(at), name(at + 1)] as const).reverse();
  }

  /** Ends the present file with its statistics. */
  async #finish(patience: number): Promise<void> {
    if (!this.#output) return;
    const { file, writer } = this.#output;
    this.#output = null;
    this.#tellCounts(writer);
    await writer.drained(patience);
    for (const block of writer.left) this.#lose(block);
    await writer.close();
    file.close();
  }

  #tellCounts(writer: RecordWriter<Block>): void {
    const time = this.#source.clock.wallTime();
    for (const [index, { seen, lost }] of this.#counts.entries()) {
      writer.append({ bytes: pcapngStatistics(index, time, seen, lost), index: -1, drops: 0 });
    }
  }

  #giveUp(error: unknown): void {
    this.#failure ??= this.#error(error);
    this.#stop();
  }

  #stop(): void {
    this.#stopped = true;
    this.#losePending();
    this.#onStopped?.();
  }

  #losePending(): void {
    for (const block of this.#pending) this.#lose(block);
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #error(error: unknown): ControlError {
    const instead = INSTEAD[(error as NodeJS.ErrnoException).code ?? ""];
    const why = `${whyUnwritable(error)}${instead === undefined ? "" : `; ${instead}`}`;
    return new ControlError("CAPTURE_FILE", `cannot write the capture ${this.#spec.path}: ${why}`);
  }
}
