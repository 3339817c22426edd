/**
 * An address that the rig gives, asked for before it is used (RFC 5227). While another station has it, it is asked for once a minute:
 *
 *     apps: [{ kind: address, device: eth0, address: 192.168.10.10/24, defence: keep }]
 *
 * With the profile `strict` a device's own `addresses` of IPv4 are such.
 */

import type { Timer } from "../../../hal/clock.ts";
import { formatIpv4 } from "../../ip/address.ts";
import type { AddressConflict, DefencePolicy } from "../../ip4/arp/claim.ts";
import { RATE_LIMIT_INTERVAL } from "../../ip4/arp/claim.ts";
import type { ClaimedAddress } from "../../ip4/claimed-address.ts";
import { formatMac } from "../../net/ethernet.ts";
import { ipv4 } from "../../stack.ts";
import type { AddressChangeWord } from "../address-event.ts";
import type { App, AppContext, AppDevice, AppKind } from "../app.ts";
import type { OptionShapes } from "../options.ts";
import { watchLink } from "./link.ts";

export interface GivenAddressConfig {
  readonly device: string;
  readonly address: { readonly address: string; readonly prefix: number };
  readonly defence: DefencePolicy;
}

export class GivenAddress implements App {
  readonly counters: { conflicts: number } = { conflicts: 0 };
  readonly #on: AppDevice;
  readonly #config: GivenAddressConfig;
  readonly #tell: AppContext["addressed"];
  readonly #timer: Timer;
  #claim: ClaimedAddress | null = null;
  #unwatch: () => void = () => {};

  constructor(on: AppDevice, config: GivenAddressConfig, tell: AppContext["addressed"]) {
    this.#on = on;
    this.#config = config;
    this.#tell = tell;
    this.#timer = on.stack.clock.timer(() => this.#begin());
  }

  get settled(): boolean {
    return this.#claim?.isHeld ?? false;
  }

  start(): void {
    this.#unwatch = watchLink(this.#on.stack, this.#on.device, {
      linkUp: () => {
        // An address that was ours before the link went is announced, not asked for: nobody takes away what is in use.
        if (!this.settled) this.#begin();
      },
      linkDown: () => {
        if (!this.settled) this.#rest();
      },
      addressChanged: () => {
        if (this.#claim && !this.settled) this.#begin();
      },
    });
  }

  stop(): void {
    this.#unwatch();
    this.#timer.cancel();
    if (!this.settled) this.#rest();
  }

  #begin(): void {
    this.#rest();
    const { stack, device } = this.#on;
    const { address, defence } = this.#config;
    this.#claim = stack.claimAddress(
      device,
      `${address.address}/${address.prefix}`,
      {
        claimed: () => this.#say("got"),
        lost: (conflict) => this.#lost(conflict),
        defended: ({ lladdr }) => {
          this.counters.conflicts++;
          this.#say("defended", formatMac(lladdr));
        },
        refused: ({ message }) => this.#say("refused", null, message),
      },
      { defence },
    );
  }

  #lost({ lladdr }: AddressConflict): void {
    this.counters.conflicts++;
    this.#timer.arm(RATE_LIMIT_INTERVAL);
    this.#say("taken", formatMac(lladdr));
  }

  #rest(): void {
    this.#timer.cancel();
    this.#claim?.release();
    this.#claim = null;
  }

  #say(change: AddressChangeWord, lladdr: string | null = null, reason = ""): void {
    const { address } = this.#config;
    const { name } = this.#on.device;
    const cidr = `${formatIpv4(ipv4(address.address))}/${address.prefix}`;
    this.#tell({ device: name, by: "static", change, address: cidr, server: null, seconds: null, lladdr, reason });
  }
}

const options: OptionShapes<GivenAddressConfig> = {
  device: { is: "device", example: "eth0", needed: true },
  address: { is: "address", example: "192.168.10.10/24", needed: true },
  defence: { is: "word", words: ["keep", "defend-once", "give-up"], otherwise: "keep" },
};

export const givenAddress: AppKind<GivenAddressConfig> = {
  kind: "address",
  role: "addresses",
  options,
  describe: ({ device, address, defence }) => [
    ["address", device, `${address.address}/${address.prefix}, asked for before it is used, ${HOW[defence]}`],
  ],
  make: (config, context) => new GivenAddress(context.on(config.device), config, context.addressed),
};

const HOW: Readonly<Record<DefencePolicy, string>> = {
  keep: "then kept",
  "defend-once": "then defended once in 10 s",
  "give-up": "then given up where another station has it",
};
