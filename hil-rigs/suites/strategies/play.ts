/** One run: a node sends at its pace, something happens, and the losses and the time until the table is right again are noted. */
import { SeededRandom } from "../../../hal/random.ts";
import type { Bench } from "../../contract/bench.ts";
import type { StrategyWish } from "../../contract/dut.ts";
import { tally } from "../../stage/tally.ts";
import { joulesOf, type Span } from "./energy.ts";
import type { GatewayEvent } from "./events.ts";
import { Gateway } from "./gateway.ts";

/** Times in ms. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Seconds between two datagrams. */
export const INTERVALS: readonly number[] = [2, 10, 60, 600];

export interface StrategyRow {
  readonly name: string;
  readonly title: string;
  /** Left out where the kernel has it, too. */
  readonly wish?: StrategyWish;
  /** Words of `ip neigh add` behind the gateway's addresses, where it is given beforehand. */
  readonly given?: string;
  /** The gateway answers each so many datagrams, and the node's program confirms. Default: none. */
  readonly evidenceEvery?: number;
  /** It looks after this time by itself. */
  readonly looks?: number;
}

const PINNED = "nud reachable extern_valid";

export const STRATEGIES: readonly StrategyRow[] = [
  { name: "dynamic", title: "Linux's way" },
  { name: "static", title: "a static entry", given: "nud permanent" },
  {
    name: "pinned-never",
    title: "pinned, never looked at without a reason",
    wish: { name: "pinned", pinned: { checkEvery: Number.POSITIVE_INFINITY } },
    given: PINNED,
  },
  {
    name: "pinned-1h",
    title: "pinned, looked at after an hour without a proof",
    wish: { name: "pinned", pinned: { checkEvery: HOUR } },
    given: PINNED,
    looks: HOUR,
  },
  {
    name: "confirmed",
    title: "confirmed by an answer to each fifth datagram, which holds for an hour",
    wish: { name: "confirmed", confirmed: { within: HOUR } },
    evidenceEvery: 5,
    looks: HOUR,
  },
  { name: "piggyback", title: "questions behind datagrams only", wish: { name: "piggyback" } },
];

/** Sends, plays the event, and notes the figures. */
export async function play(bench: Bench, row: StrategyRow, event: GatewayEvent, every: number): Promise<void> {
  const gateway = new Gateway(bench, row.evidenceEvery ?? 0);
  const { T1 } = bench.plan;
  const give = async (): Promise<void> => {
    if (row.given) await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0 ${row.given}`);
  };
  await give();
  const socket = bench.dut.socket({ family: bench.plan.family });
  const payload = new Uint8Array(20);
  let sent = 0;
  const send = async (): Promise<void> => {
    sent++;
    socket.send(payload, T1.ip, 9, { confirm: socket.received().length > 0 });
    await bench.settle();
  };
  const start = bench.now();
  // At any point of an interval and of a reachable time.
  const at = Math.max(MINUTE, 3 * every) + new SeededRandom(bench.seed).fork("event").next() * Math.max(every, 45 * SECOND);
  const tail = event.silent && row.looks ? row.looks + Math.max(5 * MINUTE, 2 * every) : Math.max(12 * MINUTE, 10 * every);
  const end = at + event.over + tail;
  const agenda = event.steps.map((step) => ({ at: at + step.at, act: () => step.act(bench, gateway, give) }));
  for (let time = 0; time < end; time += every) agenda.push({ at: time, act: send });
  agenda.sort((one, other) => one.at - other.at);
  const watch = new AddressWatch(bench, gateway, start + at, start + at + event.over);
  for (const { at: due, act } of agenda) {
    await watch.until(start + due);
    await act();
    watch.look();
  }
  await watch.until(start + end);
  const { everybody, alone } = tally(bench.frames);
  bench.figure("requests per 1000 datagrams", (1000 * (everybody + alone)) / sent);
  bench.figure("of them to everybody", (1000 * everybody) / sent);
  bench.figure("datagrams lost", sent - gateway.delivered);
  bench.figure("seconds to heal", watch.healed() / SECOND);
  const { frames } = bench;
  const { answered, told: received } = gateway;
  const joules = joulesOf({ start, end: start + end, frames, answered, received, delays: watch.delays });
  bench.figure("joules per 1000 datagrams", (1000 * joules) / sent);
}

/** Looks from an event on whether the table has the gateway's address, and at all times when its entry is in DELAY. */
class AddressWatch {
  readonly #bench: Bench;
  readonly #gateway: Gateway;
  readonly #from: number;
  readonly #over: number;
  /** When the address was last found to be wrong, and whether it has been right since. */
  #wrong = Number.NEGATIVE_INFINITY;
  #right = true;
  readonly #delays: Span[] = [];
  /** When the entry was found in DELAY first; null while it is not. */
  #delayedAt: number | null = null;

  /** @param over the time from which on the right address can be had */
  constructor(bench: Bench, gateway: Gateway, from: number, over: number) {
    this.#bench = bench;
    this.#gateway = gateway;
    this.#from = from;
    this.#over = over;
  }

  /** Lets time pass; while the address is wrong it looks often at first, then after each twentieth of the time that it was. */
  async until(time: number): Promise<void> {
    this.look();
    while (!this.#right) {
      const left = time - this.#bench.now();
      if (left <= 0) return;
      await this.#bench.sleep(Math.min(Math.max(SECOND / 4, (this.#bench.now() - this.#over) / 20), left));
      this.look();
    }
    await this.#bench.sleep(Math.max(0, time - this.#bench.now()));
    this.look();
  }

  /** From each fall into DELAY to the look behind its end, or until now. */
  get delays(): readonly Span[] {
    const from = this.#delayedAt;
    return from === null ? this.#delays : [...this.#delays, { from, to: this.#bench.now() }];
  }

  /** The time in ms until the address was right for good; Infinity when it is not. */
  healed(): number {
    this.look();
    if (!this.#right) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#wrong - this.#over);
  }

  /** Looks at the table now. */
  look(): void {
    const now = this.#bench.now();
    const [row] = this.#bench.dut.neighbours(this.#bench.plan.T1.ip);
    const delayed = row?.state === "DELAY";
    if (delayed) this.#delayedAt ??= now;
    else if (this.#delayedAt !== null) {
      this.#delays.push({ from: this.#delayedAt, to: now });
      this.#delayedAt = null;
    }
    if (now < this.#from) return;
    this.#right = row?.lladdr === this.#gateway.mac;
    if (!this.#right) this.#wrong = now;
  }
}
