/** Plays scripts on one DUT and records its frames, events, table and errors after each step. */
import type { Dut, NeighEvent } from "../contract/dut.ts";
import type { Frame } from "../contract/frame.ts";
import { type DeviceName, type Family, PLANS } from "../contract/plan.ts";
import { rowText } from "../stage/neigh-row.ts";
import { eventText } from "../stage/trace.ts";
import { describe, parse } from "../wire/parse.ts";
import { Hand, type Step } from "./steps.ts";
import { SETUP_TIMERS } from "./vocabulary.ts";

/** Everything seen since the last look. */
export interface Seen {
  frames: Note[];
  events: Note[];
  /** The table, sorted by address: `10.0.0.2 dev e0 lladdr … STALE`. */
  table: string[];
  /** Errors that a socket reported. */
  errors: string[];
}

/** The effect of a step: its answer, and everything seen until the next step. */
export interface Moment extends Seen {
  answer: string;
}

/** One observation and the neighbour it is about. Observations about several neighbours at the same time have no order. */
export interface Note {
  about: string;
  text: string;
}

export interface PlayerSetup {
  devices: readonly DeviceName[];
  /** One, or both. */
  families: readonly Family[];
  errors: boolean;
  seed: number;
}

/** A started DUT with its timers, and everything it has sent and shown since. */
export class Player {
  readonly realTime: boolean;
  readonly #dut: Dut;
  readonly #setup: PlayerSetup;
  #hand: Hand | null = null;
  #start = 0;
  #frames: Frame[] = [];
  /** Groups that the DUT has told of and not left since. */
  readonly #groups = new Set<string>();

  constructor(dut: Dut, setup: PlayerSetup, realTime: boolean) {
    this.realTime = realTime;
    this.#dut = dut;
    this.#setup = setup;
    dut.onFrame = (raw) => this.#frames.push(parse(raw));
  }

  async open(): Promise<void> {
    const dut = this.#dut;
    const { devices, families, seed } = this.#setup;
    const [plan = PLANS[4], also] = families.map((family) => PLANS[family]);
    await dut.start({ devices, plan, ...(also ? { also } : {}), seed, brisk: true });
    for (const { keys } of also ? [plan, also] : [plan])
      for (const dev of devices)
        for (const [name, value] of Object.entries(SETUP_TIMERS)) dut.sysctl(`net.${keys}.neigh.${dev}.${name}`, String(value));
    this.#hand = new Hand(dut, this.#setup.errors, families);
    // From now on managed() decides when.
    dut.managedTick?.();
  }

  close(): Promise<void> {
    return this.#dut.stop();
  }

  /** Lets the DUT say what it says of itself after its start. */
  async settle(): Promise<void> {
    if (this.#setup.families.includes(6)) await this.#dut.wait(GROUPS_TIME, () => false);
  }

  /** Begins the script: time 0, nothing seen. */
  begin(): void {
    this.#start = this.#dut.now();
    this.#groupsIn(this.#frames.splice(0));
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

  /** Lets the DUT look at its managed entries. */
  managed(): void {
    this.#dut.managedTick?.();
  }

  get disturbed(): boolean {
    return this.#dut.disturbed?.() ?? false;
  }

  /** Takes everything seen since the last look. */
  look(): Seen {
    const all = this.#frames.splice(0);
    const frames = all.filter(({ kind }) => kind !== "mld").map((frame) => ({ about: aboutFrame(frame), text: describe(frame) }));
    frames.push(...this.#groupsIn(all));
    const events = this.#dut.events().map((event: NeighEvent) => ({ about: `${event.dst} ${event.dev}`, text: eventText(event) }));
    return { frames, events, table: this.table(), errors: (this.#hand as Hand).errors() };
  }

  /**
   * The groups joined or left. How many of them a report holds, and when it is repeated, is drawn; Linux also repeats all of them for each
   * address that is added.
   */
  #groupsIn(frames: readonly Frame[]): Note[] {
    const notes: Note[] = [];
    for (const frame of frames) {
      if (frame.kind !== "mld") continue;
      for (const [type, address] of frame.records) {
        const group = `${frame.port} ${address}`;
        if (type !== JOINED) this.#groups.delete(group);
        else if (this.#groups.has(group)) continue;
        else this.#groups.add(group);
        notes.push({ about: "", text: `group ${group} record ${type}` });
      }
    }
    return [...new Map(notes.map((note) => [note.text, note])).values()].sort((a, b) => (a.text < b.text ? -1 : 1));
  }

  table(): string[] {
    const rows = this.#dut.neighbours().filter((row) => row.dev !== "lo");
    return rows.map((row) => `${row.dst} dev ${row.dev} ${rowText(row)}`).sort();
  }
}

/** Time in which a DUT that has started tells of its groups, twice, in ms. */
const GROUPS_TIME = 3500;

/** CHANGE_TO_EXCLUDE_MODE without sources: a group was joined (RFC 9777 5.2.12). */
const JOINED = 4;

function aboutFrame(frame: Frame): string {
  if (frame.kind === "nd" && frame.target !== "") return frame.target;
  if (frame.kind === "arp") return Object.values(PLANS[4].dut).some(({ ip }) => ip === frame.tpa) ? frame.spa : frame.tpa;
  return frame.kind === "other" ? frame.port : frame.destination;
}
