/**
 * The bench as a case sees it: it makes the DUT do things, plays the other hosts on the wire, and checks what the wire and the table
 * show. Times are ms of the DUT's own time.
 *
 *     await bench.poke(T1.ip);                                        // the DUT sends T1 a datagram
 *     const ask = await bench.hears("asks for it", asks(T1.ip));      // and so has to ask for it
 *     bench.expect("asks everybody", ask.dst, BROADCAST);
 *     await bench.say(arpReply({ from: T1 }));
 *     await bench.hears("then sends it", datagram(T1.ip, { dst: T1.mac }));
 *     await bench.expectState(T1.ip, "REACHABLE", T1.mac);
 *
 * A failed check is noted and the case goes on. Only `hears` and the commands that prepare a case end it, because the rest would
 * make no sense.
 */
import type { AddressOptions, AddressProgram } from "./address-program.ts";
import type { Dut, DutSocket, IpResult, NeighEvent, NeighRow, PortName, SendOptions, SocketOptions } from "./dut.ts";
import type { Frame, FrameOf, Kind, MldFrame, Pattern } from "./frame.ts";
import type { AddressPlan, DeviceName } from "./plan.ts";
import type { Resolution } from "./resolution.ts";
import type { ConnectOptions, DutListener, DutStream, ListenOptions } from "./stream.ts";

export interface WithinOptions {
  /** Default 100 ms. The DUT's permitted lateness is always added. */
  within?: number;
  port?: PortName;
}

export interface PokeOptions extends SendOptions {
  /** A text, or a number of bytes. Default `poke N`, counted through the case. */
  payload?: string | number;
  /** Number of datagrams, one behind the other. Default 1. */
  count?: number;
}

export interface Bench {
  readonly dut: Dut;
  /** Addresses of the case's family. */
  readonly plan: AddressPlan;
  /** The words by which hosts of the case's family find each other. */
  readonly resolution: Resolution;
  /** Every frame of the DUT so far, in order, but for its reports of multicast groups. */
  readonly frames: readonly Frame[];
  /** Reports of multicast groups (MLD), which come at drawn times: no frame for hears(), heard() and silence(). */
  readonly reports: readonly MldFrame[];

  // The DUT's operator.

  /** Runs `ip` with the words of `command`, parted by blanks: `ip("-s neigh show dev e0")`. */
  ip(command: string): Promise<IpResult>;
  /** As ip(), for a command that only prepares the case: a refusal ends the case. Returns what the command printed. */
  must(command: string): Promise<string>;
  /** Reads one key, or writes it and returns `ok`. Returns `error: …` when the DUT refuses. */
  sysctl(key: string, value?: string | number): string;
  /** Writes net.FAMILY.neigh.DEV.NAME, in the key's own unit. A refusal ends the case. */
  param(name: string, value: number, dev?: DeviceName): void;
  /** Writes net.FAMILY.conf.DEV.NAME. A refusal ends the case. */
  conf(name: string, value: number, dev?: DeviceName | "all"): void;
  cat(path: string): string;

  // A program on the DUT.

  /**
   * Sends datagrams from the DUT to port 9 of `to`, from port 4444 of a socket bound to no address. Returns the last send's result: `ok`,
   * or the name of an errno.
   */
  poke(to: string, options?: PokeOptions): Promise<string>;
  socket(options?: SocketOptions): DutSocket;
  /** Listens for TCP connections. Need: `streams`. */
  listen(port: number, options?: ListenOptions): DutListener;
  /** Opens a TCP connection. Need: `streams`. */
  connect(to: string, port: number, options?: ConnectOptions): DutStream;
  /** Starts a program that gives e0 an IPv4 address. Need: `address-programs`. */
  getAddress(options: AddressOptions): AddressProgram;

  // The wire.

  /** Sends the tester's frames on p0, one behind the other. */
  say(...frames: Uint8Array[]): Promise<void>;
  sayOn(port: PortName, ...frames: Uint8Array[]): Promise<void>;
  /** Makes the tester answer frames of the DUT at once: `reply` returns the answer to a frame, or null for none. */
  respond(reply: (frame: Frame) => Uint8Array | null): void;
  /** Waits for the next frame that matches and passes over others. Counts as a check; without such a frame the case ends. */
  hears<K extends Kind>(name: string, pattern: Pattern<K>, options?: WithinOptions): Promise<FrameOf<K>>;
  /** Lets `ms` pass, then takes the frames that came since the last one looked at. */
  heard(ms?: number): Promise<Frame[]>;
  /** Checks that no frame comes for `ms` (default 30), or none that matches `pattern`. */
  silence(name: string, ms?: number, pattern?: Pattern<Kind>): Promise<void>;
  /** Pulls or plugs the cable. Need: `carrier`. */
  plug(plugged: boolean, port?: PortName): Promise<void>;

  // Time.

  now(): number;
  sleep(ms: number): Promise<void>;
  /** Gives the DUT time to finish its immediate work. */
  settle(): Promise<void>;

  // The table.

  /** The entry as `ip -j -s neigh` shows it, in any state; null when there is none. */
  neigh(address: string, dev?: DeviceName): Promise<NeighRow | null>;
  /** The entry's state: `NONE` for an entry without one, `-` when there is no entry. */
  state(address: string, dev?: DeviceName): Promise<string>;
  /** Checks an entry's state (`-`: no entry), and its link address if one is given. */
  expectState(address: string, state: string, lladdr?: string): Promise<void>;
  /** Checks that an entry comes to a state within `within` ms and the DUT's permitted lateness. */
  reaches(address: string, state: string, within: number): Promise<void>;
  /** Takes the changes of the table told since the last call. */
  events(): NeighEvent[];

  // Checks.

  /** The seed of this run, for times that the case draws itself. */
  readonly seed: number;
  /** Notes a figure of this run, which `measure` puts together with those of other runs. */
  figure(name: string, value: number): void;
  /** One named comparison, deep, of plain values. */
  expect(name: string, actual: unknown, expected: unknown): void;
  /**
   * Checks that something came when it was due: not early, and no later than the DUT's timers may be.
   * @param timers how many timers ran one behind the other, each armed when the one before it fired
   */
  expectTime(name: string, actual: number, due: number, timers?: number): void;
}
