/** Plays a script on a DUT, each step at its time, and notes what was to be seen between it and the next. */
import { type DeviceName, DUT_ADDRESS, type Dut, type NeighEvent } from "../contract/dut.ts";
import { rowText } from "../rig/neigh-row.ts";
import { eventText } from "../rig/trace.ts";
import { describe, type Frame, parse } from "../wire/parse.ts";
import { Hand, type Step, slot } from "./steps.ts";
import { SETUP_TIMERS } from "./vocabulary.ts";

/** Since a step was done, and until the next one was. */
export interface Moment {
  /** When the step was done, in ms since the script's beginning. */
  at: number;
  /** When it was looked at. */
  seen: number;
  answer: string;
  frames: Note[];
  events: Note[];
  /** The table, sorted by address: `10.0.0.2 dev e0 lladdr … STALE`. */
  table: string[];
  /** What a socket was told. */
  errors: string[];
}

/** A thing seen, and whom it is about: things about several neighbours that happen at the same time have no order. */
export interface Note {
  about: string;
  text: string;
}

export interface Stage {
  second: boolean;
  errors: boolean;
  seed: number;
}

/** A DUT that was started and has its timers, with everything it sends and shows since. */
export class Player {
  readonly #dut: Dut;
  readonly #stage: Stage;
  #hand: Hand | null = null;
  #start = 0;
  #frames: Frame[] = [];

  constructor(dut: Dut, stage: Stage) {
    this.#dut = dut;
    this.#stage = stage;
    dut.onFrame = (raw) => this.#frames.push(parse(raw));
  }

  async open(): Promise<void> {
    const dut = this.#dut;
    await dut.start({ second: this.#stage.second, seed: this.#stage.seed });
    const devices: DeviceName[] = this.#stage.second ? ["e0", "e1"] : ["e0"];
    for (const dev of devices)
      for (const [name, value] of Object.entries(SETUP_TIMERS)) dut.sysctl(`net.ipv4.neigh.${dev}.${name}`, String(value));
    this.#hand = new Hand(dut, this.#stage.errors);
  }

  close(): Promise<void> {
    return this.#dut.stop();
  }

  /** The script begins: time 0, nothing seen. */
  begin(): void {
    this.#start = this.#dut.now();
    this.#frames = [];
    this.#dut.events();
  }

  now(): number {
    return this.#dut.now() - this.#start;
  }

  async until(time: number): Promise<void> {
    await this.#dut.wait(Math.max(0, time - this.now()), () => false);
  }

  act(step: Step): Promise<string> {
    return (this.#hand as Hand).act(step);
  }

  /** What was seen since the last look. */
  look(): Omit<Moment, "at" | "answer"> {
    const frames = this.#frames.splice(0).map((frame) => ({ about: aboutFrame(frame), text: describe(frame) }));
    const events = this.#dut.events().map((event: NeighEvent) => ({ about: `${event.dst} ${event.dev}`, text: eventText(event) }));
    return { seen: this.now(), frames, events, table: this.table(), errors: (this.#hand as Hand).errors() };
  }

  table(): string[] {
    const rows = this.#dut.neighbours().filter((row) => row.dev !== "lo");
    return rows.map((row) => `${row.dst} dev ${row.dev} ${rowText(row)}`).sort();
  }

  /** Frames came since the last look. */
  get stirred(): boolean {
    return this.#frames.length > 0;
  }
}

/** @param times when each step is due; a real DUT may be late, which the moments tell */
export async function play(player: Player, script: readonly Step[], times: readonly number[]): Promise<Moment[]> {
  const moments: Moment[] = [];
  player.begin();
  for (const [index, step] of script.entries()) {
    await player.until(times[index] ?? player.now());
    const last = moments.at(-1);
    if (last) Object.assign(last, player.look());
    const at = player.now();
    moments.push({ at, seen: at, answer: await player.act(step), frames: [], events: [], table: [], errors: [] });
  }
  const [step, last] = [script.at(-1), moments.at(-1)];
  if (step && last) {
    await player.until(times[script.length] ?? last.at + slot(step) + LAST_LOOK);
    Object.assign(last, player.look());
  }
  return moments;
}

/** The last step is looked at a little later than its slot's end, for what is on its way then. */
const LAST_LOOK = 25;

function aboutFrame(frame: Frame): string {
  if (frame.kind === "arp") return Object.values(DUT_ADDRESS).includes(frame.tpa) ? frame.spa : frame.tpa;
  return frame.kind === "other" ? frame.port : frame.destination;
}
