/** A descriptor ring of the 82540EM, for either direction. */
import type { ChipContext } from "./context.ts";
import type { ChipMemory } from "./memory.ts";
import { RDBAL, type RegisterFile } from "./registers.ts";
import type { Violations } from "./violations.ts";

export const DESCRIPTOR_BYTES = 16;
const DESCRIPTOR_WORDS = 4;
const MOST_BYTES = 65536;

/** Registers of a ring, as offsets from its BAL. */
const BAH = 0x04;
const LEN = 0x08;
const HEAD = 0x10;
const TAIL = 0x18;

/**
 * One descriptor ring (sections 3.2.6 and 3.4). Descriptors from the head up to the tail, without it, belong to the hardware; with
 * both equal, none does. The ring remembers the descriptors that were given, for the driver must not touch them until they come
 * back. A ring may get its tail before its base, its length or its head; then it remembers the descriptors that the engine finds
 * when it is switched on.
 */
export class Ring {
  /** Descriptors in the ring; 0: it cannot be used. */
  count = 0;
  head = 0;
  tail = 0;
  readonly #bal: number;
  /** Descriptors must be given with their status word cleared, as those of reception. */
  readonly #clear: boolean;
  readonly #registers: RegisterFile;
  readonly #memory: ChipMemory;
  readonly #violations: Violations;
  /** Offset of descriptor 0 in `memory.words`. */
  #first = 0;
  readonly #given = new Uint32Array(MOST_BYTES / 4);
  /** The ring has changed since its tail was written: the contents remembered then are those of other descriptors, or of none. */
  #changed = false;

  /** @param bal offset of RDBAL or TDBAL */
  constructor(bal: number, { registers, memory, violations }: ChipContext) {
    this.#bal = bal;
    this.#clear = bal === RDBAL;
    this.#registers = registers;
    this.#memory = memory;
    this.#violations = violations;
  }

  /** Descriptors that are the hardware's. */
  get owned(): number {
    const count = this.tail - this.head;
    return count < 0 ? count + this.count : count;
  }

  /** There is a ring, and head and tail are in it. */
  get usable(): boolean {
    return this.head < this.count && this.tail < this.count;
  }

  /** Index in `memory.words` of the head descriptor. */
  get word(): number {
    return this.#first + DESCRIPTOR_WORDS * this.head;
  }

  reset(): void {
    this.count = 0;
    this.head = 0;
    this.tail = 0;
    this.#changed = false;
  }

  /** A register of the ring was written, and stored. @param running the ring's engine is enabled */
  configure(offset: number, value: number, running: boolean): void {
    const registers = this.#registers;
    if (running) this.#violations.note("ring-changed", offset);
    if (offset === this.#bal && (value & 0xf) !== 0) this.#violations.note("ring-alignment", offset);
    if (offset === this.#bal + LEN && ((value & 0x7f) !== 0 || value > MOST_BYTES)) this.#violations.note("ring-length", offset);
    if (offset === this.#bal + HEAD) this.head = registers.get(offset);
    else this.#locate();
    this.#changed = this.head !== this.tail;
    if (running) this.#renew();
  }

  /** The engine is switched on. Notes a ring that cannot work. */
  check(): void {
    this.#renew();
    if (this.count > 0 || this.head === this.tail) return;
    const missing = this.#registers.get(this.#bal + LEN) === 0;
    this.#violations.note(missing ? "ring-missing" : "ring-outside-memory", this.#bal);
  }

  /** The tail was written. */
  give(tail: number): void {
    const register = this.#bal + TAIL;
    const before = this.owned;
    let at = this.tail;
    this.tail = tail;
    if (tail >= this.count) {
      // Drivers write 0 here before there is a ring; that gives nothing.
      if (tail > 0) this.#violations.note(this.count === 0 ? "ring-missing" : "tail-beyond-ring", register);
      return;
    }
    if (this.head >= this.count) return;
    if (at >= this.count) at = this.head;
    else if (this.owned < before) {
      this.#violations.note("tail-moved-back", register);
      return;
    }
    this.#remember(at);
  }

  /** Notes a head descriptor that has changed since it was given. */
  verify(): void {
    const words = this.#memory.words;
    const given = this.#given;
    const from = this.word;
    const to = DESCRIPTOR_WORDS * this.head;
    if (
      given[to] !== words[from] ||
      given[to + 1] !== words[from + 1] ||
      given[to + 2] !== words[from + 2] ||
      given[to + 3] !== words[from + 3]
    ) {
      this.#violations.note("descriptor-changed", this.#address(this.head));
    }
  }

  /** The head descriptor is done with. */
  advance(): void {
    this.head = this.head + 1 === this.count ? 0 : this.head + 1;
  }

  /** Contents of the descriptors from index `from` up to the tail. */
  #remember(from: number): void {
    const words = this.#memory.words;
    const given = this.#given;
    for (let at = from; at !== this.tail; at = at + 1 === this.count ? 0 : at + 1) {
      const source = this.#first + DESCRIPTOR_WORDS * at;
      const to = DESCRIPTOR_WORDS * at;
      given[to] = words[source]!;
      given[to + 1] = words[source + 1]!;
      given[to + 2] = words[source + 2]!;
      given[to + 3] = words[source + 3]!;
      if (this.#clear && words[source + 3]! !== 0) this.#violations.note("descriptor-done", this.#address(at));
    }
  }

  /** The ring is as the engine will use it, or it is in use already. */
  #renew(): void {
    if (!this.#changed || !this.usable) return;
    this.#changed = false;
    this.#remember(this.head);
  }

  #address(index: number): number {
    return this.#memory.base + 4 * this.#first + DESCRIPTOR_BYTES * index;
  }

  #locate(): void {
    const registers = this.#registers;
    const bytes = Math.min(registers.get(this.#bal + LEN), MOST_BYTES);
    const at = this.#memory.offset(registers.get(this.#bal), registers.get(this.#bal + BAH), bytes);
    this.count = at < 0 ? 0 : bytes / DESCRIPTOR_BYTES;
    this.#first = at < 0 ? 0 : at >> 2;
  }
}
