/** The memory of apps over restarts: leases, and addresses of their own. Whoever puts the board together hands a store in. */
export interface LeaseStore {
  /** Returns the text that was saved last under the name; null for none. Throws nothing. */
  load(name: string): string | null;
  /** Saves a text, or forgets it. Throws nothing. */
  save(name: string, text: string | null): void;
}

/** A store that ends with the process. */
export class LeaseMemory implements LeaseStore {
  readonly #texts = new Map<string, string>();

  load(name: string): string | null {
    return this.#texts.get(name) ?? null;
  }

  save(name: string, text: string | null): void {
    if (text === null) this.#texts.delete(name);
    else this.#texts.set(name, text);
  }
}
