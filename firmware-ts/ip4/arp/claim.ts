/**
 * A claim to an address of the link (RFC 5227): it asks three times whether another station has the address, and announces it when none
 * answers. From then on it is defended, as its policy says, until it is released or lost.
 *
 * | state    | event                                         | next                                           |
 * |----------|-----------------------------------------------|------------------------------------------------|
 * | PROBING  | a packet from the address, or a probe for it  | over, lost()                                   |
 * | PROBING  | 2 s after the last probe                      | HELD, claimed(), then two announcements        |
 * | HELD     | a packet of another station from the address  | by policy: HELD with an announcement, or over  |
 */
import type { Clock, Timer } from "../../../hal/clock.ts";
import type { Random } from "../../../hal/random.ts";
import type { NetDevice } from "../../net/device.ts";
import { formatMac } from "../../net/ethernet.ts";

/** RFC 5227 1.1, times in ms. */
const PROBE_WAIT = 1000;
const PROBE_NUM = 3;
const PROBE_MIN = 1000;
const PROBE_MAX = 2000;
const ANNOUNCE_WAIT = 2000;
export const MAX_CONFLICTS = 10;
export const RATE_LIMIT_INTERVAL = 60_000;

/** The answer to a station that uses an address of ours (RFC 5227 2.4 a, b, c). */
export type DefencePolicy =
  /** The address is given up at once. */
  | "give-up"
  /** It is announced again, and given up at a second conflict within 10 s. */
  | "defend-once"
  /** It is announced again, at most every 10 s, and stays. */
  | "keep";

/** Another station's use of an address. */
export interface AddressConflict {
  /** The other station's link address, six octets of its own. */
  readonly lladdr: Uint8Array;
  /** We were asking for the address, or had it already. */
  readonly while: "probing" | "held";
}

/** Hears what becomes of a claim. */
export interface ClaimUser {
  /** Nobody else has the address. It is announced after this, if it is on the device then. */
  claimed(): void;
  /** Another station has it. The claim is over, and the address must not be used. */
  lost(conflict: AddressConflict): void;
  /** Another station uses the address, which stays ours. */
  defended?(conflict: AddressConflict): void;
}

export interface ClaimOptions {
  /** Default `defend-once`. */
  readonly defence?: DefencePolicy;
  /** Asks first whether the address is free. Default true. */
  readonly probes?: boolean;
}

/** The parts of ARP that a claim uses. */
export interface ClaimGround {
  readonly clock: Clock;
  readonly random: Random;
  /** Sends one probe for the address to everybody. */
  probe(device: NetDevice, address: number): void;
  /** The claim is held now. */
  held(claim: Claim): void;
  /** The claim is over. @param lost to another station */
  over(claim: Claim, lost: boolean): void;
}

type State = "probing" | "held" | "over";

export class Claim {
  readonly device: NetDevice;
  readonly address: number;
  readonly defence: DefencePolicy;
  #state: State = "probing";
  readonly #ground: ClaimGround;
  readonly #user: ClaimUser;
  readonly #timer: Timer;
  readonly #probes: number;
  readonly #random: Random;
  #sent = 0;

  /** @param wait ms before the claim begins: this link had many conflicts */
  constructor(ground: ClaimGround, device: NetDevice, address: number, user: ClaimUser, options: ClaimOptions, wait: number) {
    const { defence = "defend-once", probes = true } = options;
    this.device = device;
    this.address = address;
    this.defence = defence;
    this.#ground = ground;
    this.#user = user;
    // A link without ARP has nobody to ask.
    this.#probes = probes && !device.noArp ? PROBE_NUM : 0;
    this.#timer = ground.clock.timer(() => this.#next());
    // Boards with one seed that start together ask at different times.
    this.#random = ground.random.fork(`${formatMac(device.address)}/${ground.clock.wallTime()}`);
    this.#timer.arm(this.#probes === 0 ? 0 : wait + this.#random.next() * PROBE_WAIT);
  }

  /** The address was found to be free, or nobody was asked; it is ours until the claim is over. */
  get isHeld(): boolean {
    return this.#state === "held";
  }

  get isProbing(): boolean {
    return this.#state === "probing";
  }

  /** Ends the claim; its user hears nothing more. Safe to call twice. */
  release(): void {
    if (this.#state !== "over") this.#end(false);
  }

  /** Takes the news of another station's use, which the policy does not bear. */
  lose(conflict: AddressConflict): void {
    if (this.#state === "over") return;
    this.#end(true);
    this.#user.lost(conflict);
  }

  /** Takes the news of another station's use, after which the address stays ours. */
  tell(conflict: AddressConflict): void {
    this.#user.defended?.(conflict);
  }

  #next(): void {
    if (this.#sent < this.#probes) {
      this.#sent++;
      this.#ground.probe(this.device, this.address);
      const last = this.#sent === this.#probes;
      this.#timer.arm(last ? ANNOUNCE_WAIT : PROBE_MIN + this.#random.next() * (PROBE_MAX - PROBE_MIN));
      return;
    }
    this.#state = "held";
    this.#user.claimed();
    // Its user may have released it.
    if (this.isHeld) this.#ground.held(this);
  }

  #end(lost: boolean): void {
    this.#state = "over";
    this.#timer.cancel();
    this.#ground.over(this, lost);
  }
}
