/**
 * The joules of a node on a battery that sleeps once nothing is owed, worked out from the frames of one that is awake: the way `owed` of
 * `whohas energy`, for a DUT whose frames and table are seen and nothing else. Awake are
 *
 *     for a datagram or a question     the frames, the bus and one wake; frames of one moment share it
 *     for an answer                    until it comes, or for the second that Linux waits for it
 *     in DELAY                         until the question, 5 s at most
 */
import { type FrameTally, ledgerOf, type Tally } from "../../../firmware-ts/board/energy/ledger.ts";
import type { EnergyParameters } from "../../../firmware-ts/board/energy/parameters.ts";
import { MIN_FRAME } from "../../../hal/ethernet.ts";
import type { Frame } from "../../contract/frame.ts";

/**
 * The node of test/fixtures/rigs/energy.yaml: an ENC28J60 on 10 MHz, with its supply switched off while the node sleeps. Values in the units of
 * PARAMETER_UNITS.
 */
export const EXAMPLE_NODE: EnergyParameters = {
  "board.volts": 3.3,
  "board.awake": 0.02,
  "board.asleep": 0.00005,
  "controller.volts": 3.3,
  "controller.transmit": 0.18,
  "controller.receive": 0.12,
  "controller.idle": 0.12,
  "controller.asleep": 0,
  "controller.rate": 10e6,
  "bus.rate": 10e6,
  "bus.transaction": 0.02,
  "wake.time": 100,
  "wake.energy": 0,
  "battery.capacity": null,
  "battery.volts": null,
  "battery.usable": null,
  "battery.selfDischarge": null,
};

/** Work on the bus: transactions, and bytes beside a frame's own (docs/energy.md, "The bus, from wake to sent"). */
const BUS = { sent: [10, 20], asked: [7, 13], received: [9, 26], awake: [47, 101] } as const;
/** Linux's delay_first_probe_time and retrans_time, ms. */
const DELAY = 5000;
const RETRANS = 1000;
/** Frames that are no further apart than this, in ms, are of one moment. */
const MOMENT = 5;

/** From when to when somebody is awake for something, ms. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The doings of a DUT between two times. */
export interface Seen {
  readonly start: number;
  readonly end: number;
  /** Its frames in order, those before `start` among them. */
  readonly frames: readonly Frame[];
  /** Times of questions that were answered at once. */
  readonly answered: ReadonlySet<number>;
  /** Frames to the DUT behind one of its own. */
  readonly received: Readonly<FrameTally>;
  /** From an entry's fall into DELAY to the look that found it elsewhere. */
  readonly delays: readonly Span[];
}

/** The doings of the node that such a DUT would be, asleep whenever it may. */
export function tallyOf({ start, end, frames, answered, received, delays }: Seen): Tally {
  const own = frames.filter(({ time }) => time >= start && time <= end);
  const asking = own.filter(({ kind }) => kind === "arp" || kind === "nd");
  const others = own.filter(({ kind }) => kind !== "arp" && kind !== "nd");
  const asked = asking.map(({ time }) => time);
  const until = (from: number, most: number): number => Math.min(asked.find((time) => time > from) ?? end, from + most, end);
  const spans: Span[] = [
    ...own.map(({ time }) => ({ from: time, to: time })),
    ...asked.map((time) => ({ from: time, to: answered.has(time) ? time : until(time, RETRANS) })),
    ...delays.map(({ from, to }) => ({ from, to: Math.min(to, until(from, DELAY)) })),
  ];
  const { wakes, waiting } = together(spans);
  const out = framesOf(others);
  const questions = framesOf(asking);
  const bus = { transactions: wakes * BUS.awake[0], bytes: wakes * BUS.awake[1] };
  for (const [{ frames, bytes }, [transactions, more]] of [
    [out, BUS.sent],
    [questions, BUS.asked],
    [received, BUS.received],
  ] as const) {
    bus.transactions += frames * transactions;
    bus.bytes += bytes + frames * more;
  }
  const datagrams = others.filter(({ kind }) => kind === "udp").length;
  const resolution = { sent: questions, received, waiting };
  const none: FrameTally = { frames: 0, bytes: 0 };
  const span = end - start;
  return { span, asleep: span - waiting, listening: 0, wakes, sent: out, received: none, resolution, bus, datagrams };
}

/** Joules of EXAMPLE_NODE. */
export function joulesOf(seen: Seen): number {
  return ledgerOf(tallyOf(seen), EXAMPLE_NODE).joules;
}

function framesOf(frames: readonly Frame[]): FrameTally {
  return { frames: frames.length, bytes: frames.reduce((sum, { length }) => sum + Math.max(MIN_FRAME, length), 0) };
}

/** Spans that overlap or follow at once are one wake. */
function together(spans: readonly Span[]): { wakes: number; waiting: number } {
  let [wakes, waiting, awakeUntil] = [0, 0, Number.NEGATIVE_INFINITY];
  for (const { from, to } of spans.toSorted((one, other) => one.from - other.from)) {
    if (from - awakeUntil > MOMENT) wakes++;
    waiting += Math.max(0, to - Math.max(from, awakeUntil));
    awakeUntil = Math.max(awakeUntil, to);
  }
  return { wakes, waiting };
}
