/**
 * Routes, name servers, domain and MTU from a DHCP server, for a device whose address the rig gives (DHCPINFORM, RFC 2131 3.4).
 *
 *     apps: [{ kind: dhcp-inform, device: eth0 }]
 *
 * It asks when the link comes, four times at most: a network without a server is not asked for ever.
 */
import type { Timer } from "../../../hal/clock.ts";
import { formatIpv4 } from "../../ip/address.ts";
import { formatMac } from "../../net/ethernet.ts";
import type { AddressChangeWord, AddressEvent } from "../address-event.ts";
import { watchLink } from "../addresses/link.ts";
import type { App, AppContext, AppDevice, AppKind } from "../app.ts";
import type { OptionShapes } from "../options.ts";
import { LeaseBinding } from "./binding.ts";
import { DHCP_DEFAULTS, type IdentityConfig } from "./config.ts";
import { Identity } from "./identity.ts";
import { informationOf, type Lease } from "./lease.ts";
import { readReply, writeRequest } from "./message.ts";
import { answersTo, checkOwnOptions, OWN_SHAPES } from "./own-options.ts";
import { type DhcpArrival, DhcpPort } from "./port.ts";
import { DhcpType } from "./wire.ts";

export interface InformConfig extends IdentityConfig {
  readonly device: string;
  /** Longest wait before the first message, in ms. */
  readonly delay: number;
}

/** Times in ms (RFC 2131 4.1), and how often it asks (4.4.3). */
const FIRST_WAIT = 4000;
const JITTER = 1000;
const MOST_TRIES = 4;
/** Between two looks whether the device has an address yet, in ms. */
const ADDRESS_WAIT = 1000;
/** The upper octets of 169.254/16, of which no server knows anything (RFC 3927). */
const LINK_LOCAL = 0xa9fe;
/** 255.255.255.255 */
const EVERYBODY = -1;

export class DhcpInform implements App {
  readonly counters: { answers: number } = { answers: 0 };
  readonly #on: AppDevice;
  readonly #config: InformConfig;
  readonly #context: AppContext;
  readonly #identity: Identity;
  readonly #port: DhcpPort;
  readonly #binding: LeaseBinding;
  readonly #timer: Timer;
  #unwatch: () => void = () => {};
  #xid = 0;
  #began = 0;
  #tries = 0;
  /** The address for which is asked. */
  #own: { readonly local: number; readonly prefixLength: number } | null = null;

  constructor(on: AppDevice, config: InformConfig, context: AppContext) {
    this.#on = on;
    this.#config = config;
    this.#context = context;
    this.#identity = new Identity(on, config, context.node);
    this.#port = new DhcpPort(on.stack, on.device);
    this.#port.onMessage = (arrival) => this.#message(arrival);
    this.#binding = new LeaseBinding(on);
    this.#timer = on.stack.clock.timer(() => this.#ask());
  }

  start(): void {
    const begin = (): void => {
      this.#rest();
      this.#timer.arm(this.#context.random.next() * this.#config.delay);
    };
    this.#unwatch = watchLink(this.#on.stack, this.#on.device, {
      linkUp: begin,
      linkDown: () => this.#rest(),
      addressChanged: () => undefined,
    });
  }

  stop(): void {
    this.#unwatch();
    this.#rest();
    this.#port.close();
    this.#binding.remove();
  }

  /** The port stays ours: servers that answer late are not told that it is closed. */
  #rest(): void {
    this.#timer.cancel();
    this.#port.listening = false;
    this.#tries = 0;
  }

  #ask(): void {
    const { stack, device } = this.#on;
    const { clock } = stack;
    if (this.#tries === MOST_TRIES) {
      this.#rest();
      this.#say("silent", null, "it is not asked any more until the link comes anew");
      return;
    }
    if (this.#tries === 0) {
      this.#own = stack.ip.addresses.of(device).find(({ local }) => local >>> 16 !== LINK_LOCAL) ?? null;
      if (!this.#own) {
        this.#timer.arm(ADDRESS_WAIT);
        return;
      }
      this.#began = clock.now();
      this.#xid = this.#context.random.below(0x100000000) | 0;
      this.#port.listening = true;
      this.#port.bind(this.#own.local, EVERYBODY);
    }
    const ciaddr = (this.#own as { local: number }).local;
    const request = { type: DhcpType.INFORM, xid: this.#xid, waited: clock.now() - this.#began, ciaddr, requested: 0, server: 0 };
    const message = writeRequest({ ...request, broadcast: false, most: device.mtu }, this.#identity, device.address);
    this.#port.broadcast(message, ciaddr);
    this.#timer.arm(FIRST_WAIT * 2 ** this.#tries + (2 * this.#context.random.next() - 1) * JITTER);
    this.#tries++;
  }

  #message({ bytes, at, length }: DhcpArrival): void {
    const reply = readReply(bytes, at, length, this.#xid, this.#on.device.address);
    const own = this.#own;
    if (reply?.type !== DhcpType.ACK || !own) return;
    const information = informationOf(own.local, own.prefixLength, reply.options);
    if (!information) return;
    this.#rest();
    this.counters.answers++;
    this.#binding.apply(information);
    this.#say("informed", information);
  }

  #say(change: AddressChangeWord, information: Lease | null, reason = ""): void {
    const own = this.#own;
    const event: AddressEvent = {
      device: this.#on.device.name,
      by: "dhcp",
      change,
      address: own ? `${formatIpv4(own.local)}/${own.prefixLength}` : "",
      server: information ? formatIpv4(information.server) : null,
      seconds: null,
      ...(information && this.#config.request && { options: answersTo(this.#config, information.options) }),
      lladdr: null,
      reason,
    };
    this.#context.addressed(event);
  }
}

const options: OptionShapes<InformConfig> = {
  device: { is: "device", example: "eth0", needed: true },
  hostname: { is: "name", example: "node-7" },
  vendor: { is: "name", example: "whohas" },
  identity: { is: "word", words: ["duid", "mac"], otherwise: DHCP_DEFAULTS.identity },
  ...OWN_SHAPES,
  delay: { is: "duration", example: "1s", min: 0, max: 60_000, otherwise: DHCP_DEFAULTS.delay },
};

export const dhcpInform: AppKind<InformConfig> = {
  kind: "dhcp-inform",
  role: "indicator",
  options,
  check: checkOwnOptions,
  describe: ({ device }) => [["routes", device, "and name servers from a DHCP server"]],
  make: (config, context) => {
    const on = context.on(config.device);
    const random = context.random.fork(`dhcp-inform/${formatMac(on.device.address)}/${on.stack.clock.wallTime()}`);
    return new DhcpInform(on, config, { ...context, random });
  },
};
