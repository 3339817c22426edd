/**
 * Announces and defends our addresses (RFC 5227 2.3 and 2.4), for the profile that asks for it. An address is announced twice when it
 * comes and when its device comes up. Another announcement answers a station that uses it, at most one every 10 s, and the address stays
 * ours (2.4 c). There is no probing first (2.1): a given address is used at once.
 */
import type { Clock, Timer } from "../../../hal/clock.ts";
import type { NetDevice } from "../../net/device.ts";

/** ANNOUNCE_INTERVAL and DEFEND_INTERVAL of RFC 5227 1.1, in ms. */
const ANNOUNCE_INTERVAL = 2000;
const DEFEND_INTERVAL = 10_000;

interface Announcement {
  readonly device: NetDevice;
  readonly address: number;
  readonly due: number;
}

export class ArpDefence {
  /** Number of ARP packets in which other stations named one of our addresses as theirs. */
  conflicts = 0;
  readonly #clock: Clock;
  readonly #announce: (device: NetDevice, address: number) => boolean;
  readonly #timer: Timer;
  /** Second announcements in the order in which they are due: all wait equally long. */
  readonly #waiting: Announcement[] = [];
  /** Time of the last defence of each address. */
  readonly #defended = new Map<number, number>();

  /** @param announce sends one announcement if the address is still the device's, and returns true when it did */
  constructor(clock: Clock, announce: (device: NetDevice, address: number) => boolean) {
    this.#clock = clock;
    this.#announce = announce;
    this.#timer = clock.timer(() => this.#again());
  }

  /** Announces an address that has come, or whose device has come up. */
  addressed(device: NetDevice, address: number): void {
    if (this.#waiting.some((other) => other.device === device && other.address === address)) return;
    this.#announce(device, address);
    this.#waiting.push({ device, address, due: this.#clock.now() + ANNOUNCE_INTERVAL });
    if (!this.#timer.armed) this.#timer.arm(ANNOUNCE_INTERVAL);
  }

  /** Defends an address against a station that says it is its own. */
  conflict(device: NetDevice, address: number): void {
    this.conflicts++;
    const now = this.#clock.now();
    if (now - (this.#defended.get(address) ?? Number.NEGATIVE_INFINITY) < DEFEND_INTERVAL) return;
    // A hostile station may name any address: only those that were defended are remembered.
    if (this.#announce(device, address)) this.#defended.set(address, now);
  }

  /** Forgets the second announcements of a device that goes down or away. */
  forget(device: NetDevice): void {
    for (let at = this.#waiting.length - 1; at >= 0; at--) if (this.#waiting[at]?.device === device) this.#waiting.splice(at, 1);
  }

  /** Forgets every second announcement. */
  stop(): void {
    this.#timer.cancel();
    this.#waiting.length = 0;
  }

  /** Sends the second announcements that are due. */
  #again(): void {
    const now = this.#clock.now();
    for (let next = this.#waiting[0]; next && next.due <= now; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#announce(next.device, next.address);
    }
    const next = this.#waiting[0];
    if (next) this.#timer.armAt(next.due);
  }
}
