/**
 * Temporary addresses beside those that routers' prefixes make (RFC 8981): with an identifier drawn at random, for a day or so, and the next
 * one before the last is deprecated (use_tempaddr, temp_valid_lft, temp_prefered_lft, max_desync_factor, regen_max_retry).
 */
import type { Random } from "../../../hal/random.ts";
import { WorkTimer } from "../../net/timer-wheel.ts";
import { AddressFlags, type Ip6InterfaceAddress } from "../routing/addresses.ts";
import type { AutoGround } from "./ground.ts";

/** Seconds that the making of the next address takes at least (RFC 8981 3.8, with Linux's two seconds). */
const LEAST_ADVANCE = 2;
const SECOND = 1000;
const PREFIX_LENGTH = 64;

const { TEMPORARY, OPTIMISTIC, MANAGETEMPADDR } = AddressFlags;

/** One temporary address. */
class Temporary {
  readonly address: Ip6InterfaceAddress;
  /** The address beside which it is. */
  readonly beside: Ip6InterfaceAddress;
  /** When it was made, in the clock's milliseconds, and how much sooner than others it is deprecated, in seconds. */
  readonly since: number;
  readonly desync: number;
  /** Failures before it. */
  readonly failures: number;
  readonly timer: WorkTimer;

  constructor(made: Pick<Temporary, "address" | "beside" | "since" | "desync" | "failures">, due: (temporary: Temporary) => void) {
    this.address = made.address;
    this.beside = made.beside;
    this.since = made.since;
    this.desync = made.desync;
    this.failures = made.failures;
    this.timer = new WorkTimer(() => due(this));
  }
}

export class TemporaryAddresses {
  readonly #ground: AutoGround;
  readonly #random: Random;
  readonly #all = new Map<Ip6InterfaceAddress, Temporary>();
  readonly #due = (temporary: Temporary): void => this.#make(temporary.beside, 0);

  constructor(ground: AutoGround) {
    this.#ground = ground;
    this.#random = ground.random.fork("temporary");
  }

  /** A router has given a public address its lifetimes. @param valid and preferred: seconds */
  told(beside: Ip6InterfaceAddress, valid: number, preferred: number): void {
    const { fib, network } = this.#ground;
    const { useTempaddr, tempValidLft, tempPreferedLft } = fib.conf.on(beside.device);
    let usable = false;
    for (const temporary of this.#all.values()) {
      if (temporary.beside !== beside) continue;
      const age = Math.floor((network.clock.now() - temporary.since) / SECOND);
      const lasts = Math.min(valid, tempValidLft - age);
      const isPreferred = Math.max(0, Math.min(preferred, tempPreferedLft - temporary.desync - age, lasts));
      if (lasts <= 0) continue;
      fib.changeAddress(temporary.address, { lifetimes: { valid: lasts, preferred: isPreferred } });
      this.#arm(temporary);
      usable ||= isPreferred > 0;
    }
    if (useTempaddr > 0 && !usable) this.#make(beside, 0);
  }

  /** A temporary address is somebody else's: another one is tried. */
  taken(address: Ip6InterfaceAddress): void {
    const temporary = this.#all.get(address);
    if (temporary) this.#make(temporary.beside, temporary.failures + 1);
  }

  /** An address is gone. */
  removed(address: Ip6InterfaceAddress): void {
    const temporary = this.#all.get(address);
    if (!temporary) return;
    this.#ground.ndisc.table.timers.cancel(temporary.timer);
    this.#all.delete(address);
  }

  #make(beside: Ip6InterfaceAddress, failures: number): void {
    const { fib, network, log } = this.#ground;
    const { device, local, lifetime, flags } = beside;
    const conf = fib.conf.on(device);
    if (conf.useTempaddr <= 0 || fib.addresses.on(device, local) !== beside || !(flags & MANAGETEMPADDR)) return;
    if (failures > conf.regenMaxRetry) {
      log.tell(`IPv6: ipv6_create_tempaddr: regeneration time exceeded - disabled temporary address support`);
      fib.conf.write(device, "use_tempaddr", -1);
      return;
    }
    const { maxAddresses, maxDesyncFactor, tempValidLft, tempPreferedLft } = conf;
    if (maxAddresses > 0 && fib.addresses.of(device).length >= maxAddresses) return;
    const advance = this.#advance(beside);
    const most = Math.max(0, Math.min(maxDesyncFactor, tempPreferedLft - advance));
    const desync = this.#random.below(most + 1);
    const valid = Math.min(lifetime.validLeft, tempValidLft);
    const preferred = Math.min(lifetime.preferredLeft, tempPreferedLft - desync);
    // One that would be deprecated before the next is made is none (RFC 8981 3.4 step 4).
    if (preferred <= advance) return;
    const drawn = fib.interner.intern(local.a, local.b, this.#random.below(2 ** 32) | 0, this.#random.below(2 ** 32) | 0);
    if (fib.addresses.on(device, drawn)) return;
    const address = fib.addAddress(device, drawn, PREFIX_LENGTH, {
      flags: TEMPORARY | (flags & OPTIMISTIC),
      protocol: beside.protocol,
      lifetimes: { valid, preferred },
    });
    const temporary = new Temporary({ address, beside, since: network.clock.now(), desync, failures }, this.#due);
    this.#all.set(address, temporary);
    this.#arm(temporary);
  }

  /** Has the next address made before this one is deprecated. */
  #arm(temporary: Temporary): void {
    const { timers } = this.#ground.ndisc.table;
    const left = temporary.address.lifetime.preferredLeft - this.#advance(temporary.address);
    if (Number.isFinite(left) && left > 0) timers.arm(temporary.timer, left * SECOND);
    else timers.cancel(temporary.timer);
  }

  /** Seconds that the making of an address may take. */
  #advance({ device }: Ip6InterfaceAddress): number {
    const { fib, ndisc } = this.#ground;
    const { regenMaxRetry, dadTransmits } = fib.conf.on(device);
    return LEAST_ADVANCE + (regenMaxRetry * dadTransmits * ndisc.table.parametersOf(device).retransTime) / SECOND;
  }
}
