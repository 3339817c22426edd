/** `whohas ping`, as iputils prints it, or with -j as an object a line: `start`, each `reply` and `error`, and a `summary`. */
import { SystemClock } from "../../../hal/clock.ts";
import { pingRefusalWords } from "../../control/iproute/refusals.ts";
import type { Caller } from "../../control/methods/client.ts";
import type { ParamsOf, ResultOf } from "../../control/methods/index.ts";
import { ControlError } from "../../control/rpc/protocol.ts";
import { Exit } from "../contract/exit.ts";
import type { Globals } from "../contract/globals.ts";
import { withInstance } from "./connect.ts";
import { Interrupt } from "./interrupt.ts";
import { printableJson } from "./printable.ts";

export interface PingOptions {
  to: string;
  /** Undefined: until interrupted. */
  count: number | undefined;
  /** ms */
  interval: number;
  timeout: number;
  size: number;
}

/** Bytes of the ICMP echo and IPv4 headers in front of the data. */
const HEADERS = 28;
/** As good as endless: a request a second for thirty years. */
const ENDLESS = 1_000_000_000;

const REASONS: Readonly<Record<string, string>> = {
  NEIGH_FAILED: "Destination Host Unreachable",
  IP_OUTNOROUTES: "Destination Net Unreachable",
  PKT_TOO_BIG: "Frag needed and DF set",
};

/** Pings from the instance until the count is reached or Ctrl-C is heard; the exit status tells whether anybody answered. */
export function ping(globals: Globals, options: PingOptions): Promise<number> {
  return withInstance(globals, (client) => pingFrom(client, options, globals.json));
}

async function pingFrom(client: Caller, options: PingOptions, json: boolean): Promise<number> {
  const { to, size } = options;
  const times: number[] = [];
  let transmitted = 0;
  let errors = 0;
  const say = (line: string): void => {
    if (!json) console.log(line);
  };
  const tell = (event: string, fields: object): void => {
    if (json) console.log(printableJson({ event, ...fields }));
  };
  say(`PING ${to} (${to}) ${size}(${size + HEADERS}) bytes of data.`);
  tell("start", { destination: to, size });
  client.onNotification = (name, note) => {
    if (name !== "ping.reply" && name !== "ping.error") return;
    transmitted = Math.max(transmitted, note.seq);
    tell(name === "ping.reply" ? "reply" : "error", note);
    if (name === "ping.reply") {
      times.push(note.time);
      say(`${note.bytes} bytes from ${note.from}: icmp_seq=${note.seq} ttl=${note.ttl} time=${milliseconds(note.time)} ms`);
    } else {
      errors++;
      say(`From ${note.from} icmp_seq=${note.seq} ${REASONS[note.reason] ?? note.reason}`);
    }
  };
  const clock = new SystemClock();
  const start = clock.now();
  const interrupt = new Interrupt();
  const answer = asked(client, { ...options, count: options.count ?? ENDLESS });
  const result = await Promise.race([answer, interrupt.heard]).finally(() => interrupt.ignore());
  if (result) transmitted = result.transmitted;
  const elapsed = clock.now() - start;
  say(statistics(to, transmitted, times, errors, elapsed));
  const rtt = times.length > 0 ? { rtt: rttOf(times) } : {};
  tell("summary", { transmitted, received: times.length, errors, loss: lossOf(transmitted, times.length), time: elapsed, ...rtt });
  return times.length > 0 ? Exit.DONE : Exit.NO;
}

/** @throws ControlError in the words of iputils */
async function asked(client: Caller, params: ParamsOf<"ping">): Promise<ResultOf<"ping">> {
  try {
    return await client.call("ping", params);
  } catch (error) {
    throw error instanceof ControlError ? new ControlError(error.code, pingRefusalWords(error)) : error;
  }
}

function statistics(to: string, transmitted: number, times: readonly number[], errors: number, elapsed: number): string {
  const loss = lossOf(transmitted, times.length);
  const failed = errors > 0 ? `+${errors} errors, ` : "";
  const lines = [
    "",
    `--- ${to} ping statistics ---`,
    `${transmitted} packets transmitted, ${times.length} received, ${failed}${loss}% packet loss, time ${Math.round(elapsed)}ms`,
  ];
  if (times.length > 0) {
    const { min, avg, max, mdev } = rttOf(times);
    const figures = [min, avg, max, mdev].map((time) => time.toFixed(3));
    lines.push(`rtt min/avg/max/mdev = ${figures.join("/")} ms`);
  }
  return lines.join("\n");
}

/** Percent, rounded down. */
function lossOf(transmitted: number, received: number): number {
  return transmitted === 0 ? 0 : Math.floor(((transmitted - received) * 100) / transmitted);
}

/** Of round-trip times, in ms. */
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
