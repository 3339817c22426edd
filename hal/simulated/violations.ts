/**
 * Acts of a driver that a chip's manual forbids. Silicon answers them with silence, with memory written where nobody expects it or
 * with a fault hours later. A model goes on as silicon would where that is known, and counts them by name, so that a test of a
 * driver can ask for none.
 */
export class ViolationCounters<Kind extends string> {
  readonly #texts: Readonly<Record<Kind, string>>;
  readonly #kinds: readonly Kind[];
  readonly #counts = new Map<Kind, number>();
  readonly #values = new Map<Kind, number>();
  readonly #registerName: (register: number) => string;
  #total = 0;

  /** @param texts each kind, and what to tell about it; `%r` stands for the register, `%h` for the value or address at hand */
  constructor(texts: Readonly<Record<Kind, string>>, registerName: (register: number) => string) {
    this.#texts = texts;
    this.#kinds = Object.keys(texts) as Kind[];
    this.#registerName = registerName;
    for (const kind of this.#kinds) this.#counts.set(kind, 0);
  }

  /** Number of violations of all kinds together. */
  get total(): number {
    return this.#total;
  }

  count(kind: Kind): number {
    return this.#counts.get(kind) as number;
  }

  /** The last occurrence, in a sentence; empty if there was none. */
  message(kind: Kind): string {
    const value = this.#values.get(kind);
    if (value === undefined) return "";
    const digits = (value >>> 0).toString(16).toUpperCase().padStart(2, "0");
    return this.#texts[kind].replace("%r", this.#registerName(value)).replace("%h", `${digits}h`);
  }

  /** The kinds that occurred, one line each with its count, for a test's failure message. */
  toString(): string {
    const lines: string[] = [];
    for (const kind of this.#kinds) if (this.count(kind) > 0) lines.push(`${this.count(kind)} x ${kind}: ${this.message(kind)}`);
    return lines.join("\n");
  }

  clear(): void {
    for (const kind of this.#kinds) this.#counts.set(kind, 0);
    this.#values.clear();
    this.#total = 0;
  }

  /** For the chip: `value` is the register, address or value that the message names. */
  note(kind: Kind, value: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) as number) + 1);
    this.#values.set(kind, value);
    this.#total++;
  }
}
