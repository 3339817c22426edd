/** `arping`: ARP requests by hand, past the neighbour table, and who answers them. */
import type { Timer } from "../../hal/clock.ts";
import { formatIpv4 } from "../inet/address.ts";
import { AR_OP, AR_SHA, AR_SIP, AR_TIP, ARPOP_REPLY } from "../neigh/arp-wire.ts";
import { BROADCAST_MAC, formatMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import { flag, ipv4Of, optionalInteger, optionalNumber, optionalText, text } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method, type Session } from "./rpc.ts";

const MAX_COUNT = 1_000_000_000;
/** Longest interval or time-out a client may ask for, in ms: a day. */
const MAX_TIME = 86_400_000;

export function arpingMethods(stack: Stack): [string, Method][] {
  return [["arping", (params, session) => arping(stack, params, session)]];
}

/**
 * Asks `count` times, `interval` ms apart, everybody until somebody has answered and then him, with `broadcast` always everybody. With
 * `probe` the question comes from nobody (RFC 5227 2.1.1). Notifies `arping.start` {from, dev} and `arping.reply` {from, lladdr,
 * time}; answers {sent, broadcasts, received} an interval after the last request, with `first` at the first reply.
 */
function arping(stack: Stack, params: JsonObject, session: Session): Promise<Json> {
  const to = ipv4Of(text(params, "to"));
  const name = optionalText(params, "dev");
  const device = name === undefined ? stack.ip.routes.lookup(to)?.device : stack.network.device(name);
  if (!device) throw new ControlError("ARPING_DEVICE", `arping: Device ${name ?? "for the destination"} not available.`);
  const asked = optionalText(params, "source");
  const probe = flag(params, "probe");
  const source = asked !== undefined ? ipv4Of(asked) : probe ? 0 : stack.ip.addresses.select(device, to);
  const count = optionalInteger(params, "count", 1, MAX_COUNT) ?? MAX_COUNT;
  const interval = optionalNumber(params, "interval", 1, MAX_TIME) ?? 1000;
  const timeout = optionalNumber(params, "timeout", 1, MAX_TIME) ?? Number.POSITIVE_INFINITY;
  const first = flag(params, "first");
  const everybody = flag(params, "broadcast");
  const { clock } = stack;
  const end = clock.now() + timeout;
  let target: Uint8Array | null = null;
  let sentAt = 0;
  let sent = 0;
  let broadcasts = 0;
  let received = 0;
  session.notify("arping.start", { from: formatIpv4(source), dev: device.name });
  return new Promise((resolve) => {
    const finish = (): void => {
      forget();
      unhook();
      timer.cancel();
      resolve({ sent, broadcasts, received });
    };
    const forget = session.onClose(finish);
    const unhook = stack.arp.inputHooks.add(({ view, bytes, data: at }, from) => {
      const meant = view.getUint16(at + AR_OP) === ARPOP_REPLY && view.getInt32(at + AR_SIP) === to && from === device;
      if (!meant || view.getInt32(at + AR_TIP) !== source) return true;
      received++;
      const lladdr = bytes.slice(at + AR_SHA, at + AR_SHA + BROADCAST_MAC.length);
      if (!everybody && !probe) target = lladdr;
      session.notify("arping.reply", { from: formatIpv4(to), lladdr: formatMac(lladdr), time: clock.now() - sentAt });
      // Not in the midst of the packet's reception.
      if (first || probe) timer.arm(0);
      return true;
    });
    const timer: Timer = clock.timer(() => {
      const now = clock.now();
      if (sent === count || now >= end || (received > 0 && (first || probe))) return finish();
      sent++;
      if (!target) broadcasts++;
      sentAt = now;
      stack.arp.sender.request(device, target ?? BROADCAST_MAC, 0, source, to);
      timer.arm(Math.min(interval, end - now));
    });
    timer.arm(0);
  });
}
