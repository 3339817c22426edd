/** Our stack as a DUT, on any controllers and any clock. */
import { keyText } from "../../../firmware-ts/control/methods/by-family.ts";
import { ControlClient } from "../../../firmware-ts/control/methods/client.ts";
import { stackMethods } from "../../../firmware-ts/control/methods/index.ts";
import { readProc } from "../../../firmware-ts/control/proc.ts";
import { LocalCaller } from "../../../firmware-ts/control/rpc/local.ts";
import { ControlError } from "../../../firmware-ts/control/rpc/protocol.ts";
import { readSysctl, writeSysctl } from "../../../firmware-ts/control/sysctl.ts";
import type { Destination } from "../../../firmware-ts/ip/destination.ts";
import { formatIp } from "../../../firmware-ts/ip/endpoint.ts";
import { InetError } from "../../../firmware-ts/ip/inet-error.ts";
import type { Neighbour } from "../../../firmware-ts/neigh/entry.ts";
import { flagWords, NeighFlags } from "../../../firmware-ts/neigh/flags.ts";
import { keepResolved } from "../../../firmware-ts/neigh/machine.ts";
import { nudName } from "../../../firmware-ts/neigh/states.ts";
import { makeStrategy } from "../../../firmware-ts/neigh/strategies/index.ts";
import type { NeighTable } from "../../../firmware-ts/neigh/table.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import { formatMac } from "../../../firmware-ts/net/ethernet.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import type { UdpSocket } from "../../../firmware-ts/transport/udp-socket.ts";
import type { Clock } from "../../../hal/clock.ts";
import type { EthernetController } from "../../../hal/ethernet.ts";
import { SeededRandom } from "../../../hal/random.ts";
import type { AddressOptions, AddressProgram } from "../../contract/address-program.ts";
import type {
  Datagram,
  DutSocket,
  GroupAct,
  IpResult,
  NeighEvent,
  NeighRow,
  SendOptions,
  SocketOptions,
  StrategyWish,
} from "../../contract/dut.ts";
import type { AddressPlan, DeviceName, Family } from "../../contract/plan.ts";
import type { ConnectOptions, DutListener, DutStream, ListenOptions } from "../../contract/stream.ts";
import { StackAddresses } from "./addresses.ts";
import { stackIp } from "./iproute.ts";
import { connectFrom, listenOn } from "./stream.ts";

/** Drop reasons that sendto() reports to the sender. A kernel does not report the others. */
const ERRNOS: Readonly<Record<string, string>> = {
  IP_OUTNOROUTES: "ENETUNREACH",
  RTN_BLACKHOLE: "EINVAL",
  RTN_UNREACHABLE: "EHOSTUNREACH",
  RTN_PROHIBIT: "EACCES",
  PKT_TOO_BIG: "EMSGSIZE",
  SOCKET_SNDBUF: "EAGAIN",
  NOMEM: "ENOBUFS",
};

const KERNELS_WAY: StrategyWish = { name: "dynamic" };

export class StackDut {
  readonly stack: Stack;
  readonly #client: ControlClient;
  readonly #events: NeighEvent[] = [];
  readonly #families: readonly Family[];
  readonly #seed: number;
  #addresses: StackAddresses | null = null;

  /**
   * @param families those of its addresses; of IPv6 they are usable at once, and routers are not asked for
   * @param strategy of its neighbour tables; default the kernel's way
   */
  constructor(clock: Clock, seed: number, families: readonly Family[] = [4], { name, ...settings }: StrategyWish = KERNELS_WAY) {
    const more = families.filter((family) => family !== 4);
    const random = new SeededRandom(seed);
    const neighbours = { strategy: makeStrategy(name, settings) };
    this.stack = new Stack({ clock, random, pool: { limit: 40_000 }, loopback: true, families: more, neighbours });
    this.#families = families;
    this.#seed = seed;
    if (families.includes(6))
      for (const name of ["accept_dad", "router_solicitations"]) this.sysctl(`net.ipv6.conf.default.${name}`, "0");
    this.#client = new ControlClient(new LocalCaller(stackMethods(this.stack)));
    for (const table of this.#tables)
      table.onChange((entry, kind) => {
        this.#events.push({ kind, ...shown(entry), time: clock.now() });
      });
  }

  /** @param plans the device's addresses, one of each */
  async add(name: DeviceName, controller: EthernetController, plans: readonly AddressPlan[]): Promise<void> {
    const device = this.stack.addDevice(name, controller);
    await device.open();
    for (const { dut, prefix } of plans) this.stack.addAddress(device, `${dut[name].ip}/${prefix}`);
  }

  ip(words: readonly string[]): Promise<IpResult> {
    return stackIp(this.#client, this.stack.clock, words);
  }

  get #tables(): NeighTable[] {
    return this.#families.map((family) => this.stack.neighbours(family).table);
  }

  get #entries(): Neighbour[] {
    return this.#tables.flatMap((table) => table.list());
  }

  neighbours(dst?: string): NeighRow[] {
    const now = this.stack.clock.now();
    const ago = (time: number): number => Math.trunc((now - time) / 1000);
    const all = this.#entries;
    const entries = dst === undefined ? all : all.filter((entry) => keyText(entry) === dst);
    return entries.map((entry) => ({
      ...shown(entry),
      used: ago(entry.used),
      confirmed: ago(entry.confirmed),
      updated: ago(entry.updated),
      flags: flagWords(entry.flags),
      protocol: entry.protocol ? String(entry.protocol) : "",
    }));
  }

