/**
 * SPI of this machine, by Linux' spidev and the npm package spi-device, which has to be compiled and is therefore not among our
 * dependencies: it is loaded when the first bus is opened.
 *
 * A batch is one message to the kernel, one system call: a transfer for each transaction, the chip select released after each. Such
 * a call is waited for. It takes as long as the bytes are on the wire, 0.6 ms for a full frame at 20 MHz; the package's
 * asynchronous call would hand it to a thread, which costs two changes of thread, a turn of the event loop and garbage for each
 * batch, and makes the batches of a frame queue behind whatever files and names are being looked up.
 */
import { readFile, realpath } from "node:fs/promises";
import type spi from "spi-device";
import { ControllerError } from "../ethernet.ts";
import type { InterruptLine } from "../interrupt.ts";
import type { SpiBatch, SpiBus, SpiTransaction } from "../spi.ts";
import { type GpioLibc, GpioLine, type GpioLineAddress } from "./linux/gpio-line.ts";
import { loadLibc } from "./linux/libc.ts";

export interface SpidevOptions {
  /** `/dev/spidev0.0`, or a link to one. */
  path: string;
  /** SPI clock, in Hz; the controller takes the next lower one it has. */
  spiHz: number;
  /** The GPIO that the chip's INT pin is wired to. Without it there is no interrupt line. */
  interruptGpio?: GpioLineAddress;
}

/** What the bus takes from the machine, so that tests may stand in for one. */
export interface SpidevMachine {
  /** Where a link leads; the path itself where nothing is. */
  realPath(path: string): Promise<string>;
  /** The package's exports. */
  importPackage(): Promise<spi.Package>;
  /** Bytes of one message each way, as the kernel's module has it. */
  bufferSize(): Promise<number>;
  loadLibc(): Promise<GpioLibc>;
}

/** Traffic of a bus. */
export class SpidevCounters {
  batches = 0;
  transactions = 0;
  /** System calls: one a batch, unless it is longer than the kernel's buffer. */
  messages = 0;
  bytes = 0;
  errors = 0;
}

const PATH = /^\/dev\/spidev(\d+)\.(\d+)$/;
const BUFFER_SIZE = "/sys/module/spidev/parameters/bufsiz";
const DEFAULT_BUFFER_SIZE = 4096;
/**
 * The kernel begins each transfer at a multiple of what its memory for DMA is aligned to (spidev_message, Linux 5.18 and later):
 * 128 bytes on arm64, less elsewhere. Counted as if it were everywhere so.
 */
const ALIGNMENT = 128;
/** Transfers of 32 bytes whose sum an ioctl's number can tell in its 14 bits. */
const MOST_TRANSFERS = 511;
const SMALLEST_BUFFER = 16;

const MACHINE: SpidevMachine = {
  realPath: (path) => realpath(path).catch(() => path),
  importPackage: async () => (await import("spi-device")).default,
  bufferSize: async () => Number(await readFile(BUFFER_SIZE, "utf8").catch(() => DEFAULT_BUFFER_SIZE)) || DEFAULT_BUFFER_SIZE,
  loadLibc: () => loadLibc("spidev"),
};

export class SpidevBus implements SpiBus {
  readonly description: string;
  readonly simulated = false;
  readonly lossy = false;
  readonly interrupt: InterruptLine | null;
  readonly counters: SpidevCounters = new SpidevCounters();
  readonly #options: SpidevOptions;
  readonly #machine: SpidevMachine;
  readonly #line: GpioLine | null;
  #device: spi.SpiDevice | null = null;
  #bufferSize = DEFAULT_BUFFER_SIZE;
  /** A transfer for each transaction of a batch, with memory of its own; used again for the next batch. */
  readonly #transfers: spi.Transfer[] = [];
  readonly #receiveBuffers: Buffer[] = [];
  readonly #message: spi.Transfer[] = [];

  constructor(options: SpidevOptions, machine: SpidevMachine = MACHINE) {
    this.#options = options;
    this.#machine = machine;
    this.description = `${options.path} at ${options.spiHz / 1_000_000} MHz`;
    this.#line = options.interruptGpio ? new GpioLine(options.interruptGpio, () => machine.loadLibc()) : null;
    this.interrupt = this.#line;
  }

