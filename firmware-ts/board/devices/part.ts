/** What a device of a rig is made of, and what several kinds of devices share in the making. */
import { PacketController } from "../../../drivers/packet/packet.ts";
import type { ChipPins } from "../../../hal/chip-pins.ts";
import type { Clock } from "../../../hal/clock.ts";
import type { EthernetController } from "../../../hal/ethernet.ts";
import type { Random } from "../../../hal/random.ts";
import { ControllerPort } from "../../../hal/simulated/controller-port.ts";
import type { EthernetSegment } from "../../../hal/simulated/segment.ts";

/** One device's controller and what belongs to it. What depends on whether the hardware is there is known once it was opened. */
export interface Part {
  readonly controller: EthernetController;
  /** The simulated wire, if there is one. */
  readonly segment: EthernetSegment | null;
  /** The far end of the wire is free: a simulated gateway belongs there. */
  readonly wantsGateway: boolean;
  /** A fallback was taken: what was asked for, and why it is not there. */
  readonly fallback: string | null;
  /** What has to be open before the controller is. */
  readonly wire: ControllerPort | null;
}

/** What devices are made from. */
export interface Workshop {
  readonly clock: Clock;
  readonly random: Random;
  /** The interface that is a device's wire stopped working, or is back (null); what the controller itself has to say goes to its host. */
  readonly onWire: (trouble: Error | null) => void;
  /** The chip's reset and power, where the rig has them on pins of the board. */
  readonly pins?: ChipPins | null;
}

/** A controller that needs nothing around it. */
export function bare(controller: EthernetController): Part {
  return { controller, segment: null, wantsGateway: false, fallback: null, wire: null };
}

/** A chip's station address where the rig names none: locally administered, and the same for the same seed and name. */
export function stableMac(random: Random, name: string): Uint8Array {
  const source = random.fork(`mac/${name}`);
  const mac = Uint8Array.from({ length: 6 }, () => source.below(256));
  mac[0] = 0x02;
  return mac;
}

/** A real interface as the far end of a simulated wire. */
export function interfaceOnWire(
  { clock, onWire }: Workshop,
  segment: EthernetSegment,
  iface: string,
  address?: Uint8Array,
): ControllerPort {
  const packet = new PacketController(clock, { interface: iface, ...(address ? { address } : {}) });
  return new ControllerPort(clock, segment, iface, packet, { onFailed: onWire, onBack: () => onWire(null) });
}
