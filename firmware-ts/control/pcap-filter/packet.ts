/**
 * A frame as the tests of a filter read it. As with a BPF program, a read beyond the end of the frame makes the whole filter say no,
 * `not` in front of it or not.
 */

const NOTHING = new Uint8Array(0);

export class FilterPacket {
  #bytes: Uint8Array = NOTHING;
  outgoing = false;
  /** Something beyond the end was asked for. */
  outside = false;

  set(bytes: Uint8Array, outgoing: boolean): void {
    this.#bytes = bytes;
    this.outgoing = outgoing;
    this.outside = false;
  }

  get length(): number {
    return this.#bytes.length;
  }

  u8(at: number): number {
    if (at < this.#bytes.length) return this.#bytes[at]!;
    this.outside = true;
    return 0;
  }

  u16(at: number): number {
    return (this.u8(at) << 8) | this.u8(at + 1);
  }

  /** As an int32, which addresses are. */
  u32(at: number): number {
    return (this.u16(at) << 16) | this.u16(at + 2);
  }
}

/** Returns whether a packet is meant. */
export type Test = (packet: FilterPacket) => boolean;

export function and(left: Test, right: Test): Test {
  return (packet) => left(packet) && right(packet);
}

export function or(left: Test, right: Test): Test {
  return (packet) => left(packet) || right(packet);
}

export function not(test: Test): Test {
  return (packet) => !test(packet);
}
