/** An interrupt line as its driver sees it: level triggered, active whatever the wire's polarity. */
export interface InterruptLine {
  /** The device asks for service now. */
  readonly asserted: boolean;
  /** Called at every change from released to asserted. Set by the driver, null to ignore. */
  onAssert: (() => void) | null;
}

/** A line that a simulated part drives. */
export class SimulatedInterrupt implements InterruptLine {
  asserted = false;
  onAssert: (() => void) | null = null;

  set(asserted: boolean): void {
    if (asserted === this.asserted) return;
    this.asserted = asserted;
    if (asserted) this.onAssert?.();
  }
}
