/** An address that is asked for before it is used, and taken back when another station has it (RFC 5227). */
import { InetError } from "../ip/inet-error.ts";
import type { NetDevice } from "../net/device.ts";
import type { Arp } from "./arp/arp.ts";
import type { AddressConflict, Claim, ClaimOptions, ClaimUser } from "./arp/claim.ts";
import type { AddressChange, AddressOptions, InterfaceAddress } from "./routing/addresses.ts";
import type { Fib } from "./routing/fib.ts";

export interface ClaimedAddressOptions extends ClaimOptions, AddressOptions {}

export interface ClaimedAddressUser extends ClaimUser {
  /** Nobody else has the address, but the device cannot have it. The claim is over. */
  refused?(error: InetError): void;
}

/** The parts of IPv4 that hold addresses. */
export interface ClaimedAddressGround {
  readonly fib: Fib;
  readonly arp: Arp;
}

export class ClaimedAddress {
  readonly device: NetDevice;
  readonly local: number;
  readonly prefixLength: number;
  readonly #ground: ClaimedAddressGround;
  readonly #claim: Claim;

  /** The address is put on its device just before user.claimed(), and taken off just before user.lost(). */
  constructor(
    ground: ClaimedAddressGround,
    device: NetDevice,
    local: number,
    prefixLength: number,
    user: ClaimedAddressUser,
    { defence, probes, ...options }: ClaimedAddressOptions = {},
  ) {
    this.#ground = ground;
    this.device = device;
    this.local = local;
    this.prefixLength = prefixLength;
    const how: ClaimOptions = { ...(defence && { defence }), ...(probes !== undefined && { probes }) };
    const around: ClaimUser = {
      claimed: () => {
        const refusal = this.#add(options);
        if (refusal) {
          this.#claim.release();
          user.refused?.(refusal);
        } else user.claimed();
      },
      lost: (conflict: AddressConflict) => {
        if (conflict.while === "held") this.#remove();
        user.lost(conflict);
      },
      defended: (conflict: AddressConflict) => user.defended?.(conflict),
    };
    this.#claim = ground.arp.defence.claim(device, local, around, how);
  }

  /** The address on its device; undefined while nobody knows whether it is free, and when it is gone. */
  get own(): InterfaceAddress | undefined {
    return this.#ground.fib.addresses.matching(this.device, this.local, this.prefixLength);
  }

  /** It was found to be free, or nobody was asked. */
  get isHeld(): boolean {
    return this.#claim.isHeld;
  }

  /** Gives the address other lifetimes; one that somebody took off its device comes back. */
  change(options: AddressChange): void {
    const { own } = this;
    if (own) this.#ground.fib.changeAddress(own, options);
    else if (this.isHeld) this.#add(options);
  }

  /** Ends the claim and takes the address off. Safe to call twice. */
  release(): void {
    if (this.isHeld) this.#remove();
    this.#claim.release();
  }

  /** Returns the reason for which the device cannot have the address. */
  #add(options: AddressOptions): InetError | null {
    // An operator may have been faster.
    if (this.own) return null;
    try {
      this.#ground.fib.addAddress(this.device, this.local, this.prefixLength, options);
      return null;
    } catch (error) {
      if (error instanceof InetError) return error;
      throw error;
    }
  }

  #remove(): void {
    const { own } = this;
    if (own) this.#ground.fib.removeAddress(own);
  }
}
