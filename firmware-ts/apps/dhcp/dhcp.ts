/** A device's address from a DHCP server: the client's leases are checked on the link (RFC 5227), put on the device, and taken back. */
import { formatIpv4 } from "../../ip/address.ts";
import type { Lifetimes } from "../../ip/lifetimes.ts";
import type { AddressConflict } from "../../ip4/arp/claim.ts";
import type { ClaimedAddress } from "../../ip4/claimed-address.ts";
import { formatMac } from "../../net/ethernet.ts";
import type { AddressChangeWord, AddressEvent } from "../address-event.ts";
import { watchLink } from "../addresses/link.ts";
import { LinkLocalAddress, type LinkLocalGround } from "../addresses/link-local.ts";
import type { App, AppContext, AppDevice } from "../app.ts";
import { LeaseBinding } from "./binding.ts";
import { DhcpClient, type DhcpState, type DhcpUser } from "./client.ts";
import type { DhcpConfig } from "./config.ts";
import { Identity } from "./identity.ts";
import type { Lease } from "./lease.ts";
import { answersTo } from "./own-options.ts";
import { DhcpPort } from "./port.ts";

export type DhcpCounters = { leases: number; renewals: number; losses: number; conflicts: number };

export class Dhcp implements App, DhcpUser {
  readonly counters: DhcpCounters = { leases: 0, renewals: 0, losses: 0, conflicts: 0 };
  readonly #on: AppDevice;
  readonly #config: DhcpConfig;
  readonly #tell: AppContext["addressed"];
  readonly #client: DhcpClient;
  readonly #binding: LeaseBinding;
  readonly #probes: boolean;
  readonly #fallback: LinkLocalAddress | null;
  #claim: ClaimedAddress | null = null;
  #fallen = false;
  #last: AddressEvent | null = null;
  #unwatch: () => void = () => {};
  #mayRest: () => void = () => {};

  constructor(on: AppDevice, config: DhcpConfig, context: LinkLocalGround) {
    const { stack, device } = on;
    const { random, leases, node } = context;
    this.#on = on;
    this.#config = config;
    this.#tell = context.addressed;
    this.#binding = new LeaseBinding(on);
    this.#probes = (config.probe ?? (stack.neighbours(4).table.profile.name === "lowpower" ? "never" : "always")) === "always";
    this.#fallback = config.fallback === "link-local" ? new LinkLocalAddress(on, context) : null;
    const identity = new Identity(on, config, node);
    this.#client = new DhcpClient(
      {
        clock: stack.clock,
        // Rigs with one seed are many boards: the link address tells them apart, and the time one run of a board from another.
        random: random.fork(`dhcp/${formatMac(device.address)}/${stack.clock.wallTime()}`),
        port: new DhcpPort(stack, device),
        store: leases,
        get lladdr() {
          return device.address;
        },
        get mtu() {
          return device.mtu;
        },
      },
      { identity, startWithin: config.delay, name: `${node}/${device.name}/dhcp` },
      this,
    );
  }

  get settled(): boolean {
    return this.#claim?.isHeld ?? this.#fallback?.settled ?? false;
  }

  /** The client's state, by the standard's name. */
  get state(): DhcpState {
    return this.#client.state;
  }

  /** The lease in use; null for none. */
  get lease(): Lease | null {
    return this.#client.lease;
  }

  start(): void {
    this.#mayRest = this.#on.stack.power.keepAwake(() => this.#client.expecting);
    this.#unwatch = watchLink(this.#on.stack, this.#on.device, {
      linkUp: () => this.#client.start(),
      linkDown: () => {
        if (!this.#claim?.isHeld) this.#drop();
        this.#client.pause();
      },
      addressChanged: () => {
        // A server gave the address to the link address of before.
        if (this.#client.lease) this.lost("refused");
        this.#client.stop(false);
        if (this.#on.device.hasCarrier) this.#client.start();
      },
    });
  }

  stop(): void {
    this.#mayRest();
    this.#unwatch();
    this.#fallback?.stop();
    if (!this.#claim?.isHeld) this.#drop();
    this.#client.stop(this.#config.release === "yes");
  }

  offered(lease: Lease): void {
    this.#drop();
    const { stack, device } = this.#on;
    this.#claim = stack.claimAddress(
      device,
      `${formatIpv4(lease.address)}/${lease.prefixLength}`,
      {
        claimed: () => this.#take(lease),
        lost: (conflict) => this.#taken(lease, conflict),
        defended: ({ lladdr }) => {
          this.counters.conflicts++;
          this.#say("defended", lease, { lladdr: formatMac(lladdr) });
        },
        refused: ({ message }) => {
          this.#say("refused", lease, { reason: message });
          this.#client.decline();
        },
      },
      { probes: this.#probes, ...(lease.broadcast !== undefined && { broadcast: lease.broadcast }) },
    );
  }

  renewed(lease: Lease): void {
    this.counters.renewals++;
    this.#claim?.change({ lifetimes: lifetimesOf(lease, this.#client.age) });
    this.#binding.apply(lease);
    this.#say("renewed", lease);
  }

  lost(why: "expired" | "refused"): void {
    this.counters.losses++;
    const { address = "" } = this.#last ?? {};
    this.#drop();
    this.#tell({ ...this.#blank, change: "lost", address, reason: why });
  }

  silent(): void {
    this.#say("silent", null);
    if (this.#fallback && !this.#fallen) {
      this.#fallen = true;
      this.#fallback.start();
    }
  }

  /** The address is free: it is used from now on. */
  #take(lease: Lease): void {
    this.counters.leases++;
    const { serverLladdr, age } = this.#client;
    this.#claim?.change({ lifetimes: lifetimesOf(lease, age) });
    this.#binding.apply(lease);
    if (serverLladdr) this.#binding.know(lease.server, serverLladdr);
    this.#client.accept();
    if (this.#fallen) this.#fallback?.stop();
    this.#fallen = false;
    const left = Math.max(1, Math.ceil(lease.seconds - age / 1000));
    const more = this.#client.remembered ? { reason: "no server answers", seconds: Number.isFinite(left) ? left : null } : {};
    this.#say("got", lease, more);
  }

  #taken(lease: Lease, { lladdr }: AddressConflict): void {
    this.counters.conflicts++;
    this.#drop();
    this.#client.decline();
    this.#say("taken", lease, { lladdr: formatMac(lladdr) });
  }

  /** Takes the address and what came with it off the device. */
  #drop(): void {
    this.#binding.remove();
    this.#claim?.release();
    this.#claim = null;
  }

  get #blank(): AddressEvent {
    const { name } = this.#on.device;
    return { device: name, by: "dhcp", change: "silent", address: "", server: null, seconds: null, lladdr: null, reason: "" };
  }

  #say(change: AddressChangeWord, lease: Lease | null, more: Partial<AddressEvent> = {}): void {
    const about: Partial<AddressEvent> = lease
      ? {
          address: `${formatIpv4(lease.address)}/${lease.prefixLength}`,
          server: formatIpv4(lease.server),
          seconds: Number.isFinite(lease.seconds) ? lease.seconds : null,
          ...(this.#config.request && { options: answersTo(this.#config, lease.options) }),
        }
      : {};
    const event: AddressEvent = { ...this.#blank, ...about, change, ...more };
    this.#last = event;
    this.#tell(event);
  }
}

/** Whole seconds that are left of a lease. @param age ms since the request that it answers */
function lifetimesOf({ seconds }: Lease, age: number): Lifetimes {
  if (!Number.isFinite(seconds)) return {};
  const left = Math.max(1, Math.ceil(seconds - age / 1000));
  return { valid: left, preferred: left };
}
