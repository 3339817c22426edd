/** Octets that nobody can guess, from the machine; in virtual time, where nobody guesses, from the rig's seed. */
import { randomBytes } from "node:crypto";
import { type Clock, VirtualClock } from "../../hal/clock.ts";
import type { Random } from "../../hal/random.ts";

export function secretsOf(clock: Clock, random: Random): (octets: number) => Uint8Array {
  if (!(clock instanceof VirtualClock)) return (octets) => new Uint8Array(randomBytes(octets));
  return (octets) => Uint8Array.from({ length: octets }, () => random.below(256));
}
