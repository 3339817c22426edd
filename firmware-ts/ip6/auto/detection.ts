/**
 * Duplicate address detection (RFC 4862 5.4) as Linux carries it out: the others on the link are asked for a new address before it is used.
 *
 * | step                                | what happens                                                              |
 * |-------------------------------------|---------------------------------------------------------------------------|
 * | the address is tentative            | waits for the link, then for a random part of router_solicitation_delay   |
 * | the wait is over                    | dad_transmits questions from nobody, retrans_time apart, with a nonce     |
 * | retrans_time after the last         | the address is ours                                                       |
 * | question by another, or any answer  | the address is somebody else's; one with an end (a router's) goes         |
 *
 * An optimistic address is used meanwhile, and asks without the wait (RFC 4429).
 */
import { ETHERNET_HEADER } from "../../../hal/ethernet.ts";
import type { Random } from "../../../hal/random.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { formatIpv6 } from "../../ip/ip6-text.ts";
import type { NetDevice } from "../../net/device.ts";
import { ETH_SOURCE, formatMac } from "../../net/ethernet.ts";
import { WorkTimer } from "../../net/timer-wheel.ts";
import { isLinkLocal, linkLocalOf, solicitedNodeOf } from "../common/address-kind.ts";
import { AddressFlags, type Ip6InterfaceAddress } from "../routing/addresses.ts";
import type { DuplicateDetection } from "../routing/fib.ts";
import type { AutoGround } from "./ground.ts";
import { writeClaim } from "./messages.ts";

/** Bytes of a nonce (RFC 7527 4.1, RFC 3971 5.3.2). */
const NONCE_BYTES = 6;
/** Milliseconds of a second. */
const SECOND = 1000;
/** accept_dad: IPv6 ends on a device whose own link-local address is taken. */
const DISABLE = 2;

const { OPTIMISTIC, STABLE_PRIVACY, TENTATIVE, DADFAILED } = AddressFlags;
/** Flags that an address gets with time. */
const STATES = TENTATIVE | OPTIMISTIC | DADFAILED;

/** The question for one address. */
class Inquiry {
  readonly address: Ip6InterfaceAddress;
  readonly timer: WorkTimer;
  /** Null: the questions carry none. */
  nonce: Uint8Array | null = null;
  /** Questions that are still to be sent. */
  left = 0;
  /** The link was there: the first wait has begun. */
  begun = false;

  constructor(address: Ip6InterfaceAddress, tick: (inquiry: Inquiry) => void) {
    this.address = address;
    this.timer = new WorkTimer(() => tick(this));
  }
}

export class AddressDetection implements DuplicateDetection {
  /** Hears of an address that is somebody else's, before it goes. */
  onTaken: ((address: Ip6InterfaceAddress) => void) | null = null;
  readonly #ground: AutoGround;
  readonly #random: Random;
  readonly #inquiries = new Map<Ip6InterfaceAddress, Inquiry>();
  readonly #tick = (inquiry: Inquiry): void => this.#ask(inquiry);

  constructor(ground: AutoGround) {
    this.#ground = ground;
    this.#random = ground.random.fork("dad");
  }

