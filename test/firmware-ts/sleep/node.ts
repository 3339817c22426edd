/** A node that may sleep, an ENC28J60 on a cable, and at its far end a gateway that listens. */
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import { macAddress, Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { HeldClock } from "../../../hal/held-clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { SimulatedSpiBus } from "../../../hal/simulated/spi-bus.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { CALM } from "../../support/enc28j60-bench.ts";

export const NODE = "192.168.10.10";
export const GATEWAY = "192.168.10.1";
export const PORT = 8094;

export interface NodeWish {
  /** From power to a link, in ms: silicon takes tens of them. */
  linkDelay?: number;
  families?: readonly (4 | 6)[];
}

export class SleepyNode {
  readonly clock: VirtualClock = new VirtualClock();
  readonly nodeClock: HeldClock = new HeldClock(this.clock);
  readonly segment: EthernetSegment = new EthernetSegment(this.clock, new SeededRandom("wire"));
  readonly chip: Enc28j60Chip;
  readonly bus: SimulatedSpiBus;
  readonly stack: Stack;
  readonly eth0: NetDevice;
  readonly gateway: Stack;
  readonly nic: WireNic;
  /** Datagrams that the gateway received, as text. */
  readonly received: string[] = [];
  /** ARP frames on the wire, as `request|reply to all|one`. */
  readonly arp: string[] = [];

  private constructor({ linkDelay = 50, families = [] }: NodeWish) {
    const { clock, segment } = this;
    this.chip = new Enc28j60Chip(clock, segment, "eth0", { errata: CALM, linkDelay, spiHz: 10_000_000 });
    this.bus = new SimulatedSpiBus(this.chip, clock);
    const driver = new Enc28j60(this.bus, clock, { address: macAddress("02:00:5e:10:00:01"), interrupt: this.chip.interrupt });
    this.stack = new Stack({ clock: this.nodeClock, random: new SeededRandom(7), families });
    this.eth0 = this.stack.addDevice("eth0", driver);
    this.gateway = new Stack({ clock, random: new SeededRandom(8), families });
    this.nic = new WireNic(clock, segment, "gateway", macAddress("02:00:5e:10:00:fe"));
    this.stack.network.tap((skb, _device, outgoing) => {
      if (skb.protocol !== 0x0806 && skb.view.getUint16(skb.data + 12) !== 0x0806) return;
      const to = skb.bytes[skb.data] === 0xff ? "all" : "one";
      this.arp.push(`${outgoing ? "out" : "in"} ${skb.bytes[skb.data + 21] === 1 ? "request" : "reply"} to ${to}`);
    });
  }

  static async open(wish: NodeWish = {}): Promise<SleepyNode> {
    const node = new SleepyNode(wish);
    const { stack, eth0, gateway } = node;
    const far = gateway.addDevice("eth0", node.nic);
    await node.passes(Promise.all([eth0.open(), far.open()]));
    await node.clock.advance(100);
    stack.addAddress(eth0, `${NODE}/24`);
    gateway.addAddress(far, `${GATEWAY}/24`);
    const socket = gateway.udp.open(PORT);
    socket.onDatagram = (bytes, at, length) => {
      node.received.push(new TextDecoder().decode(bytes.subarray(at, at + length)));
    };
    return node;
  }

  /** Lets time pass until something has come about; how long it took, in ms. */
  async passes(work: Promise<unknown>, step = 0.25): Promise<number> {
    const began = this.clock.now();
    let over = false;
    const settled = work.finally(() => {
      over = true;
    });
    settled.catch(() => undefined);
    while (!over && this.clock.now() - began < 60_000) await this.clock.advance(step);
    await settled;
    return this.clock.now() - began;
  }

  async close(): Promise<void> {
    await this.passes(Promise.all([this.stack.close(), this.gateway.close()]));
  }
}
