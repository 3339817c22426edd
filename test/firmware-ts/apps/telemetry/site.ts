/** A board with the telemetry firmware and a gateway that listens, in virtual time. */
import type { Format } from "../../../../firmware-ts/apps/telemetry/contract/format.ts";
import { FORMATS } from "../../../../firmware-ts/apps/telemetry/formats/index.ts";
import { Telemetry, type TelemetryEvent, type TelemetryOptions } from "../../../../firmware-ts/apps/telemetry/telemetry.ts";
import { SimulatedGateway } from "../../../../firmware-ts/board/gateway.ts";
import type { NetDevice } from "../../../../firmware-ts/net/device.ts";
import { ipv4, Stack } from "../../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../../hal/clock.ts";
import type { Sensor } from "../../../../hal/gpio.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { EthernetSegment } from "../../../../hal/simulated/segment.ts";
import { WireNic } from "../../../../hal/simulated/wire-nic.ts";

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

/** A board and a gateway that listens, on a hub: either can be unplugged and the other still has its link. */
export class Site {
  readonly clock: VirtualClock;
  readonly wire: EthernetSegment;
  readonly stack: Stack;
  readonly gateway: SimulatedGateway;
  readonly nic: WireNic;
  readonly eth0: NetDevice;
  readonly events: TelemetryEvent[] = [];
  /** Points that arrived, with the time of their arrival. */
  readonly points: { time: number; line: string }[] = [];

  private constructor(ip6: boolean, epoch?: number) {
    this.clock = new VirtualClock(epoch);
    this.wire = new EthernetSegment(this.clock, new SeededRandom(1));
    this.nic = new WireNic(this.clock, this.wire, "board", MAC);
    const families = ip6 ? ([4, 6] as const) : ([4] as const);
    this.stack = new Stack({ clock: this.clock, random: new SeededRandom(2), families });
    this.eth0 = this.stack.addDevice("eth0", this.nic);
    const more = ip6 ? ["fd00::2/64"] : [];
    this.gateway = new SimulatedGateway(this.clock, new SeededRandom(3), this.wire, "10.0.0.2/24", [], more);
  }

  /**
   * Both have an address of IPv6, too, where that is asked for: fd00::1 and fd00::2.
   * @param options.epoch ms since 1970 at which it begins
   */
  static async open({ ip6 = false, epoch }: { readonly ip6?: boolean; readonly epoch?: number } = {}): Promise<Site> {
    const site = new Site(ip6, epoch);
    site.wire.attach("third", { wireFrame: () => {}, wireLink: () => {} });
    await site.eth0.open();
    await site.gateway.open();
    site.stack.addAddress(site.eth0, "10.0.0.1/24");
    if (ip6) {
      site.stack.addAddress(site.eth0, "fd00::1/64");
      // Until duplicate address detection is over.
      await site.clock.advance(3000);
    }
    const decoder = new TextDecoder();
    site.gateway.stack.udp.open(8094).onDatagram = (bytes, at, length) =>
      site.points.push({ time: site.clock.now(), line: decoder.decode(bytes.subarray(at, at + length)) });
    return site;
  }

  telemetry(every = 3000, sensors: Sensor[] = [], address = "10.0.0.2", more: Partial<TelemetryOptions> = {}): Telemetry {
    const options = { node: "pico", address: ipv4(address), port: 8094, every, sensors, ...more };
    const telemetry = new Telemetry(this.stack, options);
    telemetry.onEvent = (event) => this.events.push({ ...event });
    return telemetry;
  }

  get said(): string[] {
    return this.events.map(({ seq, time, status, reason, waited }) =>
      [`#${seq}`, time, status, reason, waited === null ? "" : `after ${waited}`].filter((word) => word !== "").join(" "),
    );
  }
}

export function sensor(kind: string, read: () => number): Sensor {
  return { kind, pin: "A0", unit: "V", read };
}

/** A format by its name, as a rig has it. */
export function formatOf(name: string): Format {
  const known = FORMATS.find(({ format }) => format === name);
  if (!known) throw new Error(`no format ${name}`);
  return known;
}
