/** `arping`: ARP packets by hand, past the neighbour table, and their answers. As iputils 20221126 does it. */
import * as v from "valibot";
import type { Timer } from "../../../hal/clock.ts";
import { PacketType, type SkBuff } from "../../../hal/skbuff.ts";
import { formatIpv4 } from "../../ip/address.ts";
import { AddressType } from "../../ip/address-type.ts";
import { AR_OP, AR_SHA, AR_SIP, AR_THA, AR_TIP, ARPOP_REPLY, ARPOP_REQUEST } from "../../ip4/arp/wire.ts";
import type { NetDevice } from "../../net/device.ts";
import { BROADCAST_MAC, formatMac, highOctets, lowOctets, sameMac } from "../../net/ethernet.ts";
import type { Stack } from "../../stack.ts";
import { ControlError, type Session } from "../rpc/protocol.ts";
import { ADDRESS, FLAG, INT_MAX, integer, maybe, needed, TEXT } from "./forms.ts";
import { method, type Told } from "./method.ts";

const PARAMS = {
  to: needed(ADDRESS, "address asked for"),
  dev: maybe(TEXT, "device; default that of the route"),
  source: maybe(ADDRESS, "source of the requests"),
  count: maybe(integer(1, INT_MAX), "requests; default no end"),
  interval: maybe(integer(0, INT_MAX * 1000), "ms between two; default 1000"),
  timeout: maybe(integer(0, INT_MAX * 1000), "ms after which it ends; default never"),
  first: maybe(FLAG, "end at the first reply"),
  broadcast: maybe(FLAG, "broadcast every request; default until one is answered"),
  probe: maybe(FLAG, "ask without a source (RFC 5227 2.1.1); one answer ends it"),
  unsolicited: maybe(FLAG, "announce an address of ours"),
  answer: maybe(FLAG, "the same, in a reply that was not asked for"),
};

type Params = v.InferOutput<v.ObjectSchema<typeof PARAMS, undefined>>;

const RESULT = v.object({
  sent: v.number(),
  broadcasts: v.number(),
  received: v.number(),
  requests: v.number(),
  receivedBroadcasts: v.number(),
});

export type ArpingResult = v.InferOutput<typeof RESULT>;

const NOTES = {
  "arping.start": v.object({ from: v.string(), dev: v.string() }),
  "arping.reply": v.object({
    kind: v.pipe(v.string(), v.description("Unicast or Broadcast, reply or request")),
    from: v.string(),
    lladdr: v.string(),
    to: v.exactOptional(v.pipe(v.string(), v.description("unless to the source of the requests"))),
    toLladdr: v.exactOptional(v.pipe(v.string(), v.description("unless to the device"))),
    time: v.pipe(v.number(), v.description("ms since the last request")),
  }),
};

/** The arping of each session that has one. */
class Running extends Map<Session, Arping> {}

export const arpingMethods = {
  arping: method({
    about:
      "Sends ARP requests and tells of each answer. Answers itself an interval after the last request, after `timeout`, with `first` " +
      "at the first reply, or at `arping.stop`.",
    params: PARAMS,
    result: RESULT,
    notes: NOTES,
    lasting: true,
    errors: ["ARPING_ROUTE", "ARPING_DEVICE", "ARPING_INTERFACE", "ARPING_SOURCE", "ARPING_TARGET", "FAMILY_UNSUPPORTED"],
    run: (context, params, session) => new Arping(context.stack, params, session, context.kept(Running)).run(),
  }),
  "arping.stop": method({
    about: "Ends the arping of the same client.",
    params: {},
    result: v.null(),
    errors: [],
    run(context, _params, session) {
      context.kept(Running).get(session)?.finish();
      return null;
    },
  }),
};

