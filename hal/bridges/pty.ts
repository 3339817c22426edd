/**
 * A pseudo terminal of our own making: the device stands at its master end, and any program may open the other end as a serial
 * port, by a name of the user's choice.
 *
 *     const pty = new PtyEndpoint(clock, mcu, "/tmp/bridge");
 *     await pty.open(); // screen /tmp/bridge, or: new SerialPort({ path: "/tmp/bridge", baudRate: 115200 })
 *
 * The ioctl requests are those of which a C library makes posix_openpt, unlockpt, ptsname and tcsetattr (pty(7), ioctl_tty(2));
 * their numbers are those of all architectures that Node's boards have (asm-generic/ioctls.h).
 *
 * The kernel tells the master that the last program closed the port, with EIO, but not that one opened it: while nobody is there we
 * look now and then.
 */
import { closeSync, constants, lstatSync, openSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import type { Clock, Timer } from "../clock.ts";
import { ControllerError } from "../ethernet.ts";
import type { SerialDevice } from "../serial-device.ts";
import { Addresses, Errno, type Libc, loadLibc, NATIVE, type Watch } from "./linux/libc.ts";
import { EndpointCounters, OUTPUT_BYTES, type SerialEndpoint } from "./serial-endpoint.ts";

const MULTIPLEXER = "/dev/ptmx";
const O_RDWR_NOCTTY_NONBLOCK_CLOEXEC = 0o2004402;
const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TCFLSH = 0x540b;
const TIOCSPTLCK = 0x4004_5431;
const TIOCGPTN = 0x8004_5430;
const TCIFLUSH = 0;
/** struct termios of the kernel: four words of flags (in, out, control, local), the line discipline, 19 control characters. */
const TERMIOS = 36;
const CONTROL_FLAGS = 8;
const VTIME = 17 + 5;
const VMIN = 17 + 6;
const CSIZE_PARENB = 0o460;
const CS8 = 0o60;

const INPUT_BYTES = 4096;
/** Between two looks whether somebody has opened the port, in ms. */
const LOOK = 10;

export class PtyEndpoint implements SerialEndpoint {
  readonly counters: EndpointCounters = new EndpointCounters();
  onConnection: ((connected: boolean) => void) | null = null;
  readonly #path: string;
  readonly #device: SerialDevice;
  readonly #timer: Timer;
  readonly #input = new Uint8Array(INPUT_BYTES);
  /** Bytes that the kernel had no room for, from its start on. */
  readonly #output = new Uint8Array(OUTPUT_BYTES);
  #waiting = 0;
  #libc: Libc | null = null;
  #addresses: Addresses | null = null;
  #watch: Watch | null = null;
  #fd = -1;
  /** The other end: /dev/pts/N. */
  #port = "";
  #connected = false;

  /** @param path where the port shall be found: a symbolic link there is made by open() and removed by close() */
  constructor(clock: Clock, device: SerialDevice, path: string) {
    this.#path = resolve(path);
    this.#device = device;
    this.#timer = clock.timer(() => this.#take());
  }

  get description(): string {
    return `pty ${this.#path}`;
  }

  /** @throws ControllerError PTY_UNSUPPORTED, PTY_EXISTS, PTY_PATH, PTY_SYSTEM */
  async open(): Promise<void> {
    const libc = await loadLibc("pty");
    this.#libc = libc;
    this.#addresses = new Addresses(libc);
    this.#clearPath();
    this.#fd = libc.open(MULTIPLEXER, O_RDWR_NOCTTY_NONBLOCK_CLOEXEC);
    if (this.#fd < 0) throw this.#error(`cannot open ${MULTIPLEXER}`);
    try {
      const number = new Uint8Array(4);
      if (libc.ioctl(this.#fd, TIOCSPTLCK, number) < 0 || libc.ioctl(this.#fd, TIOCGPTN, number) < 0)
        throw this.#error("cannot unlock a new pseudo terminal");
      this.#port = `/dev/pts/${new DataView(number.buffer).getUint32(0, NATIVE)}`;
      this.#prepare();
      this.#link();
    } catch (error) {
      libc.close(this.#fd);
      this.#fd = -1;
      throw error;
    }
    this.#device.onSend = (bytes) => this.#send(bytes);
    this.#watch = libc.watch(this.#fd, (_failed, readable, writable) => this.#ready(readable, writable));
    this.#timer.arm(LOOK);
  }

  async close(): Promise<void> {
    if (this.#fd < 0) return;
    this.#timer.cancel();
    this.#device.onSend = null;
    this.#watch?.close();
    this.#watch = null;
    this.#libc?.close(this.#fd);
    this.#fd = -1;
    this.#waiting = 0;
    // Only our own link: somebody may have put another thing there.
    if (linkTarget(this.#path) === this.#port) unlinkSync(this.#path);
    if (this.#connected) this.#hear(false);
  }

  /** A link to a port without its other end was left by one of us that was killed; anything else is somebody's. */
  #clearPath(): void {
    const target = linkTarget(this.#path);
    if (target === null) return;
    if (/^\/dev\/pts\/\d+$/.test(target) && isDead(target)) unlinkSync(this.#path);
    else throw new ControllerError("PTY_EXISTS", `${this.#path} is there already; remove it, or give another path`);
  }

  #link(): void {
    try {
      symlinkSync(this.#port, this.#path);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      const why =
        code === "ENOENT" || code === "ENOTDIR"
          ? "its folder does not exist; make it, or give another path"
          : code === "EACCES" || code === "EPERM" || code === "EROFS"
            ? "permission denied; give a path in a folder of yours, such as /tmp/bridge"
            : (cause as Error).message;
      throw new ControllerError("PTY_PATH", `cannot make ${this.#path}: ${why}`, { cause });
    }
  }

  /**
   * The port as a fresh one: raw, with nothing in it that an earlier program has not read. Opening and closing it is also what
   * makes the kernel say from now on whether somebody has it.
   */
  #prepare(): void {
    const libc = this.#libc as Libc;
    const port = libc.open(this.#port, O_RDWR_NOCTTY_NONBLOCK_CLOEXEC);
    if (port < 0) throw this.#error(`cannot open ${this.#port}`);
    const termios = new DataView(new ArrayBuffer(TERMIOS));
    const bytes = new Uint8Array(termios.buffer);
    libc.ioctl(port, TCGETS, bytes);
    const control = (termios.getUint32(CONTROL_FLAGS, NATIVE) & ~CSIZE_PARENB) | CS8;
    for (let at = 0; at < 16; at += 4) termios.setUint32(at, at === CONTROL_FLAGS ? control : 0, NATIVE);
    bytes[VMIN] = 1;
    bytes[VTIME] = 0;
    libc.ioctl(port, TCSETS, bytes);
    libc.ioctl(port, TCFLSH, TCIFLUSH);
    libc.close(port);
  }

  #ready(readable: boolean, writable: boolean): void {
    if (writable && this.#waiting > 0) this.#drain();
    if (readable) this.#take();
  }

  /** Reads what there is, and sees whether anybody is there at all. */
  #take(): void {
    const libc = this.#libc;
    if (!libc || this.#fd < 0) return;
    const got = libc.read(this.#fd, this.#input, INPUT_BYTES);
    if (got < 0 && libc.errno() !== Errno.EAGAIN) {
      this.#letGo();
      return;
    }
    if (!this.#connected) {
      this.counters.connections++;
      this.#hear(true);
      this.#device.opened();
    }
    if (got > 0) {
      this.counters.bytesIn += got;
      this.#device.receive(this.#input.subarray(0, got));
    }
    this.#want();
  }

  /** EIO: nobody has the port open. */
  #letGo(): void {
    this.#watch?.want(false, false);
    this.#waiting = 0;
    if (this.#connected) {
      this.#hear(false);
      this.#prepare();
    }
    this.#timer.arm(LOOK);
  }

  #hear(connected: boolean): void {
    this.#connected = connected;
    this.onConnection?.(connected);
  }

  #send(bytes: Uint8Array): void {
    if (!this.#connected) return;
    const sent = this.#waiting > 0 ? 0 : this.#write(bytes, bytes.length);
    const kept = Math.min(bytes.length - sent, OUTPUT_BYTES - this.#waiting);
    for (let at = 0; at < kept; at++) this.#output[this.#waiting + at] = bytes[sent + at]!;
    this.#waiting += kept;
    this.counters.lost += bytes.length - sent - kept;
    if (this.#waiting > 0) this.#want();
  }

  #drain(): void {
    const sent = this.#write(this.#output, this.#waiting);
    this.#output.copyWithin(0, sent, this.#waiting);
    this.#waiting -= sent;
    this.#want();
  }

  #write(bytes: Uint8Array, length: number): number {
    const sent = Math.max(0, (this.#libc as Libc).write(this.#fd, (this.#addresses as Addresses).of(bytes, 0), length));
    this.counters.bytesOut += sent;
    return sent;
  }

  /** Does not listen to a client that leaves too many bytes unread, until it reads them. */
  #want(): void {
    if (this.#connected) this.#watch?.want(this.#waiting <= OUTPUT_BYTES / 2, this.#waiting > 0);
  }

  #error(what: string): ControllerError {
    const libc = this.#libc as Libc;
    return new ControllerError("PTY_SYSTEM", `pty: ${what}: ${libc.errorName(libc.errno())}`);
  }
}

/** Looks at a path: null when nothing is there, the target of a symbolic link, "" for anything else. */
function linkTarget(path: string): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return null;
  return found.isSymbolicLink() ? readlinkSync(path) : "";
}

/** Nothing is there, or a port whose other end is gone and which somebody has not let go of yet. */
function isDead(port: string): boolean {
  try {
    closeSync(openSync(port, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK));
    return false;
  } catch (error) {
    return ["ENOENT", "EIO", "ENXIO"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}
