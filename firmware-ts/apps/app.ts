/**
 * The contract of an app: a firmware on a stack. An AppKind describes it (its options in a rig file, and how it is made), an App is one
 * that runs. To add an app, write its file here and add its line in index.ts; the composition root hands in everything it works with.
 */
import type { BoardIo } from "../../hal/gpio.ts";
import type { Random } from "../../hal/random.ts";
import type { ReadingFates } from "../control/metrics/ground.ts";
import type { NetDevice } from "../net/device.ts";
import type { Stack } from "../stack.ts";
import type { AddressEvent } from "./address-event.ts";
import type { HostNames } from "./host-names.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { OptionShape } from "./options.ts";
import type { Sleeper } from "./sleeper.ts";
import type { TextFiles } from "./text-files.ts";

export interface App {
  /** Figures since start(), by name: `sent`, `failed` … */
  readonly counters: Readonly<Record<string, number>>;
  /** The device has the address that an app with the role `addresses` gives it. */
  readonly settled?: boolean;
  /** The fate of its readings, in an app that takes some. */
  readonly readings?: ReadingFates;
  /** The number that it has counted its messages to, where they have one; an app that is made anew goes on from it. */
  readonly sequence?: number;
  /** Begins. Called once. */
  start(): void;
  /** Ends for good. Called at any time, also before start() and twice. */
  stop(): void;
}

/** The fate of one datagram of an app. */
export interface DatagramEvent {
  /** Counts from 1. */
  seq: number;
  /** Clock time of the reading, in ms since the app started; of the loss, when a datagram is lost that was reported as sent. */
  time: number;
  status: "sent" | "queued" | "failed";
  /** The reason of a failure. */
  reason: string;
  /** `queued` earlier: how long it waited, in ms. */
  waited: number | null;
  /** Readings in the datagram. */
  count: number;
  /** The newest of them, or as much of it as is in the datagram. */
  readings: readonly { kind: string; value: number; unit: string; name?: string }[];
}

/** The fate of a datagram, and the app that it is of. */
export interface AppDatagram extends DatagramEvent {
  /** The app's kind, where the rig has one of it; else `telemetry-2` for the second one. */
  readonly app: string;
}

/** The surroundings of an app. */
export interface AppContext {
  /** The initial network namespace. */
  readonly stack: Stack;
  /** The rig's name. */
  readonly node: string;
  /** The board's pins, open. */
  readonly io: BoardIo;
  /** The rig's devices in its order, at least one. */
  readonly devices: readonly [NetDevice, ...NetDevice[]];
  /** A source of chance, the same for the same rig; not for secrets. */
  readonly random: Random;
  /** Octets that nobody can guess; in virtual time the same for the same rig. */
  secret(octets: number): Uint8Array;
  /** The wall clock is known to be set: a board without a battery begins in 1970, or where it was switched off. */
  clockIsSet(): boolean;
  /** Keeps what outlives the process. */
  readonly leases: LeaseStore;
  /** Keeps files that its options name. Null: nothing outlives this run. */
  readonly files: TextFiles | null;
  /** Finds hosts by their names. */
  readonly names: HostNames;
  /** The number that this app counts on from: 0, or as far as it came before a restart. */
  readonly sequence: number;
  /** Puts the whole node to sleep. */
  readonly sleeper: Sleeper;
  /** Tells the joules of the node since the run began. Null: nobody counts them. */
  readonly joules: (() => number) | null;
  /** Tells the operator the fate of a datagram. */
  tell(event: DatagramEvent): void;
  /** Tells what became of an address. */
  addressed(event: AddressEvent): void;
  /** Finds a device of the rig by its name, which was checked. */
  on(device: string): AppDevice;
}

/** A device, and the stack of its network namespace. */
export interface AppDevice {
  readonly device: NetDevice;
  readonly stack: Stack;
}

/** One line of `whohas check`: a word for the thing, its name, and how it is set up. */
export type Row = readonly [what: string, name: string, how: string];

/** Values in the words of `whohas check`. */
export interface Sayings {
  /** Milliseconds as `3s`, `250ms`. */
  duration(ms: number): string;
}

/** Options that are good by themselves and do not fit together. */
export interface OptionProblem {
  /** The option, as a path below the app: `["sensors", 0, "name"]`. */
  readonly at: readonly (string | number)[];
  readonly message: string;
  /** It is about the key, not about its value. */
  readonly atKey?: boolean;
}

/** A kind of app; O is its options as a Rig has them. Methods get options of this kind only. */
export interface AppKind<O extends object = object> {
  /** As a rig's `apps: [{ kind: … }]` names it. */
  readonly kind: string;
  /**
   * `firmware` starts once there is a link, stops when the run's duration is over, and is left out by `--no-app`; an `indicator` runs
   * for as long as the system is up, and so does an app of `addresses`, for which firmwares wait.
   */
  readonly role: "firmware" | "indicator" | "addresses";
  /** Its options, by key. */
  readonly options: Readonly<Record<string, OptionShape>>;
  /** It makes no sense on a rig without a board: the parts that need one, for the message. */
  readonly needsBoard?: string;
  /** Checks its options against each other; those that were refused by themselves are undefined. */
  check?(options: Readonly<Record<string, unknown>>): readonly OptionProblem[];
  /** The lines of `whohas check`. */
  describe(options: O, say: Sayings): readonly Row[];
  /** Makes it, not yet started. @throws GpioError for a pin that cannot be what it should */
  make(options: O, context: AppContext): App;
}
