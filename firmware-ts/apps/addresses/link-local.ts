/**
 * An IPv4 link-local address (RFC 3927): 169.254/16, chosen by chance from the device's link address, asked for before it is used, and left
 * for another one when a station has it:
 *
 *     apps: [{ kind: link-local, device: eth0 }]
 *
 * ARP answers from it go to the asker alone, as Linux sends them, not to everybody (RFC 3927 2.5): a conflict is found by announcements
 * and requests, which everybody hears, and no sleeping node is woken.
 */
import type { Random } from "../../../hal/random.ts";
import { formatIpv4, parseIpv4 } from "../../ip/address.ts";
import { Scope } from "../../ip/address-type.ts";
import type { AddressConflict } from "../../ip4/arp/claim.ts";
import type { ClaimedAddress } from "../../ip4/claimed-address.ts";
import { formatMac } from "../../net/ethernet.ts";
import type { AddressChangeWord } from "../address-event.ts";
import type { App, AppContext, AppDevice, AppKind } from "../app.ts";
import type { OptionShapes } from "../options.ts";
import { watchLink } from "./link.ts";

const PREFIX = 16;
/** 169.254.1.0 to 169.254.254.255: the first and the last 256 are reserved (RFC 3927 2.1). */
const FIRST = 0xa9fe0100;
const COUNT = 254 * 256;

export interface LinkLocalConfig {
  readonly device: string;
}

/** The parts of a context that an address of one's own needs. */
export type LinkLocalGround = Pick<AppContext, "random" | "leases" | "addressed" | "node">;

export class LinkLocalAddress implements App {
  readonly counters: { conflicts: number } = { conflicts: 0 };
  readonly #on: AppDevice;
  readonly #ground: LinkLocalGround;
  #random: Random;
  #claim: ClaimedAddress | null = null;
  #unwatch: () => void = () => {};

  constructor(on: AppDevice, ground: LinkLocalGround) {
    this.#on = on;
    this.#ground = ground;
    this.#random = this.#chances();
  }

  get settled(): boolean {
    return this.#claim?.isHeld ?? false;
  }

  start(): void {
    this.#unwatch = watchLink(this.#on.stack, this.#on.device, {
      linkUp: () => this.#begin(this.#claim?.local ?? this.#stored ?? this.#draw()),
      // Another link may have a station with this address: it is asked for again (RFC 3927 2.2).
      linkDown: () => this.#claim?.release(),
      addressChanged: () => {
        this.#random = this.#chances();
        if (this.#claim) this.#begin(this.#draw());
      },
    });
  }

  stop(): void {
    this.#unwatch();
    this.#claim?.release();
    this.#claim = null;
  }

  /** The same addresses in the same order at each start of the same device. */
  #chances(): Random {
    return this.#ground.random.fork(`link-local/${formatMac(this.#on.device.address)}`);
  }

  #draw(): number {
    return (FIRST + this.#random.below(COUNT)) | 0;
  }

  get #name(): string {
    return `${this.#ground.node}/${this.#on.device.name}/link-local`;
  }

  /** The address of before: others may know it (RFC 3927 2.1). */
  get #stored(): number | null {
    const address = parseIpv4(this.#ground.leases.load(this.#name)?.trim() ?? "");
    return address !== null && address >>> 0 >= FIRST && address >>> 0 < FIRST + COUNT ? address : null;
  }

  #begin(local: number): void {
    this.#claim?.release();
    const { stack, device } = this.#on;
    this.#claim = stack.claimAddress(
      device,
      `${formatIpv4(local)}/${PREFIX}`,
      {
        claimed: () => {
          this.#ground.leases.save(this.#name, `${formatIpv4(local)}\n`);
          this.#say("got", local);
        },
        lost: (conflict) => this.#lost(local, conflict),
        defended: ({ lladdr }) => {
          this.counters.conflicts++;
          this.#say("defended", local, formatMac(lladdr));
        },
        refused: ({ message }) => this.#say("refused", local, null, message),
      },
      { scope: Scope.LINK, defence: "defend-once" },
    );
  }

  #lost(local: number, { lladdr }: AddressConflict): void {
    this.counters.conflicts++;
    this.#say("taken", local, formatMac(lladdr));
    this.#begin(this.#draw());
  }

  #say(change: AddressChangeWord, local: number, lladdr: string | null = null, reason = ""): void {
    const { name } = this.#on.device;
    const address = `${formatIpv4(local)}/${PREFIX}`;
    this.#ground.addressed({ device: name, by: "link-local", change, address, server: null, seconds: null, lladdr, reason });
  }
}

const options: OptionShapes<LinkLocalConfig> = { device: { is: "device", example: "eth0", needed: true } };

export const linkLocal: AppKind<LinkLocalConfig> = {
  kind: "link-local",
  role: "addresses",
  options,
  describe: ({ device }) => [["address", device, "link-local, chosen from 169.254/16"]],
  make: ({ device }, context) => new LinkLocalAddress(context.on(device), context),
};
