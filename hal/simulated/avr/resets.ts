/**
 * Resets of a simulated ATmega328P, and how its firmware learns of them: MCUSR and the watchdog (data sheet, section 10). avr8js's
 * watchdog restarts the program only; here the owner of the MCU resets all of it.
 */
import type { CPU, CPUMemoryHook } from "avr8js";

/** MCUSR: the causes of a reset. */
export const PORF = 0x01;
export const EXTRF = 0x02;
export const WDRF = 0x08;

/** Data addresses. */
const MCUSR = 0x54;
const WDTCSR = 0x60;
/** WDTCSR */
const WDCE = 0x10;
const WDE = 0x08;

/** Reads MCUSR. Its flags stay until the program clears them or the power goes. */
export function resetFlags(cpu: CPU): number {
  return cpu.data[MCUSR]!;
}

/**
 * For an MCU that comes out of a reset, its watchdog attached already.
 * @param flags for MCUSR
 * @param onBite the watchdog resets the MCU: called within an instruction
 */
export function watchResets(cpu: CPU, flags: number, onBite: () => void): void {
  cpu.data[MCUSR] = flags;
  // The program can clear the flags only.
  cpu.writeHooks[MCUSR] = (value, old) => {
    cpu.data[MCUSR] = old & value;
    return true;
  };
  cpu.reset = onBite;
  const write = cpu.writeHooks[WDTCSR] as CPUMemoryHook;
  // WDRF overrides WDE: a watchdog that has bitten is on, at 16 ms, until MCUSR is cleared and it is switched off (section 10.9.2).
  cpu.writeHooks[WDTCSR] = (value, old, address, mask) => {
    const forced = (resetFlags(cpu) & WDRF) !== 0 ? WDE : 0;
    return write(value | forced, old, address, mask);
  };
  if ((flags & WDRF) === 0) return;
  cpu.writeData(WDTCSR, WDCE | WDE);
  cpu.writeData(WDTCSR, WDE);
}
