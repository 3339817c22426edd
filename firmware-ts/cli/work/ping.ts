/** `whohas ping`, as iputils prints it, or with -j as an object a line: `start`, each `reply` and `error`, and a `summary`. */
import { pingRefusalWords } from "../../control/iproute/refusals.ts";
import type { Caller } from "../../control/methods/client.ts";
import type { Note, ParamsOf, ResultOf } from "../../control/methods/index.ts";
import { MAX_COUNT } from "../../control/methods/udp.ts";
import { ControlError } from "../../control/rpc/protocol.ts";
import { CommandError, Exit } from "../contract/exit.ts";
import type { Globals } from "../contract/globals.ts";
import { withInstance } from "./connect.ts";
import { Interrupt } from "./interrupt.ts";
import { icmp6Words, icmpWords, noticeWords } from "./ping-words.ts";
import { printableJson } from "./printable.ts";

type StartNote = Extract<Note, readonly ["ping.start", unknown]>[1];
type ErrorNote = Extract<Note, readonly ["ping.error", unknown]>[1];

const REASONS: Readonly<Record<string, string>> = {
  NEIGH_FAILED: "Destination Host Unreachable",
  RTN_UNREACHABLE: "Destination Host Unreachable",
  RTN_PROHIBIT: "Packet filtered",
  IP_OUTNOROUTES: "Destination Net Unreachable",
};

/** The same for IPv6. */
const REASONS6: Readonly<Record<string, string>> = {
  NEIGH_FAILED: "Destination unreachable: Address unreachable",
  RTN_UNREACHABLE: "Destination unreachable: Address unreachable",
  RTN_PROHIBIT: "Destination unreachable: Administratively prohibited",
  IP_OUTNOROUTES: "Destination unreachable: No route",
};

export interface PingOptions {
  to: string;
  /** The destination may be a broadcast address. */
  broadcast: boolean;
  /** Undefined: until interrupted. */
  count: number | undefined;
  /** ms */
  interval: number;
  timeout: number;
  size: number;
  /** -I: the device and the source of the requests. */
  dev: string | undefined;
  source: string | undefined;
}

/** Addresses and groups of a link (RFC 4007 6). */
const LINK_BOUND = /^(fe[89ab][\da-f]|ff[\da-f][12]):/i;

/** Bytes of the ICMP echo and IPv4 headers in front of the data. */
const HEADERS = 28;
/** Bytes of the time stamp that iputils puts into the data: with less room it measures no time. */
const TIMESTAMP = 16;

/** Pings from the instance until the count is reached or Ctrl-C is heard; the exit status tells whether anybody answered. */
export function ping(globals: Globals, options: PingOptions): Promise<number> {
  return withInstance(globals, (client) => pingFrom(client, options, globals.json));
}

async function pingFrom(client: Caller, options: PingOptions, json: boolean): Promise<number> {
  const { dev, source, ...rest } = options;
  const tally = new Tally(options, json);
  client.onNotification = (...note) => tally.take(note);
  const interrupt = new Interrupt();
  void interrupt.heard.then(() => client.call("ping.stop").catch(() => undefined));
  // As good as endless: a request a second for thirty years.
  const count = Math.min(options.count ?? MAX_COUNT, MAX_COUNT);
  const chosen = { ...(dev === undefined ? {} : { dev }), ...(source === undefined ? {} : { source }) };
  const result = await asked(client, { ...rest, ...chosen, count }).finally(() => interrupt.ignore());
  tally.end(result);
  return result.received > 0 ? Exit.DONE : Exit.NO;
}

/** @throws CommandError in the words of iputils */
async function asked(client: Caller, params: ParamsOf<"ping">): Promise<ResultOf<"ping">> {
  try {
    return await client.call("ping", params);
  } catch (error) {
    const words = error instanceof ControlError ? pingRefusalWords(error, params.to.includes(":")) : undefined;
    throw words === undefined ? error : new CommandError(words);
  }
}

/** Prints what the instance tells of a ping, and sums it up. */
class Tally {
  readonly #to: string;
  readonly #size: number;
  readonly #json: boolean;
  /** The device that -I names; empty for none, undefined without -I. */
  readonly #dev: string | undefined;
  /** The source is left open, and the destination is a different station on each link. */
  readonly #blind: boolean;
  /** ms */
  readonly #times: number[] = [];

  constructor({ to, size, dev, source }: PingOptions, json: boolean) {
    this.#dev = dev ?? (source === undefined ? undefined : "");
    this.#blind = source === undefined && LINK_BOUND.test(to);
    this.#to = to;
    this.#size = size;
    this.#json = json;
  }

