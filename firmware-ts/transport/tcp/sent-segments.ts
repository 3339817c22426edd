/**
 * The segments that were sent and not acknowledged, oldest first: where each ends, when it was sent last, and what became of it as far as
 * is known. Plain numbers in a ring; a segment begins where the one before it ends.
 */

/** The knowledge about a segment. */
export const Sent = {
  /** The peer has it (RFC 2018). */
  SACKED: 1,
  /** It is held lost. */
  LOST: 2,
  /** It was sent again, and that copy is under way. */
  RETRANS: 4,
  /** It was sent again at some time. */
  EVER_RETRANS: 8,
  /** Its last octet is a FIN. */
  FIN: 16,
} as const;

/** Numbers kept of each: end, time of the last sending in us as an int32, flags. */
const [STRIDE, END, TIME, FLAGS] = [3, 0, 1, 2];
/** Segments for which there is room from the start. A power of two. */
const FIRST = 8;

/** The ring of connections that have sent nothing yet. */
const NOTHING = new Int32Array(0);

export class SentSegments {
  #ring = NOTHING;
  #first = 0;
  count = 0;

  #at(place: number): number {
    return ((this.#first + place) & (this.#ring.length / STRIDE - 1)) * STRIDE;
  }

  push(end: number, time: number, flags: number): void {
    if (this.count * STRIDE === this.#ring.length) this.#grow();
    this.count++;
    this.#write(this.count - 1, end, time, flags);
  }

  /** Takes the oldest one out. */
  shift(): void {
    this.#first = (this.#first + 1) & (this.#ring.length / STRIDE - 1);
    this.count--;
  }

  end(place: number): number {
    return this.#ring[this.#at(place) + END]!;
  }

  time(place: number): number {
    return this.#ring[this.#at(place) + TIME]!;
  }

  flags(place: number): number {
    return this.#ring[this.#at(place) + FLAGS]!;
  }

  setTime(place: number, time: number): void {
    this.#ring[this.#at(place) + TIME] = time;
  }

  setFlags(place: number, flags: number): void {
    this.#ring[this.#at(place) + FLAGS] = flags;
  }

  /** Cuts a segment in two at a sequence number within it. The second one keeps the FIN, and both what else is known. */
  split(place: number, end: number): void {
    this.push(0, 0, 0);
    for (let other = this.count - 1; other > place; other--) {
      this.#write(other, this.end(other - 1), this.time(other - 1), this.flags(other - 1));
    }
    this.#write(place, end, this.time(place), this.flags(place) & ~Sent.FIN);
  }

  clear(): void {
    this.#ring = NOTHING;
    this.#first = 0;
    this.count = 0;
  }

  #write(place: number, end: number, time: number, flags: number): void {
    const at = this.#at(place);
    this.#ring[at + END] = end;
    this.#ring[at + TIME] = time;
    this.#ring[at + FLAGS] = flags;
  }

  #grow(): void {
    const old = this.#ring;
    const ring = new Int32Array(Math.max(FIRST * STRIDE, 2 * old.length));
    const head = this.#first * STRIDE;
    ring.set(old.subarray(head), 0);
    ring.set(old.subarray(0, head), old.length - head);
    this.#first = 0;
    this.#ring = ring;
  }
}
