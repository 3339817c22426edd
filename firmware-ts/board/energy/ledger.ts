/**
 * The energy of a node by cause: pure arithmetic over counters and times. Every moment belongs to one cause, so the causes add up to the
 * whole. While a cause lasts, board and controller draw
 *
 *     sent, received      board.awake, controller.transmit or .receive     air time of the frames, without those of ARP and ND
 *     resolution          the same, and controller.idle                    frames of ARP and ND, and the time awake for them alone
 *     bus                 board.awake, controller.idle                     bytes and transactions on the bus
 *     waking              board.awake, controller.idle, and wake.energy    wake.time after each sleep
 *     waiting             board.awake, controller.idle                     the rest of the time awake
 *     asleep              board.asleep, controller.asleep or .idle         the rest of the span
 *
 * each at its own voltage. A product with an unknown parameter is left out, and named.
 */
import type { EnergyParameters, ParameterName } from "./parameters.ts";

/** Frames and their bytes as the wire carries them: padded, without preamble and FCS. */
export interface FrameTally {
  frames: number;
  bytes: number;
}

/** The doings of a node. Times in ms. */
export interface Tally {
  /** The whole time. */
  readonly span: number;
  /** The part of it in which nothing kept the node awake; 0 for one that never sleeps. */
  readonly asleep: number;
  /** The part of the time asleep with the controller on: it listens. */
  readonly listening: number;
  /** Ends of a sleep. */
  readonly wakes: number;
  /** Without frames of ARP and neighbour discovery. */
  readonly sent: Readonly<FrameTally>;
  readonly received: Readonly<FrameTally>;
  /** Frames of ARP and neighbour discovery, and the time that the node was awake for them alone. */
  readonly resolution: { readonly sent: Readonly<FrameTally>; readonly received: Readonly<FrameTally>; readonly waiting: number };
  /** On the way to the controller. */
  readonly bus: { readonly transactions: number; readonly bytes: number };
  readonly datagrams: number;
}

export const CAUSES = ["sent", "received", "resolution", "bus", "waking", "waiting", "asleep"] as const;
export type Cause = (typeof CAUSES)[number];

export interface LedgerEntry {
  readonly cause: Cause;
  /** ms */
  readonly time: number;
  /** Energy, as far as the parameters are known. */
  readonly joules: number;
}

/** An unknown parameter that a cause would have needed. */
export interface LeftOut {
  readonly parameter: ParameterName;
  readonly cause: Cause;
}

export interface Ledger {
  /** In the order of CAUSES. */
  readonly entries: readonly LedgerEntry[];
  /** Sum of all of them. */
  readonly joules: number;
  readonly perDay: number;
  /** Null without a datagram. */
  readonly perDatagram: number | null;
  readonly leftOut: readonly LeftOut[];
}

const DAY = 86_400_000;
const SECOND = 1000;
/** Preamble, start delimiter and FCS of a frame (IEEE 802.3 clause 3.1.1), in bytes. */
const FRAME_OVERHEAD = 12;

/** @throws RangeError for times that are none */
export function ledgerOf(tally: Tally, parameters: EnergyParameters): Ledger {
  if (!(tally.span > 0 && tally.asleep >= 0 && tally.asleep <= tally.span)) throw new RangeError("a tally of no time");
  const book = new Book(parameters);
  const { sent, received, resolution, span } = tally;
  const out = book.airTime(sent, "sent");
  const into = book.airTime(received, "received");
  const asked = book.airTime(resolution.sent, "resolution");
  const answered = book.airTime(resolution.received, "resolution");
  const bus = book.busTime(tally);
  const needed = out + into + asked + answered + resolution.waiting + bus;
  const awake = Math.min(span, Math.max(span - tally.asleep, needed));
  const waking = Math.min(span - awake, tally.wakes * (tally.wakes > 0 ? book.value("wake.time", "waking") : 0));
  book.spend("sent", out, "controller.transmit");
  book.spend("received", into, "controller.receive");
  book.spend("resolution", asked, "controller.transmit");
  book.spend("resolution", answered, "controller.receive");
  book.spend("resolution", resolution.waiting, "controller.idle");
  book.spend("bus", bus, "controller.idle");
  book.spend("waking", waking, "controller.idle");
  if (tally.wakes > 0) book.add("waking", 0, tally.wakes * book.value("wake.energy", "waking"));
  book.spend("waiting", Math.max(0, awake - needed), "controller.idle");
  const asleep = span - awake - waking;
  const listening = Math.min(asleep, tally.listening);
  book.spend("asleep", asleep - listening, "controller.asleep", "board.asleep");
  book.spend("asleep", listening, "controller.idle", "board.asleep");
  const { entries, leftOut } = book;
  const joules = entries.reduce((sum, entry) => sum + entry.joules, 0);
  const { datagrams } = tally;
  return { entries, joules, perDay: (joules * DAY) / span, perDatagram: datagrams > 0 ? joules / datagrams : null, leftOut };
}

class Book {
  readonly leftOut: LeftOut[] = [];
  readonly #parameters: EnergyParameters;
  readonly #time = new Map<Cause, number>();
  readonly #joules = new Map<Cause, number>();

  constructor(parameters: EnergyParameters) {
    this.#parameters = parameters;
  }

  /** One entry for each cause. */
  get entries(): LedgerEntry[] {
    return CAUSES.map((cause) => ({ cause, time: this.#time.get(cause) ?? 0, joules: this.#joules.get(cause) ?? 0 }));
  }

  /** A parameter's value; 0 for an unknown one, which is noted. */
  value(parameter: ParameterName, cause: Cause): number {
    const value = this.#parameters[parameter];
    if (value !== null) return value;
    if (!this.leftOut.some((one) => one.parameter === parameter && one.cause === cause)) this.leftOut.push({ parameter, cause });
    return 0;
  }

  /** Time of frames on the line, in ms. */
  airTime({ frames, bytes }: Readonly<FrameTally>, cause: Cause): number {
    if (frames === 0) return 0;
    const rate = this.value("controller.rate", cause);
    return rate === 0 ? 0 : ((bytes + frames * FRAME_OVERHEAD) * 8 * SECOND) / rate;
  }

  /** Time of the bus, in ms. */
  busTime({ bus: { transactions, bytes } }: Tally): number {
    if (transactions === 0) return 0;
    const rate = this.value("bus.rate", "bus");
    return (rate === 0 ? 0 : (bytes * 8 * SECOND) / rate) + transactions * this.value("bus.transaction", "bus");
  }

  /** Board and controller draw these currents for a time. */
  spend(cause: Cause, time: number, controller: ParameterName, board: ParameterName = "board.awake"): void {
    if (time <= 0) return;
    const watts =
      this.value("board.volts", cause) * this.value(board, cause) +
      this.value("controller.volts", cause) * this.value(controller, cause);
    this.add(cause, time, (watts * time) / SECOND);
  }

  add(cause: Cause, time: number, joules: number): void {
    this.#time.set(cause, (this.#time.get(cause) ?? 0) + time);
    this.#joules.set(cause, (this.#joules.get(cause) ?? 0) + joules);
  }
}
