/** The part at the far end of a simulated serial line: an MCU, or a program that plays one. */
export interface SerialDevice {
  /** Names it for people: `ATmega328P running bridge-uno-115200.hex`. */
  readonly description: string;
  /** Called with bytes that it sends; `bytes` is only valid during the call. Set by the line. */
  onSend: ((bytes: Uint8Array) => void) | null;
  /** Takes bytes off the line in before it returns, or loses them as the real part would. */
  receive(bytes: Uint8Array): void;
  /** The line was opened: on boards with a USB bridge this pulls DTR and resets the MCU. */
  opened(): void;
}
