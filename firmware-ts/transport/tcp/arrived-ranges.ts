/** The ranges of sequence numbers that came in out of order, and the blocks by which a peer is told of them (RFC 2018, RFC 2883). */
import { SACK_BLOCKS } from "./segment.ts";
import { after, before } from "./sequence.ts";

/** Ranges of one connection: beyond that a segment out of order is dropped, and comes again. */
const MOST = 128;
/** Ranges for which there is room from the start. */
const FIRST = 8;

/** The ranges of connections to which everything came in order: nearly all. */
const NOTHING = new Int32Array(0);

export class ArrivedRanges {
  /** Begin and end of each, in order, with gaps between them. */
  #ranges = NOTHING;
  count = 0;
  /** Begin and end of the blocks to be told, the one that grew last first. */
  blocks: Int32Array = NOTHING;
  blockCount = 0;

  /** Adds a range and joins it to its neighbours; false when there are too many. */
  add(from: number, to: number): boolean {
    const ranges = this.#ranges;
    let place = 0;
    while (place < this.count && before(ranges[2 * place + 1]!, from)) place++;
    let begin = from;
    let end = to;
    let last = place;
    while (last < this.count && !after(ranges[2 * last]!, to)) {
      if (before(ranges[2 * last]!, begin)) begin = ranges[2 * last]!;
      if (after(ranges[2 * last + 1]!, end)) end = ranges[2 * last + 1]!;
      last++;
    }
    if (last === place && this.count === MOST) return false;
    this.#replace(place, last - place, begin, end);
    this.#tell(begin, end);
    return true;
  }

  /** Returns true when the whole range is here. */
  has(from: number, to: number): boolean {
    for (let place = 0; place < this.count; place++) {
      if (!after(this.#ranges[2 * place]!, from) && !before(this.#ranges[2 * place + 1]!, to)) return true;
    }
    return false;
  }

  /** Takes out what is in order now. Returns the sequence number up to which everything is here. */
  advance(next: number): number {
    let reached = next;
    let gone = 0;
    while (gone < this.count && !after(this.#ranges[2 * gone]!, reached)) {
      const end = this.#ranges[2 * gone + 1]!;
      if (after(end, reached)) reached = end;
      gone++;
    }
    if (gone > 0) {
      this.#ranges.copyWithin(0, 2 * gone, 2 * this.count);
      this.count -= gone;
    }
    for (let block = this.blockCount - 1; block >= 0; block--) {
      if (!after(this.blocks[2 * block + 1]!, reached)) this.#forget(block);
    }
    return reached;
  }

  clear(): void {
    this.#ranges = NOTHING;
    this.count = 0;
    this.blockCount = 0;
  }

  #replace(place: number, old: number, begin: number, end: number): void {
    if (old === 0) {
      if (2 * this.count === this.#ranges.length) this.#grow();
      this.#ranges.copyWithin(2 * place + 2, 2 * place, 2 * this.count);
      this.count++;
    } else if (old > 1) {
      this.#ranges.copyWithin(2 * place + 2, 2 * (place + old), 2 * this.count);
      this.count -= old - 1;
    }
    this.#ranges[2 * place] = begin;
    this.#ranges[2 * place + 1] = end;
  }

  /** Puts a block in front, in the place of those that it covers. */
  #tell(begin: number, end: number): void {
    for (let block = this.blockCount - 1; block >= 0; block--) {
      if (!before(this.blocks[2 * block]!, begin) && !after(this.blocks[2 * block + 1]!, end)) this.#forget(block);
    }
    if (this.blocks === NOTHING) this.blocks = new Int32Array(2 * SACK_BLOCKS);
    if (this.blockCount < SACK_BLOCKS) this.blockCount++;
    this.blocks.copyWithin(2, 0, 2 * (this.blockCount - 1));
    this.blocks[0] = begin;
    this.blocks[1] = end;
  }

  #forget(block: number): void {
    this.blocks.copyWithin(2 * block, 2 * block + 2, 2 * this.blockCount);
    this.blockCount--;
  }

  #grow(): void {
    const ranges = new Int32Array(Math.max(2 * FIRST, 2 * this.#ranges.length));
    ranges.set(this.#ranges);
    this.#ranges = ranges;
  }
}
