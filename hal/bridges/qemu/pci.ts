/**
 * Sets up one PCI function as a PC's firmware does: gives its register window an address, switches memory decoding and bus
 * mastering on, and connects its interrupt. Uses PCI configuration mechanism #1 (PCI Local Bus Specification 3.0, 3.2.2.3.2).
 */
import { ControllerError } from "../../ethernet.ts";
import { NIC_SLOT } from "./process.ts";
import type { Qtest } from "./qtest.ts";

/** Address given to the register window: in the hole that a PC keeps for PCI below 4 GiB. */
export const WINDOW = 0xe000_0000;
/** Interrupt line, at the I/O APIC, that all four PCI interrupts are connected to. */
export const PCI_INTERRUPT = 10;

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const CONFIG_ENABLE = 0x8000_0000;
const ID = 0x00;
const COMMAND = 0x04;
/** I/O and memory decoding, bus master. */
const COMMAND_ON = 0x0007;
const BAR0 = 0x10;
/** Intel 82540EM. */
const ID_82540EM = 0x100e_8086;
/** The PIIX3 bridge's function that routes interrupts, and its registers for PIRQA to PIRQD, a byte each (datasheet 2.2.14). */
const PIIX3_SLOT = 1;
const PIRQRC = 0x60;
/** The 8254's control word: counter 0, both bytes, mode 0, and no count follows. It would interrupt 18 times a second. */
const PIT_CONTROL = 0x43;
const PIT_SILENT = 0x30;

/** @throws ControllerError QEMU_NO_DEVICE */
export function plugPci(qtest: Qtest): void {
  qtest.out8(PIT_CONTROL, PIT_SILENT);
  const id = read(qtest, NIC_SLOT, ID);
  if (id !== ID_82540EM)
    throw new ControllerError("QEMU_NO_DEVICE", `qemu: PCI slot ${NIC_SLOT} has ${id.toString(16)}, not an 82540EM (100e8086)`);
  write(qtest, NIC_SLOT, BAR0, WINDOW);
  write(qtest, NIC_SLOT, COMMAND, COMMAND_ON);
  write(qtest, PIIX3_SLOT, PIRQRC, PCI_INTERRUPT * 0x0101_0101);
  // Waits for the writes, and shows that they did something.
  if (read(qtest, NIC_SLOT, BAR0) >>> 0 !== WINDOW)
    throw new ControllerError("QEMU_NO_DEVICE", "qemu: the controller's register window could not be placed");
}

function select(qtest: Qtest, slot: number, register: number): void {
  qtest.out32(CONFIG_ADDRESS, (CONFIG_ENABLE | (slot << 11) | register) >>> 0);
}

function read(qtest: Qtest, slot: number, register: number): number {
  select(qtest, slot, register);
  return qtest.in32(CONFIG_DATA);
}

function write(qtest: Qtest, slot: number, register: number, value: number): void {
  select(qtest, slot, register);
  qtest.out32(CONFIG_DATA, value);
}
