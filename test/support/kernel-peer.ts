/**
 * Our stack and the kernel at two ends of a cable, in real time: 10.9.0.2 and fd09::2 here, 10.9.0.1 and fd09::1 in a namespace of its own.
 * The cable may have faults: then the stack sits on a simulated wire, and a path leads from there to the interface.
 */
import { PacketController } from "../../drivers/packet/packet.ts";
import { CableEnd } from "../../firmware-ts/board/cable.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import { SystemClock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { FaultyPath, type PathOptions } from "./faulty-path.ts";
import { type Netns, VethPair } from "./netns.ts";

export class KernelPeer {
  readonly clock: SystemClock = new SystemClock();
  readonly stack: Stack;
  readonly eth0: NetDevice;
  readonly veth: VethPair = new VethPair();
  path: FaultyPath | null = null;
  readonly #closes: (() => Promise<void>)[] = [];

  private constructor(seed: number, faults: PathOptions | null) {
    const random = new SeededRandom(seed);
    this.stack = new Stack({ clock: this.clock, random, families: [4, 6], ip6Automatic: false });
    this.eth0 = this.stack.addDevice("eth0", this.#controller(random, faults));
  }

  /** @param offloads the kernel hands over frames without checksums, and several in one; a wire would not */
  static async open(seed = 1, faults: PathOptions | null = null, offloads = false): Promise<KernelPeer> {
    const peer = new KernelPeer(seed, faults);
    const { far, farName } = peer.veth;
    if (!offloads) far.run("ethtool", "-K", farName, "tso", "off", "gso", "off", "gro", "off", "tx", "off");
    far.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0", `net.ipv6.conf.${farName}.disable_ipv6=0`);
    far.ip("address", "add", "10.9.0.1/24", "dev", farName);
    far.ip("address", "add", "fd09::1/64", "dev", farName, "nodad");
    await peer.eth0.open();
    peer.stack.addAddress(peer.eth0, "10.9.0.2/24");
    peer.stack.addAddress(peer.eth0, "fd09::2/64");
    return peer;
  }

  get kernel(): Netns {
    return this.veth.far;
  }

  async close(): Promise<void> {
    await this.stack.close();
    for (const close of this.#closes) await close();
    this.veth.remove();
  }

  #controller(random: SeededRandom, faults: PathOptions | null): EthernetController {
    const packet = new PacketController(this.clock, { interface: this.veth.near });
    if (faults === null) return packet;
    const near = new EthernetSegment(this.clock, random.fork("near"));
    const far = new EthernetSegment(this.clock, random.fork("far"));
    this.path = new FaultyPath(this.clock, random.fork("path"), near, far, faults);
    const nic = (wire: EthernetSegment, last: number): WireNic =>
      new WireNic(this.clock, wire, `nic${last}`, Uint8Array.of(2, 0, 0, 0, 9, last), { queue: 4096 });
    const relay = nic(far, 3);
    const listener = { carrier: (): void => {}, failed: (): void => {} };
    const ends = CableEnd.pair(this.clock, packet, relay, [listener, listener]);
    for (const end of ends) {
      void end.open().then(() => end.controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] }));
      this.#closes.push(() => end.close());
    }
    return nic(near, 2);
  }
}
