/** What stands at the far end of a simulated serial line: an MCU, or a program that plays one. */
export interface SerialDevice {
  /** What it is, for people: `ATmega328P running bridge-uno-115200.hex`. */
  readonly description: string;
  /** What it sends. `bytes` is only valid during the call. Set by the line. */
  onSend: ((bytes: Uint8Array) => void) | null;
  /** Bytes off the line. They are taken in, or lost as the real part would lose them, before it returns. */
  receive(bytes: Uint8Array): void;
  /** The line was opened: on boards with a USB bridge this pulls DTR and resets the MCU. */
  opened(): void;
}
