/**
 * Claims, announces and defends our addresses (RFC 5227). Who wants an address of the link claims it: then it is probed for, announced and
 * defended as the claim says. The profile that asks for it announces and defends also addresses that nobody claimed, and keeps them
 * (2.4 c): a given address is used at once. An address is announced twice when it comes and when its device comes up.
 */
import type { Clock, Timer } from "../../../hal/clock.ts";
import type { Random } from "../../../hal/random.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { NetDevice } from "../../net/device.ts";
import {
  type AddressConflict,
  Claim,
  type ClaimGround,
  type ClaimOptions,
  type ClaimUser,
  MAX_CONFLICTS,
  RATE_LIMIT_INTERVAL,
} from "./claim.ts";
import { AR_OP, AR_SHA, AR_SIP, AR_TIP, ARPOP_REPLY, ARPOP_REQUEST, type ArpHooks } from "./wire.ts";

/** ANNOUNCE_INTERVAL and DEFEND_INTERVAL of RFC 5227 1.1, in ms. */
const ANNOUNCE_INTERVAL = 2000;
const DEFEND_INTERVAL = 10_000;

interface Announcement {
  readonly device: NetDevice;
  readonly address: number;
  readonly due: number;
}

/** The conflicts on one link since a claim there was held last. */
interface Trouble {
  conflicts: number;
  /** When the last claim began. */
  attempt: number;
}

/** The parts of ARP that the defence uses. */
export interface DefenceGround {
  readonly clock: Clock;
  readonly random: Random;
  /** The profile asks for it: every address is announced and defended. */
  readonly always: boolean;
  /** Filters of incoming packets: claims see the packets there. */
  readonly input: ArpHooks;
  /** Sends one announcement if the address is still the device's, and returns true when it did. */
  announce(device: NetDevice, address: number): boolean;
  /** Sends one probe. */
  probe(device: NetDevice, address: number): void;
  /** Returns true when the link address at bytes[at..at+6) belongs to a device of ours. */
  isOurs(bytes: Uint8Array, at: number): boolean;
}

export class ArpDefence implements ClaimGround {
  /** Number of ARP packets in which other stations named one of our addresses as theirs. */
  conflicts = 0;
  readonly clock: Clock;
  readonly random: Random;
  readonly #ground: DefenceGround;
  readonly #timer: Timer;
  /** Second announcements in the order in which they are due: all wait equally long. */
  readonly #waiting: Announcement[] = [];
  /** Time of the last defence of each address. */
  readonly #defended = new Map<number, number>();
  readonly #claims: Claim[] = [];
  readonly #troubles = new WeakMap<NetDevice, Trouble>();
  /** Removes the look at incoming packets, while a claim is probing. */
  #deafen: (() => void) | null = null;

  constructor(ground: DefenceGround) {
    this.clock = ground.clock;
    this.random = ground.random;
    this.#ground = ground;
    this.#timer = ground.clock.timer(() => this.#again());
  }

  /** There is an address to defend. */
  get watches(): boolean {
    return this.#ground.always || this.#claims.length > 0;
  }

