/** Owns the bus while the driver is open: one part of the driver after the other, one batch at a time. See enc28j60.ts. */
import type { SpiBus } from "../../hal/spi.ts";
import type { Checkup } from "./checkup.ts";
import { CommandList } from "./command-list.ts";
import type { LinkMonitor } from "./link.ts";
import type { Receiver } from "./receiver.ts";
import type { BusUser } from "./session.ts";
import type { Transmitter } from "./transmitter.ts";

/** In the order of their urgency, apart from what Engine says. */
export interface EngineParts {
  readonly receiver: Receiver;
  readonly checkup: Checkup;
  readonly transmitter: Transmitter;
  readonly link: LinkMonitor;
}

export interface EngineOwner {
  /** A batch failed, or what it brought is not to be trusted; the engine is still busy. */
  disturbed(reason: Error): void;
  /** A batch of the transmitter's is through. */
  transmitted(): void;
  /** The engine was switched off and its last batch is through. */
  idle(): void;
}

export class Engine {
  readonly commands: CommandList = new CommandList();
  /** Batches handed to the bus, and transactions in them. */
  roundTrips = 0;
  transactions = 0;
  /** It may have the bus. */
  active = false;
  /** It is at work: in its loop, or waiting for the bus to answer `#user`. */
  busy = false;
  /** Why the next answer is not to be trusted: whoever holds the chip's pins let go of them. */
  disturbance: Error | null = null;
  readonly #bus: SpiBus;
  readonly #parts: EngineParts;
  readonly #owner: EngineOwner;
  #user: BusUser | null = null;

  constructor(bus: SpiBus, parts: EngineParts, owner: EngineOwner) {
    this.#bus = bus;
    this.#parts = parts;
    this.#owner = owner;
    this.commands.batch.onDone = () => this.#answered();
  }

  /** Somebody has something for the bus. */
  run(): void {
    if (this.busy) return;
    this.busy = true;
    this.#loop();
  }

  #loop(): void {
    const { commands } = this;
    for (let user = this.#choose(); user; user = this.#choose()) {
      commands.clear();
      user.prepare(commands);
      if (commands.batch.length === 0) continue;
      this.#user = user;
      this.roundTrips++;
      this.transactions += commands.batch.length;
      if (!this.#bus.transfer(commands.batch)) return;
      this.#finish(user);
    }
    this.busy = false;
    if (!this.active) this.#owner.idle();
  }

  /** The batch that was on the bus has its answers. */
  #answered(): void {
    if (this.active) {
      this.#finish(this.#user as BusUser);
      this.#loop();
      return;
    }
    this.busy = false;
    this.#owner.idle();
  }

  /** Returns the most urgent part: a packet half read, then the check-up, frames out, the link, the next packet in. */
  #choose(): BusUser | null {
    if (!this.active) return null;
    const { receiver, checkup, transmitter, link } = this.#parts;
    if (receiver.exclusive) return receiver;
    if (checkup.due) return checkup;
    if (transmitter.due) return transmitter;
    if (link.due) return link;
    return receiver.due ? receiver : null;
  }

  #finish(user: BusUser): void {
    const error = this.commands.batch.error ?? this.disturbance;
    if (error) {
      this.#owner.disturbed(error);
      return;
    }
    user.finish(this.commands);
    if (user === this.#parts.transmitter) this.#owner.transmitted();
  }
}
