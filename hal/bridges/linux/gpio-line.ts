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
import {
  chipError,
  findGpioLine,
  type GpioLibc,
  type GpioLineAddress,
  type GpioMachine,
  type GpioPlace,
  notChip,
  O_RDWR_CLOEXEC,
} from "./gpio-chip.ts";
import { NATIVE, type Watch } from "./libc.ts";

/** _IOWR(0xb4, 7, 592 bytes) and _IOWR(0xb4, 14, 16 bytes). */
export const GpioLineRequest = { V2_GET_LINE: 0xc250_b407, V2_LINE_GET_VALUES: 0xc010_b40e } as const;

/** struct gpio_v2_line_request: where its parts are. */
export const GpioV2LineRequest = { OFFSETS: 0, CONSUMER: 256, FLAGS: 288, NUM_LINES: 560, FD: 588, BYTES: 592 } as const;
/**
 * GPIO_V2_LINE_FLAG_…. EDGE_RISING is from inactive to active, whatever the pin's polarity; BIAS_PULL_UP: a chip without power, or
 * none at all, must not look like one that asks.
 */
export const GpioV2LineFlag = { ACTIVE_LOW: 0x2, INPUT: 0x4, EDGE_RISING: 0x10, BIAS_PULL_UP: 0x100 } as const;
const FLAGS = GpioV2LineFlag.ACTIVE_LOW | GpioV2LineFlag.INPUT | GpioV2LineFlag.EDGE_RISING | GpioV2LineFlag.BIAS_PULL_UP;
const CONSUMER = "whohas interrupt";

/** struct gpio_v2_line_event, and how many are read at once: as many as the kernel keeps for a line. */
export const EVENT_BYTES = 48;
const EVENTS = 16;

export class GpioLine implements InterruptLine {
  onAssert: (() => void) | null = null;
  readonly #address: GpioLineAddress;
  readonly #machine: GpioMachine;
  #libc: GpioLibc | null = null;
  #fd = -1;
  #watch: Watch | null = null;
  /** struct gpio_v2_line_values: bits and mask, 64 of each. */
  readonly #values = new Uint8Array(16);
  readonly #events = new Uint8Array(EVENTS * EVENT_BYTES);

  constructor(address: GpioLineAddress, machine: GpioMachine) {
    this.#address = address;
    this.#machine = machine;
    new DataView(this.#values.buffer).setBigUint64(8, 1n, NATIVE);
  }

  /** Read from the pin. False when it cannot be read. */
  get asserted(): boolean {
    const values = this.#values;
    if (this.#fd < 0 || (this.#libc as GpioLibc).ioctl(this.#fd, GpioLineRequest.V2_LINE_GET_VALUES, values) < 0) return false;
    return (NATIVE ? values[0] : values[7]) === 1;
  }

  /** @throws ControllerError GPIO_LINE_MISSING, …_AMBIGUOUS, …_PERMISSION, …_BUSY, …_FAILED; …_UNSUPPORTED of the machine's libc */
  async open(): Promise<void> {
    if (this.#fd >= 0) return;
    const libc = await this.#machine.loadLibc();
    const place = await findGpioLine(libc, this.#machine, this.#address);
    const chipFd = libc.open(place.chip, O_RDWR_CLOEXEC);
    if (chipFd < 0) throw chipError(place.chip, libc.errorName(libc.errno()));
    const request = lineRequest(place.line);
    const result = libc.ioctl(chipFd, GpioLineRequest.V2_GET_LINE, request);
    const error = result < 0 ? lineError(place, libc) : null;
    libc.close(chipFd);
    if (error) throw error;
    this.#libc = libc;
    this.#fd = new DataView(request.buffer).getInt32(GpioV2LineRequest.FD, NATIVE);
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
}

function lineRequest(line: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(GpioV2LineRequest.BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(GpioV2LineRequest.OFFSETS, line, NATIVE);
  for (let at = 0; at < CONSUMER.length; at++) bytes[GpioV2LineRequest.CONSUMER + at] = CONSUMER.charCodeAt(at);
  view.setBigUint64(GpioV2LineRequest.FLAGS, BigInt(FLAGS), NATIVE);
  view.setUint32(GpioV2LineRequest.NUM_LINES, 1, NATIVE);
  return bytes;
}

function lineError({ chip, line }: GpioPlace, libc: GpioLibc): ControllerError {
  const name = libc.errorName(libc.errno());
  switch (name) {
    case "EBUSY":
      return new ControllerError(
        "GPIO_LINE_BUSY",
        `${chip}: line ${line} is in use by another program or driver; gpioinfo tells by which`,
      );
    case "EINVAL":
      return new ControllerError(
        "GPIO_LINE_MISSING",
        `${chip}: line ${line} is not one of its lines, or the kernel is older than 5.10; list them with: gpioinfo`,
      );
    case "ENOTTY":
      return notChip(chip);
    default:
      return new ControllerError("GPIO_LINE_FAILED", `${chip}: line ${line} cannot watch for interrupts (${name})`);
  }
}
