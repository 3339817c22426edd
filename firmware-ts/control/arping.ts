/** `arping`: ARP packets by hand, past the neighbour table, and who answers them. As iputils 20221126 does it. */
import type { Timer } from "../../hal/clock.ts";
import { PacketType, type SkBuff } from "../../hal/skbuff.ts";
import { formatIpv4 } from "../ip/address.ts";
import { AddressType } from "../ip/address-type.ts";
import { AR_OP, AR_SHA, AR_SIP, AR_THA, AR_TIP, ARPOP_REPLY, ARPOP_REQUEST } from "../ip4/arp/wire.ts";
import type { NetDevice } from "../net/device.ts";
import { BROADCAST_MAC, formatMac, sameMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import { flag, ipv4Of, optionalInteger, optionalText, text } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method, type Session } from "./rpc/protocol.ts";

const INT_MAX = 0x7fffffff;

export function arpingMethods(stack: Stack): [string, Method][] {
  const running = new Map<Session, Arping>();
  return [
    ["arping", (params, session) => new Arping(stack, params, session, running).run()],
    [
      "arping.stop",
      (_params, session) => {
        running.get(session)?.finish();
        return null;
      },
    ],
  ];
}

/** The device that is meant, fit for ARP. */
function deviceFor(stack: Stack, to: number, name: string | undefined): NetDevice {
  const route = name === undefined ? stack.ip.routes.lookup(to) : null;
  if (name === undefined && !route) throw new ControlError("ARPING_ROUTE", "arping: NETLINK_ROUTE unexpected iov element");
  const ours = stack.ip.addressType(to) === AddressType.LOCAL ? (stack.lo ?? undefined) : undefined;
  const device = name === undefined ? (ours ?? route?.device) : stack.network.device(name);
  if (!device) throw new ControlError("ARPING_DEVICE", `arping: Device ${name} not available.`);
  if (!device.up) throw new ControlError("ARPING_INTERFACE", `Interface "${device.name}" is down`);
  if (device.noArp || device.loopback) throw new ControlError("ARPING_INTERFACE", `Interface "${device.name}" is not ARPable`);
  return device;
}

/**
 * Sends `count` requests, `interval` ms apart, to everybody until somebody has answered and then to him; with `broadcast` always to
 * everybody. With `probe` the question comes from nobody (RFC 5227 2.1.1) and one answer ends it; with `unsolicited` it tells of an
 * address of ours, with `answer` too in an answer that nobody asked for. Notifies `arping.start` {from, dev} and `arping.reply` {kind,
 * from, lladdr, to, time}; answers {sent, broadcasts, received, requests, receivedBroadcasts} an interval after the last request, after
 * `timeout` ms, with `first` at the first reply, or at `arping.stop` from the same client.
 */
class Arping {
  readonly #stack: Stack;
  readonly #session: Session;
  readonly #running: Map<Session, Arping>;
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
  #done: (result: Json) => void = () => {};
  #forget: () => void = () => {};
  #unhook: () => void = () => {};

  constructor(stack: Stack, params: JsonObject, session: Session, running: Map<Session, Arping>) {
    this.#stack = stack;
    this.#session = session;
    this.#running = running;
    this.#to = ipv4Of(text(params, "to"));
    this.#device = deviceFor(stack, this.#to, optionalText(params, "dev"));
    this.#probe = flag(params, "probe");
    this.#op = flag(params, "answer") ? ARPOP_REPLY : ARPOP_REQUEST;
    this.#first = flag(params, "first") || this.#probe;
    this.#everybody = flag(params, "broadcast");
    this.#count = optionalInteger(params, "count", 1, INT_MAX) ?? 0;
    this.#interval = optionalInteger(params, "interval", 0, INT_MAX * 1000) ?? 1000;
    this.#timeout = optionalInteger(params, "timeout", 0, INT_MAX * 1000) ?? 0;
    const unsolicited = flag(params, "unsolicited") || this.#op === ARPOP_REPLY;
    this.#source = this.#sourceOf(optionalText(params, "source"), unsolicited);
    this.#timer = stack.clock.timer(() => this.#tick());
    this.#deadline = stack.clock.timer(() => {
      // What is due by now goes out first.
      if (this.#timer.armed && this.#timer.due <= this.#deadline.due) this.#tick();
      this.finish();
    });
  }

  #sourceOf(written: string | undefined, unsolicited: boolean): number {
    const { ip } = this.#stack;
    const asked = written !== undefined ? ipv4Of(written) : unsolicited && !this.#probe ? this.#to : 0;
    if (asked !== 0 && ip.addressType(asked) !== AddressType.LOCAL) {
      throw new ControlError("ARPING_SOURCE", "arping: bind: Cannot assign requested address");
    }
    if (asked !== 0 || this.#probe) return asked;
    if (ip.addressType(this.#to) === AddressType.BROADCAST && this.#to !== 0) {
      throw new ControlError("ARPING_TARGET", "arping: connect: Permission denied");
    }
    return ip.addresses.select(this.#device, this.#to);
  }

  run(): Promise<Json> {
    this.#session.notify("arping.start", { from: formatIpv4(this.#source), dev: this.#device.name });
    if (this.#source === 0 && !this.#probe) {
      throw new ControlError("ARPING_SOURCE", "arping: no source address in not-DAD mode");
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
    const announced = this.#op === ARPOP_REPLY ? this.#device.address : null;
    const to = this.#target ?? BROADCAST_MAC;
    result.sent++;
    if (!this.#target) result.broadcasts++;
    this.#sentAt = clock.now();
    // Armed before the frame goes: its answer may come within the call, and be the end.
    this.#due += this.#interval;
    if (this.#interval > 0) this.#timer.armAt(this.#due);
    arp.sender.send(this.#device, this.#op, to, 0, this.#source, announced ?? to, 0, this.#to);
  }

  /** From the one that is asked about, and to us; a probe is answered by whoever else has the address. */
  #meant({ view, bytes, data: at }: SkBuff): boolean {
    const tip = view.getInt32(at + AR_TIP);
    if (view.getInt32(at + AR_SIP) !== this.#to) return false;
    if (!this.#probe) return tip === this.#source && sameMac(bytes, at + AR_THA, this.#device.address, 0);
    return !sameMac(bytes, at + AR_SHA, this.#device.address, 0) && (this.#source === 0 || tip === this.#source);
  }

  #heard({ view, bytes, data: at, packetType }: SkBuff): void {
    const op = view.getUint16(at + AR_OP);
    if (op !== ARPOP_REPLY && op !== ARPOP_REQUEST) return;
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
    if (way === "Broadcast") result.receivedBroadcasts++;
    if (op === ARPOP_REQUEST) result.requests++;
    const enough = this.#timeout > 0 && result.received === this.#count;
    // Not in the midst of the packet's reception.
    if (enough || this.#first) {
      this.#over = true;
      this.#timer.arm(0);
    } else if (!this.#everybody) this.#target = bytes.slice(at + AR_SHA, at + AR_SHA + BROADCAST_MAC.length);
  }
}
