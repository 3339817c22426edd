/**
 * The npm package spi-device in front of simulated pins, with the kernel behind it as far as one can see it from here: spidev's
 * buffer, when the chip select moves, and what transferSync() refuses (spi-device 3.1.2; drivers/spi/spidev.c).
 */
import type spi from "spi-device";
import { SpidevBus } from "../../hal/bridges/spidev.ts";
import type { SpiPins } from "../../hal/simulated/spi-pins.ts";

/** Of an arm64 machine. */
const DMA_ALIGNMENT = 128;

export class FakeSpiDevice implements spi.Package {
  /** The transfers of each message, in bytes. */
  readonly messages: number[][] = [];
  readonly opened: { bus: number; device: number; mode: number; bitsPerWord: number; maxSpeedHz: number }[] = [];
  bufferSize = 4096;
  /** Error code that the next calls of this kind fail with. */
  failOpen: string | null = null;
  failTransfer: string | null = null;
  open = 0;
  readonly #pins: SpiPins;
  #selected = false;

  constructor(pins: SpiPins) {
    this.#pins = pins;
  }

  openSync(bus: number, device: number, options: { mode: 0; bitsPerWord: number; maxSpeedHz: number }): spi.SpiDevice {
    if (this.failOpen) throw failure(this.failOpen, "openSync");
    this.opened.push({ bus, device, ...options });
    this.open++;
    let closed = false;
    return {
      transferSync: (message) => {
        if (closed) throw failure("EPERM", "transferSync");
        this.#transfer(message);
      },
      closeSync: () => {
        if (closed) throw failure("EPERM", "closeSync");
        closed = true;
        this.open--;
      },
    };
  }

  #transfer(message: spi.Transfer[]): void {
    if (this.failTransfer) throw failure(this.failTransfer, "transferSync");
    let send = 0;
    let receive = 0;
    for (const { byteLength, sendBuffer, receiveBuffer } of message) {
      if (sendBuffer.length < byteLength) throw failure("EINVAL", "toSpiTransfers");
      if (receiveBuffer && receiveBuffer.length < byteLength) throw failure("EINVAL", "toSpiTransfers");
      const aligned = Math.ceil(byteLength / DMA_ALIGNMENT) * DMA_ALIGNMENT;
      send += aligned;
      if (receiveBuffer) receive += aligned;
    }
    if (send > this.bufferSize || receive > this.bufferSize) throw failure("EMSGSIZE", "transferSync");
    this.messages.push(message.map((transfer) => transfer.byteLength));
    for (const [index, transfer] of message.entries()) {
      if (!this.#selected) this.#pins.select();
      this.#selected = true;
      for (let at = 0; at < transfer.byteLength; at++) {
        const received = this.#pins.clock(transfer.sendBuffer[at] as number);
        if (transfer.receiveBuffer) transfer.receiveBuffer[at] = received;
      }
      const last = index === message.length - 1;
      if (transfer.chipSelectChange === last) continue;
      this.#pins.deselect();
      this.#selected = false;
    }
  }
}

function failure(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}, made up`), { code, syscall });
}

/** A bus on such a package, on a machine that has /dev/spidev0.0 and no interrupt line. */
export function spidevOn(spi: FakeSpiDevice): SpidevBus {
  return new SpidevBus(
    { path: "/dev/spidev0.0", spiHz: 10_000_000 },
    {
      realPath: async (path) => path,
      importPackage: async () => spi,
      bufferSize: async () => spi.bufferSize,
      loadLibc: async () => {
        throw new Error("no line was asked for");
      },
    },
  );
}
