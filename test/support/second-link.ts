/** A second device of a lab's stack, on a wire of its own with a station of its own. */
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { type Heard, type Lab, Tester } from "./lab.ts";
import { decode, mac } from "./wire-format.ts";

export const US1 = "02:00:00:00:01:01";

export class SecondLink {
  readonly eth1: NetDevice;
  readonly nic: WireNic;
  readonly port: SegmentPort;
  readonly #lab: Lab;
  readonly #tester: Tester;

  private constructor(lab: Lab) {
    this.#lab = lab;
    const wire = new EthernetSegment(lab.clock, new SeededRandom(2));
    this.nic = new WireNic(lab.clock, wire, "eth1", Uint8Array.from(mac(US1)));
    this.eth1 = lab.stack.addDevice("eth1", this.nic);
    this.#tester = new Tester(lab.clock);
    this.port = wire.attach("tester", this.#tester);
  }

  static async open(lab: Lab, ...addresses: string[]): Promise<SecondLink> {
    const link = new SecondLink(lab);
    await link.eth1.open();
    for (const address of addresses) lab.stack.addAddress(link.eth1, address);
    return link;
  }

  say(frame: Uint8Array): void {
    this.port.transmit(frame, 0, frame.length);
    this.#lab.run(0);
  }

  /** Takes the frames heard since the last time. */
  take(): Heard[] {
    const frames = this.#tester.frames;
    this.#tester.frames = [];
    return frames;
  }

  /** Takes the frames heard since the last time, each as one line with its time. */
  heard(): string[] {
    return this.take().map(({ time, bytes }) => [time, decode(bytes).line, ...decode(bytes).faults].join(" "));
  }
}
