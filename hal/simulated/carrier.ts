/**
 * The carrier on a shared wire: a half-duplex station listens to it before it talks, and hears from it that two talk at once
 * (CSMA/CD, IEEE 802.3 clause 4). Only stations that take time to send use it; one that sends in no time disturbs nobody.
 */
import type { Clock } from "../clock.ts";

export interface CarrierUser {
  /** This one is talking, and so is another. */
  collided(): void;
  /** The wire has fallen silent. */
  carrierIdle(): void;
}

/** One way along 100 m of cable, in ms. */
const PROPAGATION = 0.0005;

export class Carrier {
  /** How long a station that began to talk is not heard by the others yet, in ms. */
  propagation: number = PROPAGATION;
  readonly #clock: Clock;
  readonly #users: CarrierUser[] = [];
  readonly #talkers: CarrierUser[] = [];
  /** When each of the talkers began. */
  readonly #since: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  attach(user: CarrierUser): void {
    this.#users.push(user);
  }

  /** Somebody other than `user` is talking and has been heard since `before`, by default now. */
  heard(user: CarrierUser, before: number = this.#clock.now()): boolean {
    for (let at = 0; at < this.#talkers.length; at++) {
      if (this.#talkers[at] !== user && this.#since[at]! + this.propagation <= before) return true;
    }
    return false;
  }

  /** More than one is talking. */
  get colliding(): boolean {
    return this.#talkers.length > 1;
  }

  /** `user` begins to talk. When others talk already, they and `user` have a collision. */
  begin(user: CarrierUser): void {
    if (this.#talkers.includes(user)) return;
    this.#talkers.push(user);
    this.#since.push(this.#clock.now());
    // Those told may stop talking: from the last to the first, none is left out.
    if (this.colliding) for (let at = this.#talkers.length - 1; at >= 0; at--) this.#talkers[at]?.collided();
  }

  end(user: CarrierUser): void {
    const at = this.#talkers.indexOf(user);
    if (at < 0) return;
    const last = this.#talkers.pop() as CarrierUser;
    const since = this.#since.pop() as number;
    if (at < this.#talkers.length) {
      this.#talkers[at] = last;
      this.#since[at] = since;
    }
    if (this.#talkers.length === 0) for (let index = 0; index < this.#users.length; index++) this.#users[index]?.carrierIdle();
  }
}
