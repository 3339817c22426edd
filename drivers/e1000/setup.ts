/** Bringing the chip to a halt, and up again, in the order that the SDM's chapter 14 asks for. */
import { ControllerError, type ControllerHealth } from "../../hal/ethernet.ts";
import { type MmioBus, NO_ANSWER } from "../../hal/mmio.ts";
import { silent, steady } from "./reading.ts";
import { ALL_CAUSES, Ctrl, Register, Rxcsum, Status, Tctl, TIPG_COPPER } from "./registers.ts";

const { LRST, ILOS, FRCSPD, FRCDPX, RFCE, TFCE, VME, PHY_RST } = Ctrl;
const UNWANTED = LRST | ILOS | FRCSPD | FRCDPX | RFCE | TFCE | VME | PHY_RST;
/** The MAC follows the PHY. */
const LINKED = Ctrl.SLU | Ctrl.ASDE;
/** The bits of CTRL that matter for whether frames pass, and how they ought to stand. */
export const CTRL_MASK: number = (UNWANTED | LINKED | Ctrl.RST) >>> 0;
export const CTRL_WANTED: number = LINKED;

/** From CTRL.RST until registers may be touched again and the EEPROM has been read by the chip, in ms. */
export const RESET_TIME = 10;

/** @throws ControllerError E1000_NOT_FOUND nobody answers at these registers */
export function probe(bus: MmioBus): void {
  if (!silent(bus)) return;
  throw new ControllerError(
    "E1000_NOT_FOUND",
    `e1000: no 82540EM answers on ${bus.description}: STATUS reads 0xffffffff; check that the device is there and powered`,
  );
}

/** Stops receiver, transmitter and interrupts, and resets. Not every chip's reset stops all that: QEMU's only says so. */
export function halt(bus: MmioBus, health: ControllerHealth): void {
  bus.write32(Register.IMC, ALL_CAUSES);
  bus.write32(Register.RCTL, 0);
  bus.write32(Register.TCTL, 0);
  const ctrl = steady(bus, Register.CTRL, health);
  bus.write32(Register.CTRL, ((ctrl === NO_ANSWER ? LINKED : ctrl) | Ctrl.RST) >>> 0);
}

/**
 * All but rings, filters, interrupts and the start of receiver and transmitter; RESET_TIME after halt().
 * @throws ControllerError E1000_RESET
 */
export function setUp(bus: MmioBus, itr: number, health: ControllerHealth): void {
  const ctrl = steady(bus, Register.CTRL, health);
  if ((ctrl & Ctrl.RST) !== 0) {
    const message = `e1000: ${bus.description} does not come out of reset: CTRL reads 0x${ctrl.toString(16)} after ${RESET_TIME} ms`;
    throw new ControllerError("E1000_RESET", message);
  }
  bus.write32(Register.IMC, ALL_CAUSES);
  bus.read32(Register.ICR);
  bus.write32(Register.CTRL, ((ctrl & ~UNWANTED) | LINKED) >>> 0);
  for (const register of [Register.FCAL, Register.FCAH, Register.FCT, Register.FCTTV]) bus.write32(register, 0);
  bus.write32(Register.RXCSUM, Rxcsum.IPOFL | Rxcsum.TUOFL);
  bus.write32(Register.TIPG, TIPG_COPPER);
  // One limit for all interrupts instead of four timers: a lone frame is told of at once, and in a flood NAPI keeps them masked.
  bus.write32(Register.ITR, itr);
  for (const register of [Register.RDTR, Register.RADV, Register.TIDV, Register.TADV]) bus.write32(register, 0);
}

/** TCTL for this link. */
export function tctl(status: number): number {
  const cold = (status & Status.FD) !== 0 ? Tctl.COLD_FULL_DUPLEX : Tctl.COLD_HALF_DUPLEX;
  return Tctl.EN | Tctl.PSP | Tctl.CT | cold;
}
