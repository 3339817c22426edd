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

/** A register and the value that it was told last. */
interface Told {
  readonly register: number;
  value: number;
}

/** A question of a batch: the register, the bits in the mask that it ought to hold, and where its answer is. */
interface Question {
  register: number;
  wanted: number;
  mask: number;
  at: number;
}

export class Audit {
  readonly #session: Session;
  readonly #address: Uint8Array;
  readonly #ring: ReceiveRing;
  readonly #filters: Filters;
  readonly #blind = new Set<number>();
  /** The questions of this batch, and of larger ones before it. */
  readonly #asked: Question[] = [];
  #questions = 0;
  /** All registers that are looked at, in their order; empty when they are to be listed anew. */
  #list: readonly Told[] = [];
  /** Those of the list whose values change with each frame. */
  #transmitEnd: readonly Told[] = [];
  #readPointer: readonly Told[] = [];
  /** The state of things that the list was made for. */
  #listedFilters: readonly RegisterValue[] | null = null;
  #listedLossy = false;
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
    this.#list = [];
  }

  /** All registers in one batch. */
  prepareAll(commands: CommandList): void {
    this.#begin(commands, Pointer.BOTH);
    for (const { register, value } of this.#told()) this.#ask(commands, register, value);
  }

  /** The registers that stop everything, and a group of the others. */
  prepareGroup(commands: CommandList, group: number): void {
    this.#begin(commands, Pointer.BOTH);
    const told = this.#told();
    const end = Math.min(told.length, (group + 1) * GROUP);
    for (let at = group * GROUP; at < end; at++) this.#ask(commands, told[at]!.register, told[at]!.value);
  }

  /** A few; the bank is believed to be the one that was selected last, which a look at the link leaves at its own. */
  prepareQuietly(commands: CommandList, { registers, pointer }: QuietLook): void {
    this.#questions = 0;
    commands.returnToFirstBank();
    this.#askPointer(commands, pointer);
    this.#askControl1(commands);
    const told = this.#told();
    for (const register of registers) {
      if (register === Register.ECON2) this.#askControl2(commands);
      else for (const each of told) if (each.register === register) this.#ask(commands, register, each.value);
    }
  }

  /** The first register that does not hold what it should; null when all of this batch do. */
  wrong(commands: CommandList): Finding | null {
    for (let question = 0; question < this.#questions; question++) {
      const { register, wanted, mask, at } = this.#asked[question] as Question;
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
    this.#questions = 0;
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
    this.#add(commands, Register.ECON1, Econ1.RXEN, STUCK | Econ1.RXEN | Econ1.BSEL);
  }

  /** VRPS works in power save only. */
  #askControl2(commands: CommandList): void {
    this.#add(commands, Register.ECON2, Econ2.AUTOINC, Econ2.AUTOINC | Econ2.PWRSV);
  }

  #ask(commands: CommandList, register: number, wanted: number): void {
    if (!this.#blind.has(register)) this.#add(commands, register, wanted, 0xff);
  }

  #add(commands: CommandList, register: number, wanted: number, mask: number): void {
    if (this.#questions === this.#asked.length) this.#asked.push({ register: 0, wanted: 0, mask: 0, at: 0 });
    const question = this.#asked[this.#questions++] as Question;
    question.register = register;
    question.wanted = wanted;
    question.mask = mask;
    question.at = commands.read(register);
  }

  #interrupts(): number {
    return enabledInterrupts(this.#session.line !== null);
  }

  /** The registers with their values as they are now. A look a second is a device's whole work while it is quiet: the list is kept. */
  #told(): readonly Told[] {
    const { transmitEnd, lossy } = this.#session;
    const known = this.#list.length > 0 && this.#listedFilters === this.#filters.told && this.#listedLossy === lossy;
    if (!known || this.#transmitEnd.length > 0 !== transmitEnd >= 0) this.#makeList();
    (this.#list[0] as Told).value = this.#interrupts();
    setPair(this.#transmitEnd, transmitEnd);
    setPair(this.#readPointer, this.#ring.readPointer);
    return this.#list;
  }

  #makeList(): void {
    const { transmitEnd, lossy } = this.#session;
    this.#listedFilters = this.#filters.told;
    this.#listedLossy = lossy;
    this.#transmitEnd = transmitEnd < 0 ? [] : both(Register.ETXND, 0).map(toldOf);
    this.#readPointer = both(Register.ERXRDPT, 0).map(toldOf);
    this.#list = [
      { register: Register.EIE, value: 0 },
      ...both(Register.ETXST, TRANSMIT_START).map(toldOf),
      ...this.#transmitEnd,
      ...[...both(Register.ERXST, RING_START), ...both(Register.ERXND, RING_END)].map(toldOf),
      ...this.#readPointer,
      ...[...this.#filters.told, ...macSetup(this.#address, this.#session), ...UNTOLD].map(toldOf),
    ];
  }
}

function toldOf([register, value]: RegisterValue): Told {
  return { register, value };
}

/** Gives a register pair its value, low byte first; does nothing for a pair that is not listed. */
function setPair([low, high]: readonly Told[], value: number): void {
  if (low === undefined || high === undefined) return;
  low.value = value & 0xff;
  high.value = value >> 8;
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
