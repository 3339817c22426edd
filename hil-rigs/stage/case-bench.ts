/** Sets the bench up for one case: records what happens, waits as long as the DUT may be late, notes each check. */
import type { AddressOptions, AddressProgram } from "../contract/address-program.ts";
import type { Bench, PokeOptions, WithinOptions } from "../contract/bench.ts";
import type { Dut, DutSocket, IpResult, NeighEvent, NeighRow, PortName, SocketOptions, Timing } from "../contract/dut.ts";
import type { Frame, FrameOf, Kind, MldFrame, Pattern } from "../contract/frame.ts";
import { type AddressPlan, type DeviceName, type Family, PLANS } from "../contract/plan.ts";
import type { Resolution } from "../contract/resolution.ts";
import type { ConnectOptions, DutListener, DutStream, ListenOptions } from "../contract/stream.ts";
import { parse } from "../wire/parse.ts";
import { RESOLUTIONS } from "../wire/resolution.ts";
import { rowText } from "./neigh-row.ts";
import { matches, patternText } from "./patterns.ts";
import { recordedListener, recordedStream } from "./recorded-stream.ts";
import { window } from "./tolerance.ts";
import { Trace } from "./trace.ts";

/** Ends a case that cannot go on after a failed check. */
export class CaseStopped extends Error {}

/** The source port of poke(), and the port that it sends to. */
const POKE_PORT = 4444;
const DISCARD_PORT = 9;
const SOON = 100;

export interface BenchOptions {
  timing: Timing;
  family: Family;
  /** Time that the DUT is left after each step, in ms. */
  settle: number;
  /** Time limit of the case, in ms of the DUT's time. */
  limit: number;
  seed?: number;
}

export class CaseBench implements Bench {
  readonly dut: Dut;
  readonly plan: AddressPlan;
  readonly trace: Trace = new Trace();
  readonly #options: BenchOptions;
  /** Number of frames that the case has looked at. */
  #cursor = 0;
  #pokes = 0;
  #socket: DutSocket | null = null;
  #unread: NeighEvent[] = [];
  #deadline = Number.POSITIVE_INFINITY;

  constructor(dut: Dut, options: BenchOptions) {
    this.dut = dut;
    this.#options = options;
    this.plan = PLANS[options.family];
    dut.onFrame = (raw) => {
      // What changed by now brought the frame, and stands before it.
      this.#pull();
      this.trace.frame(parse(raw));
    };
  }

  get resolution(): Resolution {
    return RESOLUTIONS[this.plan.family];
  }

  get frames(): readonly Frame[] {
    return this.trace.frames;
  }

  get reports(): readonly MldFrame[] {
    return this.trace.reports;
  }

  // The DUT's operator.

  async ip(command: string): Promise<IpResult> {
    // Events told so far do not come from this command.
    this.#pull();
    const began = this.now();
    const result = await this.dut.ip(command.split(" "));
    const { stdout, stderr, exit } = result;
    const text = `ip ${command} -> exit ${exit}\n${stdout}${stderr}`.replace(/\n$/, "");
    this.trace.add("command", began, text, this.now());
    await this.settle();
    return result;
  }

  async must(command: string): Promise<string> {
    const { stdout, stderr, exit } = await this.ip(command);
    if (exit !== 0) this.#stop(`ip ${command}`, "exit 0", `exit ${exit}: ${stderr.trim()}`);
    return stdout;
  }

  sysctl(key: string, value?: string | number): string {
    let text = "ok";
    try {
      const read = this.dut.sysctl(key, value === undefined ? undefined : String(value));
      if (value === undefined) text = read;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      text = `error: ${code ?? message}`;
    }
    this.trace.add("command", this.now(), `sysctl ${key}${value === undefined ? "" : `=${value}`} -> ${text}`);
    return text;
  }

  param(name: string, value: number, dev: DeviceName = "e0"): void {
    this.#write(`net.${this.plan.keys}.neigh.${dev}.${name}`, value);
  }

  conf(name: string, value: number, dev: DeviceName | "all" = "e0"): void {
    this.#write(`net.${this.plan.keys}.conf.${dev}.${name}`, value);
  }

  cat(path: string): string {
    const text = this.dut.cat(path);
    this.trace.add("command", this.now(), `cat ${path}\n${text.replace(/\n$/, "")}`);
    return text;
  }

  // A program on the DUT.

