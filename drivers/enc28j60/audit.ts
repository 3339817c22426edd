/**
 * Compares the chip's registers with the values written. An unwanted reset, a dip of the supply or a damaged byte leaves the chip deaf
 * or with another address, and no command fails. The audit fills one batch with reads, of all registers, of a group of them, or of the
 * few that a quiet second may cost, and judges the answers.
 */
import type { CommandList } from "./command-list.ts";
import type { Filters } from "./filters.ts";
import { Pointer, type QuietLook } from "./quiet-looks.ts";
import { Econ1, Econ2, HASH_BYTES, LESSER_MAC, Register, STATION_ADDRESS, STUCK } from "./registers.ts";
import { type ReceiveRing, RING_END, RING_START, TRANSMIT_START } from "./ring.ts";
import type { Session } from "./session.ts";
import { both, enabledInterrupts, macSetup, type RegisterValue, UNTOLD } from "./setup.ts";

/** Registers in one batch where the bus may damage bytes: the shorter it is, the likelier it passes whole. */
const GROUP = 6;

/**
 * Not everything that calls itself an ENC28J60 lets these be read back: one that holds something else, the same each time it is written,
 * is left alone.
 */
const MAY_BE_BLIND: ReadonlySet<number> = new Set([...LESSER_MAC, Register.EPAUS, Register.EPAUS + 1]);

/** A register that does not hold what it was told. */
export interface Finding {
  readonly register: number;
  readonly wanted: number;
  readonly found: number;
  /** In words. */
  readonly reason: Error;
}

export class Audit {
  readonly #session: Session;
  readonly #address: Uint8Array;
  readonly #ring: ReceiveRing;
  readonly #filters: Filters;
  readonly #blind = new Set<number>();
  /** The questions of this batch: register, the bits in the mask that it ought to hold, and where its answer is. */
  readonly #asked: { register: number; wanted: number; mask: number; at: number }[] = [];
  #pointer: Pointer = Pointer.NONE;
  #pointerAt = -1;

  constructor(session: Session, address: Uint8Array, ring: ReceiveRing, filters: Filters) {
    this.#session = session;
    this.#address = address;
    this.#ring = ring;
    this.#filters = filters;
  }

  /** Batches that a round over all registers takes in groups. */
  get groups(): number {
    return Math.ceil(this.#told().length / GROUP);
  }

  /** The hash table is among what is looked at. */
  get hashing(): boolean {
    return this.#filters.hashing;
  }

  /** Leaves a register out from now on, if it is one that may be. */
  overlook(register: number): boolean {
    if (!MAY_BE_BLIND.has(register)) return false;
    this.#blind.add(register);
    return true;
  }

  /** Another chip may be there. */
  forget(): void {
    this.#blind.clear();
  }

  /** All registers in one batch. */
  prepareAll(commands: CommandList): void {
    this.#begin(commands, Pointer.BOTH);
    for (const [register, value] of this.#told()) this.#ask(commands, register, value);
  }

  /** The registers that stop everything, and a group of the others. */
  prepareGroup(commands: CommandList, group: number): void {
    this.#begin(commands, Pointer.BOTH);
    for (const [register, value] of this.#told().slice(group * GROUP, (group + 1) * GROUP)) this.#ask(commands, register, value);
  }

  /** A few; the bank is believed to be the one that was selected last, which a look at the link leaves at its own. */
  prepareQuietly(commands: CommandList, { registers, pointer }: QuietLook): void {
    this.#asked.length = 0;
    commands.returnToFirstBank();
    this.#askPointer(commands, pointer);
    this.#askControl1(commands);
    const told = this.#told();
    for (const register of registers) {
      const value = told.find(([each]) => each === register)?.[1];
      if (register === Register.ECON2) this.#askControl2(commands);
      else if (value !== undefined) this.#ask(commands, register, value);
    }
  }

  /** The first register that does not hold what it should; null when all of this batch do. */
  wrong(commands: CommandList): Finding | null {
    for (const { register, wanted, mask, at } of this.#asked) {
      const found = commands.value(at) & mask;
      if (found === wanted) continue;
      return { register, wanted, found, reason: doesNotHold(register, wanted, found) };
    }
    return null;
  }

  /** This batch told where the write pointer is. */
  get toldOfPackets(): boolean {
    return this.#pointer !== Pointer.NONE;
  }

  /** The write pointer is not where the next packet is expected: packets wait, whatever PKTIF says (erratum 6). */
  packetsWait(commands: CommandList): boolean {
    const { head } = this.#ring;
    if (this.#pointer === Pointer.NONE) return false;
    if (commands.value(this.#pointerAt) !== (head & 0xff)) return true;
    return this.#pointer === Pointer.BOTH && commands.value(this.#pointerAt + 1) !== head >> 8;
  }

  #begin(commands: CommandList, pointer: Pointer): void {
    this.#asked.length = 0;
    commands.selectFirstBank();
    this.#askPointer(commands, pointer);
    this.#askControl1(commands);
    this.#askControl2(commands);
  }

  #askPointer(commands: CommandList, pointer: Pointer): void {
    this.#pointer = pointer;
    if (pointer === Pointer.NONE) return;
    this.#pointerAt = commands.read(Register.ERXWRPT);
    if (pointer === Pointer.BOTH) commands.read(Register.ERXWRPT + 1);
  }

  /** TXRTS comes and goes. */
  #askControl1(commands: CommandList): void {
    const at = commands.read(Register.ECON1);
    this.#asked.push({ register: Register.ECON1, wanted: Econ1.RXEN, mask: STUCK | Econ1.RXEN | Econ1.BSEL, at });
  }

  /** VRPS works in power save only. */
  #askControl2(commands: CommandList): void {
    const at = commands.read(Register.ECON2);
    this.#asked.push({ register: Register.ECON2, wanted: Econ2.AUTOINC, mask: Econ2.AUTOINC | Econ2.PWRSV, at });
  }

  #ask(commands: CommandList, register: number, wanted: number): void {
    if (this.#blind.has(register)) return;
    this.#asked.push({ register, wanted, mask: 0xff, at: commands.read(register) });
  }

  #interrupts(): number {
    return enabledInterrupts(this.#session.line !== null);
  }

  /** Made anew for each batch: what a register was told may have changed since the last one. */
  #told(): readonly RegisterValue[] {
    const { transmitEnd } = this.#session;
    return [
      [Register.EIE, this.#interrupts()],
      ...both(Register.ETXST, TRANSMIT_START),
      ...(transmitEnd < 0 ? [] : both(Register.ETXND, transmitEnd)),
      ...both(Register.ERXST, RING_START),
      ...both(Register.ERXND, RING_END),
      ...both(Register.ERXRDPT, this.#ring.readPointer),
      ...this.#filters.told,
      ...macSetup(this.#address, this.#session),
      ...UNTOLD,
    ];
  }
}

function doesNotHold(register: number, wanted: number, found: number): Error {
  return new Error(`${nameOf(register)} holds ${hex(found)} instead of ${hex(wanted)}`);
}

function nameOf(register: number): string {
  const entryOf = (number: number): string | undefined => Object.entries(Register).find(([, each]) => each === number)?.[0];
  const hash = register - Register.EHT0;
  if (hash >= 0 && hash < HASH_BYTES) return `EHT${hash}`;
  if (STATION_ADDRESS.includes(register)) return "MAADR";
  // The upper half of a pair has no name of its own.
  return entryOf(register) ?? `${entryOf(register - 1)}H`;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
