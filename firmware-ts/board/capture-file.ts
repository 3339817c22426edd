/** A capture of a stack's devices in one file, for as long as a system runs. */
import { closeSync, openSync, writeSync } from "node:fs";
import { Direction, pcapngHeader, pcapngPacket } from "../control/pcapng.ts";
import { ControlError } from "../control/rpc/protocol.ts";
import type { Stack } from "../stack.ts";

/** Every frame of every device, in and out, in one pcapng file. */
export class CaptureFile {
  readonly #fd: number;
  readonly #path: string;
  #untap: () => void = () => {};
  #failure: ControlError | null = null;

  /** @throws ControlError CAPTURE_FILE */
  constructor(stack: Stack, path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, "w");
    } catch (error) {
      throw this.#error(error);
    }
    this.#write(pcapngHeader(stack.devices.map((device) => device.name)));
    if (this.#failure) return;
    this.#untap = stack.network.tap((skb, device, outgoing) => {
      const direction = outgoing ? Direction.OUT : Direction.IN;
      this.#write(pcapngPacket(stack.devices.indexOf(device), stack.clock.wallTime(), skb.contents(), direction));
    });
  }

  /** @throws ControlError CAPTURE_FILE when the file did not take all of it; it may end in the middle of a frame then */
  close(): void {
    this.#untap();
    closeSync(this.#fd);
    if (this.#failure) throw this.#failure;
  }

  /** A disk that is full is no reason to stop the stack: the capture ends there, and close() says so. */
  #write(block: Uint8Array): void {
    try {
      for (let at = 0; at < block.length; ) at += writeSync(this.#fd, block, at);
    } catch (error) {
      this.#untap();
      this.#failure ??= this.#error(error);
    }
  }

  #error(error: unknown): ControlError {
    return new ControlError("CAPTURE_FILE", `cannot write the capture ${this.#path}: ${(error as Error).message}`);
  }
}
