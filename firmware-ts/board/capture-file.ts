/** A capture of a stack's devices in a pcapng file, for as long as a system runs. */
import { Direction } from "../control/pcapng.ts";
import type { Stack } from "../stack.ts";
import type { CaptureSpec } from "./capture/spec.ts";
import { type CaptureOptions, PacketFile } from "./packet-file.ts";

export type { CaptureOptions } from "./packet-file.ts";

/** Every frame of every device, in and out. */
export class CaptureFile {
  readonly #file: PacketFile;
  readonly #untap: () => void;

  /**
   * @param file `FILE,size=10M,every=1h,keep=5`; `-` is standard output
   * @throws ControlError CAPTURE_FILE, UnitError
   */
  constructor(stack: Stack, file: string | CaptureSpec, options: CaptureOptions = {}) {
    const { clock, devices } = stack;
    this.#file = new PacketFile({ interfaces: devices.map(({ name }) => name), clock }, file, options);
    this.#untap = stack.network.tap((skb, device, outgoing) => {
      this.#file.packet({
        index: stack.devices.indexOf(device),
        time: clock.wallTime(),
        bytes: skb.contents(),
        direction: outgoing ? Direction.OUT : Direction.IN,
      });
    });
  }

  /** Packets that are not in the file. */
  get lost(): number {
    return this.#file.lost;
  }

  /**
   * Ends the capture; a reader that takes nothing any more is not waited for.
   * @throws ControlError CAPTURE_FILE when the disk did not take all of it
   */
  close(): Promise<void> {
    this.#untap();
    return this.#file.close();
  }
}
