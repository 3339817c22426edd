/**
 * A device under test, as a case sees it: a host with an address on its device `e0` (10.0.0.1/24 for IPv4), which is cabled to the tester's
 * port `p0`. On demand it has a second device, `e1` at `p1`. Only the tester is connected to it.
 *
 * For IPv6 it has fd00::1/64 on `e0`, and a link-local address made of its MAC address. Its addresses can be used from the beginning, and it
 * asks for no routers (accept_dad 0, router_solicitations 0).
 *
 * The contract has only requests that an operator or a program on the DUT can make: `ip`, `sysctl`, `cat`, UDP and TCP sockets, a
 * program that gets addresses, and news of changes of the neighbour table. Nothing looks inside, so a kernel and our stack can both stand behind it.
 */
import type { AddressOptions, AddressProgram } from "./address-program.ts";
import type { AddressPlan, DeviceName, Family } from "./plan.ts";
import type { ConnectOptions, DutListener, DutStream, ListenOptions } from "./stream.ts";

/** Abilities that a case may need beyond the plain DUT. A case is skipped on a DUT that lacks one, with the need as the reason. */
const NEEDS = {
  e1: "a second device, e1",
  proc: "cat of /proc/net/arp",
  "sysctl-read": "sysctl without a value",
  "arp-sysctl": "net.ipv4.conf.DEV.arp_*",
  "proxy-arp": "proxy ARP and neigh ... proxy",
  "link-admin": "ip link set",
  "address-admin": "ip address add, del",
  "route-admin": "ip route add, del",
  forwarding: "IPv4 forwarding",
  carrier: "a cable that can be pulled",
  "neigh-flags": "neigh use, managed, router, extern_learn, protocol",
  "neigh-get": "ip neigh get",
  ntable: "ip ntable",
  thresholds: "gc_thresh1..3, which a bench may change",
  "socket-errors": "IP_RECVERR: errors of a UDP socket",
  strategies: "neighbour strategies other than the kernel's",
  groups: "groups of a UDP socket, with sources",
  streams: "TCP connections of a program",
  "address-programs": "a program that gets IPv4 addresses",
} as const;
export type Need = keyof typeof NEEDS;

/** Every need, for a DUT that lacks none. */
export const ALL_NEEDS: ReadonlySet<Need> = new Set(Object.keys(NEEDS) as Need[]);

export const BOTH_FAMILIES: ReadonlySet<Family> = new Set([4, 6]);

/** The plans of a DUT's families. */
export function plansOf({ plan, also }: Pick<DutOptions, "plan" | "also">): AddressPlan[] {
  return also ? [plan, also] : [plan];
}

/** Output and exit code of a command. */
export interface IpResult {
  stdout: string;
  stderr: string;
  exit: number;
}

/** An entry of the neighbour table, as `ip -j -s neigh show nud all` has it. */
export interface NeighRow {
  dst: string;
  dev: string;
  /** Empty when none is shown. */
  lladdr: string;
  /** `NONE` for none. */
  state: string;
  probes: number;
  /** In seconds ago, as the next two. */
  used: number;
  confirmed: number;
  updated: number;
  /** `router`, `managed`, `extern_learn`, …, in the order shown. */
  flags: string[];
  protocol: string;
}

/** A change of the neighbour table, as its listeners are told (RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH). */
export interface NeighEvent {
  kind: "new" | "deleted" | "miss";
  dst: string;
  dev: string;
  /** Empty when the message has none. */
  lladdr: string;
  /** `REACHABLE`; `NONE` for none. */
  state: string;
  probes: number;
  /** When it happened, in the DUT's `now()`. Absent: some time before it is taken, as a kernel does not say. */
  time?: number;
}

export interface SendOptions {
  /** The next hop is known to be alive (MSG_CONFIRM). */
  confirm?: boolean;
}

export interface Datagram {
  from: string;
  port: number;
  bytes: Uint8Array;
}

/** Something that a socket says of a group (RFC 3678 5): it joins or leaves it, for all or for some sources, or names those it wants or not. */
export type GroupAct = "join" | "leave" | "joinSource" | "leaveSource" | "block" | "unblock" | "include" | "exclude";

/** A UDP socket of the DUT. It never waits: it refuses as a non-blocking socket does. */
export interface DutSocket {
  readonly port: number;
  /** Sends a datagram. A link-local address is meant on e0, unless it names its device: `fe80::2%e1`. Returns `ok` or the errno of sendto(): `EAGAIN`, `ENETUNREACH`, … errors() has the errnos queued earlier. */
  send(payload: Uint8Array, to: string, port: number, options?: SendOptions): string;
  /** Says something of a group on e0. Returns `ok` or the errno. Need: `groups`. */
  member(act: GroupAct, group: string, ...sources: string[]): string;
  /** Takes the datagrams received since the last call. */
  received(): Datagram[];
  /** With `errors: true`: takes the names of the errnos queued since the last call. */
  errors(): string[];
}

export interface SocketOptions {
  /** Default: any. */
  address?: string;
  /** Default: a free one. */
  port?: number;
  /** Asks for IP_RECVERR. Need: `socket-errors`. */
  errors?: boolean;
  /** Default: the plan's. */
  family?: Family;
}

