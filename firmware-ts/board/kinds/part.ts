/** The parts of one device of a rig, and the steps that several kinds of device share in the making. */
import type { ChipPins } from "../../../hal/chip-pins.ts";
import type { Clock } from "../../../hal/clock.ts";
import type { EthernetController } from "../../../hal/ethernet.ts";
import type { SpiWatcher } from "../../../hal/kit/watched-spi-bus.ts";
import type { Random } from "../../../hal/random.ts";
import type { ControllerPort } from "../../../hal/simulated/controller-port.ts";
import type { EthernetSegment } from "../../../hal/simulated/segment.ts";
import type { DeviceConfig } from "../rig/rig.ts";

/** One device's controller and what belongs to it. Whether a fallback was taken is known once the controller was opened. */
export interface Part {
  readonly controller: EthernetController;
  /** The simulated wire, if there is one. */
  readonly segment: EthernetSegment | null;
  /** The far end of the wire is free: a simulated gateway belongs there. */
  readonly wantsGateway: boolean;
  /** A fallback was taken: what was asked for, and why it is not there. */
  readonly fallback: string | null;
  /** Has to be open before the controller is. */
  readonly wire: ControllerPort | null;
}

/** The materials of a device. */
export interface Workshop {
  readonly clock: Clock;
  readonly random: Random;
  /** The interface that is a device's wire stopped working, or is back (null). A controller tells its own failures to its host. */
  readonly onWire: (trouble: Error | null) => void;
  /** The chip's reset and power, where the rig has them on pins of the board. */
  readonly pins?: ChipPins | null;
  /** Looks on at the SPI bus of a device that has one. */
  readonly onSpi?: SpiWatcher;
}

/** Makes one device, opening nothing. Its code is loaded. @throws ControllerError */
export type Maker = (config: DeviceConfig, shop: Workshop) => Part;

/** A controller that needs nothing around it. */
export function bare(controller: EthernetController): Part {
  return { controller, segment: null, wantsGateway: false, fallback: null, wire: null };
}

/** A chip's station address: the rig's, else a locally administered one that is the same for the same seed and name. */
export function stationAddress({ mac, name }: DeviceConfig, { random }: Workshop): Uint8Array {
  if (mac) return mac;
  const source = random.fork(`mac/${name}`);
  const drawn = Uint8Array.from({ length: 6 }, () => source.below(256));
  drawn[0] = 0x02;
  return drawn;
}

/** Plugs a real interface into the far end of a simulated wire. */
export type WireMaker = (
  shop: Pick<Workshop, "clock" | "onWire">,
  segment: EthernetSegment,
  iface: string,
  address?: Uint8Array,
) => ControllerPort;

/** Loads the code for a real interface as the far end of a simulated wire. */
export async function loadWire(): Promise<WireMaker> {
  const { PacketController } = await import("../../../drivers/packet/packet.ts");
  const { ControllerPort } = await import("../../../hal/simulated/controller-port.ts");
  return ({ clock, onWire }, segment, iface, address) => {
    const packet = new PacketController(clock, { interface: iface, ...(address ? { address } : {}) });
    return new ControllerPort(clock, segment, iface, packet, { onFailed: onWire, onBack: () => onWire(null) });
  };
}