  async poke(to: string, options: PokeOptions = {}): Promise<string> {
    const { payload, count = 1, ...send } = options;
    this.#pull();
    this.#socket ??= this.dut.socket({ port: POKE_PORT });
    const began = this.now();
    let result = "";
    for (let sent = 0; sent < count; sent++) {
      this.#pokes++;
      const text = payload === undefined ? `poke ${this.#pokes}` : typeof payload === "string" ? payload : "x".repeat(payload);
      result = this.#socket.send(new TextEncoder().encode(text), to, DISCARD_PORT, send);
    }
    const confirm = send.confirm ? " confirm" : "";
    this.trace.add("command", began, `udp send ${count} to ${to}${confirm} -> ${result}`, this.now());
    await this.settle();
    return result;
  }

  socket(options: SocketOptions = {}): DutSocket {
    const socket = this.dut.socket(options);
    const send: DutSocket["send"] = (payload, to, port, more) => {
      const began = this.now();
      const result = socket.send(payload, to, port, more);
      this.trace.add("command", began, `udp send ${payload.length} bytes to ${to}:${port} -> ${result}`, this.now());
      return result;
    };
    const member: DutSocket["member"] = (act, group, ...sources) => {
      const began = this.now();
      const result = socket.member(act, group, ...sources);
      this.trace.add("command", began, `udp ${[act, group, ...sources].join(" ")} -> ${result}`, this.now());
      return result;
    };
    return { port: socket.port, send, member, received: () => socket.received(), errors: () => socket.errors() };
  }

  listen(port: number, options?: ListenOptions): DutListener {
    return recordedListener(this.dut.listen(port, options), this.trace, () => this.now());
  }

  connect(to: string, port: number, options?: ConnectOptions): DutStream {
    this.trace.add("command", this.now(), `tcp connect ${to}:${port}`);
    return recordedStream(this.dut.connect(to, port, options), this.trace, () => this.now());
  }

  getAddress(options: AddressOptions): AddressProgram {
    const { by, address = "" } = options;
    this.trace.add("command", this.now(), `address by ${by} ${address}`.trimEnd());
    const program = this.dut.getAddress(options);
    const stop = async (): Promise<void> => {
      this.trace.add("command", this.now(), `address by ${by} ends`);
      await program.stop();
      await this.settle();
    };
    return { stop };
  }

  // The wire.

  async say(...frames: Uint8Array[]): Promise<void> {
    await this.sayOn("p0", ...frames);
  }

  async sayOn(port: PortName, ...frames: Uint8Array[]): Promise<void> {
    this.#pull();
    for (const bytes of frames) {
      this.trace.said(parse({ time: this.now(), port, bytes }));
      this.dut.send(port, bytes);
    }
    await this.settle();
  }

  respond(reply: (frame: Frame) => Uint8Array | null): void {
    const record = this.dut.onFrame;
    this.dut.onFrame = (raw) => {
      record(raw);
      const bytes = reply(parse(raw));
      if (!bytes) return;
      this.trace.said(parse({ time: this.now(), port: raw.port, bytes }));
      this.dut.send(raw.port, bytes);
    };
  }

