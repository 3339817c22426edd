/** Control requests: lines of any kind to the server of a stack, whole and in pieces. */
import * as v from "valibot";
import { METHODS, type MethodName, stackMethods } from "../../../firmware-ts/control/methods/index.ts";
import type { LineChannel } from "../../../firmware-ts/control/rpc/channel.ts";
import { LineReader } from "../../../firmware-ts/control/rpc/line-reader.ts";
import { isObject, type Json } from "../../../firmware-ts/control/rpc/protocol.ts";
import { serve } from "../../../firmware-ts/control/rpc/server.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { type Random, SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { oneIn, pick } from "../bytes.ts";
import { STATION } from "../stack-bench.ts";
import { FuzzError, type Piece, type Subject, type Target } from "../target.ts";

/** Requests are as long as the longest wait that one may ask for. */
const PACE = 5;
const AFTERMATH = 90_000_000;
const STEP = 1_000_000;
/** Refusals that any request may meet, whatever its method lists. */
const ALWAYS: readonly string[] = [
  "PARSE_ERROR",
  "INVALID_REQUEST",
  "NO_METHOD",
  "INVALID_PARAMS",
  "REQUESTS_LIMIT",
  "SUBSCRIPTIONS_LIMIT",
];
const NAMES = Object.keys(METHODS) as MethodName[];

class Channel implements LineChannel {
  onLine: LineChannel["onLine"] = null;
  onBroken: LineChannel["onBroken"] = null;
  onClose: LineChannel["onClose"] = null;
  open = true;
  readonly backlog = 0;
  readonly #onAnswer: (line: string) => void;

  constructor(onAnswer: (line: string) => void) {
    this.#onAnswer = onAnswer;
  }

  send(line: string): void {
    if (this.open) this.#onAnswer(line);
  }

  end(line: string): void {
    this.send(line);
    this.close();
  }

  cut(line: string): void {
    this.end(line);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.onClose?.();
  }
}

class ControlSubject implements Subject {
  frames = 0;
  behaviour: number | string = "";
  readonly #clock: VirtualClock = new VirtualClock();
  readonly #stack: Stack;
  readonly #codes = new Set<string>();
  #channel: Channel | null = null;
  #reader: LineReader | null = null;
  #asked: MethodName | null = null;
  /** Methods asked for on this connection that answer when they end, which may be at any later time. */
  readonly #lasting = new Set<MethodName>();
  #wrong: string | null = null;

