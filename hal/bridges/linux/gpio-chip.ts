/**
 * GPIO chips of this machine and where a line is, by the kernel's GPIO character device (linux/gpio.h, second version of its
 * interface, Linux 5.10 and later). Numbers of chips change with kernels and boards: the header of a Raspberry Pi 5 was on
 * gpiochip4 and is on gpiochip0. Labels of chips and names of lines stay, and `gpioinfo` shows them all.
 */
import { readdir } from "node:fs/promises";
import { ControllerError } from "../../ethernet.ts";
import { type Libc, NATIVE } from "./libc.ts";

/** The functions of the C library that a line needs. */
export type GpioLibc = Pick<Libc, "open" | "ioctl" | "read" | "close" | "errno" | "errorName" | "watch">;

/** Resources that a line takes from the machine. */
export interface GpioMachine {
  loadLibc(): Promise<GpioLibc>;
  /** Paths of the GPIO chips' devices. */
  gpioChips(): Promise<string[]>;
}

export interface GpioLineAddress {
  /** The chip's device, `/dev/gpiochip0`, or its label, `pinctrl-rp1`; without it: the chip that has a line of that name. */
  readonly chip?: string;
  /** The line's number on that chip, which on a Raspberry Pi is the GPIO's, not the header pin's; or the line's name, `GPIO25`. */
  readonly line: number | string;
}

/** The place of a line. */
export interface GpioPlace {
  /** The chip's device. */
  readonly chip: string;
  /** The line's number on it. */
  readonly line: number;
}

export const O_RDWR_CLOEXEC = 0o2000002;
/** _IOR(0xb4, 1, struct gpiochip_info) and _IOWR(0xb4, 5, struct gpio_v2_line_info). */
export const GpioChipRequest = { GET_CHIPINFO: 0x8044_b401, V2_GET_LINEINFO: 0xc100_b405 } as const;
/** struct gpiochip_info: where its parts are. */
export const GpiochipInfo = { NAME: 0, LABEL: 32, LINES: 64, BYTES: 68 } as const;
/** struct gpio_v2_line_info, as far as it is read. */
export const GpioV2LineInfo = { NAME: 0, OFFSET: 64, BYTES: 256 } as const;
/** GPIO_MAX_NAME_SIZE: of names and labels, with the zero behind them. */
const NAME_BYTES = 32;

export async function gpioChips(folder = "/dev"): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /^gpiochip\d+$/.test(name));
  return names.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).map((name) => `${folder}/${name}`);
}

/** `/dev/gpiochip0 line 25`, `pinctrl-rp1 line GPIO25`, `line GPIO25`. */
export function formatGpioLine({ chip, line }: GpioLineAddress): string {
  return chip === undefined ? `line ${line}` : `${chip} line ${line}`;
}

/**
 * Finds a line by what the chips tell of themselves; one that is named by device and number is not looked for.
 *
 * @throws ControllerError GPIO_LINE_MISSING, GPIO_LINE_AMBIGUOUS, GPIO_LINE_PERMISSION, GPIO_LINE_FAILED
 */
export async function findGpioLine(libc: GpioLibc, machine: GpioMachine, address: GpioLineAddress): Promise<GpioPlace> {
  const { chip, line } = address;
  const device = chip?.startsWith("/dev/") ? chip : undefined;
  if (device !== undefined && typeof line === "number") return { chip: device, line };
  const search = new Search(libc, address, device === undefined ? chip : undefined);
  for (const path of device === undefined ? await machine.gpioChips() : [device]) search.visit(path);
  return search.result();
}

class Search {
  readonly #libc: GpioLibc;
  readonly #address: GpioLineAddress;
  /** Name or label that the chip must have; undefined: any. */
  readonly #label: string | undefined;
  /** Chips met, by the kernel's name: Raspberry Pi OS makes gpiochip4 a link to gpiochip0. */
  readonly #met: Set<string> = new Set();
  readonly #found: GpioPlace[] = [];
  #chips = 0;
  /** Why a chip could not be asked. */
  #error: ControllerError | null = null;

  constructor(libc: GpioLibc, address: GpioLineAddress, label: string | undefined) {
    this.#libc = libc;
    this.#address = address;
    this.#label = label;
  }

