/**
 * SPI as batches of transactions. One transaction is one assertion of a chip select: some bytes are written, then some are read
 * (half duplex, as every register protocol uses it). A batch is handed to the bus whole and all answers come back together, so a
 * bus behind a serial line pays one round trip for many transactions.
 */
import type { InterruptLine } from "./interrupt.ts";

/** Bytes of command memory in a batch: short commands need no buffer of their own. */
const COMMAND_BYTES = 256;
const NOTHING = new Uint8Array(0);

/** One assertion of the chip select: write[writeAt..+writeLength) goes out, then readLength bytes come into read[readAt..). */
export class SpiTransaction {
  write: Uint8Array = NOTHING;
  writeAt = 0;
  writeLength = 0;
  read: Uint8Array = NOTHING;
  readAt = 0;
  readLength = 0;
}

/** Transactions in order. Made once and cleared for each use; filling it allocates nothing once it has reached its usual size. */
export class SpiBatch {
  readonly #transactions: SpiTransaction[] = [];
  /** Memory for the short commands and answers of this batch. */
  readonly #command = new Uint8Array(COMMAND_BYTES);
  #used = 0;
  #count = 0;
  /** Set when the bus failed: some transactions may not have taken place, no answer is to be trusted. */
  error: Error | null = null;
  /** Called once when a transfer that did not complete at once is over. */
  onDone: (() => void) | null = null;

  get length(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
    this.#used = 0;
    this.error = null;
  }

  transaction(index: number): SpiTransaction {
    return this.#transactions[index] as SpiTransaction;
  }

  /** Writes `first`, and `second` unless it is negative, then reads `readLength` bytes. Returns the transaction's index. */
  command(first: number, second = -1, readLength = 0): number {
    const length = second < 0 ? 1 : 2;
    const at = this.#used;
    if (at + length + readLength > COMMAND_BYTES) throw new RangeError("SPI batch: too many short commands in one batch");
    this.#command[at] = first;
    if (length === 2) this.#command[at + 1] = second;
    this.#used = at + length + readLength;
    return this.add(this.#command, at, length, this.#command, at + length, readLength);
  }

  /** A transaction on the caller's own memory, which must stay untouched until the batch is done. */
  add(write: Uint8Array, writeAt: number, writeLength: number, read: Uint8Array = NOTHING, readAt = 0, readLength = 0): number {
    let transaction = this.#transactions[this.#count];
    if (!transaction) {
      transaction = new SpiTransaction();
      this.#transactions.push(transaction);
    }
    transaction.write = write;
    transaction.writeAt = writeAt;
    transaction.writeLength = writeLength;
    transaction.read = read;
    transaction.readAt = readAt;
    transaction.readLength = readLength;
    return this.#count++;
  }

  /** Byte `at` of the answer to a transaction. */
  answer(index: number, at = 0): number {
    const transaction = this.transaction(index);
    return transaction.read[transaction.readAt + at]!;
  }

  /** Sum of bytes clocked, both ways. */
  get bytes(): number {
    let sum = 0;
    for (let at = 0; at < this.#count; at++) {
      const transaction = this.transaction(at);
      sum += transaction.writeLength + transaction.readLength;
    }
    return sum;
  }
}

export interface SpiBus {
  /** The bus and how it is reached, for people. */
  readonly description: string;
  /** Some part of what is behind it is not real. */
  readonly simulated: boolean;
  /** The device's interrupt, where the bus brings it along; null where it does not. Valid once open. */
  readonly interrupt: InterruptLine | null;
  /** The SPI clock, in Hz, where the bus can tell. Valid once open. */
  readonly hertz?: number | null;
  /** The most bytes that a transaction may have, both ways together, where the bus has a limit. Valid once open. */
  readonly longest?: number;
  /**
   * Bytes may be damaged or lost on the way without batch.error telling, as on a UART: who needs to be sure checks what it read and
   * what it wrote.
   */
  readonly lossy: boolean;
  /** @throws ControllerError */
  open(): Promise<void>;
  close(): Promise<void>;
  /**
   * Runs a batch. True: every answer is in place now. False: batch.onDone() will be called once, later; until then the batch and
   * its memory belong to the bus. Failure shows in batch.error either way. One batch at a time.
   */
  transfer(batch: SpiBatch): boolean;
}