  sysctl(key: string, value: string | undefined): string {
    if (value === undefined) return readSysctl(this.stack, key);
    try {
      writeSysctl(this.stack, key, value);
    } catch (error) {
      // The same errno as write(2) into the kernel's file.
      if (error instanceof ControlError && error.code === "SYSCTL_INVALID") throw new ControlError("EINVAL", error.message);
      throw error;
    }
    return "";
  }

  cat(path: string): string {
    return readProc(this.stack, path);
  }

  socket(options: SocketOptions = {}): DutSocket {
    const { address, port = 0 } = options;
    const socket = this.stack.udp.open(port, address ?? null);
    return new StackSocket(socket, options.errors ?? false, (name) => this.stack.network.device(name) as NetDevice);
  }

  listen(port: number, options: ListenOptions): DutListener {
    return listenOn(this.stack, port, options);
  }

  connect(to: string, port: number, options: ConnectOptions): DutStream {
    return connectFrom(this.stack, to, port, options);
  }

  getAddress(options: AddressOptions): AddressProgram {
    this.#addresses ??= new StackAddresses(this.stack, this.stack.network.device("e0") as NetDevice, this.#seed);
    return this.#addresses.start(options);
  }

  events(): NeighEvent[] {
    return this.#events.splice(0);
  }

  managedTick(): void {
    for (const table of this.#tables) table.defaults.intervalProbeTime = NEVER;
    for (const entry of this.#entries) if (entry.flags & NeighFlags.MANAGED) keepResolved(entry);
  }

  /** Time at which the next timer of an entry is due, in the clock's ms; infinity while none is armed. */
  nextTimer(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries) if (entry.timerArmed) next = Math.min(next, entry.timerDue);
    return next;
  }

  /** True while there are managed entries. */
  get managed(): boolean {
    return this.#entries.some((entry) => (entry.flags & NeighFlags.MANAGED) !== 0);
  }

  close(): Promise<void> {
    this.#addresses?.close();
    return this.stack.close();
  }
}

/** The part of an entry that both the table and its events show. */
function shown(entry: Neighbour): Omit<NeighEvent, "kind" | "time"> {
  return {
    dst: keyText(entry),
    dev: entry.device.name,
    lladdr: entry.valid ? formatMac(entry.address) : "",
    state: nudName(entry.nudState) || "NONE",
    probes: entry.probes,
  };
}

/** Longest time of a timer, in ms: 24 days. */
const NEVER = 2 ** 31 - 1;

/** A link-local address or a group of the link, without a zone: it is meant on e0. */
const ON_LINK = /^(?:fe[89ab]|ff02)[^%]*$/;

class StackSocket implements DutSocket {
  readonly #socket: UdpSocket;
  /** As a firmware has them, made once: whatever a case changes meanwhile must be noticed by them. */
  readonly #destinations = new Map<string, Destination>();
  readonly #received: Datagram[] = [];
  readonly #errors: string[] = [];
  readonly #withErrors: boolean;
  readonly #deviceNamed: (name: string) => NetDevice;

  constructor(socket: UdpSocket, errors: boolean, deviceNamed: (name: string) => NetDevice) {
    this.#deviceNamed = deviceNamed;
    this.#socket = socket;
    this.#withErrors = errors;
    if (errors) socket.onError = ({ errno }) => this.#errors.push(String(errno));
    socket.onDatagram = (bytes, at, length, source, port) => {
      this.#received.push({ from: formatIp(source), port, bytes: bytes.slice(at, at + length) });
    };
  }

  get port(): number {
    return this.#socket.port;
  }

  send(payload: Uint8Array, to: string, port: number, options: SendOptions = {}): string {
    const destination = this.#to(to, port);
    if (typeof destination === "string") return destination;
    const { status, reason } = this.#socket.send(payload, destination, 0, options.confirm ?? false);
    if (status !== "failed") return "ok";
    // A sender that does not ask for errors is not told of a full table.
    if (reason === "NEIGH_CREATEFAIL") return this.#withErrors ? "ENOBUFS" : "ok";
    return ERRNOS[reason] ?? "ok";
  }

  /** The destination, or the errno of its refusal. */
  #to(host: string, port: number): Destination | string {
    const key = `${host}:${port}`;
    try {
      const destination = this.#destinations.get(key) ?? this.#socket.to(ON_LINK.test(host) ? `${host}%e0` : host, port);
      this.#destinations.set(key, destination);
      return destination;
    } catch (error) {
      if (error instanceof InetError) return error.errno;
      throw error;
    }
  }

  member(act: GroupAct, group: string, ...sources: string[]): string {
    const { groups } = this.#socket;
    const device = this.#deviceNamed("e0");
    const [source = ""] = sources;
    try {
      if (act === "join" || act === "leave") groups[act](group, device);
      else if (act === "include" || act === "exclude") groups.setFilter(group, act, sources, device);
      else groups[act](group, source, device);
      return "ok";
    } catch (error) {
      if (error instanceof InetError) return error.errno;
      throw error;
    }
  }

  received(): Datagram[] {
    return this.#received.splice(0);
  }

  errors(): string[] {
    return this.#errors.splice(0);
  }
}
