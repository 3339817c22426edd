/** The host at the other end of a simulated wire: a stack of its own that answers ARP and ping and takes telemetry in silence. */
import type { Clock } from "../../hal/clock.ts";
import type { Random } from "../../hal/random.ts";
import type { EthernetSegment } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { Stack } from "../stack.ts";

/** The simulated gateway's station address, always the same, so that a rig's static entry can name it. */
export const GATEWAY_MAC: Uint8Array = Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0xfe);

export class SimulatedGateway {
  readonly address: string;
  readonly stack: Stack;
  readonly #cidr: string;
  readonly #nic: WireNic;
  readonly #sink: number | null;

  /**
   * @param cidr its address and the subnet's length, `192.168.10.1/24`
   * @param sink UDP port on which it takes datagrams without an answer; null for none
   */
  constructor(clock: Clock, random: Random, segment: EthernetSegment, cidr: string, sink: number | null) {
    this.#cidr = cidr;
    this.address = cidr.split("/")[0] as string;
    this.stack = new Stack({ clock, random, pool: { limit: 1024 } });
    this.#nic = new WireNic(clock, segment, "gateway", GATEWAY_MAC);
    this.#sink = sink;
  }

  async open(): Promise<void> {
    const device = this.stack.addDevice("eth0", this.#nic);
    await device.open();
    this.stack.addAddress(device, this.#cidr);
    if (this.#sink !== null) this.stack.udp.open(this.#sink);
  }

  async close(): Promise<void> {
    await this.stack.close();
  }
}