  get longest(): number {
    return Math.floor(this.#bufferSize / ALIGNMENT) * ALIGNMENT;
  }

  /**
   * @throws ControllerError SPIDEV_NOT_SPIDEV, SPIDEV_MISSING_PACKAGE, SPIDEV_BROKEN_PACKAGE, SPIDEV_MISSING, SPIDEV_PERMISSION,
   * SPIDEV_FAILED; of the interrupt's line GPIO_LINE_*
   */
  async open(): Promise<void> {
    if (this.#device) return;
    const { path, spiHz } = this.#options;
    const [, bus, device] = PATH.exec(await this.#machine.realPath(path)) ?? [];
    if (bus === undefined || device === undefined) throw notSpidev(path);
    const spi = await this.#machine.importPackage().catch((cause: unknown) => {
      throw packageError(cause);
    });
    this.#bufferSize = await this.#machine.bufferSize();
    try {
      this.#device = spi.openSync(Number(bus), Number(device), { mode: 0, bitsPerWord: 8, maxSpeedHz: spiHz });
    } catch (error) {
      throw openError(path, error);
    }
    try {
      await this.#line?.open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#line?.close();
    const device = this.#device;
    this.#device = null;
    device?.closeSync();
  }

  transfer(batch: SpiBatch): boolean {
    const device = this.#device;
    if (!device) {
      batch.error = new ControllerError("SPI_CLOSED", `${this.#options.path} is not open`);
      return true;
    }
    this.counters.batches++;
    this.counters.transactions += batch.length;
    try {
      for (let first = 0; first < batch.length; ) first = this.#runMessage(device, batch, first);
    } catch (error) {
      this.counters.errors++;
      batch.error = error instanceof ControllerError ? error : this.#transferError(error);
    }
    return true;
  }

  /** As many of the transactions from `first` on as one message holds. Returns the index of the first one after them. */
  #runMessage(device: spi.SpiDevice, batch: SpiBatch, first: number): number {
    const message = this.#message;
    message.length = 0;
    let room = this.#bufferSize;
    let end = first;
    while (end < batch.length && message.length < MOST_TRANSFERS) {
      const t = batch.transaction(end);
      const length = t.writeLength + t.readLength;
      room -= Math.ceil(length / ALIGNMENT) * ALIGNMENT;
      if (room < 0) break;
      message.push(this.#prepare(end++, t));
      this.counters.bytes += length;
    }
    const last = message[message.length - 1];
    if (!last) throw this.#tooLong(batch.transaction(first));
    last.chipSelectChange = false;
    this.counters.messages++;
    device.transferSync(message);
    for (let index = first; index < end; index++) {
      const t = batch.transaction(index);
      const received = this.#receiveBuffers[index] as Buffer;
      for (let at = 0; at < t.readLength; at++) t.read[t.readAt + at] = received[t.writeLength + at] as number;
    }
    return end;
  }

  #prepare(index: number, t: SpiTransaction): spi.Transfer {
    const length = t.writeLength + t.readLength;
    let transfer = this.#transfers[index];
    if (!transfer || transfer.sendBuffer.length < length) {
      const size = Math.max(SMALLEST_BUFFER, 2 ** Math.ceil(Math.log2(length)));
      transfer = { byteLength: 0, sendBuffer: Buffer.alloc(size), receiveBuffer: null, chipSelectChange: true };
      this.#transfers[index] = transfer;
      this.#receiveBuffers[index] = Buffer.alloc(size);
    }
    const { sendBuffer } = transfer;
    for (let at = 0; at < t.writeLength; at++) sendBuffer[at] = t.write[t.writeAt + at] as number;
    sendBuffer.fill(0, t.writeLength, length);
    transfer.byteLength = length;
    transfer.receiveBuffer = t.readLength > 0 ? (this.#receiveBuffers[index] as Buffer) : null;
    transfer.chipSelectChange = true;
    return transfer;
  }

  #tooLong(t: SpiTransaction): ControllerError {
    const { path } = this.#options;
    const length = t.writeLength + t.readLength;
    return new ControllerError(
      "SPIDEV_TOO_LONG",
      `${path}: a transaction of ${length} bytes, spidev takes ${this.#bufferSize}; put spidev.bufsiz=65536 on the kernel's command line`,
    );
  }

  #transferError(cause: unknown): ControllerError {
    return new ControllerError("SPIDEV_FAILED", `${this.#options.path}: a transfer failed (${codeOf(cause)})`, { cause });
  }
}

function notSpidev(path: string, cause?: unknown): ControllerError {
  const message = `${path} is not a spidev; they are named /dev/spidev<bus>.<chip select>, list them with: ls /dev/spidev*`;
  return new ControllerError("SPIDEV_NOT_SPIDEV", message, { cause });
}

/** Told apart by its text: module hooks, as TypeScript runners use them, lose an error's code on its way. */
function packageError(cause: unknown): ControllerError {
  const text = cause instanceof Error ? (cause.message.split("\n", 1)[0] as string) : String(cause);
  if (/^Cannot find (?:package|module) 'spi-device'/.test(text)) {
    const message = "spidev needs the npm package spi-device, which is not installed; run: npm install spi-device";
    return new ControllerError("SPIDEV_MISSING_PACKAGE", message, { cause });
  }
  const message = `the npm package spi-device does not load (${text}); compile it for this machine with: npm rebuild spi-device`;
  return new ControllerError("SPIDEV_BROKEN_PACKAGE", message, { cause });
}

/** What the kernel said to open(2) and the settings that follow it, in words that tell what to do. */
function openError(path: string, cause: unknown): ControllerError {
  const code = codeOf(cause);
  switch (code) {
    case "ENOENT":
    case "ENXIO":
    case "ENODEV":
      return new ControllerError(
        "SPIDEV_MISSING",
        `${path}: there is no such device; on a Raspberry Pi enable SPI with raspi-config or dtparam=spi=on in config.txt, and reboot`,
        { cause },
      );
    case "EACCES":
    case "EPERM":
      return new ControllerError(
        "SPIDEV_PERMISSION",
        `${path}: permission denied; add yourself to its group: sudo usermod -aG spi $USER, and log in again`,
        { cause },
      );
    case "ENOTTY":
      return notSpidev(path, cause);
    default:
      return new ControllerError("SPIDEV_FAILED", `${path}: cannot be opened (${code})`, { cause });
  }
}

function codeOf(error: unknown): string {
  if (error instanceof Error) return "code" in error && typeof error.code === "string" ? error.code : error.message;
  return String(error);
}