  /**
   * Claims an address of a link. Its user hears within some seconds whether the address is free; with `probes: false` in the next turn.
   * After ten conflicts on a link one claim a minute begins there (RFC 5227 2.1.1).
   */
  claim(device: NetDevice, address: number, user: ClaimUser, options: ClaimOptions = {}): Claim {
    const trouble = this.#troubleOf(device);
    const now = this.clock.now();
    const wait = trouble.conflicts < MAX_CONFLICTS ? 0 : Math.max(0, trouble.attempt + RATE_LIMIT_INTERVAL - now);
    trouble.attempt = now + wait;
    const claim = new Claim(this, device, address, user, options, wait);
    this.#claims.push(claim);
    this.#deafen ??= this.#ground.input.add((packet, from) => {
      this.#hear(packet, from);
      return true;
    });
    return claim;
  }

  probe(device: NetDevice, address: number): void {
    this.#ground.probe(device, address);
  }

  held(claim: Claim): void {
    this.#troubleOf(claim.device).conflicts = 0;
    this.#listen();
    this.addressed(claim.device, claim.address);
  }

  over(claim: Claim, lost: boolean): void {
    if (lost) this.#troubleOf(claim.device).conflicts++;
    this.#claims.splice(this.#claims.indexOf(claim), 1);
    this.#listen();
  }

  /** Announces an address that has come, or whose device has come up. */
  addressed(device: NetDevice, address: number): void {
    if (this.#waiting.some((other) => other.device === device && other.address === address)) return;
    this.#ground.announce(device, address);
    this.#waiting.push({ device, address, due: this.clock.now() + ANNOUNCE_INTERVAL });
    if (!this.#timer.armed) this.#timer.arm(ANNOUNCE_INTERVAL);
  }

  /** Announces the claimed addresses of a device that has come up. */
  restored(device: NetDevice): void {
    for (const claim of this.#claims) if (claim.device === device && claim.isHeld) this.addressed(device, claim.address);
  }

  /** Defends an address against the station with the link address at bytes[at..at+6), which says that it is its own. */
  conflict(device: NetDevice, address: number, bytes: Uint8Array, at: number): void {
    const claim = this.#claims.find((one) => one.isHeld && one.device === device && one.address === address);
    if (!claim && !this.#ground.always) return;
    this.conflicts++;
    const now = this.clock.now();
    const again = now - (this.#defended.get(address) ?? Number.NEGATIVE_INFINITY) < DEFEND_INTERVAL;
    if (claim && (claim.defence === "give-up" || (claim.defence === "defend-once" && again))) {
      this.#defended.delete(address);
      claim.lose(conflictOf(bytes, at, "held"));
      return;
    }
    if (again) return;
    // A hostile station may name any address: only those that were defended are remembered.
    if (!this.#ground.announce(device, address)) return;
    this.#defended.set(address, now);
    claim?.tell(conflictOf(bytes, at, "held"));
  }

  /** Forgets the second announcements of a device that goes down or away. */
  forget(device: NetDevice): void {
    for (let at = this.#waiting.length - 1; at >= 0; at--) if (this.#waiting[at]?.device === device) this.#waiting.splice(at, 1);
  }

  /** Forgets every second announcement and every claim. */
  stop(): void {
    this.#timer.cancel();
    this.#waiting.length = 0;
    for (const claim of [...this.#claims]) claim.release();
  }

  /** A packet from the address, or another station's probe for it, ends a claim that is probing (RFC 5227 2.1.1). */
  #hear({ bytes, view, data: at }: SkBuff, device: NetDevice): void {
    const op = view.getUint16(at + AR_OP);
    if (op !== ARPOP_REQUEST && op !== ARPOP_REPLY) return;
    const sip = view.getInt32(at + AR_SIP);
    const meant = sip === 0 && op === ARPOP_REQUEST ? view.getInt32(at + AR_TIP) : sip;
    const claim = this.#claims.find((one) => one.isProbing && one.device === device && one.address === meant);
    if (claim && !this.#ground.isOurs(bytes, at + AR_SHA)) claim.lose(conflictOf(bytes, at + AR_SHA, "probing"));
  }

  /** Looks at incoming packets no longer than a claim is probing. */
  #listen(): void {
    if (this.#claims.some(({ isProbing }) => isProbing)) return;
    this.#deafen?.();
    this.#deafen = null;
  }

  #troubleOf(device: NetDevice): Trouble {
    const known = this.#troubles.get(device);
    if (known) return known;
    const made: Trouble = { conflicts: 0, attempt: Number.NEGATIVE_INFINITY };
    this.#troubles.set(device, made);
    return made;
  }

  /** Sends the second announcements that are due. */
  #again(): void {
    const now = this.clock.now();
    for (let next = this.#waiting[0]; next && next.due <= now; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#ground.announce(next.device, next.address);
    }
    const next = this.#waiting[0];
    if (next) this.#timer.armAt(next.due);
  }
}

function conflictOf(bytes: Uint8Array, at: number, when: AddressConflict["while"]): AddressConflict {
  return { lladdr: bytes.slice(at, at + 6), while: when };
}
