/** Packets that go up together. An array, for a link from packet to packet is a store of an object, at which V8's collector has to look. */
import type { SkBuff } from "../../hal/skbuff.ts";

export class PacketList {
  readonly #packets: SkBuff[] = [];
  #first = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#first;
  }

  enqueue(skb: SkBuff): void {
    this.#packets[this.#end] = skb;
    this.#end++;
  }

  /** Takes the oldest packet; null when there is none. */
  dequeue(): SkBuff | null {
    if (this.#first === this.#end) {
      this.#first = 0;
      this.#end = 0;
      return null;
    }
    const skb = this.#packets[this.#first] as SkBuff;
    this.#first++;
    return skb;
  }
}
