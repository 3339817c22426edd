/**
 * SPI of this machine, by Linux' spidev and its ioctl requests.
 *
 * A batch is one message to the kernel, one system call: a transfer for each transaction, the chip select released after each. Such
 * a call is waited for. It takes as long as the bytes are on the wire, 0.6 ms for a full frame at 20 MHz; handing it to a thread
 * would cost two changes of thread, a turn of the event loop and garbage for each batch, and make the batches of a frame queue
 * behind whatever files and names are being looked up.
 */
import { readFile, realpath } from "node:fs/promises";
import { ControllerError } from "../ethernet.ts";
import type { InterruptLine } from "../interrupt.ts";
import type { SpiBatch, SpiBus, SpiTransaction } from "../spi.ts";
import { type GpioLibc, type GpioLineAddress, type GpioMachine, gpioChips } from "./linux/gpio-chip.ts";
import { GpioLine } from "./linux/gpio-line.ts";
import { loadLibc } from "./linux/libc.ts";
import { type SpidevLibc, SpidevMessage, SpidevRequest } from "./linux/spidev-message.ts";

export interface SpidevOptions {
  /** `/dev/spidev0.0`, or a link to one. */
  path: string;
  /** SPI clock, in Hz; the controller takes the next lower one it has. */
  spiHz: number;
  /** The GPIO that the chip's INT pin is wired to. Without it there is no interrupt line. */
  interruptGpio?: GpioLineAddress;
}

/** The calls that the bus makes to the machine, so that tests may stand in for one. */
export interface SpidevMachine extends GpioMachine {
  /** Resolves a link; returns the path itself when there is no link. */
  realPath(path: string): Promise<string>;
  /** Bytes of one message each way, as the kernel's module has it. */
  bufferSize(): Promise<number>;
  loadLibc(): Promise<SpidevLibc & GpioLibc>;
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

/** The only names that the kernel gives. Anything else is not even opened: a terminal, for one, might wait for its carrier. */
const PATH = /^\/dev\/spidev\d+\.\d+$/;
const BUFFER_SIZE = "/sys/module/spidev/parameters/bufsiz";
const DEFAULT_BUFFER_SIZE = 4096;
const O_RDWR_CLOEXEC = 0o2000002;
const MODE_0 = 0;
const BITS_PER_WORD = 8;
const LARGER_BUFFER = "put spidev.bufsiz=65536 on the kernel's command line";

const MACHINE: SpidevMachine = {
  realPath: (path) => realpath(path).catch(() => path),
  bufferSize: async () => Number(await readFile(BUFFER_SIZE, "utf8").catch(() => DEFAULT_BUFFER_SIZE)) || DEFAULT_BUFFER_SIZE,
  loadLibc: () => loadLibc("spidev"),
  gpioChips,
};

/** An open device and the memory of its messages. */
interface Device {
  readonly libc: SpidevLibc;
  readonly fd: number;
  readonly message: SpidevMessage;
}

export class SpidevBus implements SpiBus {
  readonly description: string;
  readonly simulated = false;
  readonly lossy = false;
  readonly interrupt: InterruptLine | null;
  readonly counters: SpidevCounters = new SpidevCounters();
  readonly #options: SpidevOptions;
  readonly #machine: SpidevMachine;
  readonly #line: GpioLine | null;
  #device: Device | null = null;
  #longest = DEFAULT_BUFFER_SIZE;

  constructor(options: SpidevOptions, machine: SpidevMachine = MACHINE) {
    this.#options = options;
    this.#machine = machine;
    this.description = `${options.path} at ${options.spiHz / 1_000_000} MHz`;
    this.#line = options.interruptGpio ? new GpioLine(options.interruptGpio, machine) : null;
    this.interrupt = this.#line;
  }

  get longest(): number {
    return this.#longest;
  }

