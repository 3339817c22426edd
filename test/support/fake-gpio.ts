/** The kernel's GPIO character device, as far as one chip with one line in use; the line's level is the pin's. */
import type { GpioLibc } from "../../hal/bridges/linux/gpio-line.ts";
import type { Watch } from "../../hal/bridges/linux/libc.ts";

const CHIP_FD = 100;
const LINE_FD = 101;
const GET_LINE = 0xc250b407;
const GET_VALUES = 0xc010b40e;
const Errno = { ENOENT: 2, EACCES: 13, EBUSY: 16, EINVAL: 22, ENOTTY: 25 };
const LINES = 54;

export class FakeGpio implements GpioLibc {
  /** True: high, as a pulled-up pin is that nobody drives. */
  #level = true;
  /** Names of errors that open() and the request of a line fail with. */
  failOpen: keyof typeof Errno | null = null;
  failRequest: keyof typeof Errno | null = null;
  /** What was asked for; null before. */
  request: { line: number; consumer: string; flags: bigint; lines: number } | null = null;
  readonly openFds: Set<number> = new Set();
  #errno = 0;
  #events = 0;
  #ready: ((failed: boolean, readable: boolean, writable: boolean) => void) | null = null;
  #wanted = false;

  get level(): boolean {
    return this.#level;
  }

  /** Drives the pin. A watcher is told at the next turn(). */
  set level(level: boolean) {
    if (this.#level && !level && this.openFds.has(LINE_FD)) this.#events++;
    this.#level = level;
  }

  /** A turn of the event loop. */
  turn(): void {
    if (this.#wanted && this.#events > 0) this.#ready?.(false, true, false);
  }

  open(): number {
    if (this.failOpen) return this.#fail(this.failOpen);
    this.openFds.add(CHIP_FD);
    return CHIP_FD;
  }

  ioctl(fd: number, request: number, argument: Uint8Array | number): number {
    if (!(argument instanceof Uint8Array) || !this.openFds.has(fd)) throw new Error(`ioctl on ${fd}`);
    const view = new DataView(argument.buffer, argument.byteOffset, argument.byteLength);
    if (fd === CHIP_FD && request === GET_LINE && argument.length === 592) return this.#getLine(view);
    if (fd === LINE_FD && request === GET_VALUES && argument.length === 16) {
      if (view.getBigUint64(8, true) !== 1n) return this.#fail("EINVAL");
      view.setBigUint64(0, this.#level ? 0n : 1n, true);
      return 0;
    }
    throw new Error(`unknown ioctl 0x${request.toString(16)}`);
  }

  #getLine(view: DataView): number {
    if (this.failRequest) return this.#fail(this.failRequest);
    const consumer = String.fromCharCode(...new Uint8Array(view.buffer, 256, 32)).replace(/\0.*$/s, "");
    this.request = {
      line: view.getUint32(0, true),
      consumer,
      flags: view.getBigUint64(288, true),
      lines: view.getUint32(560, true),
    };
    if (this.request.line >= LINES) return this.#fail("EINVAL");
    view.setInt32(588, LINE_FD, true);
    this.openFds.add(LINE_FD);
    return 0;
  }

  read(fd: number, buffer: Uint8Array | number, length: number): number {
    if (fd !== LINE_FD || !(buffer instanceof Uint8Array)) throw new Error(`read on ${fd}`);
    if (this.#events === 0) throw new Error("the read would wait for ever");
    const count = Math.min(this.#events, Math.floor(length / 48));
    this.#events -= count;
    return count * 48;
  }

  close(fd: number): number {
    if (!this.openFds.delete(fd)) throw new Error(`closed twice: ${fd}`);
    return 0;
  }

  errno(): number {
    return this.#errno;
  }

  errorName(errno: number): string {
    return Object.entries(Errno).find(([, number]) => number === errno)?.[0] ?? `error ${errno}`;
  }

  watch(fd: number, ready: (failed: boolean, readable: boolean, writable: boolean) => void): Watch {
    if (fd !== LINE_FD) throw new Error(`watch on ${fd}`);
    this.#ready = ready;
    return {
      want: (readable) => {
        this.#wanted = readable;
      },
      close: () => {
        this.#wanted = false;
        this.#ready = null;
      },
    };
  }

  #fail(name: keyof typeof Errno): number {
    this.#errno = Errno[name];
    return -1;
  }
}
