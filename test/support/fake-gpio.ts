/** The kernel's GPIO character device: chips with labels and named lines, one line in use, whose level is the pin's. */
import type { GpioLibc, GpioMachine } from "../../hal/bridges/linux/gpio-chip.ts";
import type { Watch } from "../../hal/bridges/linux/libc.ts";

const CHIP_FD = 100;
const LINE_FD = 99;
const GET_CHIPINFO = 0x8044b401;
const GET_LINEINFO = 0xc100b405;
const GET_LINE = 0xc250b407;
const GET_VALUES = 0xc010b40e;
const Errno = { ENOENT: 2, EACCES: 13, EBUSY: 16, EINVAL: 22, ENOTTY: 25 };

export interface FakeGpioChip {
  path: string;
  /** As the kernel calls it. */
  name: string;
  label: string;
  /** Names of its lines; "": none. */
  lines: string[];
  /** Error that opening it fails with. */
  fails?: keyof typeof Errno;
}

/** A Raspberry Pi 4's header, in short. */
function header(): FakeGpioChip {
  return {
    path: "/dev/gpiochip0",
    name: "gpiochip0",
    label: "pinctrl-bcm2711",
    lines: Array.from({ length: 54 }, (_, at) => `GPIO${at}`),
  };
}

export class FakeGpio implements GpioLibc, GpioMachine {
  readonly chips: FakeGpioChip[] = [header()];
  /** True: high, as a pulled-up pin is that nobody drives. */
  #level = true;
  /** Names of errors that open() and the request of a line fail with. */
  failOpen: keyof typeof Errno | null = null;
  failRequest: keyof typeof Errno | null = null;
  /** A kernel before 5.10 knows the first version of the interface only. */
  oldKernel = false;
  /** The request; null before there is one. */
  request: { chip: string; line: number; consumer: string; flags: bigint; lines: number } | null = null;
  readonly openFds: Set<number> = new Set();
  #errno = 0;
  #events = 0;
  #ready: ((failed: boolean, readable: boolean, writable: boolean) => void) | null = null;
  #wanted = false;

  async loadLibc(): Promise<GpioLibc> {
    return this;
  }

  async gpioChips(): Promise<string[]> {
    return this.chips.map(({ path }) => path);
  }

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

  open(path: string, _flags: number): number {
    const index = this.chips.findIndex((chip) => chip.path === path);
    const error = this.failOpen ?? (index < 0 ? "ENOENT" : this.chips[index]?.fails);
    if (error) return this.#fail(error);
    this.openFds.add(CHIP_FD + index);
    return CHIP_FD + index;
  }

  ioctl(fd: number, request: number, argument: Uint8Array | number): number {
    if (!(argument instanceof Uint8Array) || !this.openFds.has(fd)) throw new Error(`ioctl on ${fd}`);
    const view = new DataView(argument.buffer, argument.byteOffset, argument.byteLength);
    const chip = this.chips[fd - CHIP_FD];
    if (chip && this.failRequest === "ENOTTY") return this.#fail("ENOTTY");
    if (chip && request === GET_CHIPINFO && argument.length === 68) return this.#getChipInfo(chip, view);
    if (chip && this.oldKernel) return this.#fail("EINVAL");
    if (chip && request === GET_LINEINFO && argument.length === 256) return this.#getLineInfo(chip, view);
    if (chip && request === GET_LINE && argument.length === 592) return this.#getLine(chip, view);
    if (fd === LINE_FD && request === GET_VALUES && argument.length === 16) {
      if (view.getBigUint64(8, true) !== 1n) return this.#fail("EINVAL");
      view.setBigUint64(0, this.#level ? 0n : 1n, true);
      return 0;
    }
    throw new Error(`unknown ioctl 0x${request.toString(16)}`);
  }

  #getChipInfo(chip: FakeGpioChip, view: DataView): number {
    writeName(view, 0, chip.name);
    writeName(view, 32, chip.label);
    view.setUint32(64, chip.lines.length, true);
    return 0;
  }

  #getLineInfo(chip: FakeGpioChip, view: DataView): number {
    const line = view.getUint32(64, true);
    if (line >= chip.lines.length) return this.#fail("EINVAL");
    writeName(view, 0, chip.lines[line] as string);
    writeName(view, 32, "somebody else");
    return 0;
  }

  #getLine(chip: FakeGpioChip, view: DataView): number {
    if (this.failRequest) return this.#fail(this.failRequest);
    const consumer = String.fromCharCode(...new Uint8Array(view.buffer, 256, 32)).replace(/\0.*$/s, "");
    this.request = {
      chip: chip.path,
      line: view.getUint32(0, true),
      consumer,
      flags: view.getBigUint64(288, true),
      lines: view.getUint32(560, true),
    };
    if (this.request.line >= chip.lines.length) return this.#fail("EINVAL");
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

/** As the kernel keeps names: 31 bytes at the most, and a zero. */
function writeName(view: DataView, at: number, name: string): void {
  for (let index = 0; index < 32; index++) view.setUint8(at + index, index < 31 ? name.charCodeAt(index) || 0 : 0);
}
