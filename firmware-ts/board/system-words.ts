/** The options of a system, which stand beside its rig, its listener, and its reports. */
import type { Clock } from "../../hal/clock.ts";
import type { AddressEvent } from "../apps/address-event.ts";
import type { AppDatagram } from "../apps/app.ts";
import type { LeaseStore } from "../apps/lease-store.ts";
import type { TextFiles } from "../apps/text-files.ts";
import type { DeviceEvent, NetDevice } from "../net/device.ts";
import type { NeighWarning } from "./neigh-watch.ts";
import type { NodeState } from "./node-state.ts";

/** The options of a system S. */
export interface OptionsOf<S> {
  clock: Clock;
  /** Run the rig's firmware (telemetry). Its indicators (lamps) run always. Default true. */
  app?: boolean;
  /** The firmware stops this many ms after the system was ready, and `finished` resolves. Default: it goes on. */
  duration?: number;
  listener?: ListenerOf<S>;
  /** Keeps the stack's snapshot and the apps' numbers over restarts. Default: they begin anew. */
  state?: NodeState;
  /** Keeps leases over restarts. Default: as long as the system lasts. */
  leases?: LeaseStore;
  /** Keeps the files that the rig's apps name. Default: they are not used. */
  files?: TextFiles;
}

/** Hears of events when they happen. */
export interface ListenerOf<S> {
  /** Every device is up; the firmware starts next. */
  ready(system: S): void;
  device(device: NetDevice, event: DeviceEvent): void;
  /** A chip had readings that were not believed, or gives no proof of life: once a minute while that is so. */
  health?(device: NetDevice): void;
  datagram(event: AppDatagram, system: S): void;
  /** The neighbour table is full; a neighbour's address is in dispute. Seldom, however often it happens. */
  neighbours?(warning: NeighWarning): void;
  /** A line that the kernel would write into its log: a packet whose addresses may not be there (log_martians). Not more than a few a second. */
  log?(line: string): void;
  /** A device got, lost or waits for an address that it gets by itself. */
  address?(event: AddressEvent): void;
  /** The board with the lamps and sensors went away, and why; or is back. The network goes on without it. */
  board?(event: "lost" | "back", message: string): void;
}

/** One device of a system that is up. */
export interface DeviceReport {
  name: string;
  description: string;
  simulated: boolean;
  mac: string;
  /** Those that it has by the rig, whether they are there yet or not. */
  addresses: string[];
  /** The addresses that are still to come: `dhcp`, `link-local`, or one that is being asked for. */
  awaited: string[];
  carrier: boolean;
  fallback: string | null;
  gateway: string | null;
}