  /**
   * @throws ControllerError SPIDEV_NOT_SPIDEV, SPIDEV_MISSING, SPIDEV_PERMISSION, SPIDEV_SPEED, SPIDEV_FAILED; SPIDEV_UNSUPPORTED:
   * not Linux, or no koffi for this machine; of the interrupt's line GPIO_LINE_*
   */
  async open(): Promise<void> {
    if (this.#device) return;
    const { path } = this.#options;
    if (!PATH.test(await this.#machine.realPath(path))) throw notSpidev(path);
    const libc = await this.#machine.loadLibc();
    const message = new SpidevMessage(libc, await this.#machine.bufferSize());
    const fd = libc.open(path, O_RDWR_CLOEXEC);
    if (fd < 0) throw openError(path, libc.errorName(libc.errno()));
    try {
      this.#configure(libc, fd);
      await this.#line?.open();
    } catch (error) {
      libc.close(fd);
      throw error;
    }
    this.#device = { libc, fd, message };
    this.#longest = message.longest;
  }

  async close(): Promise<void> {
    this.#line?.close();
    const device = this.#device;
    this.#device = null;
    device?.libc.close(device.fd);
  }

  transfer(batch: SpiBatch): boolean {
    const device = this.#device;
    if (!device) {
      batch.error = new ControllerError("SPI_CLOSED", `${this.#options.path} is not open`);
      return true;
    }
    this.counters.batches++;
    this.counters.transactions += batch.length;
    for (let first = 0; first < batch.length; ) first = this.#runMessage(device, batch, first);
    return true;
  }

  /**
   * As many of the transactions from `first` on as one message holds. Returns the index of the first one after them; for a message
   * that failed, the end of the batch.
   */
  #runMessage({ libc, fd, message }: Device, batch: SpiBatch, first: number): number {
    message.clear();
    let end = first;
    while (end < batch.length && message.add(batch.transaction(end))) end++;
    if (end === first) return this.#fail(batch, this.#tooLong(batch.transaction(first)));
    this.counters.messages++;
    if (!message.run(libc, fd)) return this.#fail(batch, this.#transferError(libc.errorName(libc.errno())));
    for (let index = first, step = 0; index < end; index++) {
      const t = batch.transaction(index);
      step = message.take(t, step);
      this.counters.bytes += t.writeLength + t.readLength;
    }
    return end;
  }

  #fail(batch: SpiBatch, error: ControllerError): number {
    this.counters.errors++;
    batch.error = error;
    return batch.length;
  }

  /** All settings, for the kernel keeps those of the device's last program. */
  #configure(libc: SpidevLibc, fd: number): void {
    const { path, spiHz } = this.#options;
    const refused = (request: number, value: Uint8Array): string | null =>
      libc.ioctl(fd, request, value) < 0 ? libc.errorName(libc.errno()) : null;
    const mode = refused(SpidevRequest.WR_MODE, Uint8Array.of(MODE_0));
    if (mode === "EINVAL") throw failed(`${path}: its controller does not do SPI mode 0 (EINVAL); use another SPI controller`);
    if (mode !== null) throw openError(path, mode);
    const word = refused(SpidevRequest.WR_BITS_PER_WORD, Uint8Array.of(BITS_PER_WORD));
    if (word !== null) throw failed(`${path}: its controller does not do words of 8 bits (${word}); use another SPI controller`);
    const speed = refused(SpidevRequest.WR_MAX_SPEED_HZ, new Uint8Array(Uint32Array.of(spiHz).buffer));
    if (speed !== null) throw this.#speedError(speed);
  }

  #tooLong(t: SpiTransaction): ControllerError {
    const length = t.writeLength + t.readLength;
    const message = `${this.#options.path}: a transaction of ${length} bytes, spidev takes ${this.#longest}; ${LARGER_BUFFER}`;
    return new ControllerError("SPIDEV_TOO_LONG", message);
  }

  #transferError(error: string): ControllerError {
    const { path } = this.#options;
    switch (error) {
      case "EINVAL":
        return this.#speedError(error);
      case "EMSGSIZE":
        return new ControllerError(
          "SPIDEV_TOO_LONG",
          `${path}: the kernel's buffer is smaller than ${BUFFER_SIZE} says; ${LARGER_BUFFER}`,
        );
      case "ESHUTDOWN":
        return failed(`${path}: a transfer failed (ESHUTDOWN); the device was taken from its driver spidev, bind it again`);
      default:
        return failed(`${path}: a transfer failed (${error}); see what the kernel says: dmesg`);
    }
  }

  #speedError(error: string): ControllerError {
    const { path, spiHz } = this.#options;
    const message = `${path}: its controller does not run at ${spiHz / 1_000_000} MHz (${error}); choose another spiHz, such as 10MHz`;
    return new ControllerError("SPIDEV_SPEED", message);
  }
}

function failed(message: string): ControllerError {
  return new ControllerError("SPIDEV_FAILED", message);
}

function notSpidev(path: string): ControllerError {
  const message = `${path} is not a spidev; they are named /dev/spidev<bus>.<chip select>, list them with: ls /dev/spidev*`;
  return new ControllerError("SPIDEV_NOT_SPIDEV", message);
}

/** The kernel's error from open(2) or the settings that follow it, in words that tell what to do. */
function openError(path: string, error: string): ControllerError {
  switch (error) {
    case "ENOENT":
    case "ENXIO":
    case "ENODEV":
      return new ControllerError(
        "SPIDEV_MISSING",
        `${path}: there is no such device; on a Raspberry Pi enable SPI with raspi-config or dtparam=spi=on in config.txt, and reboot`,
      );
    case "EACCES":
    case "EPERM":
      return new ControllerError(
        "SPIDEV_PERMISSION",
        `${path}: permission denied; add yourself to its group: sudo usermod -aG spi $USER, and log in again`,
      );
    case "ENOTTY":
      return notSpidev(path);
    default:
      return failed(`${path}: cannot be opened (${error}); see what the kernel says: dmesg`);
  }
}