  visit(path: string): void {
    const fd = this.#libc.open(path, O_RDWR_CLOEXEC);
    if (fd < 0) this.#error ??= chipError(path, this.#libc.errorName(this.#libc.errno()));
    else {
      this.#ask(path, fd);
      this.#libc.close(fd);
    }
  }

  result(): GpioPlace {
    const [first, second] = this.#found;
    if (first && !second) return first;
    const what = formatGpioLine(this.#address);
    if (first && second) {
      const places = `${formatGpioLine(first)} and ${formatGpioLine(second)}`;
      const message = `${what}: there are ${this.#found.length}, among them ${places}; say the device and number of one`;
      throw new ControllerError("GPIO_LINE_AMBIGUOUS", message);
    }
    if (this.#error) throw this.#error;
    if (this.#chips === 0)
      throw missing(
        this.#label === undefined
          ? `${what}: this machine has no GPIO chips; list them with: gpiodetect`
          : `${what}: no GPIO chip has the label ${this.#label}; list them with: gpiodetect`,
      );
    throw missing(`${what}: no line has this name; list them with: gpioinfo`);
  }

  #ask(path: string, fd: number): void {
    const { line } = this.#address;
    const info = new Uint8Array(GpiochipInfo.BYTES);
    if (this.#libc.ioctl(fd, GpioChipRequest.GET_CHIPINFO, info) < 0) {
      this.#error ??= requestError(path, this.#libc.errorName(this.#libc.errno()));
      return;
    }
    const name = textAt(info, GpiochipInfo.NAME);
    if (this.#met.has(name)) return;
    this.#met.add(name);
    if (this.#label !== undefined && this.#label !== textAt(info, GpiochipInfo.LABEL)) return;
    this.#chips++;
    if (typeof line === "number") this.#found.push({ chip: path, line });
    else this.#walk(path, fd, line, new DataView(info.buffer).getUint32(GpiochipInfo.LINES, NATIVE));
  }

  #walk(path: string, fd: number, name: string, lines: number): void {
    for (let line = 0; line < lines; line++) {
      const info = new Uint8Array(GpioV2LineInfo.BYTES);
      new DataView(info.buffer).setUint32(GpioV2LineInfo.OFFSET, line, NATIVE);
      if (this.#libc.ioctl(fd, GpioChipRequest.V2_GET_LINEINFO, info) < 0) {
        this.#error ??= requestError(path, this.#libc.errorName(this.#libc.errno()));
        return;
      }
      if (textAt(info, GpioV2LineInfo.NAME) === name) this.#found.push({ chip: path, line });
    }
  }
}

/** The error for a chip that open(2) refused. */
export function chipError(chip: string, error: string): ControllerError {
  switch (error) {
    case "ENOENT":
    case "ENXIO":
    case "ENODEV":
      return missing(`${chip}: there is no such GPIO chip; list them with: ls /dev/gpiochip*`);
    case "EACCES":
    case "EPERM":
      return new ControllerError(
        "GPIO_LINE_PERMISSION",
        `${chip}: permission denied; add yourself to its group: sudo usermod -aG gpio $USER, and log in again`,
      );
    default:
      return new ControllerError("GPIO_LINE_FAILED", `${chip}: cannot be opened (${error}); see what the kernel says: dmesg`);
  }
}

/** The error for a question about a chip, or a line of it, that the kernel refused. */
function requestError(chip: string, error: string): ControllerError {
  if (error === "ENOTTY") return notChip(chip);
  if (error === "EINVAL")
    return new ControllerError(
      "GPIO_LINE_FAILED",
      `${chip}: the kernel is older than 5.10 and does not tell of its lines; update it`,
    );
  return new ControllerError("GPIO_LINE_FAILED", `${chip}: its lines cannot be listed (${error}); say the line by chip and number`);
}

export function notChip(chip: string): ControllerError {
  return missing(`${chip} is not a GPIO chip; they are named /dev/gpiochip<n>`);
}

function missing(message: string): ControllerError {
  return new ControllerError("GPIO_LINE_MISSING", message);
}

/** A name of the kernel's: bytes up to the first zero. */
function textAt(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  return Buffer.from(bytes.buffer, at, (end < 0 ? at + NAME_BYTES : Math.min(end, at + NAME_BYTES)) - at).toString("latin1");
}
