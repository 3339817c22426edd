/** Waits while a controller is being opened. They allocate: not for the frame path. */
import type { Clock } from "../../hal/clock.ts";
import type { MmioBus } from "../../hal/mmio.ts";

/** Looks at a register before time is given to the chip, and how often it gets a ms: what is waited for takes some 100 us on silicon. */
const LOOKS = 16;
const WAITS = 5;

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.timer(resolve).arm(ms));
}

/** Reads a register until its value is as `ended` wants it, twice in a row, for one reading may be wrong; null when that does not come. */
export async function waitFor(
  bus: MmioBus,
  clock: Clock,
  register: number,
  ended: (value: number) => boolean,
): Promise<number | null> {
  for (let wait = 0; ; wait++) {
    for (let look = 0; look < LOOKS; look++) {
      const value = bus.read32(register);
      if (ended(value) && bus.read32(register) === value) return value;
    }
    if (wait === WAITS) return null;
    await sleep(clock, 1);
  }
}
