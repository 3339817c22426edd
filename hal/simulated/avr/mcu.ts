/** The emulated MCU as its parts are given it at every restart. */
import type { CPU } from "avr8js";

/** The package that emulates it: loaded when an MCU is, for not every rig has one. */
export type Avr8js = typeof import("avr8js");

export interface Mcu {
  readonly avr: Avr8js;
  readonly cpu: CPU;
  /** Frequency of its clock, in Hz. */
  readonly frequency: number;
}
