/**
 * A link to a collector that has a name: a link of the format to the address that the name has, another one when it has another. The name
 * is looked up again when the answer is no longer good, when name servers come, and when a message fails; readings never wait for that
 * where an address is known.
 */
import type { Timer } from "../../../../hal/clock.ts";
import { FIRST_INTERVAL, LONGEST_INTERVAL } from "../../../../hal/revival.ts";
import type { SendResult } from "../../../ip/send-result.ts";
import type { FoundHost, HostNames } from "../../host-names.ts";
import { failure, type Link, type LinkContext, type Settled } from "../contract/link.ts";

/** Bounds of the time for which an answer is good, in ms, whatever it says. */
const SHORTEST_GOOD = 30_000;
const LONGEST_GOOD = 3_600_000;
/** As much as every IPv6 link carries (RFC 8200 section 5), behind the headers: nothing is sent without an address anyway. */
const ROOM = 1280 - 40 - 8;

export interface NamedLinkOptions {
  readonly name: string;
  readonly names: HostNames;
  /** Makes the link to an address. */
  make(context: LinkContext): Link;
  /** The collector's address is known. */
  found(): void;
}

export class NamedLink implements Link {
  readonly #context: LinkContext;
  readonly #options: NamedLinkOptions;
  readonly #timer: Timer;
  #inner: Link | null = null;
  #address = "";
  #obstacle = "NAME_NOT_KNOWN_YET";
  #running = false;
  #asking = false;
  /** A message has failed since the last answer. */
  #suspected = false;
  #interval = FIRST_INTERVAL;

  /** @param context of the link; its address does not matter */
  constructor(context: LinkContext, options: NamedLinkOptions) {
    this.#context = context;
    this.#options = options;
    this.#timer = context.stack.clock.timer(() => this.#ask());
    options.names.onChange(() => {
      if (this.#running && this.#inner === null) this.#ask();
    });
  }

  get room(): number {
    return this.#inner?.room ?? ROOM;
  }

  get obstacle(): string {
    return this.#inner === null ? this.#obstacle : "";
  }

  start(): void {
    this.#running = true;
    this.#ask();
  }

  send(message: Uint8Array, id: number): SendResult | null {
    const result = this.#inner === null ? failure(this.#obstacle) : this.#inner.send(message, id);
    if (result?.status === "failed") this.#suspect();
    return result;
  }

  stop(): void {
    this.#running = false;
    this.#timer.cancel();
    this.#inner?.stop();
  }

  #ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    const { name, names } = this.#options;
    names.find(name, this.#suspected, (found) => {
      this.#asking = false;
      if (this.#running) this.#answered(found);
    });
  }

  #answered({ addresses, seconds, code }: FoundHost): void {
    const at = addresses.indexOf(this.#address);
    // Where the known address seems not to work, the one behind it has its turn.
    const next = at >= 0 && !this.#suspected ? this.#address : (addresses[at + 1] ?? addresses[0]);
    this.#suspected = false;
    if (next === undefined) {
      this.#obstacle = `NAME_${code ?? "ENOTFOUND"}`;
      this.#again();
      return;
    }
    this.#timer.arm(Math.min(Math.max(seconds * 1000, SHORTEST_GOOD), LONGEST_GOOD));
    if (next !== this.#address || this.#inner === null) this.#turnTo(next);
  }

  #turnTo(address: string): void {
    const before = this.#inner;
    const settled: Settled = (id, result) => {
      if (result.status === "failed") this.#suspect();
      this.#context.settled(id, result);
    };
    const link = this.#options.make({ ...this.#context, address, settled });
    try {
      link.start();
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      // An address that this stack cannot reach at all.
      this.#obstacle = String(error.code);
      this.#again();
      return;
    }
    this.#address = address;
    this.#inner = link;
    before?.stop();
    this.#options.found();
  }

  /** A message has failed: perhaps the collector has moved. */
  #suspect(): void {
    if (!this.#running || this.#suspected || this.#asking) return;
    this.#suspected = true;
    this.#again();
  }

  /** Asks after a while, which doubles each time until an answer was good. */
  #again(): void {
    this.#timer.arm(this.#interval * (0.5 + this.#context.random.next()));
    this.#interval = Math.min(2 * this.#interval, LONGEST_INTERVAL);
  }
}