  private constructor(seed: string) {
    const random = new SeededRandom(seed);
    const segment = new EthernetSegment(this.#clock, random.fork("wire"));
    const nic = new WireNic(this.#clock, segment, "eth0", STATION);
    segment.attach("tester", { wireFrame: () => {}, wireLink: () => {} });
    this.#stack = new Stack({ clock: this.#clock, random: random.fork("stack") });
    this.#stack.addDevice("eth0", nic);
  }

  static async open(seed: string): Promise<ControlSubject> {
    const subject = new ControlSubject(seed);
    const stack = subject.#stack;
    const [eth0] = stack.devices;
    if (!eth0) throw new Error("a stack without its device");
    await eth0.open();
    stack.addAddress(eth0, "10.0.0.1/24");
    return subject;
  }

  async play(piece: Piece): Promise<void> {
    this.#connect();
    this.#codes.clear();
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("utf8");
    this.frames++;
    this.#asked = methodIn(text);
    if (this.#asked !== null && METHODS[this.#asked].lasting) this.#lasting.add(this.#asked);
    // In two parts: a line may end anywhere.
    const middle = text.length >> 1;
    for (const part of [text.slice(0, middle), `${text.slice(middle)}\n`]) this.#reader?.push(part);
    await this.#clock.advance(PACE);
    if (this.#wrong !== null) throw new FuzzError("promise", this.#wrong);
    this.behaviour = `${this.#asked} ${[...this.#codes].sort().join()}`;
  }

  async end(): Promise<void> {
    this.#channel?.close();
    for (let left = AFTERMATH; left > 0 && this.#stack.network.pool.inUse > 0; left -= STEP) await this.#clock.advance(STEP);
    const { inUse } = this.#stack.network.pool;
    if (inUse > 0) throw new FuzzError("promise", `${inUse} packet buffers are out a day after the last request`);
    const closed = this.#stack.close();
    await this.#clock.advance(1000);
    await closed;
    if (this.#wrong !== null) throw new FuzzError("promise", this.#wrong);
  }

  #connect(): void {
    if (this.#channel?.open) return;
    const channel = new Channel((line) => this.#answered(line));
    this.#channel = channel;
    this.#lasting.clear();
    serve(channel, stackMethods(this.#stack));
    this.#reader = new LineReader((line) => channel.onLine?.(line));
  }

  /** An answer says what its method's schema says, or refuses with a code that the method lists. */
  #answered(line: string): void {
    const message = JSON.parse(line) as Json;
    if (!isObject(message)) this.#wrong ??= `not an object: ${line}`;
    else if (isObject(message["error"])) this.#refused(message["error"], line);
    else if (message["method"] === undefined && this.#asked) this.#succeeded(message["result"], line);
  }

  #refused({ data }: { [key: string]: Json | undefined }, line: string): void {
    const code = isObject(data) ? String(data["code"]) : "";
    this.#codes.add(code);
    const listed = this.#answering.some((name) => (METHODS[name].errors as readonly string[]).includes(code));
    if (!ALWAYS.includes(code) && !listed) this.#wrong ??= `a refusal that ${this.#asked} does not list: ${line}`;
  }

  #succeeded(result: Json | undefined, line: string): void {
    this.#codes.add("done");
    if (this.#answering.some((name) => v.is(METHODS[name].result, result))) return;
    this.#wrong ??= `not as the schema of ${this.#asked} says: ${line.slice(0, 400)}`;
  }

  /** Methods that an answer may be from. */
  get #answering(): readonly MethodName[] {
    return this.#asked === null ? [...this.#lasting] : [this.#asked, ...this.#lasting];
  }
}

/** The method that one line asks for, null when there are several lines or none is asked for. Answers that come late are not held to it. */
function methodIn(text: string): MethodName | null {
  if (text.includes("\n")) return null;
  try {
    const { method } = JSON.parse(text) as { method?: string };
    return NAMES.find((name) => name === method) ?? null;
  } catch {
    return null;
  }
}

const HOSTS: readonly Json[] = [
  "10.0.0.2",
  "10.0.0.1",
  "10.0.0.255",
  "0.0.0.0",
  "224.0.0.1",
  "255.255.255.255",
  "127.0.0.1",
  "256.1.1.1",
];
const ODD: readonly Json[] = [
  "",
  "x",
  "constructor",
  "__proto__",
  -1,
  1.5,
  1e308,
  2 ** 53,
  null,
  true,
  [],
  {},
  [["all"]],
  "\u0000",
  "é\u202e",
  "all",
];
const VALUES: Readonly<Record<string, readonly Json[]>> = {
  dev: ["eth0", "eth0", "eth0", "eth1"],
  dst: HOSTS,
  to: [...HOSTS, "10.0.0.0/24", "default", "10.0.0.2:9", "10.0.0.3:0", "10.0.0.0/33"],
  lladdr: ["02:00:00:00:00:02", "02:00", "zz"],
  nud: ["permanent", "reachable", "noarp", "failed", "bad", ["stale"]],
  local: ["10.0.0.9/24", "10.0.0.1/24", "10.0.0.1/33", "+"],
  via: HOSTS,
  from: ["10.0.0.1", ":5000", "10.0.0.9"],
  bind: ["5000", "10.0.0.1:5000", "0", "70000"],
  text: ["hi", "x".repeat(1473)],
  count: [1, 3, 0],
  interval: [0, 1, 10],
  timeout: [0, 1, 10],
  size: [0, 56, 1472, 1473],
  mtu: [68, 1500, 1501, 0],
  up: [true, true, false],
  key: ["net.ipv4.neigh.eth0.locktime", "net.ipv4.ip_forward", "net.ipv4.neigh.default.gc_thresh3", "a.__proto__"],
  under: ["net.ipv4.neigh", "net", ""],
  value: ["1", "-1", "x", "99999999999"],
  path: ["/proc/net/arp", "/proc/net/softnet_stat", "/proc/net/snmp", "../../etc/passwd"],
  name: ["arp_cache", "eth0"],
  address: ["02:00:00:00:00:01", "01:00:00:00:00:00"],
  metric: [0, 100, 2 ** 32],
  scope: ["global", "link", 253],
};
const KEYS = Object.keys(VALUES);

function make(random: Random): Piece {
  const params: Record<string, Json> = {};
  for (let left = random.below(6); left > 0; left--) {
    const key = pick(random, KEYS);
    params[key] = oneIn(random, 6) ? pick(random, ODD) : pick(random, VALUES[key] ?? ODD);
  }
  const method = oneIn(random, 20) ? String(pick(random, ODD)) : pick(random, NAMES);
  const request = {
    jsonrpc: oneIn(random, 30) ? pick(random, ODD) : "2.0",
    id: oneIn(random, 10) ? pick(random, ODD) : 1,
    method,
    params,
  };
  const whole = oneIn(random, 30) ? pick(random, ODD) : request;
  return new Uint8Array(Buffer.from(JSON.stringify(whole) ?? ""));
}

export const CONTROL: Target = {
  name: "control",
  session: 200,
  turns: 5,
  corpus: "control.hex",
  open: (seed) => ControlSubject.open(seed),
  make,
};
