/**
 * A chip's interrupt pin on a GPIO of this machine, by the kernel's GPIO character device (linux/gpio.h, second version of its
 * interface, Linux 5.10 and later). The pin is active low, as chips drive it; the kernel turns it round for us.
 *
 * Only the change to active is asked for as an event. Whether the line is active is read from the pin at the moment one asks: an
 * event reaches us when the event loop comes round, and a driver that has just served the chip within one turn of it would be
 * told of a line long released.
 */
import { ControllerError } from "../../ethernet.ts";
import type { InterruptLine } from "../../interrupt.ts";
import { Errno, type Libc, NATIVE, type Watch } from "./libc.ts";

/** Of the C library, what a line takes. */
export type GpioLibc = Pick<Libc, "open" | "ioctl" | "read" | "close" | "errno" | "errorName" | "watch">;

export interface GpioLineAddress {
  /** `/dev/gpiochip0`; the header of a Raspberry Pi 5 is on /dev/gpiochip4 under older kernels. */
  chip: string;
  /** The line's number on that chip: on a Raspberry Pi the GPIO's number, not the header pin's. */
  line: number;
}

const O_RDWR_CLOEXEC = 0o2000002;
/** _IOWR(0xb4, 7, 592 bytes) and _IOWR(0xb4, 14, 16 bytes). */
const GPIO_V2_GET_LINE = 0xc250b407;
const GPIO_V2_LINE_GET_VALUES = 0xc010b40e;

/** struct gpio_v2_line_request: where its parts are. */
const Request = { OFFSETS: 0, CONSUMER: 256, FLAGS: 288, NUM_LINES: 560, FD: 588, BYTES: 592 } as const;
const ACTIVE_LOW = 1 << 1;
const INPUT = 1 << 2;
/** From inactive to active, whatever the pin's polarity. */
const EDGE_RISING = 1 << 4;
/** A chip without power, or none at all, must not look like one that asks. */
const BIAS_PULL_UP = 1 << 8;
const CONSUMER = "whohas interrupt";

/** struct gpio_v2_line_event, and how many are read at once: as many as the kernel keeps for a line. */
const EVENT_BYTES = 48;
const EVENTS = 16;

export class GpioLine implements InterruptLine {
  onAssert: (() => void) | null = null;
  readonly #address: GpioLineAddress;
  readonly #loadLibc: () => Promise<GpioLibc>;
  #libc: GpioLibc | null = null;
  #fd = -1;
  #watch: Watch | null = null;
  /** struct gpio_v2_line_values: bits and mask, 64 of each. */
  readonly #values = new Uint8Array(16);
  readonly #events = new Uint8Array(EVENTS * EVENT_BYTES);

  constructor(address: GpioLineAddress, loadLibc: () => Promise<GpioLibc>) {
    this.#address = address;
    this.#loadLibc = loadLibc;
    new DataView(this.#values.buffer).setBigUint64(8, 1n, NATIVE);
  }

  /** Read from the pin. False when it cannot be read. */
  get asserted(): boolean {
    const values = this.#values;
    if (this.#fd < 0 || (this.#libc as GpioLibc).ioctl(this.#fd, GPIO_V2_LINE_GET_VALUES, values) < 0) return false;
    return (NATIVE ? values[0] : values[7]) === 1;
  }

  /** @throws ControllerError GPIO_LINE_MISSING, GPIO_LINE_PERMISSION, GPIO_LINE_BUSY, GPIO_LINE_FAILED, …_UNSUPPORTED */
  async open(): Promise<void> {
    if (this.#fd >= 0) return;
    const libc = await this.#loadLibc();
    const { chip } = this.#address;
    const chipFd = libc.open(chip, O_RDWR_CLOEXEC);
    if (chipFd < 0) throw this.#chipError(libc);
    const request = this.#request();
    const result = libc.ioctl(chipFd, GPIO_V2_GET_LINE, request);
    const error = result < 0 ? this.#lineError(libc) : null;
    libc.close(chipFd);
    if (error) throw error;
    this.#libc = libc;
    this.#fd = new DataView(request.buffer).getInt32(Request.FD, NATIVE);
    this.#watch = libc.watch(this.#fd, this.#onEvent);
    this.#watch.want(true, false);
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#watch?.close();
    this.#watch = null;
    this.#libc?.close(this.#fd);
    this.#fd = -1;
  }

  /** Reads once: a second time would wait when there is no event left. */
  readonly #onEvent = (failed: boolean): void => {
    if (failed || this.#fd < 0) return;
    const length = (this.#libc as GpioLibc).read(this.#fd, this.#events, this.#events.length);
    if (length >= EVENT_BYTES) this.onAssert?.();
  };

  #request(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(Request.BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(Request.OFFSETS, this.#address.line, NATIVE);
    for (let at = 0; at < CONSUMER.length; at++) bytes[Request.CONSUMER + at] = CONSUMER.charCodeAt(at);
    view.setBigUint64(Request.FLAGS, BigInt(ACTIVE_LOW | INPUT | EDGE_RISING | BIAS_PULL_UP), NATIVE);
    view.setUint32(Request.NUM_LINES, 1, NATIVE);
    return bytes;
  }

  #chipError(libc: GpioLibc): ControllerError {
    const { chip } = this.#address;
    const errno = libc.errno();
    if (errno === Errno.ENOENT || errno === Errno.ENXIO || errno === Errno.ENODEV)
      return new ControllerError("GPIO_LINE_MISSING", `${chip}: there is no such GPIO chip; list them with: ls /dev/gpiochip*`);
    if (errno === Errno.EACCES || errno === Errno.EPERM)
      return new ControllerError(
        "GPIO_LINE_PERMISSION",
        `${chip}: permission denied; add yourself to its group: sudo usermod -aG gpio $USER, and log in again`,
      );
    return new ControllerError("GPIO_LINE_FAILED", `${chip}: cannot be opened (${libc.errorName(errno)})`);
  }

  #lineError(libc: GpioLibc): ControllerError {
    const { chip, line } = this.#address;
    const errno = libc.errno();
    if (errno === Errno.EBUSY)
      return new ControllerError(
        "GPIO_LINE_BUSY",
        `${chip}: line ${line} is in use by another program or driver; gpioinfo tells by which`,
      );
    if (errno === Errno.EINVAL)
      return new ControllerError(
        "GPIO_LINE_MISSING",
        `${chip}: line ${line} is not one of its lines, or the kernel is older than 5.10; list them with: gpioinfo`,
      );
    const name = libc.errorName(errno);
    if (name === "ENOTTY")
      return new ControllerError("GPIO_LINE_MISSING", `${chip} is not a GPIO chip; they are named /dev/gpiochip<n>`);
    return new ControllerError("GPIO_LINE_FAILED", `${chip}: line ${line} cannot watch for interrupts (${name})`);
  }
}
