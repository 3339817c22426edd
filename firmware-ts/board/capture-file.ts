import { closeSync, openSync, writeSync } from "node:fs";
import { Direction, pcapngHeader, pcapngPacket } from "../control/pcapng.ts";
import { ControlError } from "../control/rpc.ts";
import type { Stack } from "../stack.ts";

/** Every frame of every device, in and out, in one pcapng file. */
export class CaptureFile {
  readonly #fd: number;
  readonly #untap: () => void;

  /** @throws ControlError CAPTURE_FILE */
  constructor(stack: Stack, path: string) {
    try {
      this.#fd = openSync(path, "w");
    } catch (error) {
      throw new ControlError("CAPTURE_FILE", `cannot write the capture: ${(error as Error).message}`);
    }
    writeSync(this.#fd, pcapngHeader(stack.devices.map((device) => device.name)));
    this.#untap = stack.network.tap((skb, device, outgoing) => {
      const direction = outgoing ? Direction.OUT : Direction.IN;
      writeSync(this.#fd, pcapngPacket(stack.devices.indexOf(device), stack.clock.wallTime(), skb.contents(), direction));
    });
  }

  close(): void {
    this.#untap();
    closeSync(this.#fd);
  }
}
