/** Frames in a row for one protocol, which a poll collects and hands up together (the kernel's rx_list). */
import { DropReason } from "../../hal/drop-reason.ts";
import { type DropCounters, type SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";
import type { Softnet } from "./softnet.ts";

/** A protocol above Ethernet. It owns the packets, whose data begins behind the Ethernet header. */
export interface HandlerOn<Device> {
  receive(skb: SkBuff, device: Device): void;
  /**
   * As receive(), for several packets that came in a row: takes all of them from the list, first one first. Without this method they
   * are handed over one by one, as they come.
   */
  receiveList?(list: SkBuffQueue, device: Device): void;
}

export class ReceiveList<Device> {
  /** A poll is under way: what comes is collected. */
  collecting = false;
  readonly #device: Device;
  readonly #softnet: Softnet;
  readonly #list = new SkBuffQueue();
  #handler: HandlerOn<Device> | null = null;

  constructor(device: Device, softnet: Softnet) {
    this.#device = device;
    this.#softnet = softnet;
  }

  /** Packets that were collected and not handed up yet. */
  get length(): number {
    return this.#list.length;
  }

  /** Collects one packet, or hands it up at once when its protocol takes no lists. */
  add(skb: SkBuff, handler: HandlerOn<Device>): void {
    if (handler === this.#handler) this.#collect(skb);
    else if (this.#list.length > 0) this.#deliverBefore(skb, handler);
    else this.#begin(skb, handler);
  }

  /**
   * Hands up what was collected. When a handler of an application throws, the rest is handed up first, so that no packet is lost, and
   * the error is thrown then.
   */
  deliver(): void {
    const handler = this.#handler as HandlerOn<Device>;
    this.#handler = null;
    let errors: unknown[] | null = null;
    while (this.#list.length > 0) {
      try {
        handler.receiveList?.(this.#list, this.#device);
      } catch (error) {
        errors ??= [];
        errors.push(error);
      }
    }
    if (errors) throw errors.length === 1 ? errors[0] : new AggregateError(errors, `${errors.length} receive handlers failed`);
  }

  /** Drops what was collected: the device was closed from within a poll. */
  purge(drops: DropCounters): void {
    this.#handler = null;
    for (let skb = this.#list.dequeue(); skb; skb = this.#list.dequeue()) drops.drop(skb, DropReason.QUEUE_PURGE);
  }

  /** The first packet of a list, or one that its protocol takes by itself. */
  #begin(skb: SkBuff, handler: HandlerOn<Device>): void {
    if (this.collecting === true && handler.receiveList !== undefined) {
      this.#handler = handler;
      this.#collect(skb);
    } else handler.receive(skb, this.#device);
  }

  #collect(skb: SkBuff): void {
    this.#list.enqueue(skb);
    if (this.#list.length >= this.#softnet.groNormalBatch) this.deliver();
  }

  #deliverBefore(skb: SkBuff, handler: HandlerOn<Device>): void {
    try {
      this.deliver();
    } finally {
      this.#begin(skb, handler);
    }
  }
}