/** The device that is meant, fit for ARP. */
function deviceFor(stack: Stack, to: number, name: string | undefined): NetDevice {
  const route = name === undefined ? stack.ip.routes.lookup(to) : null;
  if (name === undefined && !route) {
    const detail = formatIpv4(to);
    throw new ControlError("ARPING_ROUTE", `no route to ${detail}`, { errno: "ENETUNREACH", detail });
  }
  const ours = stack.ip.addressType(to) === AddressType.LOCAL ? (stack.lo ?? undefined) : undefined;
  const device = name === undefined ? (ours ?? route?.device) : stack.network.device(name);
  if (!device) {
    throw new ControlError("ARPING_DEVICE", `no device is called "${name}"`, { errno: "ENODEV", detail: String(name) });
  }
  if (!device.up) throw new ControlError("ARPING_INTERFACE", `${device.name} is down`, { errno: "ENETDOWN", detail: device.name });
  if (device.noArp || device.loopback) {
    throw new ControlError("ARPING_INTERFACE", `${device.name} has no ARP`, { errno: "EINVAL", detail: device.name });
  }
  return device;
}

/**
 * One run. Requests are broadcast until one is answered, then go to the station that answered; with `broadcast` they all are. What was
 * heard is told as it comes.
 */
class Arping {
  readonly #stack: Stack;
  readonly #session: Told<typeof NOTES>;
  readonly #running: Running;
  readonly #to: number;
  readonly #device: NetDevice;
  readonly #source: number;
  readonly #probe: boolean;
  readonly #op: number;
  readonly #first: boolean;
  readonly #everybody: boolean;
  readonly #count: number;
  readonly #interval: number;
  /** 0: none. */
  readonly #timeout: number;
  readonly #timer: Timer;
  readonly #deadline: Timer;
  readonly #result = { sent: 0, broadcasts: 0, received: 0, requests: 0, receivedBroadcasts: 0 };
  #target: Uint8Array | null = null;
  #sentAt = 0;
  /** When the next request is due. */
  #due = 0;
  /** Enough was heard. */
  #over = false;
  #done: (result: ArpingResult) => void = () => {};
  #forget: () => void = () => {};
  #unhook: () => void = () => {};

