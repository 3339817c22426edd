/**
 * The composition root: a rig in, a running system out. Clock, randomness, pins, controllers, stack and firmware are made here and
 * handed to each other; nothing below knows where it came from.
 */

import { type ChipPins, GpioChipPins } from "../../hal/chip-pins.ts";
import { type Clock, type Timer, VirtualClock } from "../../hal/clock.ts";
import type { BoardIo } from "../../hal/gpio.ts";
import { HeldClock } from "../../hal/held-clock.ts";
import { type Random, SeededRandom } from "../../hal/random.ts";
import type { EthernetSegment } from "../../hal/simulated/segment.ts";
import type { AddressEvent } from "../apps/address-event.ts";
import type { AppContext } from "../apps/app.ts";
import type { HostNames } from "../apps/host-names.ts";
import { LeaseMemory } from "../apps/lease-store.ts";
import type { AppFigures } from "../control/metrics/ground.ts";
import { writeSysctl } from "../control/sysctl.ts";
import { makeStrategy } from "../neigh/strategies/index.ts";
import type { NetDevice } from "../net/device.ts";
import { formatMac } from "../net/ethernet.ts";
import { Stack } from "../stack.ts";
import { appsOf, awaitedOf } from "./apps.ts";
import { liveEnergy } from "./energy-live.ts";
import { gatewayFor, type SimulatedGateway } from "./gateway.ts";
import { HealthWatch } from "./health-watch.ts";
import type { Part, Workshop } from "./kinds/part.ts";
import { type LoadedCode, loadCode } from "./loaded-code.ts";
import { watchNeighbours } from "./neigh-watch.ts";
import { NodeSleep } from "./node-sleep.ts";
import type { DeviceConfig, Rig } from "./rig/rig.ts";
import { formatCidr } from "./rig/units.ts";
import { familiesOf } from "./rig-families.ts";
import { RigNetwork } from "./rig-network.ts";
import { RunningApps } from "./running-apps.ts";
import { secretsOf } from "./secrets.ts";
import { countersOf, type Summary, tablesOf } from "./summary.ts";
import type { DeviceReport, ListenerOf, OptionsOf } from "./system-words.ts";

export type { DeviceReport } from "./system-words.ts";
export type SystemOptions = OptionsOf<System>;
export type SystemListener = ListenerOf<System>;

/** The firmware waits so long for a link and starts without one then, in ms. */
const LINK_WAIT = 5000;
/** Virtual time that passes between two looks at whether a system is up, in ms. */
const START_STEP = 1;

interface Assembled {
  config: DeviceConfig;
  part: Part;
  device: NetDevice;
  /** Hardware that may give way to its model has one only once that has happened. */
  gateway: SimulatedGateway | null;
}

export class System {
  readonly rig: Rig;
  readonly clock: Clock;
  /** The initial network namespace, with the firmware in it. */
  readonly stack: Stack;
  /** The other ones by name: stacks of their own on the same neighbour table. */
  readonly namespaces: ReadonlyMap<string, Stack>;
  /** When the duration asked for is over, in the clock's ms; known once the system is ready, Infinity without a duration. */
  deadline: number = Number.POSITIVE_INFINITY;
  /** Resolves at the deadline, or when the system was stopped before. */
  readonly finished: Promise<void>;
  /** Resolves when one device has all of its addresses, or when the system was stopped before. */
  readonly addressed: Promise<void>;
  readonly #random: Random;
  readonly #options: SystemOptions;
  readonly #deadline: Timer;
  readonly #patience: Timer;
  readonly #finish: () => void;
  readonly #tellAddressed: () => void;
  readonly #io: BoardIo;
  readonly #clockIsSet: () => boolean;
  readonly #names: HostNames;
  readonly #devices: Assembled[] = [];
  readonly #healthWatch: HealthWatch;
  readonly #apps = new RunningApps();
  readonly #sleep: NodeSleep;
  /** The clock of stacks and apps. Only a node that sleeps pays for one whose timers can be held back. */
  readonly #nodeClock: Clock;
  readonly #network: RigNetwork;
  #startedAt = 0;
  /** When the firmware stopped; null while it runs. */
  #endedAt: number | null = null;
  /** The firmware waits for a link, not for longer than #patience. */
  #waiting = false;
  #ready = false;
  #stopped = false;
  #stopping: Promise<void> | null = null;

  /**
   * Loads the drivers and bridges that the rig names, and makes the system. Nothing is open yet.
   * @throws ControllerError, GpioError for a part that cannot be made
   */
  static async make(rig: Rig, options: SystemOptions): Promise<System> {
    return new System(rig, options, await loadCode(rig, options.clock));
  }