  async hears<K extends Kind>(name: string, pattern: Pattern<K>, options: WithinOptions = {}): Promise<FrameOf<K>> {
    const { within = SOON, port = "p0" } = options;
    const wanted: Pattern<K> = { ...pattern, port };
    let found: FrameOf<K> | undefined;
    const look = (): boolean => {
      const { frames } = this.trace;
      for (; this.#cursor < frames.length && !found; this.#cursor++) {
        const frame = frames[this.#cursor] as Frame;
        if (matches<K>(frame, wanted)) found = frame;
      }
      return found !== undefined;
    };
    await this.#wait(this.#patience(within), look);
    if (!found) this.#stop(name, patternText(wanted), `nothing like it within ${within} ms`);
    this.#check(name, true, patternText(wanted), "heard");
    return found as FrameOf<K>;
  }

  async heard(ms = 0): Promise<Frame[]> {
    if (ms > 0) await this.sleep(ms);
    await this.settle();
    const frames = this.trace.frames.slice(this.#cursor);
    this.#cursor = this.trace.frames.length;
    return frames;
  }

  async silence(name: string, ms = 30, pattern?: Pattern<Kind>): Promise<void> {
    const frames = (await this.heard(ms)).filter((frame) => !pattern || matches(frame, pattern));
    this.#check(name, frames.length === 0, "silence", frames.map((frame) => this.#line(frame)).join("; ") || "silence");
  }

  // Time.

  now(): number {
    return this.dut.now();
  }

  async sleep(ms: number): Promise<void> {
    await this.#wait(ms, () => false);
  }

  async settle(): Promise<void> {
    await this.sleep(this.#options.settle);
  }

  async plug(plugged: boolean, port: PortName = "p0"): Promise<void> {
    this.#pull();
    const began = this.now();
    await this.dut.plug(port, plugged);
    this.trace.add("command", began, `${plugged ? "plug" : "pull"} ${port}`, this.now());
    await this.settle();
  }

  // The table.

  async neigh(address: string, dev: DeviceName = "e0"): Promise<NeighRow | null> {
    const row = this.#row(address, dev);
    this.trace.add("table", this.now(), `${address} dev ${dev} ${row ? rowText(row) : "-"}`);
    return row;
  }

  #row(address: string, dev: DeviceName): NeighRow | null {
    return this.dut.neighbours(address).find((row) => row.dev === dev) ?? null;
  }

  async state(address: string, dev: DeviceName = "e0"): Promise<string> {
    return (await this.neigh(address, dev))?.state ?? "-";
  }

  async expectState(address: string, state: string, lladdr?: string): Promise<void> {
    const row = await this.neigh(address);
    const actual = [row?.state ?? "-", ...(lladdr === undefined ? [] : [row?.lladdr ?? ""])].join(" ");
    const expected = [state, ...(lladdr === undefined ? [] : [lladdr])].join(" ");
    this.#check(`${address} is ${expected}`, actual === expected, expected, actual);
  }

  async reaches(address: string, state: string, within: number): Promise<void> {
    const end = this.now() + this.#patience(within);
    const look = (): string => this.#row(address, "e0")?.state ?? "-";
    let seen = look();
    while (seen !== state && this.now() < end) {
      await this.sleep(5);
      seen = look();
    }
    this.trace.add("table", this.now(), `${address} dev e0 comes to be ${seen}`);
    this.#check(`${address} comes to be ${state}`, seen === state, state, seen);
  }

  events(): NeighEvent[] {
    this.#pull();
    const events = this.#unread;
    this.#unread = [];
    return events;
  }

  /** Begins the case's time limit. */
  begin(): void {
    this.#deadline = this.now() + this.#options.limit;
  }

  /** Ends the case: takes the events that nobody has taken yet, and records no more. */
  finish(): void {
    this.#pull();
    // Cases beside this one may go on for longer. Frames that the DUT sends meanwhile belong to no case.
    this.dut.onFrame = () => {};
    const faults = this.trace.frames.flatMap((frame) => frame.faults);
    this.#check("every frame is well formed", faults.length === 0, "", faults.join(", "));
  }

  // Checks.

  get seed(): number {
    return this.#options.seed ?? 1;
  }

  figure(name: string, value: number): void {
    this.trace.figures[name] = value;
    this.trace.add("table", this.now(), `${name}: ${value}`);
  }

  expect(name: string, actual: unknown, expected: unknown): void {
    const [have, want] = [JSON.stringify(actual) ?? "undefined", JSON.stringify(expected) ?? "undefined"];
    this.#check(name, have === want, want, have);
  }

  expectTime(name: string, actual: number, due: number, timers = 1): void {
    const { from, to } = window(this.#options.timing, due, timers);
    this.#check(name, actual >= from && actual <= to, `${from.toFixed(1)}..${to.toFixed(1)} ms`, `${actual.toFixed(3)} ms`);
  }

  #write(key: string, value: number): void {
    const text = this.sysctl(key, value);
    if (text.startsWith("error:")) this.#stop(`sysctl ${key}=${value}`, "accepted", text);
  }

  #wait(ms: number, done: () => boolean): Promise<boolean> {
    if (this.now() > this.#deadline) this.#stop("the case ends", `within ${this.#options.limit} ms`, "it goes on");
    return this.dut.wait(ms, done);
  }

  #pull(): void {
    for (const { time, ...event } of this.dut.events()) {
      this.trace.event(this.now(), event, time);
      // Cases compare events, and the time of one is not the same for two DUTs.
      this.#unread.push(event);
    }
  }

  #patience(ms: number): number {
    return window(this.#options.timing, ms).to;
  }

  #line(frame: Frame): string {
    return this.trace.steps.find((step) => step.kind === "frame" && step.time === frame.time)?.text ?? frame.kind;
  }

  #check(name: string, passed: boolean, expected: string, actual: string): void {
    this.#pull();
    this.trace.check({ name, passed, expected, actual, time: this.now() });
  }

  #stop(name: string, expected: string, actual: string): never {
    this.#check(name, false, expected, actual);
    throw new CaseStopped(`${name}: expected ${expected}, got ${actual}`);
  }
}