  constructor(stack: Stack, params: Params, session: Told<typeof NOTES>, running: Running) {
    this.#stack = stack;
    this.#session = session;
    this.#running = running;
    const { to, dev, source, count = 0, interval = 1000, timeout = 0 } = params;
    const { first = false, broadcast = false, probe = false, unsolicited = false, answer = false } = params;
    this.#to = to;
    this.#device = deviceFor(stack, to, dev);
    this.#probe = probe;
    this.#op = answer ? ARPOP_REPLY : ARPOP_REQUEST;
    this.#first = first || probe;
    this.#everybody = broadcast;
    this.#count = count;
    this.#interval = interval;
    this.#timeout = timeout;
    this.#source = this.#sourceOf(source, unsolicited || answer);
    this.#timer = stack.clock.timer(() => this.#tick());
    this.#deadline = stack.clock.timer(() => {
      // A request that is due by now goes out first.
      if (this.#timer.armed && this.#timer.due <= this.#deadline.due) this.#tick();
      this.finish();
    });
  }

  #sourceOf(written: number | undefined, unsolicited: boolean): number {
    const { ip } = this.#stack;
    const asked = written ?? (unsolicited && !this.#probe ? this.#to : 0);
    if (asked !== 0 && ip.addressType(asked) !== AddressType.LOCAL) {
      const detail = formatIpv4(asked);
      throw new ControlError("ARPING_SOURCE", `${detail} is not an address of this stack`, { errno: "EADDRNOTAVAIL", detail });
    }
    if (asked !== 0 || this.#probe) return asked;
    if (ip.addressType(this.#to) === AddressType.BROADCAST && this.#to !== 0) {
      const detail = formatIpv4(this.#to);
      throw new ControlError("ARPING_TARGET", `${detail} is a broadcast address`, { errno: "EACCES", detail });
    }
    return ip.addresses.select(this.#device, this.#to);
  }

  run(): Promise<ArpingResult> {
    this.#session.notify("arping.start", { from: formatIpv4(this.#source), dev: this.#device.name });
    if (this.#source === 0 && !this.#probe) {
      throw new ControlError("ARPING_SOURCE", `${this.#device.name} has no address to ask from; only a probe needs none`);
    }
    this.#running.set(this.#session, this);
    this.#forget = this.#session.onClose(() => this.finish());
    this.#unhook = this.#stack.neighbours(4).inputHooks.add((packet, device) => {
      if (device === this.#device && this.#meant(packet)) this.#heard(packet);
      return true;
    });
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#due = this.#stack.clock.now();
      this.#timer.armAt(this.#due);
      if (this.#timeout > 0) this.#deadline.armAt(this.#due + this.#timeout);
    });
  }

  finish(): void {
    if (this.#running.get(this.#session) === this) this.#running.delete(this.#session);
    this.#forget();
    this.#unhook();
    this.#timer.cancel();
    this.#deadline.cancel();
    this.#done({ ...this.#result });
  }

  #tick(): void {
    const { clock } = this.#stack;
    const arp = this.#stack.neighbours(4);
    const result = this.#result;
    if (this.#over || (this.#count > 0 && result.sent >= this.#count)) {
      this.finish();
      return;
    }
    const to = this.#target ?? BROADCAST_MAC;
    const named = this.#op === ARPOP_REPLY ? this.#device.address : to;
    result.sent++;
    if (!this.#target) result.broadcasts++;
    this.#sentAt = clock.now();
    // Armed before the frame goes: its answer may come within the call, and be the end.
    this.#due += this.#interval;
    if (this.#interval > 0) this.#timer.armAt(this.#due);
    const [high, low] = [highOctets(to, 0), lowOctets(to, 0)];
    arp.sender.send(this.#device, this.#op, high, low, this.#source, highOctets(named, 0), lowOctets(named, 0), this.#to);
  }

  /** The packet is from the address asked for, and to us; a probe is answered by any other station that has the address. */
  #meant({ view, bytes, data: at }: SkBuff): boolean {
    const tip = view.getInt32(at + AR_TIP);
    if (view.getInt32(at + AR_SIP) !== this.#to) return false;
    if (!this.#probe) return tip === this.#source && sameMac(bytes, at + AR_THA, this.#device.address, 0);
    return !sameMac(bytes, at + AR_SHA, this.#device.address, 0) && (this.#source === 0 || tip === this.#source);
  }

  #heard({ view, bytes, data: at, packetType }: SkBuff): void {
    const op = view.getUint16(at + AR_OP);
    if (this.#over || (op !== ARPOP_REPLY && op !== ARPOP_REQUEST)) return;
    const result = this.#result;
    const way = packetType === PacketType.HOST ? "Unicast" : "Broadcast";
    const tip = view.getInt32(at + AR_TIP);
    const forUs = sameMac(bytes, at + AR_THA, this.#device.address, 0);
    this.#session.notify("arping.reply", {
      kind: `${way} ${op === ARPOP_REPLY ? "reply" : "request"}`,
      from: formatIpv4(this.#to),
      lladdr: formatMac(bytes, at + AR_SHA),
      ...(tip === this.#source ? {} : { to: formatIpv4(tip) }),
      ...(forUs ? {} : { toLladdr: formatMac(bytes, at + AR_THA) }),
      time: this.#stack.clock.now() - this.#sentAt,
    });
    result.received++;
    const enough = this.#timeout > 0 && result.received === this.#count;
    // iputils does not sort the answer that completes the count under a deadline.
    if (!enough && way === "Broadcast") result.receivedBroadcasts++;
    if (!enough && op === ARPOP_REQUEST) result.requests++;
    // Not in the midst of the packet's reception.
    if (enough || this.#first) {
      this.#over = true;
      this.#timer.arm(0);
    } else if (!this.#everybody) this.#target = bytes.slice(at + AR_SHA, at + AR_SHA + BROADCAST_MAC.length);
  }
}