  private constructor(rig: Rig, options: SystemOptions, code: LoadedCode) {
    this.rig = rig;
    this.clock = options.clock;
    this.#options = options;
    this.#random = new SeededRandom(rig.seed);
    this.#nodeClock = appsOf(rig).some(({ sleep }) => sleep) ? new HeldClock(this.clock) : this.clock;
    this.#sleep = new NodeSleep(this.clock, () => this.#stacks);
    this.#io = code.io(this.clock, this.#random.fork("io"));
    this.#clockIsSet = code.clockIsSet;
    this.#io.onLost = (error) => this.#tellOfBoard("lost", error.message);
    this.#io.onBack = () => this.#tellOfBoard("back", this.#io.description);
    // Parts that may throw go first: a stack has a timer running from the beginning.
    const parts = code.devices.map(({ config, make }) => {
      // The interface that is a simulated chip's wire is gone: the chip sees a dead link, people shall see why.
      const onWire = (trouble: Error | null): void => this.#stackOf(config).network.device(config.name)?.trouble(trouble);
      return { config, part: make(config, this.#workshop(config, onWire)) };
    });
    const { profile, lateness, hz, strategy = "dynamic" } = rig.neighbours;
    const neighbours = { profile, lateness, hz, strategy: makeStrategy(strategy, rig.neighbours) };
    const families = familiesOf(rig);
    this.stack = new Stack({ clock: this.#nodeClock, random: this.#random.fork("stack"), neighbours, families, loopback: true });
    this.#names = code.names(this.stack);
    for (const table of tablesOf(this.stack)) {
      watchNeighbours(table, (warning) => {
        if (!this.#stopped) options.listener?.neighbours?.(warning);
      });
    }
    this.namespaces = this.#makeNamespaces();
    this.#network = new RigNetwork(rig, this.stack, (name) => this.#deviceOf(name));
    for (const { config, part } of parts) {
      const device = this.#stackOf(config).addDevice(config.name, part.controller);
      device.health.retries = config.when === "retry";
      this.#devices.push({ config, part, device, gateway: this.#makeGateway(config, part) });
    }
    for (const stack of this.#stacks) {
      stack.ip.log.sink = (line) => {
        if (!this.#stopped) options.listener?.log?.(line);
      };
      stack.network.onDeviceEvent((device, event) => {
        if (event === "carrier-up" && stack === this.stack && !device.loopback) this.#startFirmware();
        if (this.#ready && !this.#stopped) options.listener?.device(device, event);
        if (event === "failed" && this.givenUp !== null) this.#end();
      });
    }
    let finish: () => void = () => {};
    this.finished = new Promise((resolve) => {
      finish = resolve;
    });
    this.#finish = finish;
    let addressed: () => void = () => {};
    this.addressed = new Promise((resolve) => {
      addressed = resolve;
    });
    this.#tellAddressed = addressed;
    const devices = this.#devices.map(({ device }) => device);
    this.#healthWatch = new HealthWatch(this.clock, devices, (device) => options.listener?.health?.(device));
    this.#deadline = this.clock.timer(() => this.#end());
    this.#patience = this.clock.timer(() => this.#startFirmware());
  }

  /**
   * Opens the board's pins, as start() does where nobody has.
   * @throws GpioError
   */
  openPins(): Promise<void> {
    return this.#io.open();
  }

  /**
   * Opens everything, in order, then starts the firmware once there is a link. What was opened before a failure is closed again.
   * Stopped meanwhile, it opens nothing more and returns.
   * @throws ControllerError, GpioError, InetError, ControlError
   */
  async start(): Promise<void> {
    try {
      await this.openPins();
      // The defaults first, wherever they stand: they reach no device that has an address, and must not undo what is set for one.
      for (const [key, value] of Object.entries(this.rig.sysctl)) if (isDefault(key)) writeSysctl(this.stack, key, value);
      for (const assembled of this.#devices) {
        const { config, part, device } = assembled;
        if (!this.#stopped) await part.wire?.open();
        if (!this.#stopped) await device.open();
        if (!this.#stopped) assembled.gateway ??= this.#makeGateway(config, part);
        if (!this.#stopped) await assembled.gateway?.open();
        this.#network.addAddresses({ stack: this.#stackOf(config), device }, config.addresses);
      }
      if (this.#stopped) return;
      this.#makeApps();
      this.#configure();
      this.#options.state?.begin(this.stack, () => this.#apps.sequences);
      this.#startedAt = this.clock.now();
      this.#ready = true;
      if (this.#options.duration !== undefined) {
        this.deadline = this.#startedAt + this.#options.duration;
        this.#deadline.armAt(this.deadline);
      }
      this.#healthWatch.start();
      this.#options.listener?.ready(this);
      this.#apps.startAddresses();
      if (this.#isAddressed) this.#tellAddressed();
      this.#startWithLink();
    } catch (error) {
      // The first failure is told, not those on the way out.
      await this.stop().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Stops the firmware and closes everything; queued packets are counted as dropped. Safe to call twice and during start(). When a
   * part fails to close, the others are closed and the first failure is thrown.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown();
    return this.#stopping;
  }

  async #shutDown(): Promise<void> {
    this.#stopped = true;
    this.#tellAddressed();
    this.#end();
    await this.#awake();
    this.#options.state?.end();
    this.#healthWatch.stop();
    this.#apps.stop();
    const failures: unknown[] = [];
    const close = async (what: { close(): Promise<void> } | null): Promise<void> => {
      await what?.close().catch((error: unknown) => failures.push(error));
    };
    // The initial namespace last: the table is its.
    for (const stack of this.#stacks.toReversed()) {
      for (const device of stack.devices) await close(device);
      await close(stack);
    }
    for (const { part, gateway } of this.#devices) {
      await close(gateway);
      await close(part.wire);
    }
    await close(this.#io);
    if (failures.length > 0) throw failures[0];
  }

  /** Lets the controllers wake, so that they send what the firmware sent last. */
  async #awake(): Promise<void> {
    const { clock } = this;
    let waking = true;
    const awake = this.#sleep.end().finally(() => {
      waking = false;
    });
    if (clock instanceof VirtualClock && this.#nodeClock !== clock) while (waking) await clock.advance(START_STEP);
    await awake;
  }

  /** The firmware's time is over. */
  #end(): void {
    this.#deadline.cancel();
    this.#patience.cancel();
    this.#waiting = false;
    void this.#sleep.end();
    this.#apps.stopFirmware();
    this.#endedAt ??= this.clock.now();
    this.#finish();
  }

  /** Every device has failed and is given up, as the rig says, and why; null while there is anything to wait for. */
  get givenUp(): string | null {
    const devices = this.#devices.map(({ device }) => device);
    if (!devices.every(({ health }) => health.givenUp)) return null;
    return devices.map(({ name, error }) => `${name}: ${error?.message}`).join("; ");
  }

  reports(): DeviceReport[] {
    return this.#devices.map(({ config, part, device, gateway }) => ({
      name: device.name,
      description: part.controller.description,
      simulated: part.controller.simulated,
      mac: formatMac(device.address),
      addresses: config.addresses.map(formatCidr),
      awaited: this.#apps.isSettled(device.name) ? [] : awaitedOf(this.rig, device.name),
      carrier: device.hasCarrier,
      fallback: part.fallback,
      gateway: gateway?.address ?? null,
    }));
  }

  /** The simulated wire of a device, to be damaged or unplugged; null for one on a real wire. */
  wire(device: string): EthernetSegment | null {
    return this.#devices.find(({ config }) => config.name === device)?.part.segment ?? null;
  }

  #workshop(config: DeviceConfig, onWire: Workshop["onWire"]): Workshop {
    const { onSpi } = this.#options;
    return { clock: this.clock, random: this.#random, onWire, pins: this.#pinsOf(config), ...(onSpi && { onSpi }) };
  }

  #pinsOf({ reset, power }: DeviceConfig): ChipPins | null {
    if (reset === undefined && power === undefined) return null;
    const pins = { ...(reset === undefined ? {} : { reset }), ...(power === undefined ? {} : { power }) };
    return new GpioChipPins(this.#io, this.clock, pins);
  }

  #tellOfBoard(event: "lost" | "back", message: string): void {
    if (!this.#stopped) this.#options.listener?.board?.(event, message);
  }

  /** The driver of the board's pins, for people. */
  get io(): string {
    return this.#io.description;
  }

  summary(): Summary {
    const {
      datagrams: { all: datagrams, apps },
      readings,
    } = this.#apps;
    const duration = this.#ready ? (this.#endedAt ?? this.clock.now()) - this.#startedAt : 0;
    const devices = Object.fromEntries(this.#devices.map(({ device }) => [device.name, device.health.report()]));
    return { devices, duration, datagrams, apps, readings, ...countersOf(this.#stacks) };
  }

  /** The figures of its firmwares. */
  get figures(): readonly AppFigures[] {
    return this.#apps.figures;
  }

  /** The initial namespace, then the others. */
  get #stacks(): readonly [Stack, ...Stack[]] {
    return [this.stack, ...this.namespaces.values()];
  }

  #makeNamespaces(): ReadonlyMap<string, Stack> {
    const made = new Map<string, Stack>();
    for (const { netns } of this.rig.devices) {
      if (netns === undefined || made.has(netns)) continue;
      const random = this.#random.fork(`netns/${netns}`);
      const families = familiesOf(this.rig);
      made.set(
        netns,
        new Stack({ clock: this.#nodeClock, random, neighbours: { sharedWith: this.stack }, families, loopback: true }),
      );
    }
    return made;
  }

  #stackOf({ netns }: DeviceConfig): Stack {
    return (netns === undefined ? undefined : this.namespaces.get(netns)) ?? this.stack;
  }

  /** A device of the rig; the rig's references were checked. */
  #deviceOf(name: string): { stack: Stack; device: NetDevice } {
    const { config, device } = this.#devices.find(({ config }) => config.name === name) as Assembled;
    return { stack: this.#stackOf(config), device };
  }

  /** The namespace that has the device of a key, `net.ipv4.neigh.eth0.…`; the initial one for a key of no device. */
  #stackOfKey(key: string): Stack {
    const name = key.split(".")[3] ?? "";
    return this.#stacks.find((stack) => stack.network.device(name)) ?? this.stack;
  }

  #makeGateway(config: DeviceConfig, part: Part): SimulatedGateway | null {
    return gatewayFor(this.rig, config, part, this.clock, this.#random);
  }

  #configure(): void {
    const { devices, sysctl } = this.rig;
    this.#network.addRoutes(devices.some(({ name }) => !this.#apps.isSettled(name)));
    for (const [key, value] of Object.entries(sysctl)) if (!isDefault(key)) writeSysctl(this.#stackOfKey(key), key, value);
    this.#network.addNeighbours();
  }

  #makeApps(): void {
    const [first, ...others] = this.#devices.map(({ device }) => device);
    if (!first) return;
    const random = this.#random.fork("apps");
    const secret = secretsOf(this.clock, this.#random.fork("secrets"));
    const { state, leases = new LeaseMemory() } = this.#options;
    const joules = liveEnergy(this.rig, this.clock, this.#deviceOf(first.name));
    const contextOf = (app: string): Omit<AppContext, "sequence"> => ({
      stack: this.stack,
      node: this.rig.name,
      io: this.#io,
      devices: [first, ...others],
      random,
      secret,
      clockIsSet: this.#clockIsSet,
      leases,
      files: this.#options.files ?? null,
      names: this.#names,
      sleeper: this.#sleep,
      joules,
      tell: (event) => this.#options.listener?.datagram({ app, ...event }, this),
      addressed: (event) => this.#addressed(event),
      on: (name) => this.#deviceOf(name),
    });
    this.#apps.make(this.rig, contextOf, this.#options.app !== false, state?.sequences);
  }

  /** A first report into a dead link would be lost for nothing: links take their time after power-up. */
  #startWithLink(): void {
    if (!this.#apps.hasFirmware) return;
    this.#waiting = true;
    if (this.stack.devices.some((device) => !device.loopback && device.hasCarrier)) this.#startFirmware();
    else this.#patience.arm(LINK_WAIT);
  }

  /** An address came or went: what waits for one goes on. */
  #addressed(event: AddressEvent): void {
    if (this.#stopped) return;
    if (event.change === "got") this.#network.addressed();
    this.#options.listener?.address?.(event);
    if (event.change !== "got") return;
    if (this.#isAddressed) this.#tellAddressed();
    this.#startFirmware();
  }

  get #isAddressed(): boolean {
    return this.rig.devices.some(({ name }) => this.#apps.isSettled(name));
  }

  /** Firmwares wait for the addresses of one device at least. */
  #startFirmware(): void {
    if (!this.#waiting || !this.#isAddressed) return;
    this.#waiting = false;
    this.#patience.cancel();
    this.#apps.startFirmware();
  }
}

/** A setting that new devices start with, or the table's own. */
function isDefault(key: string): boolean {
  return key.split(".")[3] === "default";
}

/** Starts a system; under a VirtualClock time goes on for as long as that takes. */
export async function startSystem(system: System): Promise<void> {
  const { clock } = system;
  // Loading the driver of the pins takes real time of no fixed length: virtual time stands still, or no two runs would be the same.
  if (clock instanceof VirtualClock) await system.openPins();
  let starting = true;
  const started = system.start().finally(() => {
    starting = false;
  });
  // A failure is thrown below; until then nobody awaits it.
  started.catch(() => undefined);
  if (clock instanceof VirtualClock) while (starting) await clock.advance(START_STEP);
  await started;
}
