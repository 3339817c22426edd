/** Keeps a node's state over restarts: the snapshot of its stack, its leases, and how far its apps have counted. */
import type { Clock, Timer } from "../../hal/clock.ts";
import type { LeaseStore } from "../apps/lease-store.ts";
import { type Form, integer, named, object, SnapshotError, text } from "../snapshot/check.ts";
import { checkSnapshot, type Snapshot } from "../snapshot/form.ts";
import type { Stack } from "../stack.ts";
import { NodeFile } from "./node-file.ts";
import type { SnapshotConfig } from "./rig/rig.ts";

/** Parts that a board's rig does not give the stack. Counters begin anew, as after a reboot: a run tells what happened in it. */
const PARTS = ["neighbours", "identifications"] as const;

interface Kept {
  readonly stack: Snapshot;
  readonly leases: Readonly<Record<string, string>>;
  /** The numbers that apps have counted to, by their names. */
  readonly sequences: Readonly<Record<string, number>>;
}

const form: Form<Kept> = object({
  stack: checkSnapshot,
  leases: named(
    text(() => true, "{}"),
    256,
  ),
  sequences: named(integer(0, Number.MAX_SAFE_INTEGER), 256),
});

export class NodeState implements LeaseStore {
  readonly #file: NodeFile;
  readonly #every: number;
  readonly #leases: LeaseStore;
  readonly #complain: (message: string) => void;
  readonly #timer: Timer;
  readonly #texts = new Map<string, string>();
  readonly #kept: Kept | null;
  #write: (() => void) | null = null;
  #failed = false;

  /**
   * Reads what was kept; whatever is wrong with it is told, and the node begins anew.
   * @param leases keeps leases, too
   */
  constructor({ file, every }: SnapshotConfig, clock: Clock, leases: LeaseStore, complain: (message: string) => void) {
    this.#file = new NodeFile(file);
    this.#every = every;
    this.#leases = leases;
    this.#complain = complain;
    this.#timer = clock.timer(() => this.#keep());
    this.#kept = this.#read();
    for (const [name, saved] of Object.entries(this.#kept?.leases ?? {})) this.#texts.set(name, saved);
  }

  /** How far the apps had counted. */
  get sequences(): Kept["sequences"] {
    return this.#kept?.sequences ?? {};
  }

  /** Gives the stack what was kept of it, and keeps it from now on. */
  begin(stack: Stack, sequences: () => Kept["sequences"]): void {
    try {
      if (this.#kept) stack.restore(this.#kept.stack, { parts: PARTS });
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      this.#complain(`${this.#file.path}: ${error.message}; the stack begins anew`);
    }
    this.#write = () => {
      const kept: Kept = { stack: stack.snapshot(), leases: Object.fromEntries(this.#texts), sequences: sequences() };
      this.#file.write(JSON.stringify(kept));
    };
    this.#timer.arm(this.#every);
  }

  /** Keeps it for the last time. */
  end(): void {
    this.#timer.cancel();
    this.#tryWrite();
    this.#write = null;
  }

  load(name: string): string | null {
    return this.#texts.get(name) ?? this.#leases.load(name);
  }

  save(name: string, saved: string | null): void {
    if (saved === null) this.#texts.delete(name);
    else this.#texts.set(name, saved);
    this.#leases.save(name, saved);
  }

  #keep(): void {
    this.#tryWrite();
    this.#timer.arm(this.#every);
  }

  #tryWrite(): void {
    try {
      this.#write?.();
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#complain(`the node's state is not kept over restarts: ${(error as Error).message}`);
    }
  }

  #read(): Kept | null {
    const { path } = this.#file;
    try {
      const found = this.#file.read();
      if (found?.damaged) this.#complain(`${path} is damaged; the state before it is taken`);
      return found && form(JSON.parse(found.text), "");
    } catch (error) {
      this.#complain(`${path}: ${(error as Error).message}; the node begins anew`);
      return null;
    }
  }
}
