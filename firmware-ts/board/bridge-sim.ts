/**
 * A simulated SPI bridge that any serprog client can open: an ENC28J60 model behind a program that plays a bridge, or behind a
 * simulated ATmega328P that runs the firmware we ship, or anybody's. Its Ethernet wire is simulated, with a gateway at the far end, or
 * a real interface.
 *
 *     const sim = await BridgeSim.make(clock, { endpoint: { kind: "pty", path: "/tmp/bridge" }, … });
 *     await sim.start();
 */
import { readFileSync } from "node:fs";
import { PtyEndpoint } from "../../hal/bridges/pty.ts";
import type { SerialEndpoint } from "../../hal/bridges/serial-endpoint.ts";
import { TcpEndpoint } from "../../hal/bridges/tcp-endpoint.ts";
import type { Clock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import type { SerialDevice } from "../../hal/serial-device.ts";
import { Atmega328p } from "../../hal/simulated/avr/atmega328p.ts";
import { FirmwareError } from "../../hal/simulated/avr/intel-hex.ts";
import { PICO_SERPROG, SerprogResponder } from "../../hal/simulated/bridges/serprog-responder.ts";
import type { ControllerPort } from "../../hal/simulated/controller-port.ts";
import type { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { Enc28j60Pins } from "../../hal/simulated/enc28j60/pins.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { dropsOf } from "../control/drops.ts";
import { whyUnreadable } from "./errno-words.ts";
import { SimulatedGateway } from "./gateway.ts";
import { enc28j60Chip } from "./kinds/chip-model.ts";
import { loadWire, type WireMaker } from "./kinds/part.ts";
import { readText } from "./read-text.ts";
import type { ChipConfig } from "./rig/chip-config.ts";
import { UnitError } from "./rig/units.ts";
import { show } from "./rig/wording.ts";

/**
 * The player of the bridge: our own program, the same program with the behaviour of pico-serprog, an Arduino Uno's microcontroller
 * with hal/bridges/firmware, or the same microcontroller with an Intel HEX file. A sketch in it has the chip's select at D10 (SS), its
 * INT at D2, and the serial line at D0 and D1.
 */
export type BridgeFirmware = "responder" | "pico-serprog" | "uno" | { readonly file: string };

/** `responder`, `pico-serprog`, `uno`, or the name of a file. @throws UnitError */
export function parseBridgeFirmware(text: string): BridgeFirmware {
  if (text === "responder" || text === "pico-serprog" || text === "uno") return text;
  if (/[/\\]|\.hex$/i.test(text)) return { file: text };
  throw new UnitError(`${show(text)}: say one of responder, pico-serprog, uno, or a file, as in sketch.hex`);
}

/** Rates that the firmware was built for, in bits a second. */
export const FIRMWARE_BAUDS = ["115200", "2000000"] as const;
export type FirmwareBaud = (typeof FIRMWARE_BAUDS)[number];

export type EndpointConfig = { kind: "pty"; path: string } | { kind: "tcp"; host: string; port: number };

export interface BridgeSimOptions {
  endpoint: EndpointConfig;
  firmware: BridgeFirmware;
  /** The rate of our firmware's line; a sketch has its own, the responders have none. */
  baud: FirmwareBaud;
  chip: ChipConfig;
  /** Linux interface that is the chip's wire. Without it the wire is simulated. */
  iface?: string;
  /** Address of the simulated gateway and its subnet's length. */
  gateway: string;
  /** UDP port on which that gateway takes telemetry. */
  sink: number;
  seed: number;
}

export interface BridgeSimListener {
  /** Somebody opened the line (true) or let go of it. */
  connection(connected: boolean): void;
  /** The interface that is the wire stopped working, and is tried until it works again (null). */
  wire(trouble: Error | null): void;
}

/** The result of a run. Names are the counters' own; drops that did not happen are left out. */
export interface BridgeSimSummary {
  line: { connections: number; refused: number; bytesIn: number; bytesOut: number; lost: number };
  /** Commands that the responder served and refused; null for the Uno, whose firmware does not count. */
  commands: { served: number; refused: number } | null;
  /** The Uno's time that this machine was too slow for, in ms, and bytes that its line lost. Null for the responders. */
  mcu: { lag: number; overruns: number } | null;
  chip: { received: number; transmitted: number; filtered: number; overflowed: number };
  /** Accesses to the chip that its data sheet forbids. */
  violations: number;
  /** Frames lost between the wire and its interface, by reason. */
  drops: Record<string, number>;
}

export class BridgeSim {
  readonly endpoint: SerialEndpoint;
  readonly device: SerialDevice;
  readonly #chip: Enc28j60Chip;
  readonly #mcu: Atmega328p | null;
  readonly #responder: SerprogResponder | null;
  readonly #wire: ControllerPort | null;
  readonly #gateway: SimulatedGateway | null;
  readonly #options: BridgeSimOptions;

  /** @throws ControllerError AVR8JS_MISSING; FirmwareError for a file that cannot be read, or is no firmware */
  static async make(clock: Clock, options: BridgeSimOptions, listener: BridgeSimListener): Promise<BridgeSim> {
    const random = new SeededRandom(options.seed);
    const wire = options.iface === undefined ? null : await loadWire();
    const segment = new EthernetSegment(clock, random.fork("segment"));
    const chip = enc28j60Chip(clock, segment, "chip", options.chip);
    if (options.firmware === "responder" || options.firmware === "pico-serprog") {
      const behaviour = options.firmware === "responder" ? { interrupt: chip.interrupt } : PICO_SERPROG;
      const responder = new SerprogResponder(clock, chip, behaviour);
      return new BridgeSim(clock, random, segment, chip, responder, options, listener, wire);
    }
    const image = readImage(options);
    const mcu = await Atmega328p.load(clock, { ...image, spi: new Enc28j60Pins(chip), interrupt: chip.interrupt });
    return new BridgeSim(clock, random, segment, chip, mcu, options, listener, wire);
  }

  private constructor(
    clock: Clock,
    random: SeededRandom,
    segment: EthernetSegment,
    chip: Enc28j60Chip,
    device: SerprogResponder | Atmega328p,
    options: BridgeSimOptions,
    listener: BridgeSimListener,
    wire: WireMaker | null,
  ) {
    const { endpoint, iface, gateway, sink } = options;
    this.#options = options;
    this.#chip = chip;
    this.device = device;
    this.#mcu = device instanceof Atmega328p ? device : null;
    this.#responder = device instanceof SerprogResponder ? device : null;
    this.endpoint =
      endpoint.kind === "pty"
        ? new PtyEndpoint(clock, device, endpoint.path)
        : new TcpEndpoint(device, endpoint.host, endpoint.port);
    this.endpoint.onConnection = (connected) => listener.connection(connected);
    const onWire = (trouble: Error | null): void => listener.wire(trouble);
    this.#wire = wire && iface !== undefined ? wire({ clock, onWire }, segment, iface) : null;
    this.#gateway = this.#wire ? null : new SimulatedGateway(clock, random.fork("gateway"), segment, gateway, [sink]);
  }

  /** Words for people: the bridge, its chip, and the far end of the chip's wire. */
  get description(): string {
    const { iface } = this.#options;
    const wire = iface === undefined ? `a simulated gateway, ${this.#gateway?.address}` : iface;
    const chip = this.#mcu ? `, ${this.#chip.description}` : "";
    return `${this.device.description}${chip}; at the far end of its wire ${wire}`;
  }

  /**
   * Opens the wire, then the line. What was opened before a failure is closed again.
   * @throws ControllerError
   */
  async start(): Promise<void> {
    try {
      await this.#wire?.open();
      await this.#gateway?.open();
      this.#mcu?.start();
      await this.endpoint.open();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.endpoint.close();
    this.#mcu?.stop();
    await this.#wire?.close();
    await this.#gateway?.close();
  }

  summary(): BridgeSimSummary {
    const { received, transmitted, filtered, overflowed } = this.#chip.counters;
    const { commands: served = 0, refused = 0 } = this.#responder?.counters ?? {};
    return {
      line: { ...this.endpoint.counters },
      commands: this.#responder && { served, refused },
      mcu: this.#mcu && { lag: Math.round(this.#mcu.lag), overruns: this.#mcu.overruns },
      chip: { received, transmitted, filtered, overflowed },
      violations: this.#chip.violations.total,
      drops: this.#wire ? dropsOf(this.#wire.drops) : {},
    };
  }
}

/** The firmware's text and its name. @throws FirmwareError */
function readImage({ firmware, baud }: BridgeSimOptions): { hex: string; name: string } {
  if (typeof firmware === "string") {
    const name = `bridge-uno-${baud}.hex`;
    return { hex: readFileSync(new URL(`../../hal/bridges/firmware/${name}`, import.meta.url), "utf8"), name };
  }
  const { file } = firmware;
  try {
    return { hex: readText(file), name: file };
  } catch (cause) {
    throw new FirmwareError(`${file}: cannot be read: ${whyUnreadable(cause)}`, { cause });
  }
}
