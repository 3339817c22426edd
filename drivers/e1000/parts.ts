/** Parts of a driver that need its device's memory: rings in it, their users, and the guard of the chip. */
import type { ControllerHealth, LinkStatistics } from "../../hal/ethernet.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import type { AddressFilter } from "./filters.ts";
import { Guard } from "./guard.ts";
import type { InterruptMask } from "./interrupts.ts";
import type { Settings } from "./options.ts";
import { Receiver } from "./receiver.ts";
import { DmaLayout } from "./rings.ts";
import type { ChipStatistics } from "./statistics.ts";
import { Transmitter } from "./transmitter.ts";

/** Parts that exist from the beginning. */
interface Ground {
  readonly bus: MmioBus;
  readonly filter: AddressFilter;
  readonly interrupts: InterruptMask;
  readonly chip: ChipStatistics;
  readonly link: LinkStatistics;
  readonly health: ControllerHealth;
}

export interface Parts {
  readonly layout: DmaLayout;
  readonly receiver: Receiver;
  readonly transmitter: Transmitter;
  readonly guard: Guard;
}

/** @throws ControllerError DMA_NO_MEMORY */
export function makeParts(ground: Ground, { rxRing, txRing }: Settings): Parts {
  const { bus, link, chip, health } = ground;
  const layout = new DmaLayout(bus.dma, rxRing, txRing);
  const receiver = new Receiver(bus, layout, link, chip.own);
  const transmitter = new Transmitter(bus, layout, link, chip.own);
  return { layout, receiver, transmitter, guard: new Guard({ ...ground, layout, receiver, transmitter }, link, health) };
}
