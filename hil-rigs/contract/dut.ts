/**
 * A device under test, as a case sees it: a host with the address 10.0.0.1/24 on its device `e0`, which is cabled to the tester's
 * port `p0`; and on demand a second one, 10.0.1.1/24 on `e1` at `p1`. The tester is all the world it knows.
 *
 * What is asked of it here is what an operator and a program on it could ask: `ip`, `sysctl`, `cat`, a UDP socket, and to hear of
 * changes of the neighbour table. Nothing looks inside, so that a kernel and our stack can stand behind it alike.
 */
import type { AddressPlan, DeviceName } from "./plan.ts";

/** What a case may ask for beyond the plain DUT. One that a DUT has not makes the case skipped, with the need as the reason. */
export const NEEDS = {
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
} as const;
export type Need = keyof typeof NEEDS;

/** What a command printed and how it ended. */
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
  /** Seconds ago. */
  used: number;
  confirmed: number;
  updated: number;
  /** `router`, `managed`, `extern_learn`, …, in the order shown. */
  flags: string[];
  protocol: string;
}

/** A change of the neighbour table that was told to those who listen (RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH). */
export interface NeighEvent {
  kind: "new" | "deleted" | "miss";
  dst: string;
  dev: string;
  /** Empty when the message has none. */
  lladdr: string;
  /** `REACHABLE`; `NONE` for none. */
  state: string;
  probes: number;
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

/** A UDP socket of the DUT. Nothing waits: what cannot be done at once is refused as a non-blocking socket refuses it. */
export interface DutSocket {
  readonly port: number;
  /** `ok`, or the name of the errno that sendto() gave: `EAGAIN`, `ENETUNREACH`, … An errno that was queued earlier is errors()'s. */
  send(payload: Uint8Array, to: string, port: number, options?: SendOptions): string;
  /** Takes what came in since. */
  received(): Datagram[];
  /** With `errors: true`: takes the names of the errnos that were queued for it since. */
  errors(): string[];
}

export interface SocketOptions {
  /** Default: any. */
  address?: string;
  /** Default: a free one. */
  port?: number;
  /** Asks for IP_RECVERR. Need: `socket-errors`. */
  errors?: boolean;
}

/** A frame from the DUT, as it came to the tester. */
export interface RawFrame {
  /** When, in the DUT's `now()`. */
  time: number;
  port: PortName;
  bytes: Uint8Array;
}

export type PortName = "p0" | "p1";
/** The tester's port at the far end of each device's cable. */
export const PORTS: Readonly<Record<DeviceName, PortName>> = { e0: "p0", e1: "p1" };

export interface DutOptions {
  /** Its devices: e0, and e1 where the case's topology has a second link. */
  devices: readonly DeviceName[];
  /** The addresses they get. */
  plan: AddressPlan;
  /** Of everything random in it, where it lets itself be told. */
  seed: number;
  /** Commands are to take effect as soon as may be; the exit status of one that is refused need only be other than 0. */
  brisk?: boolean;
}

/** One DUT for one case: started, used, stopped. Everything that it made is gone after stop(). */
export interface Dut {
  start(options: DutOptions): Promise<void>;
  stop(): Promise<void>;

  /** ms from anywhere; virtual where the DUT is. */
  now(): number;
  /** Lets time pass until `done()` holds, but no longer than `ms`; says whether it held. Asks after each frame at the latest. */
  wait(ms: number, done: () => boolean): Promise<boolean>;

  /** Runs `ip` with these words: flags first, as in `["-j", "neigh", "show"]`. */
  ip(words: readonly string[]): Promise<IpResult>;
  /** Every entry, in no order. The same that `ip neigh` would show, without the cost of a program for each look. */
  neighbours(): NeighRow[];
  /** Reads one key, or writes it when there is a value. @throws Error when there is no such key or it refuses the value */
  sysctl(key: string, value: string | undefined): string;
  /** @throws Error when there is no such file */
  cat(path: string): string;
  socket(options?: SocketOptions): DutSocket;
  /** Takes the changes told since. */
  events(): NeighEvent[];

  /** The tester puts a frame on the wire. */
  send(port: PortName, bytes: Uint8Array): void;
  /** Every frame that the DUT sends, from start() on, in order. Set before start(). */
  onFrame: (frame: RawFrame) => void;
  /** Pulls or plugs the cable at the tester's end. Need: `carrier`. */
  plug(port: PortName, plugged: boolean): Promise<void>;

  /** Looks at managed entries now, and from the first call on never of its own accord. Absent: they are looked at when bench and machine do. */
  managedTick?(): void;
  /** Something outside may have changed its table since start(): what it shows proves nothing. Absent: that cannot be. */
  disturbed?(): boolean;
}

/** How late a DUT's timers may be: see stage/tolerance.ts. */
export interface Timing {
  /** `exact`: to the ms. A number: the kernel's wheel with so many jiffies a second. */
  timers: "exact" | number;
  /** What scheduling adds on a busy machine, in ms; 0 in virtual time. */
  slack: number;
}

/** A kind of DUT. */
export interface DutKind {
  readonly name: string;
  readonly description: string;
  readonly timing: Timing;
  readonly can: ReadonlySet<Need>;
  /** Time is the machine's: several cases are best run at once. */
  readonly realTime: boolean;
  /** Time to leave it for what was just asked of it, in ms. */
  readonly settle: number;
  /** What is missing on this machine for it, or null. */
  missing(): string | null;
  /** Prepares what all its DUTs share. one rack is open at a time. */
  open(): Promise<DutRack>;
}

export interface DutRack {
  create(): Dut;
  /** Others make so much use of what its DUTs share that they would be disturbed. Absent: that cannot be. */
  crowded?(): boolean;
  /** Where managed entries of all its DUTs are looked at by one clock of the machine's: calls back each time, with the time in now()'s ms. */
  watchManaged?(heard: (time: number) => void): Promise<void>;
  close(): Promise<void>;
}
