/**
 * The least hardware that the driver of an e1000 can work on: registers that answer what it expects, and a DMA engine that moves a frame
 * between its ring and a wire of 64 frames with one copy by the kernel of hal/packet-memory.ts, checks, sums up and counts nothing. The chip model does the rest of a
 * chip's work too, some of it byte by byte; timed with this engine, only the driver and the stack are left.
 */

import { Cause, DD, Eerd, Mdic, Register, Rxcsum, RxStatus, Status, TxCommand } from "../../drivers/e1000/registers.ts";
import type { ControllerError } from "../../hal/ethernet.ts";
import { SimulatedInterrupt } from "../../hal/interrupt.ts";
import type { DmaMemory, MmioBus } from "../../hal/mmio.ts";
import { type Kernel, makeKernel } from "../../hal/packet-memory.ts";
import { SLOT_BYTES } from "../../hal/skbuff.ts";

const MEMORY = 8 * 1024 * 1024;
const BASE = 0x10_0000;
const WIRE_FRAMES = 64;
const ARRIVING: number = MEMORY + WIRE_FRAMES * SLOT_BYTES;
/** Bytes of a page of WebAssembly. */
const PAGE = 65_536;
const REGISTERS = 0x8000;
const IPCS = 0x40;
/** Checked by the driver: a PHY's identifier, and that it negotiates. */
const PHY_ANSWER = 0x1000;

export class RingEngine implements MmioBus {
  readonly description = "e1000 rings without a chip";
  readonly simulated = true;
  readonly interrupt: SimulatedInterrupt = new SimulatedInterrupt();
  readonly dma: DmaMemory;
  onFailed: ((error: ControllerError) => void) | null = null;
  /** Frames that went out onto the wire. */
  frames = 0;
  readonly #registers = new Uint32Array(REGISTERS >> 2);
  /** Shared memory, the wire behind it, and the frame that comes in: one buffer, so that a copy needs no view. */
  readonly #all: Uint8Array;
  readonly #copy: Kernel["copy"];
  /** The frame that lies at ARRIVING. */
  #arriving: Uint8Array | null = null;
  readonly #words: Uint32Array;
  /** No chip checks checksums. */
  readonly #sums: boolean;
  #causes = 0;
  #mask = 0;
  #receiveHead = 0;
  #transmitHead = 0;
  #slot = 0;

  /** @param sums checksums are checked on receive, as the chip does; else the stack has to */
  constructor(sums: boolean) {
    this.#sums = sums;
    const kernel = makeKernel(Math.ceil((ARRIVING + SLOT_BYTES) / PAGE));
    if (kernel === null) throw new Error("the bench needs WebAssembly with vector instructions");
    const buffer = kernel.memory;
    this.#copy = kernel.copy;
    this.#all = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer, 0, MEMORY >> 2);
    this.dma = { bytes: new Uint8Array(buffer, 0, MEMORY), words: this.#words, base: BASE };
    this.#registers[Register.STATUS >> 2] = Status.FD | Status.LU;
    this.#registers[Register.EERD >> 2] = Eerd.DONE;
    this.#registers[Register.MDIC >> 2] = Mdic.READY | PHY_ANSWER;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  read32(offset: number): number {
    if (offset === Register.ICR) {
      const causes = this.#causes;
      this.#causes = 0;
      this.#signal();
      return causes;
    }
    // Resets are over at once.
    return offset === Register.CTRL ? 0 : this.#registers[offset >> 2]!;
  }

  write32(offset: number, value: number): void {
    switch (offset) {
      case Register.STATUS:
      case Register.EERD:
      case Register.MDIC:
        return;
      case Register.IMS:
        this.#mask |= value;
        this.#signal();
        return;
      case Register.IMC:
        this.#mask &= ~value;
        this.#signal();
        return;
      case Register.RDH:
        this.#receiveHead = value;
        return;
      case Register.TDH:
        this.#transmitHead = value;
        return;
      case Register.TDT:
        this.#registers[offset >> 2] = value;
        if (this.#register(Register.TDLEN) > 0) this.#transmit(value);
        return;
      default:
        this.#registers[offset >> 2] = value;
    }
  }

  /** A frame from the wire; false when the driver has given no buffer for it. */
  receive(frame: Uint8Array): boolean {
    const head = this.#receiveHead;
    if (head === this.#register(Register.RDT)) return false;
    const word = this.#word(Register.RDBAL, head);
    const words = this.#words;
    if (frame !== this.#arriving) this.#stage(frame);
    this.#copy(words[word]! - BASE, ARRIVING, frame.length);
    words[word + 2] = frame.length;
    const sums = this.#sums && (this.#register(Register.RXCSUM) & Rxcsum.TUOFL) !== 0;
    words[word + 3] = DD | RxStatus.EOP | (sums ? IPCS | RxStatus.TCPCS : RxStatus.IXSM);
    this.#receiveHead = this.#after(head, Register.RDLEN);
    this.#causes |= Cause.RXT0;
    this.#signal();
    return true;
  }

  /** Lays a frame out on the wire. The same one comes again and again. */
  #stage(frame: Uint8Array): void {
    this.#all.set(frame, ARRIVING);
    this.#arriving = frame;
  }

  #transmit(tail: number): void {
    const words = this.#words;
    while (this.#transmitHead !== tail) {
      const word = this.#word(Register.TDBAL, this.#transmitHead);
      const command = words[word + 2]!;
      if ((command & (TxCommand.DEXT | TxCommand.DTYP_DATA)) !== TxCommand.DEXT) {
        const from = words[word]! - BASE;
        const length = command & 0xffff;
        this.#copy(MEMORY + SLOT_BYTES * this.#slot, from, length);
        this.#slot = (this.#slot + 1) & (WIRE_FRAMES - 1);
        words[word + 3] = DD;
        this.frames++;
      }
      this.#transmitHead = this.#after(this.#transmitHead, Register.TDLEN);
    }
    this.#causes |= Cause.TXDW;
    this.#signal();
  }

  #signal(): void {
    this.interrupt.set((this.#causes & this.#mask) !== 0);
  }

  #register(offset: number): number {
    return this.#registers[offset >> 2]!;
  }

  #word(ring: number, index: number): number {
    return ((this.#register(ring) - BASE) >> 2) + 4 * index;
  }

  #after(index: number, length: number): number {
    return 16 * (index + 1) === this.#register(length) ? 0 : index + 1;
  }
}
