/** A meter of the power that something draws. */

export interface PowerMeter {
  /** The meter and how it is reached, for people. */
  readonly description: string;
  /** The power that it measures is not real. */
  readonly simulated: boolean;
  /** @throws MeterError, or what its bus throws */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Watts now. @throws MeterError, or what its bus throws */
  read(): Promise<number>;
}

/** A meter is not there, does not measure, or measures more than it can. `code` is stable. */
export class MeterError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MeterError";
    this.code = code;
  }
}