  begin(address: Ip6InterfaceAddress): void {
    const inquiry = new Inquiry(address, this.#tick);
    this.#inquiries.set(address, inquiry);
    if (address.device.hasCarrier) this.#begin(inquiry);
  }

  end(address: Ip6InterfaceAddress): void {
    const inquiry = this.#inquiries.get(address);
    if (!inquiry) return;
    this.#ground.ndisc.table.timers.cancel(inquiry.timer);
    this.#inquiries.delete(address);
  }

  /** The link is there: the questions that waited for it begin. */
  linked(device: NetDevice): void {
    for (const inquiry of [...this.#inquiries.values()]) {
      if (inquiry.address.device === device && !inquiry.begun) this.#begin(inquiry);
    }
  }

  /** Draws the time to wait before a device says the first of an address, in ms, so that not all speak at once (RFC 4862 5.4.2). */
  firstWait(device: NetDevice): number {
    return this.#random.next() * Math.max(0, this.#ground.fib.conf.on(device).routerSolicitationDelay) * SECOND;
  }

  claimed(address: Ip6InterfaceAddress, message: SkBuff): void {
    // An address that has failed is asked about no more: the first claim was told.
    if (!this.#inquiries.has(address)) return;
    const { fib, log } = this.#ground;
    const { device, local, lifetime } = address;
    const claimant = formatMac(message.bytes, message.network - ETHERNET_HEADER + ETH_SOURCE);
    log.tell(`IPv6: ${device.name}: IPv6 duplicate address ${formatIpv6(local)} used by ${claimant} detected!`);
    this.end(address);
    this.onTaken?.(address);
    if (lifetime.dynamic) fib.removeAddress(address);
    else fib.fail(address);
    this.#replace(address);
    if (lifetime.dynamic) return;
    if (fib.conf.on(device).acceptDad < DISABLE || !isLinkLocal(local) || local !== linkLocalOf(fib.interner, device.address))
      return;
    fib.conf.write(device, "disable_ipv6", 1);
    log.tell(`IPv6: ${device.name}: IPv6 being disabled!`);
  }

  isOurNonce(address: Ip6InterfaceAddress, bytes: Uint8Array, at: number, length: number): boolean {
    const nonce = this.#inquiries.get(address)?.nonce ?? null;
    if (nonce === null || length !== NONCE_BYTES) return false;
    for (let octet = 0; octet < NONCE_BYTES; octet++) if (bytes[at + octet] !== nonce[octet]) return false;
    return true;
  }

  #begin(inquiry: Inquiry): void {
    const { fib } = this.#ground;
    const { address } = inquiry;
    const { conf } = fib;
    const { dadTransmits, enhancedDad } = conf.on(address.device);
    inquiry.begun = true;
    inquiry.left = dadTransmits;
    if ((enhancedDad | conf.all.enhancedDad) !== 0) inquiry.nonce = this.#drawNonce();
    const optimistic = (address.flags & OPTIMISTIC) !== 0;
    if (optimistic) fib.settleForNow(address);
    this.#ground.ndisc.table.timers.arm(inquiry.timer, optimistic ? 0 : this.firstWait(address.device));
  }

  #ask(inquiry: Inquiry): void {
    const { address, nonce } = inquiry;
    const { fib, ndisc } = this.#ground;
    const { device, local } = address;
    if (inquiry.left <= 0) {
      this.#inquiries.delete(address);
      fib.settle(address);
      return;
    }
    inquiry.left--;
    const { table, sender } = ndisc;
    table.timers.arm(inquiry.timer, table.retransTime(device));
    const skb = sender.allocate(device);
    if (skb === null) return;
    writeClaim(skb, local, nonce);
    this.#ground.counters.nd.claims++;
    sender.send(skb, device, solicitedNodeOf(fib.interner, local), fib.known.unspecified);
  }

  /** Tries another identifier in the place of one that was made by a secret (RFC 7217 6). */
  #replace({ device, local, prefixLength, flags, protocol, lifetime }: Ip6InterfaceAddress): void {
    const { fib } = this.#ground;
    const made = flags & STABLE_PRIVACY ? fib.identifiers.instead(device, local) : null;
    const { maxAddresses } = fib.conf.on(device);
    const { addresses } = fib;
    if (!made || addresses.on(device, made.local) || (maxAddresses > 0 && addresses.of(device).length >= maxAddresses)) return;
    const lifetimes = { valid: lifetime.validLeft, preferred: lifetime.preferredLeft };
    fib.addAddress(device, made.local, prefixLength, { flags: flags & ~STATES, protocol, lifetimes });
  }

  /** Draws a nonce that is not all zeros. */
  #drawNonce(): Uint8Array {
    const nonce = new Uint8Array(NONCE_BYTES);
    for (let octet = 0; octet < NONCE_BYTES; octet++) nonce[octet] = this.#random.below(256);
    if (nonce.every((octet) => octet === 0)) nonce[0] = 1;
    return nonce;
  }
}
