/**
 * QEMU's monitor (QMP: JSON over a stream), for the one thing that only it can do: pull and plug the controller's cable. Nothing
 * waits for its answers; they are read and thrown away, or QEMU would stop at a full socket.
 */
import type { Watch } from "../linux/libc.ts";
import type { QemuCalls } from "./libc.ts";

const INPUT = 4096;

export class QemuMonitor {
  readonly #libc: QemuCalls;
  readonly #input = new Uint8Array(INPUT);
  readonly #watch: Watch;
  readonly #fd: number;
  #open = true;

  constructor(libc: QemuCalls, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    const address = libc.address(this.#input.buffer);
    this.#watch = libc.watch(fd, () => {
      const count = libc.receive(fd, address, INPUT);
      if (count === 0 || (count < 0 && !libc.wouldWait())) this.close();
    });
    this.#say({ execute: "qmp_capabilities" });
  }

  /** @param name the device's id */
  setLink(name: string, up: boolean): void {
    this.#say({ execute: "set_link", arguments: { name, up } });
  }

  /** Stops listening. Its owner closes the descriptor. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch.close();
  }

  /** Short, and QEMU reads at once: it fits into the socket, or QEMU is past listening. */
  #say(command: object): void {
    if (!this.#open) return;
    const bytes = new TextEncoder().encode(JSON.stringify(command));
    this.#libc.send(this.#fd, this.#libc.address(bytes.buffer) + bytes.byteOffset, bytes.length);
  }
}
