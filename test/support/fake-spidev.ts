/**
 * Linux' spidev in front of simulated pins, seen from the system calls: a C library whose ioctl() reads struct spi_ioc_transfer byte
 * by byte, as drivers/spi/spidev.c does, follows its addresses, and refuses what the kernel refuses. Numbers and layouts are written
 * out here and shared with nobody; test/hal/bridges/linux/uapi.test.ts holds the driver's against the kernel's own headers.
 */
import { SpidevBus, type SpidevMachine } from "../../hal/bridges/spidev.ts";
import type { SpiPins } from "../../hal/simulated/spi-pins.ts";
import { FakeGpio } from "./fake-gpio.ts";

/** The alignment of an arm64 machine. */
const DMA_ALIGNMENT = 128;
const O_RDWR_CLOEXEC = 0o2000002;
const Errno = { ENOENT: 2, ENXIO: 6, EACCES: 13, EFAULT: 14, EINVAL: 22, ENOTTY: 25, EMSGSIZE: 90, ESHUTDOWN: 108, ETIMEDOUT: 110 };
type ErrnoName = keyof typeof Errno;
/** Far above any descriptor of the GPIO's. */
const FIRST_FD = 1000;

/** An ioctl's number in its parts (asm-generic/ioctl.h). */
const DIRECTION_WRITE = 1;
const MAGIC = "k".charCodeAt(0);
const MESSAGE = 0;
const MODE = 1;
const BITS_PER_WORD = 3;
const MAX_SPEED_HZ = 4;

interface Settings {
  path: string;
  mode: number;
  bitsPerWord: number;
  maxSpeedHz: number;
}

export class FakeSpidev implements SpidevMachine {
  /** The transfers of each message, in bytes. */
  readonly messages: number[][] = [];
  /** The settings of each device that was opened. */
  readonly opened: Settings[] = [];
  readonly gpio: FakeGpio;
  /** The kernel's buffer, and the one that it claims to have. */
  kernelBufferSize = 4096;
  saidBufferSize: number | null = null;
  /** Links, and the paths to which they lead. */
  readonly links: Map<string, string> = new Map();
  /** The error that calls of this kind fail with. */
  failing: { call: "open" | "mode" | "bits" | "speed" | "transfer"; error: ErrnoName } | null = null;
  readonly #pins: SpiPins;
  readonly #devices: Map<number, Settings> = new Map();
  readonly #memory: { buffer: ArrayBufferLike; address: number }[] = [];
  #selected = false;
  #errno = 0;
  #nextFd = FIRST_FD;

  constructor(pins: SpiPins, gpio: FakeGpio = new FakeGpio()) {
    this.#pins = pins;
    this.gpio = gpio;
  }

  /** Descriptors in use. */
  get open(): number {
    return this.#devices.size;
  }

  async realPath(path: string): Promise<string> {
    return this.links.get(path) ?? path;
  }

  async bufferSize(): Promise<number> {
    return this.saidBufferSize ?? this.kernelBufferSize;
  }

  gpioChips(): Promise<string[]> {
    return this.gpio.gpioChips();
  }

  async loadLibc(): ReturnType<SpidevMachine["loadLibc"]> {
    const gpio = await this.gpio.loadLibc();
    return {
      open: (path, flags) => {
        this.#errno = 0;
        return path.startsWith("/dev/gpiochip") ? gpio.open(path, flags) : this.#open(path, flags);
      },
      ioctl: (fd, request, argument) => {
        this.#errno = 0;
        return fd < FIRST_FD ? gpio.ioctl(fd, request, argument) : this.#ioctl(fd, request, argument);
      },
      close: (fd) => {
        if (fd < FIRST_FD) return gpio.close(fd);
        if (!this.#devices.delete(fd)) throw new Error(`closed twice: ${fd}`);
        return 0;
      },
      read: (fd, buffer, length) => gpio.read(fd, buffer, length),
      watch: (fd, ready) => gpio.watch(fd, ready),
      errno: () => this.#errno || gpio.errno(),
      errorName: (errno) => Object.entries(Errno).find(([, number]) => number === errno)?.[0] ?? gpio.errorName(errno),
      address: (buffer) => this.#address(buffer),
    };
  }

  /** Buffers lie across a border of 4 GiB each, so that who computes with half of an address is found out. */
  #address(buffer: ArrayBufferLike): number {
    const known = this.#memory.find((each) => each.buffer === buffer);
    if (known) return known.address;
    const address = (0x7f00 + this.#memory.length) * 2 ** 32 - (buffer.byteLength >> 1);
    this.#memory.push({ buffer, address });
    return address;
  }

  /** `length` bytes at an address; null where not all of them are memory. */
  #bytesAt(address: number, length: number): Uint8Array | null {
    for (const { buffer, address: start } of this.#memory) {
      const at = address - start;
      if (at >= 0 && at + length <= buffer.byteLength) return new Uint8Array(buffer, at, length);
    }
    return null;
  }

