/** The course of the voltage at a simulated analog input: a mean, a daily wave, noise. */
export interface SignalShape {
  /** The level that the voltage varies around, in volts. */
  readonly mean: number;
  /** Height of its daily wave, in volts. */
  readonly swing: number;
  /** Most that it strays from that wave, in volts. */
  readonly noise: number;
}
