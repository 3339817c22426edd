/**
 * A rig, checked: a rig file or `--device` options come to this. Everything that the composition root opens is named here, durations
 * in ms, rates in Hz. A Rig need not be checked again.
 */
import type { Pipelining } from "../../../hal/bridges/serprog/serprog.ts";
import type { SegmentOptions } from "../../../hal/simulated/segment.ts";
import type { LinkLedsConfig } from "../../apps/link-leds.ts";
import type { TelemetryConfig } from "../../apps/telemetry/kind.ts";
import type { Endpoint } from "../../ip/endpoint.ts";
import type { ProfileName } from "../../neigh/profile.ts";
import type { ConfirmedOptions } from "../../neigh/strategies/confirmed.ts";
import type { StrategyName } from "../../neigh/strategies/index.ts";
import type { PinnedOptions } from "../../neigh/strategies/pinned.ts";
import type { Cidr } from "./units.ts";

/** An address that a device gets by itself. */
export type AutomaticAddress = "dhcp" | "link-local";

export function isAutomatic(text: string): text is AutomaticAddress {
  return text === "dhcp" || text === "link-local";
}

/** A driver: one of DEVICE_KINDS in kinds/index.ts. */
export type DriverName = string;

/** The way to a controller, of one of BUS_KINDS in kinds/index.ts. Its other keys are its kind's: SerprogBus in kinds/serprog.ts. */
export interface BusConfig {
  readonly kind: string;
  readonly [key: string]: unknown;
}

export interface DeviceConfig {
  readonly name: string;
  readonly driver: DriverName;
  /** Its kind is one that the driver has: busesOf() in kinds/lookup.ts. */
  readonly bus: BusConfig;
  /** When the hardware is not there: refuse to start, or go on with the chip's model. */
  readonly fallback: "none" | "simulated";
  /** When it fails while it runs: try again for ever, or give it up; with every device given up the run ends. */
  readonly when: "retry" | "exit";
  /** Station address. Without it a packet or tap device has its interface's, a chip its own. */
  readonly mac?: Uint8Array;
  /** The network namespace it is in; without it the initial one. All namespaces of a rig share one neighbour table. */
  readonly netns?: string;
  readonly addresses: readonly Cidr[];
  /** The addresses that it gets by itself, in the words of the short form; `link-local` behind `dhcp` is its fallback. */
  readonly automatic?: readonly AutomaticAddress[];
  /** Pin of the board that is wired to the chip's reset, active low. */
  readonly reset?: string;
  /** Pin of the board that switches the chip's supply, high: on. */
  readonly power?: string;
}

export interface RouteConfig {
  readonly to: "default" | Cidr;
  /** Next hop. Of via and dev at least one is there. */
  readonly via?: string;
  readonly dev?: string;
}

export interface StaticNeighbour {
  readonly ip: string;
  readonly lladdr: Uint8Array;
  readonly dev: string;
}

export interface NeighboursConfig {
  readonly profile: ProfileName;
  /** Lateness of the table's timers: none, or that of a kernel with `hz`. */
  readonly lateness: "exact" | "kernel";
  readonly hz: number;
  /** How entries are kept true; without it `dynamic`, Linux's way. */
  readonly strategy?: StrategyName;
  /** Settings of the strategies of these names. Times in ms. */
  readonly pinned?: PinnedOptions;
  readonly confirmed?: ConfirmedOptions;
  readonly static: readonly StaticNeighbour[];
}

/** The node's state is kept over restarts. */
export interface SnapshotConfig {
  readonly file: string;
  /** Between two writes, in ms; one more when the run ends. */
  readonly every: number;
}

/** One app. Its other keys are its kind's: TelemetryConfig in apps/telemetry/kind.ts. */
export interface AppConfig {
  /** One of APP_KINDS in apps/index.ts. */
  readonly kind: string;
  readonly [option: string]: unknown;
}

export interface BoardConfig {
  /** johnny-five IO plugin: `none`, `simulated`, `firmata:PORT`, or the plugin's package (`raspi-io`). */
  readonly io: string;
  /** The short form of an app `link-leds`: pins of the lights that show the link and its traffic. */
  readonly leds: LinkLedsConfig;
}

export interface Rig {
  readonly name: string;
  /** The seed of everything random and simulated. */
  readonly seed: number;
  readonly board: BoardConfig;
  /** At least one, in the file's order. */
  readonly devices: readonly DeviceConfig[];
  readonly routes: readonly RouteConfig[];
  readonly neighbours: NeighboursConfig;
  /** Written at start, in the file's order: key with dots, value as text. */
  readonly sysctl: Readonly<Record<string, string>>;
  /** The short form of an app `telemetry`, which runs beside `apps`. */
  readonly telemetry?: TelemetryConfig;
  readonly apps?: readonly AppConfig[];
  /** Addresses of name servers, in the order in which they are asked, before those that a lease names. */
  readonly dns?: readonly string[];
  /** The place on this machine at which the run serves its figures to Prometheus; without it nobody gets them. */
  readonly metrics?: Endpoint<string>;
  readonly snapshot?: SnapshotConfig;
}

/** Values for keys that a rig file or a SPEC leaves out. A rig's name is its file's, without folder and ending. */
export const RIG_DEFAULTS: {
  readonly seed: number;
  readonly io: string;
  readonly baud: number;
  readonly spiHz: number;
  readonly pipelining: Pipelining;
  readonly answerTimeout: number;
  readonly fallback: "none";
  readonly when: "retry";
  readonly neighbours: NeighboursConfig;
  readonly snapshot: Pick<SnapshotConfig, "every">;
  readonly segment: Readonly<Required<SegmentOptions>>;
} = {
  seed: 1,
  io: "none",
  /** The rate of an Arduino Uno's stock serprog; USB CDC bridges ignore it. */
  baud: 115_200,
  /** Above the 8 MHz that ENC28J60 revisions B1 and B4 need (erratum 1), half of what the chip can (DS39662 section 4.1). */
  spiHz: 10_000_000,
  pipelining: "auto",
  /** USB frames, the adapter's latency timer, a busy host. */
  answerTimeout: 250,
  fallback: "none",
  when: "retry",
  neighbours: { profile: "linux", lateness: "exact", hz: 250, static: [] },
  /** Flash wears out: 8760 writes a year. */
  snapshot: { every: 3_600_000 },
  /** A wire that does nothing to frames. */
  segment: { latency: 0, loss: 0, duplication: 0, corruption: 0 },
};

/** Ranges that are checked, both ends included. */
export const RIG_LIMITS: {
  readonly baud: readonly [number, number];
  readonly spiHz: readonly [number, number];
  readonly answerTimeout: readonly [number, number];
  readonly latency: readonly [number, number];
  readonly snapshot: readonly [number, number];
} = {
  /** From the slowest any bridge is set to, to what an FT232H can. */
  baud: [300, 12_000_000],
  /** The ENC28J60's SPI ends at 20 MHz (DS39662). */
  spiHz: [10_000, 20_000_000],
  /** Less than an adapter's latency timer is no answer, more than a minute nobody waits for. */
  answerTimeout: [20, 60_000],
  latency: [0, 3_600_000],
  snapshot: [1000, 365 * 86_400_000],
};
