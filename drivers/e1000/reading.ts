/** Reads registers that may be misread: one damaged reading must neither end the device nor make it do anything unasked. */
import type { ControllerHealth } from "../../hal/ethernet.ts";
import { type MmioBus, NO_ANSWER } from "../../hal/mmio.ts";
import { Register } from "./registers.ts";

/** Looks at a register until two in a row agree; more would hold up whoever waits. */
const LOOKS = 8;
/** All-ones readings of STATUS, one after the other, after which nobody is there. */
const SILENCE = 4;

/** The value that two readings in a row agree on, or the last of LOOKS. For registers whose reading changes nothing. */
export function steady(bus: MmioBus, register: number, health: ControllerHealth): number {
  let value = bus.read32(register);
  for (let look = 1; look < LOOKS; look++) {
    const again = bus.read32(register);
    if (again === value) return value;
    health.suspicions++;
    value = again;
  }
  return value;
}

/** Nobody answers: STATUS, whose upper bits are never all set, reads 0xffffffff whenever it is looked at. */
export function silent(bus: MmioBus): boolean {
  for (let look = 0; look < SILENCE; look++) if (bus.read32(Register.STATUS) !== NO_ANSWER) return false;
  return true;
}