/** A frame from the DUT, as it came to the tester. */
export interface RawFrame {
  /** Time of arrival, in the DUT's `now()`. */
  time: number;
  port: PortName;
  bytes: Uint8Array;
}

export type PortName = "p0" | "p1";
/** The tester's port at the far end of each device's cable. */
export const PORTS: Readonly<Record<DeviceName, PortName>> = { e0: "p0", e1: "p1" };

/** A strategy of neighbours by its name, with its settings (docs/neighbour-strategies.md). Times in ms. */
export interface StrategyWish {
  readonly name: "dynamic" | "static" | "pinned" | "confirmed" | "piggyback";
  readonly pinned?: { readonly checkEvery?: number; readonly framesPerDay?: number };
  readonly confirmed?: { readonly within?: number };
}

export interface DutOptions {
  /** Its devices: e0, and e1 where the case's topology has a second link. */
  devices: readonly DeviceName[];
  /** The addresses they get. */
  plan: AddressPlan;
  /** Those of the other family, which they get as well: the table and its changes are then those of both families. */
  also?: AddressPlan;
  /** Seed of everything random in it. A kernel takes none. */
  seed: number;
  /** How its neighbour tables keep their entries true; default the kernel's way. Need: `strategies`. */
  strategy?: StrategyWish;
  /** Commands take effect as soon as possible. A refused command's exit status is then only known to be other than 0. */
  brisk?: boolean;
}

/** One DUT for one case: it is started, used and stopped. stop() removes everything that it made. */
export interface Dut {
  start(options: DutOptions): Promise<void>;
  stop(): Promise<void>;

  /** Time in ms, from any origin; virtual if the DUT is. */
  now(): number;
  /** Lets time pass until `done()` holds, at most `ms`. Returns whether it held. Asks `done` at least after each frame. */
  wait(ms: number, done: () => boolean): Promise<boolean>;

  /** Runs `ip` with these words: flags first, as in `["-j", "neigh", "show"]`. */
  ip(words: readonly string[]): Promise<IpResult>;
  /** All entries, or those of one address, in no order: the same as `ip neigh` shows, without starting a program. */
  neighbours(dst?: string): NeighRow[];
  /** Reads one key, or writes it when there is a value. @throws Error when there is no such key or it refuses the value */
  sysctl(key: string, value: string | undefined): string;
  /** @throws Error when there is no such file */
  cat(path: string): string;
  socket(options?: SocketOptions): DutSocket;
  /** Listens on a port of any address of the plan's family. Need: `streams`. */
  listen(port: number, options?: ListenOptions): DutListener;
  /** Opens a connection; the handshake goes on by itself. Need: `streams`. */
  connect(to: string, port: number, options?: ConnectOptions): DutStream;
  /** Starts a program that gives e0 an IPv4 address. Need: `address-programs`. */
  getAddress(options: AddressOptions): AddressProgram;
  /** Takes the changes told since the last call. */
  events(): NeighEvent[];

  /** Puts a frame of the tester on the wire. */
  send(port: PortName, bytes: Uint8Array): void;
  /** Called with every frame of the DUT from start() on, in order. Set it before start(). */
  onFrame: (frame: RawFrame) => void;
  /** Pulls or plugs the cable at the tester's end. Need: `carrier`. */
  plug(port: PortName, plugged: boolean): Promise<void>;

  /** Looks at managed entries now. After the first call the DUT never does so by itself. Absent: the machine decides when. */
  managedTick?(): void;
  /** True if something outside may have changed its table since start(), so that the table proves nothing. Absent: never. */
  disturbed?(): boolean;
}

/** The lateness that is allowed to a DUT's timers: see stage/tolerance.ts. */
export interface Timing {
  /** `exact`: to the ms. A number: the kernel's timer wheel with that many jiffies a second. */
  timers: "exact" | number;
  /** Lateness that scheduling adds on a busy machine, in ms; 0 in virtual time. */
  slack: number;
}

/** A kind of DUT. To add one: a file in duts/, and a line in duts/index.ts. */
export interface DutKind {
  readonly name: string;
  readonly description: string;
  readonly timing: Timing;
  readonly can: ReadonlySet<Need>;
  /** Names the thing on this machine without which it lacks a need, for the reason of a skipped case. */
  readonly remedies?: Readonly<Partial<Record<Need, string>>>;
  /** The address families that it has. A case of another family is skipped. */
  readonly families: ReadonlySet<Family>;
  /** The DUT runs in real time, so several cases run at once. */
  readonly realTime: boolean;
  /** Time that the DUT gets after each step, in ms. */
  readonly settle: number;
  /** Names the first thing that this machine lacks for it; null if nothing is missing. */
  missing(): string | null;
  /** Prepares the things that all its DUTs share. One rack is open at a time. */
  open(): Promise<DutRack>;
}

export interface DutRack {
  create(): Dut;
  /** True if other users of the shared table would disturb the DUTs. Absent: never. */
  crowded?(): boolean;
  /** Calls back each time the machine looks at managed entries, with the time in now()'s ms. Absent: no timer of the machine does. */
  watchManaged?(heard: (time: number) => void): Promise<void>;
  close(): Promise<void>;
}
