/**
 * Packets that no controller's poll brings: the loopback device's, and those that IPv4 hands to itself. They wait here and are taken
 * in by a poll like any other, a weight's worth at a time (the kernel's netif_rx and process_backlog), so that a program that talks
 * to itself takes turns with the rest.
 */

import { DropReason } from "../../hal/drop-reason.ts";
import { type DropCounters, type SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";
import { Napi, type NapiScheduler, type Pollable } from "./napi.ts";
import type { Softnet } from "./softnet.ts";

/** The receiver of a packet whose turn has come. */
export interface BacklogTarget {
  /** The packet is the target's now. */
  backlogged(skb: SkBuff): void;
}

/** A queue that knows whom each packet is for. */
class Line {
  readonly packets = new SkBuffQueue();
  /** A ring as long as a power of two: the target of the packet `n` behind the head is at (#first + n) in it. */
  #targets: (BacklogTarget | null)[] = new Array<BacklogTarget | null>(64).fill(null);
  #first = 0;

  get length(): number {
    return this.packets.length;
  }

  push(skb: SkBuff, target: BacklogTarget): void {
    const { length } = this.packets;
    if (length === this.#targets.length) this.#grow();
    this.#targets[(this.#first + length) & (this.#targets.length - 1)] = target;
    this.packets.enqueue(skb);
  }

  /** Takes the target of the packet at the head, which is to be dequeued with it. */
  shift(): BacklogTarget {
    const target = this.#targets[this.#first] as BacklogTarget;
    this.#first = (this.#first + 1) & (this.#targets.length - 1);
    return target;
  }

  #grow(): void {
    const old = this.#targets;
    const { length } = old;
    this.#targets = new Array<BacklogTarget | null>(2 * length).fill(null);
    for (let at = 0; at < length; at++) this.#targets[at] = old[(this.#first + at) & (length - 1)] as BacklogTarget;
    this.#first = 0;
  }
}

export class Backlog implements Pollable {
  readonly #softnet: Softnet;
  readonly #napi: Napi;
  /** New packets wait in the first, those that a poll has begun on in the second. Only the first counts towards the limit. */
  #input = new Line();
  #process = new Line();

  constructor(scheduler: NapiScheduler) {
    this.#softnet = scheduler.softnet;
    this.#napi = new Napi(scheduler, this, this.#weight);
    this.#napi.enable();
  }

  /** Packets that wait to be taken up by a poll. */
  get inputLength(): number {
    return this.#input.length;
  }

  /** Packets that a poll has taken up and not finished. */
  get processLength(): number {
    return this.#process.length;
  }

  /** False when there is no room; counted, but the packet stays the caller's, to be dropped as CPU_BACKLOG. */
  enqueue(skb: SkBuff, target: BacklogTarget): boolean {
    if (this.#input.length > this.#softnet.netdevMaxBacklog) {
      this.#softnet.dropped++;
      return false;
    }
    this.#input.push(skb, target);
    if (!this.#napi.scheduled) this.#napi.schedule();
    return true;
  }

  poll(budget: number): number {
    this.#napi.weight = this.#weight;
    let work = 0;
    for (;;) {
      while (this.#process.length > 0) {
        const target = this.#process.shift();
        target.backlogged(this.#process.packets.dequeue() as SkBuff);
        if (++work >= budget) return work;
      }
      if (this.#input.length === 0) break;
      const empty = this.#process;
      this.#process = this.#input;
      this.#input = empty;
    }
    this.#napi.complete(work);
    return work;
  }

  /** Drops the packets of a target that goes away as QUEUE_PURGE. */
  purge(target: BacklogTarget, drops: DropCounters): void {
    for (const line of [this.#process, this.#input]) {
      for (let left = line.length; left > 0; left--) {
        const whose = line.shift();
        const skb = line.packets.dequeue() as SkBuff;
        if (whose === target) drops.drop(skb, DropReason.QUEUE_PURGE);
        else line.push(skb, whose);
      }
    }
  }

  get #weight(): number {
    return this.#softnet.devWeight * this.#softnet.devWeightRxBias;
  }
}
