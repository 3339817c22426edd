/** `fallback: simulated`: hardware that is missing at its first opening gives its place to the chip's model. */
import {
  type ControllerCapabilities,
  ControllerError,
  type ControllerHealth,
  type ControllerHost,
  type EthernetController,
  type LinkStatistics,
  OWN_FRAMES_ONLY,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import { copyGroups } from "../../hal/kit/receive-filter.ts";
import type { EthernetSegment } from "../../hal/simulated/segment.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Part } from "./kinds/part.ts";

export class FallbackPart implements Part {
  readonly controller: EthernetController;
  /** The controller opens it, for its failure is the hardware's. */
  readonly wire = null;
  readonly #choice: Choice;

  /** @param model makes the device that stands in, of the same driver and with the same station address */
  constructor(hardware: Part, model: () => Part) {
    this.#choice = new Choice(hardware, model);
    this.controller = this.#choice;
  }

  get segment(): EthernetSegment | null {
    return this.#choice.part.segment;
  }

  get wantsGateway(): boolean {
    return this.#choice.part.wantsGateway;
  }

  get fallback(): string | null {
    return this.#choice.reason;
  }
}

class Choice implements EthernetController {
  part: Part;
  /** The hardware's failure, while the model stands in; null while the hardware has its place. */
  reason: string | null = null;
  readonly #model: () => Part;
  #mode: ReceiveMode = OWN_FRAMES_ONLY;
  #controller: EthernetController;
  /** The hardware was there, or its model has come: a failure from now on is one of the device. */
  #settled = false;
  /** Counts open() and close(), so that an open() knows that it was overtaken. */
  #epoch = 0;

  constructor(hardware: Part, model: () => Part) {
    this.part = hardware;
    this.#controller = hardware.controller;
    this.#model = model;
  }

  get driver(): string {
    return this.#controller.driver;
  }

  get description(): string {
    return this.#controller.description;
  }

  get simulated(): boolean {
    return this.#controller.simulated;
  }

  get address(): Uint8Array {
    return this.#controller.address;
  }

  get capabilities(): ControllerCapabilities {
    return this.#controller.capabilities;
  }

  get health(): ControllerHealth | undefined {
    return this.#controller.health;
  }

  get heals(): boolean {
    return this.#controller.heals ?? false;
  }

  driverStatistics(): readonly (readonly [name: string, value: number])[] {
    return this.#controller.driverStatistics?.() ?? [];
  }

  get statistics(): LinkStatistics {
    return this.#controller.statistics;
  }

  async open(host: ControllerHost): Promise<void> {
    const epoch = ++this.#epoch;
    try {
      await this.part.wire?.open();
      await this.#controller.open(host);
    } catch (error) {
      await this.part.wire?.close();
      if (this.#settled || epoch !== this.#epoch || !(error instanceof ControllerError)) throw error;
      this.reason = error.message;
      this.part = this.#model();
      this.#controller = this.part.controller;
      this.#controller.setReceiveMode(this.#mode);
      await this.#controller.open(host);
    }
    this.#settled = true;
  }

  async close(): Promise<void> {
    this.#epoch++;
    await this.#controller.close();
    await this.part.wire?.close();
  }

  async suspend(): Promise<void> {
    await this.#controller.suspend?.();
  }

  async resume(): Promise<void> {
    await this.#controller.resume?.();
  }

  transmit(skb: SkBuff): boolean {
    return this.#controller.transmit(skb);
  }

  poll(budget: number): number {
    return this.#controller.poll(budget);
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#mode = { ...mode, groups: copyGroups(mode) };
    this.#controller.setReceiveMode(mode);
  }
}
