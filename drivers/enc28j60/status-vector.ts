/** The transmit status vector, which the chip writes behind each frame (DS39662 table 7-1). */
import type { CommandList } from "./command-list.ts";
import { Register } from "./registers.ts";
import type { Session } from "./session.ts";

const BYTES = 7;
/** Third byte: bits 16 to 23. */
const COLLISIONS = 0x0f;
const CRC_ERROR = 0x10;
const DONE = 0x80;
/** Fourth byte: bit 29. ESTAT.LATECOL can not be relied on (erratum 15). */
const LATE_COLLISION = 0x20;

/** Seventh byte: bits 52 to 55 are always 0. */
const ALWAYS_ZERO = 0xf0;

/** The fate of a frame whose FCS the driver had appended. */
export const Fate = {
  SENT: 0,
  /** The chip found another FCS than it was given: a byte was damaged on its way into the chip, and nobody will take the frame. */
  DAMAGED: 1,
  /** It was not read well. */
  UNKNOWN: 2,
} as const;
export type Fate = (typeof Fate)[keyof typeof Fate];

export class StatusVector {
  readonly #session: Session;
  readonly #bytes = new Uint8Array(BYTES);

  constructor(session: Session) {
    this.#session = session;
  }

  /** Leaves ERDPT behind it. */
  read(commands: CommandList): void {
    commands.write16(Register.ERDPT, this.#session.transmitEnd + 1);
    commands.readBuffer(this.#bytes, 0, BYTES);
    this.#session.astray = true;
  }

  get collisions(): number {
    return this.#bytes[2]! & COLLISIONS;
  }

  get lateCollision(): boolean {
    return (this.#bytes[3]! & LATE_COLLISION) !== 0;
  }

  get fate(): Fate {
    const third = this.#bytes[2]!;
    if ((third & DONE) === 0 || (this.#bytes[6]! & ALWAYS_ZERO) !== 0) return Fate.UNKNOWN;
    return (third & CRC_ERROR) === 0 ? Fate.SENT : Fate.DAMAGED;
  }
}
