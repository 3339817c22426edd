/**
 * The two contracts of this folder. A DeviceKind is a controller with its driver, a BusKind the way to a controller: one file
 * each, and a line in index.ts. Both are descriptions: they load drivers, bridges and models only when a device is made.
 */
import type * as v from "valibot";
import type { CapabilityName } from "../../../hal/bridges/linux/privileges.ts";
import type { ChipPins } from "../../../hal/chip-pins.ts";
import type { Clock } from "../../../hal/clock.ts";
import type { EthernetController } from "../../../hal/ethernet.ts";
import type { SpiWatcher } from "../../../hal/kit/watched-spi-bus.ts";
import type { MmioBus } from "../../../hal/mmio.ts";
import type { EthernetSegment } from "../../../hal/simulated/segment.ts";
import type { SpiBus } from "../../../hal/spi.ts";
import type { ChipConfig } from "../rig/chip-config.ts";
import type { BusConfig, DeviceConfig } from "../rig/rig.ts";
import type { Keys } from "../rig/schema.ts";
import type { Maker } from "./part.ts";

/** A bus as a rig file has it: its kind, and its keys as they were read. */
export interface BusSource {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** The same with the keys that a kind's own schema has. */
export type SourceOf<K extends Keys> = { readonly kind: string } & Readonly<v.InferOutput<v.ObjectSchema<K, undefined>>>;

/** A controller's place in a rig. */
export interface Site {
  readonly clock: Clock;
  /** The device's name. */
  readonly name: string;
  /** The rig's station address, or one drawn for a chip that has none. */
  readonly address: Uint8Array;
  /** Null: the chip's reset and power are not on pins of the board. */
  readonly pins: ChipPins | null;
  /** Looks on at the chip's SPI bus, where it has one; absent: nobody does. */
  readonly onSpi?: SpiWatcher;
}

/** The ways to a controller. A bus offers one of them, a device takes one or several; both together are a device of a rig. */
export interface Attachments {
  /** The chip's model at one end of a simulated wire, with its driver. */
  model: (site: Site, segment: EthernetSegment, chip: ChipConfig) => EthernetController;
  /** The driver of a chip behind SPI. */
  spi: (site: Site, bus: SpiBus) => EthernetController;
  /** The driver of a chip whose registers are memory; its station address is in the chip. */
  mmio: (site: Site, bus: MmioBus) => EthernetController;
  /** The driver of a network interface of this machine. `address`: the rig's; undefined leaves the interface its own. */
  interface: (clock: Clock, iface: string, address: Uint8Array | undefined) => EthernetController;
}

export type Attachment = keyof Attachments;

/** A kind of device, by its driver. */
export interface DeviceKind {
  /** The driver, as `driver:` and a SPEC name it. */
  readonly driver: string;
  /** For each way to this controller: loads the driver (and for `model` the model) with a literal import(). */
  readonly attach: { readonly [A in Attachment]?: () => Promise<Attachments[A]> };
  /** The chip has reset and supply pins that a board can hold: keys `reset` and `power`. Default false. */
  readonly pins?: boolean;
  /** Its model comes in revisions with errata: key `chip` of a simulated bus. Default false. */
  readonly revisions?: boolean;
  /** The interface is made for the stack and not there before. Default false. */
  readonly makesInterface?: boolean;
  /** The meaning of its SPEC for the help, where its bus tells too little. */
  readonly meaning?: string;
  /** Something that `whohas check` should warn of; null if there is nothing. */
  note?(bus: BusConfig): string | null;
}

/** Something wrong with a bus, at one of its keys. */
export interface Complaint {
  readonly key: string;
  readonly message: string;
  /** It is about the key, not about its value. */
  readonly atKey: boolean;
}

/** The part of a SPEC behind `DRIVER:KIND`, or behind `DRIVER:` for a kind without a word. */
export interface SpecTail {
  /** The mark between the kind and its path; empty if nothing follows. */
  readonly mark: "" | ":" | "@";
  readonly path: string;
  /** An error that says what is wrong, and which forms there are. */
  wrong(problem: string): Error;
}

/** Words behind a SPEC's commas besides `mac=`. */
export interface SpecOptions<C extends BusConfig> {
  /** The options as messages name them: `revision=B5, strict`. */
  readonly forms: string;
  /** The device can have them on this bus. */
  suit(device: DeviceKind): boolean;
  /** The bus with one option more; null if there is no such option. `value` is null without an equals sign. @throws UnitError */
  read(bus: C, key: string, value: string | null): C | null;
  /** The options that read() reads back to the same. */
  write(bus: C): readonly string[];
}

/** A kind of bus. C is its form in a Rig. Methods get buses of this kind only. */
export interface BusKind<C extends BusConfig = BusConfig> {
  readonly kind: string;
  readonly attachment: Attachment;
  /** The schema of its keys in a rig file, without `kind`. */
  readonly keys: Keys;
  /** Example values of the keys that must be there, for the message that one is not. */
  readonly examples?: Readonly<Record<string, string>>;
  /** The key whose value such a device has to itself: two devices with the same value are refused. */
  readonly claims: string;
  /** It leads to hardware that may be missing, so that `fallback: simulated` means something. */
  readonly mayBeMissing: boolean;
  /** Makes the bus from a rig file's keys, every value of which was accepted. */
  fromFile(source: BusSource): C;
  /** Complaints about values that are good by themselves and do not fit together. Refused values are undefined. */
  check?(source: Readonly<Record<string, unknown>>, device: DeviceKind | undefined): readonly Complaint[];
  /** A SPEC has the path right behind `DRIVER:`, without this kind's name. Default false. */
  readonly wordless?: boolean;
  /** A SPEC's forms behind `DRIVER:`, for messages: `sim`, `sim@IFACE`. */
  readonly forms: readonly string[];
  /** The meaning of each of them, for the help. */
  readonly meanings: readonly string[];
  /** @throws UnitError, or what tail.wrong() makes */
  fromSpec(tail: SpecTail): C;
  /** The text that fromSpec() reads back to the same bus, without keys that a SPEC has no words for. */
  toSpec(bus: C): string;
  readonly options?: SpecOptions<C>;
  /** The capabilities that a device on it needs, also to be opened anew after a failure. Default none. */
  needs?(bus: C, device: DeviceKind): readonly CapabilityName[];
  /** The thing it takes for itself on this machine: a port, a path, an interface; null for none. */
  resource(bus: C): string | null;
  /** Words for people, behind the driver's name. */
  describe(bus: C, device: DeviceKind): string;
  /** The reason that a device on it cannot run in virtual time; null if it can. */
  realTime(bus: C, device: DeviceConfig): string | null;
  /** Loads the code of devices on this bus. @throws ControllerError when the device has no such bus */
  load(bus: C, device: DeviceKind): Promise<Maker>;
}