  take([name, note]: Note): void {
    if (name === "ping.start") {
      if (note.broadcast) console.error("WARNING: pinging broadcast address");
      this.#tell("start", { destination: note.to, size: this.#size });
      const from = this.#dev === undefined ? "" : `from ${this.#sourceOf(note)} ${this.#dev}: `;
      const whole = `${this.#to} (${note.to}) ${from}${this.#size}(${this.#size + HEADERS}) bytes of data.`;
      this.#say(`PING ${this.#six ? `${this.#to}(${note.to}) ${from}${this.#size} data bytes` : whole}`);
      return;
    }
    if (name === "ping.error") this.#takeError(note);
    if (name === "ping.notice") {
      this.#tell("notice", note);
      this.#say(`From ${note.from}: icmp_seq=${note.seq} ${noticeWords(note)}`);
    }
    if (name !== "ping.reply") return;
    const timed = this.#size >= TIMESTAMP;
    if (timed) this.#times.push(note.time);
    const time = timed ? ` time=${milliseconds(note.time)} ms` : "";
    const { time: measured, ...untimed } = note;
    this.#tell("reply", timed ? { ...untimed, time: measured } : untimed);
    this.#say(`${note.bytes} bytes from ${note.from}: icmp_seq=${note.seq} ttl=${note.ttl}${time}`);
  }

  #takeError(note: ErrorNote): void {
    const { from, seq, reason, mtu, type = 0, code = 0, info = 0 } = note;
    this.#tell("error", note);
    if (mtu !== undefined) {
      if (!this.#json) console.error(`ping: local error: message too long, mtu${this.#six ? ": " : "="}${mtu}`);
      return;
    }
    const [reasons, icmp] = this.#six ? [REASONS6, icmp6Words] : [REASONS, icmpWords];
    const words = reason === "ICMP" ? icmp({ type, code, info }) : (reasons[reason] ?? reason);
    this.#say(`From ${from} icmp_seq=${seq} ${words}`);
  }

  end(result: ResultOf<"ping">): void {
    const loss = lossOf(result);
    const rtt = this.#times.length > 0 ? { rtt: rttOf(this.#times) } : {};
    this.#tell("summary", { ...result, loss, ...rtt });
    this.#say(this.#statistics(result, loss));
  }

  /** iputils looks for the source before it binds to the device: then it knows none for the device's own link, and says so. */
  #sourceOf({ from = "" }: StartNote): string {
    if (!this.#blind || this.#dev === "") return from;
    console.error(`ping: Warning: source address might be selected on device other than: ${this.#dev}`);
    return "::";
  }

  /** The destination is one of IPv6. */
  get #six(): boolean {
    return this.#to.includes(":");
  }

  #say(line: string): void {
    if (!this.#json) console.log(line);
  }

  #tell(event: string, fields: object): void {
    if (this.#json) console.log(printableJson({ event, ...fields }));
  }

  /** The lines at the end; the last is empty where there is nothing to tell of times. */
  #statistics({ transmitted, received, errors, pipe, time }: ResultOf<"ping">, loss: number): string {
    const failed = errors > 0 ? `+${errors} errors, ` : "";
    return [
      "",
      `--- ${this.#to} ping statistics ---`,
      `${transmitted} packets transmitted, ${received} received, ${failed}${loss}% packet loss, time ${Math.round(time)}ms`,
      [...this.#roundTrips(), ...(pipe > 1 ? [`pipe ${pipe}`] : [])].join(", "),
    ].join("\n");
  }

  #roundTrips(): string[] {
    if (this.#times.length === 0) return [];
    const { min, avg, max, mdev } = rttOf(this.#times);
    const figures = [min, avg, max, mdev].map((time) => time.toFixed(3));
    return [`rtt min/avg/max/mdev = ${figures.join("/")} ms`];
  }
}

/** Percent, rounded down. */
function lossOf({ transmitted, received }: ResultOf<"ping">): number {
  return transmitted === 0 ? 0 : Math.floor(((transmitted - received) * 100) / transmitted);
}

/** Figures of round-trip times, in ms. */
interface Rtt {
  readonly min: number;
  readonly avg: number;
  readonly max: number;
  readonly mdev: number;
}

function rttOf(times: readonly number[]): Rtt {
  const avg = times.reduce((sum, time) => sum + time, 0) / times.length;
  const mdev = Math.sqrt(times.reduce((sum, time) => sum + (time - avg) ** 2, 0) / times.length);
  const min = times.reduce((least, time) => Math.min(least, time));
  const max = times.reduce((most, time) => Math.max(most, time));
  return { min, avg, max, mdev };
}

/** Three significant digits, as iputils prints round-trip times. */
function milliseconds(time: number): string {
  if (time >= 100) return time.toFixed(0);
  if (time >= 10) return time.toFixed(1);
  return time.toFixed(time >= 1 ? 2 : 3);
}