  #open(path: string, flags: number): number {
    if (flags !== O_RDWR_CLOEXEC) throw new Error(`open flags 0${flags.toString(8)}`);
    if (this.failing?.call === "open") return this.#fail(this.failing.error);
    // As another program has left it.
    const settings = { path, mode: 0x0f, bitsPerWord: 16, maxSpeedHz: 500_000 };
    this.opened.push(settings);
    this.#devices.set(this.#nextFd, settings);
    return this.#nextFd++;
  }

  #ioctl(fd: number, request: number, argument: Uint8Array | number): number {
    const settings = this.#devices.get(fd);
    if (!settings) throw new Error(`ioctl on ${fd}`);
    const size = (request >>> 16) & 0x3fff;
    const number = request & 0xff;
    if (request >>> 30 !== DIRECTION_WRITE || ((request >>> 8) & 0xff) !== MAGIC) return this.#fail("ENOTTY");
    const bytes = typeof argument === "number" ? this.#bytesAt(argument, size) : argument;
    if (!bytes || bytes.length < size) return this.#fail("EFAULT");
    const view = new DataView(bytes.buffer, bytes.byteOffset, size);
    if (number === MESSAGE && size % 32 === 0) return this.#message(view, size / 32);
    if (number === MODE && size === 1) return this.#set("mode", () => Object.assign(settings, { mode: view.getUint8(0) }));
    if (number === BITS_PER_WORD && size === 1)
      return this.#set("bits", () => Object.assign(settings, { bitsPerWord: view.getUint8(0) }));
    if (number === MAX_SPEED_HZ && size === 4)
      return this.#set("speed", () => Object.assign(settings, { maxSpeedHz: view.getUint32(0, true) }));
    return this.#fail("ENOTTY");
  }

  #set(call: "mode" | "bits" | "speed", apply: () => void): number {
    if (this.failing?.call === call) return this.#fail(this.failing.error);
    apply();
    return 0;
  }

  #message(view: DataView, count: number): number {
    if (this.failing?.call === "transfer") return this.#fail(this.failing.error);
    const transfers = Array.from({ length: count }, (_, index) => this.#transfer(view, index * 32));
    let sent = 0;
    let received = 0;
    for (const { length, send, receive } of transfers) {
      if (!send || !receive) return this.#fail("EFAULT");
      sent += Math.ceil(length / DMA_ALIGNMENT) * DMA_ALIGNMENT;
      if (receive.length > 0) received += Math.ceil(length / DMA_ALIGNMENT) * DMA_ALIGNMENT;
    }
    if (sent > this.kernelBufferSize || received > this.kernelBufferSize) return this.#fail("EMSGSIZE");
    this.messages.push(transfers.map(({ length }) => length));
    for (const [index, { length, send, receive, csChange }] of transfers.entries()) {
      if (!this.#selected) this.#pins.select();
      this.#selected = true;
      for (let at = 0; at < length; at++) {
        const byte = this.#pins.clock(send?.[at] ?? 0);
        if (receive && receive.length > 0) receive[at] = byte;
      }
      if (csChange === (index === count - 1)) continue;
      this.#pins.deselect();
      this.#selected = false;
    }
    return transfers.reduce((sum, { length }) => sum + length, 0);
  }

  /** One struct spi_ioc_transfer. Memory is null where the address is wrong, empty where it is no address. */
  #transfer(view: DataView, at: number) {
    const sendAddress = Number(view.getBigUint64(at, true));
    const receiveAddress = Number(view.getBigUint64(at + 8, true));
    const length = view.getUint32(at + 16, true);
    const speedHz = view.getUint32(at + 20, true);
    const delayUsecs = view.getUint16(at + 24, true);
    const bitsPerWord = view.getUint8(at + 26);
    const csChange = view.getUint8(at + 27);
    const rest = view.getUint32(at + 28, true);
    if (speedHz || delayUsecs || bitsPerWord || rest || csChange > 1)
      throw new Error(`not a plain transfer at byte ${at} of a message`);
    const none = new Uint8Array(0);
    return {
      length,
      csChange: csChange === 1,
      send: sendAddress ? this.#bytesAt(sendAddress, length) : none,
      receive: receiveAddress ? this.#bytesAt(receiveAddress, length) : none,
    };
  }

  #fail(name: ErrnoName): number {
    this.#errno = Errno[name];
    return -1;
  }
}

/** A bus on such a machine, which has /dev/spidev0.0, without an interrupt line. */
export function spidevOn(spidev: FakeSpidev): SpidevBus {
  return new SpidevBus({ path: "/dev/spidev0.0", spiHz: 10_000_000 }, spidev);
}
