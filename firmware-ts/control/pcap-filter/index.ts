/** Filters of captures in the words of tcpdump: `new PcapFilter("arp or icmp").matches(frame, false)`. */
import { FilterPacket, type Test } from "./packet.ts";
import { parseFilter } from "./parse.ts";

export { FilterError } from "./words.ts";

export class PcapFilter {
  readonly #test: Test;
  readonly #packet = new FilterPacket();

  /** @throws FilterError */
  constructor(text: string) {
    this.#test = parseFilter(text);
  }

  /** @param frame whole, from its Ethernet head on */
  matches(frame: Uint8Array, outgoing: boolean): boolean {
    this.#packet.set(frame, outgoing);
    return this.#test(this.#packet) && !this.#packet.outside;
  }
}
