/**
 * Writes records to a descriptor and never waits for it: a reader that pauses, a full disk and a reader that went away cost records,
 * which are counted, and neither time nor the process.
 */
import { ftruncate, write, writeSync } from "node:fs";
import type { Clock, Timer } from "../../../hal/clock.ts";

/** Between two looks at a descriptor that takes nothing now, in ms: longer and longer, as a reader that works is back soon. */
const RETRY_FIRST = 1;
const RETRY_MOST = 32;
/** Records are written together up to this many bytes: one call of the kernel for all that came meanwhile. */
const TOGETHER = 1 << 18;

/** Bytes that are written whole or lost whole. */
export interface OutputRecord {
  readonly bytes: Uint8Array;
}

export interface RecordWriterOptions<R extends OutputRecord> {
  readonly fd: number;
  /** Runs in real time, whatever time the records tell of. */
  readonly clock: Clock;
  /** Bytes that may wait. */
  readonly limit: number;
  /** The maker of the records can wait: nothing is refused, and each record is written at once where the descriptor takes it. */
  readonly patient: boolean;
  /** A regular file of ours: a record that stands there in part is taken away again. Otherwise `mend` goes in front of the next one. */
  readonly regular: boolean;
  readonly mend?: Uint8Array;
  /** A record that had been accepted could not be written. */
  lost(record: R, error: NodeJS.ErrnoException): void;
  /** Everything has been written or is lost. */
  idle?(): void;
}

export class RecordWriter<R extends OutputRecord> {
  readonly #options: RecordWriterOptions<R>;
  readonly #retry: Timer;
  readonly #waiters: (() => void)[] = [];
  /** Records from #head on wait. */
  #queue: R[] = [];
  #head = 0;
  #backlog = 0;
  /** The records that are written now, their bytes, and how many of these are done. */
  #batch: R[] = [];
  #chunk: Uint8Array = new Uint8Array();
  #done = 0;
  /** In front of the records of the chunk. */
  #prefix = 0;
  #writing = false;
  /** The place of the next byte in a regular file. */
  #position = 0;
  #torn = false;
  #wait = RETRY_FIRST;
  /** Bytes written or given up. */
  #progress = 0;
  #closed = false;

  constructor(options: RecordWriterOptions<R>) {
    this.#options = options;
    this.#retry = options.clock.timer(() => this.#write());
  }

  /** Bytes that wait. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Takes a record. Returns false when there is no room for it: it is not written then. */
  push(record: R): boolean {
    const { limit, patient } = this.#options;
    if (this.#closed || (!patient && this.#backlog + record.bytes.length > limit)) return false;
    this.append(record);
    return true;
  }

  /** Takes a record, whether or not there is room: for the few words at an end. */
  append(record: R): void {
    if (this.#closed) return;
    this.#queue.push(record);
    this.#backlog += record.bytes.length;
    if (this.#options.patient) this.#writeNow();
    else if (!this.#writing && !this.#retry.armed) this.#write();
  }

  /** Resolves when nothing waits any more, or after `patience` ms in which the descriptor took nothing; true in the first case. */
  async drained(patience: number): Promise<boolean> {
    const { clock } = this.#options;
    for (let before = -1; this.#backlog > 0 && before !== this.#progress; ) {
      before = this.#progress;
      await new Promise<void>((resolve) => {
        const patienceOver = clock.timer(resolve);
        if (patience !== Number.POSITIVE_INFINITY) patienceOver.arm(patience);
        this.#waiters.push(() => {
          patienceOver.cancel();
          resolve();
        });
        if (!this.#writing && !this.#retry.armed) this.#write();
      });
    }
    return this.#backlog === 0;
  }

  /** Writes nothing more. The descriptor stays open; resolves when it is no longer in use. */
  close(): Promise<void> {
    this.#closed = true;
    this.#retry.cancel();
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  /** Records that wait, which nobody writes after close(). */
  get left(): readonly R[] {
    return [...this.#batch, ...this.#queue.slice(this.#head)];
  }

  #write(): void {
    if (this.#closed || this.#writing || !this.#fill()) return;
    const { fd, regular } = this.#options;
    this.#writing = true;
    write(fd, this.#chunk, this.#done, this.#chunk.length - this.#done, regular ? this.#position : null, (error, count) => {
      this.#writing = false;
      const again = this.#wrote(error, count);
      if (this.#closed) this.#wake();
      else if (again) this.#write();
      else if (this.#backlog > 0) {
        this.#retry.arm(this.#wait);
        this.#wait = Math.min(RETRY_MOST, 2 * this.#wait);
      }
    });
  }

  /** Writes until all is written or the descriptor takes no more. */
  #writeNow(): void {
    const { fd, regular } = this.#options;
    while (!this.#writing && this.#fill()) {
      let count = 0;
      let error: NodeJS.ErrnoException | null = null;
      try {
        count = writeSync(fd, this.#chunk, this.#done, this.#chunk.length - this.#done, regular ? this.#position : null);
      } catch (thrown) {
        error = thrown as NodeJS.ErrnoException;
      }
      if (!this.#wrote(error, count)) return;
    }
  }

  /** Makes the next chunk, where the last one is done. Returns whether there is anything to write. */
  #fill(): boolean {
    if (this.#batch.length > 0) return true;
    const prefix = this.#torn ? this.#options.mend : undefined;
    let length = prefix?.length ?? 0;
    this.#prefix = length;
    while (this.#head < this.#queue.length && (this.#batch.length === 0 || length < TOGETHER)) {
      const record = this.#queue[this.#head++] as R;
      this.#batch.push(record);
      length += record.bytes.length;
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    if (this.#batch.length === 0) return false;
    const parts = this.#batch.map(({ bytes }) => bytes);
    if (prefix) parts.unshift(prefix);
    const [first] = parts;
    this.#chunk = first && parts.length === 1 ? first : Buffer.concat(parts);
    this.#done = 0;
    return true;
  }

  /** Books what a write came to. Returns whether the next one may follow at once. */
  #wrote(error: NodeJS.ErrnoException | null, count: number): boolean {
    if (error?.code === "EAGAIN" || error?.code === "EINTR") return false;
    this.#wait = RETRY_FIRST;
    if (error) this.#lose(error);
    else {
      this.#done += count;
      this.#progress += count;
      this.#position += count;
      if (this.#done < this.#chunk.length) return true;
      this.#torn = false;
      this.#release();
    }
    this.#wake();
    return true;
  }

  /** Gives up those records of the chunk that are not whole at the other side. */
  #lose(error: NodeJS.ErrnoException): void {
    const { fd, regular, lost } = this.#options;
    let end = this.#prefix;
    const gone: R[] = [];
    if (this.#done > 0) this.#torn = false;
    for (const record of this.#batch) {
      const start = end;
      end += record.bytes.length;
      if (end <= this.#done) continue;
      gone.push(record);
      if (start >= this.#done) continue;
      if (regular) {
        this.#position -= this.#done - start;
        ftruncate(fd, this.#position, () => {});
      } else this.#torn = true;
    }
    this.#release();
    for (const record of gone) lost(record, error);
  }

  #release(): void {
    for (const { bytes } of this.#batch) this.#backlog -= bytes.length;
    this.#progress++;
    this.#batch = [];
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
    if (this.#backlog === 0 && !this.#closed) this.#options.idle?.();
  }
}
