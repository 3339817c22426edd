/**
 * One message to Linux' spidev (linux/spi/spidev.h): an array of struct spi_ioc_transfer with the bytes they point to, in memory that
 * is taken once and filled anew for each message. The layout is the same for programs of 32 and of 64 bits.
 */
import type { SpiTransaction } from "../../spi.ts";
import type { Libc } from "./libc.ts";

/** The functions of the C library that a device of spidev needs. */
export type SpidevLibc = Pick<Libc, "open" | "ioctl" | "close" | "errno" | "errorName" | "address">;

/** _IOW('k', 1, __u8), _IOW('k', 3, __u8) and _IOW('k', 4, __u32). */
export const SpidevRequest = { WR_MODE: 0x4001_6b01, WR_BITS_PER_WORD: 0x4001_6b03, WR_MAX_SPEED_HZ: 0x4004_6b04 } as const;

/** struct spi_ioc_transfer: where its parts are. Those without a name here stay zero: as set for the device, and nothing special. */
export const SpiIocTransfer = { TX_BUF: 0, RX_BUF: 8, LEN: 16, CS_CHANGE: 27, BYTES: 32 } as const;

/** Transfers whose sum of bytes an ioctl's number can tell in its 14 bits. */
export const MOST_TRANSFERS = 511;

/**
 * The kernel begins each transfer at a multiple of what its memory for DMA is aligned to (spidev_message, Linux 5.18 and later):
 * 128 bytes on arm64, less elsewhere. Counted as if it were everywhere so.
 */
const ALIGNMENT = 128;
/** More than this is not made use of, whatever the kernel would take: a driver's longest batch is far below. */
const MOST_BYTES = 1 << 20;

/** Number of the request that carries that many transfers: _IOW('k', 0, char[transfers * 32]). */
export function spiIocMessage(transfers: number): number {
  return 0x4000_6b00 + transfers * SpiIocTransfer.BYTES * 0x1_0000;
}

export class SpidevMessage {
  /** The most bytes that one transaction may have. */
  readonly longest: number;
  /** Transfers added since clear(). */
  count = 0;
  /** The transfers, by words and by bytes. */
  readonly #words = new Int32Array((MOST_TRANSFERS * SpiIocTransfer.BYTES) / 4);
  readonly #table = new Uint8Array(this.#words.buffer);
  readonly #send: Uint8Array<ArrayBuffer>;
  readonly #receive: Uint8Array<ArrayBuffer>;
  /** Addresses of each step of ALIGNMENT bytes in them, made in advance: a number of that size is an object. Two words each. */
  readonly #sendAddresses: Int32Array;
  readonly #receiveAddresses: Int32Array;
  /** Steps of both in use. */
  #used = 0;

  /** @param bufferSize of the kernel, in bytes: it takes as many each way in a message */
  constructor(libc: Pick<Libc, "address">, bufferSize: number) {
    this.longest = Math.max(1, Math.floor(Math.min(bufferSize, MOST_BYTES) / ALIGNMENT)) * ALIGNMENT;
    this.#send = new Uint8Array(this.longest);
    this.#receive = new Uint8Array(this.longest);
    this.#sendAddresses = addresses(libc, this.#send);
    this.#receiveAddresses = addresses(libc, this.#receive);
  }

  clear(): void {
    this.count = 0;
    this.#used = 0;
  }

  /** Appends a transfer, after which the chip select is released. False: the message has no room for it. */
  add(t: SpiTransaction): boolean {
    const length = t.writeLength + t.readLength;
    const step = this.#used;
    const end = step + stepsOf(length);
    if (end * ALIGNMENT > this.longest || this.count === MOST_TRANSFERS) return false;
    this.#used = end;
    const at = step * ALIGNMENT;
    const send = this.#send;
    for (let index = 0; index < t.writeLength; index++) send[at + index] = t.write[t.writeAt + index]!;
    send.fill(0, at + t.writeLength, at + length);
    const words = this.#words;
    const transfer = this.count++ * SpiIocTransfer.BYTES;
    setAddress(words, transfer + SpiIocTransfer.TX_BUF, this.#sendAddresses, step);
    if (t.readLength > 0) setAddress(words, transfer + SpiIocTransfer.RX_BUF, this.#receiveAddresses, step);
    else words.fill(0, (transfer + SpiIocTransfer.RX_BUF) >> 2, (transfer + SpiIocTransfer.LEN) >> 2);
    words[(transfer + SpiIocTransfer.LEN) >> 2] = length;
    this.#table[transfer + SpiIocTransfer.CS_CHANGE] = 1;
    return true;
  }

  /** Makes the system call, which takes as long as the bytes are on the wire. False: it failed, and errno tells why. */
  run(libc: Pick<Libc, "ioctl">, fd: number): boolean {
    // On the last transfer the flag would mean the opposite: to keep the chip selected after the message.
    this.#table[(this.count - 1) * SpiIocTransfer.BYTES + SpiIocTransfer.CS_CHANGE] = 0;
    return libc.ioctl(fd, spiIocMessage(this.count), this.#table) >= 0;
  }

  /** Copies what a transaction has read to its memory. `step`: where the one before it ended. Returns where it ends itself. */
  take(t: SpiTransaction, step: number): number {
    const receive = this.#receive;
    const from = step * ALIGNMENT + t.writeLength;
    for (let index = 0; index < t.readLength; index++) t.read[t.readAt + index] = receive[from + index]!;
    return step + stepsOf(t.writeLength + t.readLength);
  }
}

function stepsOf(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT);
}

function addresses(libc: Pick<Libc, "address">, memory: Uint8Array): Int32Array {
  const start = libc.address(memory.buffer);
  const steps = BigUint64Array.from({ length: stepsOf(memory.length) }, (_, step) => BigInt(start + step * ALIGNMENT));
  return new Int32Array(steps.buffer);
}

function setAddress(words: Int32Array, at: number, addresses: Int32Array, step: number): void {
  words[at >> 2] = addresses[step * 2]!;
  words[(at >> 2) + 1] = addresses[step * 2 + 1]!;
}
