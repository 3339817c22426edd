/** A row's kind: how its subject is made, and what is done to it. */
import { measure, type Outcome, worse } from "./measure.ts";
import type { Fault, Subject } from "./subject.ts";

export interface FaultKind {
  /** Controller and bus, as the table has it. */
  readonly name: string;
  /** Names the things that are missing here, or false. Finding out may start a program. */
  missing(): string | false;
  /** It takes its time, for something in it is the kernel's or QEMU's. */
  readonly realTime: boolean;
  readonly faults: readonly string[];
  /**
   * Plays a fault at several moments, or at as many as are wanted; the worst of it, figure by figure. @throws Error where it does not work without a fault
   */
  play(fault: string, moments?: number): Promise<Outcome>;
}

/** Moments between two looks of a driver at its chip, in ms. */
const PHASES = [10, 437, 871];
/** A fault that lasts this long, in ms, is done at one moment only. */
const LONG = 100_000;

export function faultKind<S extends Subject>(
  name: string,
  make: () => Promise<S>,
  faults: readonly Fault<S>[],
  moments: number = PHASES.length,
  real: { missing: () => string | false } | null = null,
): FaultKind {
  return {
    name,
    missing: real?.missing ?? (() => false),
    realTime: real !== null,
    faults: faults.map((fault) => fault.name),
    async play(wanted, most = moments) {
      const fault = faults.find((each) => each.name === wanted);
      if (!fault) throw new Error(`${name} has no fault "${wanted}"`);
      let outcome: Outcome | null = null;
      for (const phase of PHASES.slice(0, fault.lasts >= LONG ? 1 : most)) {
        const next = await measure(await make(), fault, phase);
        outcome = outcome === null ? next : worse(outcome, next);
      }
      return outcome as Outcome;
    },
  };
}
