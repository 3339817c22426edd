/** The data streams of an iperf3 test: all of them send, or all of them receive. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Parameters } from "./protocol.ts";

/** ms for which the receiver of a sender that has stopped may take to read all of it. */
const SETTLE = 500;

export class Streams {
  /** Bytes of each. */
  readonly counts: number[] = [];
  readonly #sockets: Socket[] = [];
  readonly #block: Uint8Array;
  /** Bytes that may still be sent. */
  #left: number;
  #sending = false;
  readonly #started: number = performance.now();
  readonly #before: NodeJS.CpuUsage = process.cpuUsage();

  constructor({ len, num }: Parameters) {
    this.#block = new Uint8Array(len).fill(0x77);
    this.#left = num > 0 ? num : Number.POSITIVE_INFINITY;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  get processor(): number {
    const { user, system } = process.cpuUsage(this.#before);
    return (user + system) / 1e6;
  }

  get bytes(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  add(socket: Socket): void {
    this.#sockets.push(socket);
    this.counts.push(0);
    socket.on("error", () => {});
  }

  receive(): void {
    for (const [index, socket] of this.#sockets.entries()) {
      socket.on("data", (bytes: Buffer) => {
        this.counts[index]! += bytes.length;
      });
    }
  }

  send(): void {
    this.#sending = true;
    for (const [index, socket] of this.#sockets.entries()) {
      const pour = (): void => {
        let room = true;
        while (room && this.#sending && this.#left > 0) {
          const part = this.#left < this.#block.length ? this.#block.subarray(0, this.#left) : this.#block;
          this.#left -= part.length;
          this.counts[index]! += part.length;
          room = socket.write(part);
        }
      };
      socket.on("drain", pour);
      pour();
    }
  }

  /** Sends no more. Returns when all that was sent has left, and has had the time to be read. */
  async stop(): Promise<void> {
    this.#sending = false;
    while (this.#sockets.some(({ writableLength, destroyed }) => writableLength > 0 && !destroyed)) await sleep(5);
    await sleep(SETTLE);
  }

  /** Waits until the sender has closed every stream. */
  async drained(): Promise<void> {
    await Promise.all(this.#sockets.map(async (socket) => socket.readableEnded || socket.destroyed || once(socket, "close")));
  }

  /** Waits until so many bytes have come. */
  async reach(bytes: number): Promise<void> {
    for (let wait = 0; wait < 2000 && this.bytes < bytes; wait++) await sleep(5);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
