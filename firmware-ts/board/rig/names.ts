/** Names of interfaces, devices, ports and pins, checked. As in units.ts, each throws a UnitError that says what would be right. */
import type { GpioLineAddress } from "../../../hal/bridges/linux/gpio-chip.ts";
import { UnitError } from "./units.ts";
import { show } from "./wording.ts";

/**
 * The name of a network interface of the machine, as the kernel allows it: 1 to 15 bytes (IFNAMSIZ - 1), no space, slash or colon,
 * not `.` or `..`. A comma and an equals sign are refused as well: they separate the parts of a device SPEC.
 */
export function parseInterfaceName(text: string): string {
  if (/^[\x21-\x2b\x2d\x2e\x30-\x39\x3b\x3c\x3e-\x7e]{1,15}$/.test(text) && text !== "." && text !== "..") return text;
  throw new UnitError(
    `${show(text)}: not an interface's name: 1 to 15 characters without space, slash, colon or comma, as in eth1`,
  );
}

/**
 * The name of a device of the stack. Narrower than an interface's: without dots, which separate the parts of a sysctl key, and
 * none of the names that sysctl keys or the stack itself use.
 */
export function parseDeviceName(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,14}$/.test(text)) {
    throw new UnitError(`${show(text)}: not a device's name: a letter, then up to 14 letters, digits, _ or -, as in eth0`);
  }
  if (text === "lo" || text === "all" || text === "default") throw new UnitError(`${text}: the stack's own word; say e.g. eth0`);
  return text;
}

/** The name of a network namespace, as `ip netns add` could have it. */
export function parseNetnsName(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new UnitError(`${show(text)}: not a network namespace's name: up to 64 letters, digits, ., _ or -, as in blue`);
}

/** A path to open for a bus: a serial port (`/dev/ttyACM0`, `COM3`), or an absolute path for spidev. */
export function parseDevicePath(text: string, bus: "serprog" | "spidev" | "bus-pirate"): string {
  if (text.length <= 255 && /^\/[^\s\p{Cc}\p{Cf}]+$/u.test(text)) return text;
  if (bus === "spidev") throw new UnitError(`${show(text)}: not an absolute path; say e.g. /dev/spidev0.0`);
  if (/^COM[1-9]\d{0,2}$/.test(text)) return text;
  throw new UnitError(`${show(text)}: not a serial port; say e.g. /dev/ttyACM0 or COM3`);
}

/** The line to a serial bridge: a serial port, or `tcp:HOST:PORT` for one behind a TCP connection (ser2net, bridge-sim). */
export function parseBridgePort(text: string): string {
  if (!text.startsWith("tcp:")) return parseDevicePath(text, "serprog");
  if (readTcpPort(text)) return text;
  throw new UnitError(`${show(text)}: not a TCP port; say e.g. tcp:127.0.0.1:4000`);
}

/** Host and port of `tcp:HOST:PORT`; null for anything else. */
export function readTcpPort(text: string): { host: string; port: number } | null {
  const [, bracketed, name, digits] = /^tcp:(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]{1,255})):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : null;
}

/**
 * A GPIO line of this machine, as `gpioinfo` shows them: a chip by its device or its label, and on it a line by its number or its
 * name, `gpiochip0:25`, `pinctrl-rp1:GPIO25`; or the line's name alone, `GPIO25`.
 */
export function parseGpioLine(text: string): GpioLineAddress {
  // A label may hold colons, as INT34C6:00 does.
  const colon = text.lastIndexOf(":");
  const chip = text.slice(0, Math.max(colon, 0)).replace(/^(?:\/dev\/)?(?=gpiochip\d{1,3}$)/, "/dev/");
  const line = text.slice(colon + 1);
  const number = /^\d{1,4}$/.test(line);
  const right =
    colon < 0 ? GPIO_NAME.test(line) && !/^(?:gpiochip)?\d+$/.test(line) : isGpioChip(chip) && (number || GPIO_NAME.test(line));
  if (!right)
    throw new UnitError(
      `${show(text)}: not a GPIO line; say gpiochip0:25, with a chip's label pinctrl-rp1:25, or a line's name GPIO25`,
    );
  return { ...(colon >= 0 && { chip }), line: number ? Number(line) : line };
}

/** Names and labels that the kernel's 32 bytes hold, with a zero behind them. */
const GPIO_NAME = /^(?! )[\x20-\x7e]{1,31}(?<! )$/;

function isGpioChip(chip: string): boolean {
  return chip.startsWith("/dev/") ? /^\/dev\/gpiochip\d{1,3}$/.test(chip) : GPIO_NAME.test(chip);
}

/** A pin as johnny-five's IO plugins name them: `A0`, `13`, `GPIO4`, `P1-7`. */
export function parsePin(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,15}$/.test(text)) return text;
  throw new UnitError(`${show(text)}: not a pin; say e.g. A0 or 13`);
}

/** `none`, `simulated`, `firmata:PORT`, or the package of a johnny-five IO plugin, which by custom ends in -io. */
export function parseBoardIo(text: string): string {
  if (text === "none" || text === "simulated") return text;
  if (text.startsWith("firmata:")) {
    parseDevicePath(text.slice("firmata:".length), "serprog");
    return text;
  }
  if (/^(@[a-z0-9][a-z0-9._-]{0,60}\/)?[a-z0-9][a-z0-9._-]{0,60}-io$/.test(text)) return text;
  throw new UnitError(
    `${show(text)}: not a board; say none, simulated, firmata:/dev/ttyUSB0, or a johnny-five IO plugin such as raspi-io`,
  );
}

/** A name that a program may tell others: of a host, of a vendor's class. */
export function parseOwnName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new UnitError(`${show(text)}: not a name: up to 64 letters, digits, ., _ or -, as in node-7`);
}

/** A rig's name: reports and file names can hold it. */
export function parseRigName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new UnitError(`${show(text)}: not a rig's name: up to 64 letters, digits, ., _ or -, as in bench-pico`);
}

/** A word of people about a thing, as a collector shows it: characters that can be seen, and spaces between them. */
export function parseLabel(text: string): string {
  if (text.length <= 64 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text) && text === text.trim()) return text;
  throw new UnitError(`${show(text)}: 1 to 64 characters that can be seen belong here, as in cellar`);
}

/** The key of a tag. */
export function parseTagKey(text: string): string {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(text)) return text;
  throw new UnitError(`${show(text)}: not a tag's name: a letter, then up to 31 letters, digits, _ or -, as in site`);
}

/** The absolute path of a file. */
export function parseFilePath(text: string): string {
  if (text.length <= 255 && /^\/[^\p{Cc}\p{Cf}]+$/u.test(text) && !text.endsWith("/")) return text;
  throw new UnitError(`${show(text)}: not a file's absolute path; say e.g. /var/lib/whohas/readings`);
}
