/** `udp.send`, `udp.listen`: datagrams from and to the instance itself, told of as they go and come. */
import * as v from "valibot";
import type { Timer } from "../../../hal/clock.ts";
import { INADDR_ANY, type Ip4, isMulticast } from "../../ip/address.ts";
import type { Destination } from "../../ip/destination.ts";
import { type Endpoint, formatIp } from "../../ip/endpoint.ts";
import { isIpv6 } from "../../ip/ip6-text.ts";
import type { SendResult } from "../../ip/send-result.ts";
import type { UdpSocket } from "../../transport/udp-socket.ts";
import { decimal, ENDPOINT, endpointOf, FLAG, integer, maybe, needed, TEXT, wrong } from "./forms.ts";
import { method } from "./method.ts";

export const MAX_COUNT = 1_000_000_000;
/** Longest interval or time-out that a client may ask for, in ms: a day. */
export const MAX_TIME = 86_400_000;
/** Most bytes of data that a packet of either family can have: 65,535 less UDP's header, behind an IPv6 header. */
const MAX_DATA = 65_527;
/** Between two datagrams, in ms: a virtual clock stands still for ever where each is sent at the time of the one before. */
const SHORTEST = 0.001;

/** A source, of which the port may be left out. */
const SOURCE = v.pipe(
  TEXT,
  v.transform((from) => endpointOf(isIpv6(from) ? `[${from}]:0` : /:[^\]]*$/.test(from) ? from : `${from}:0`)),
  v.metadata({ form: "ADDRESS[:PORT]" }),
);

const PAYLOAD = v.pipe(
  TEXT,
  v.transform((text): Uint8Array => {
    const payload = new TextEncoder().encode(text);
    if (payload.length > MAX_DATA) throw wrong("text is too long for one datagram");
    return payload;
  }),
  v.metadata({ form: "string" }),
);

const NOTHING = new Uint8Array(0);

/** Makes a destination; where there can be none, the socket is given back. @throws InetError */
function destinationOf(socket: UdpSocket, { address, port }: Endpoint<Ip4 | string>): Destination {
  try {
    return socket.to(address, port);
  } catch (error) {
    socket.close();
    throw error;
  }
}

function isGroup(address: Ip4 | string): boolean {
  return typeof address === "string" ? /^ff/i.test(address) : isMulticast(address);
}

export const udpMethods = {
  "udp.send": method({
    about:
      "Sends datagrams. Each is told of when it is sent, queued or failed, and a queued one again when it is settled; answers when all are.",
    params: {
      to: needed(ENDPOINT, "destination"),
      from: maybe(SOURCE, "source; default any of ours"),
      text: maybe(PAYLOAD, "the payload, as UTF-8"),
      count: maybe(integer(1, MAX_COUNT), "datagrams; default 1"),
      interval: maybe(decimal(0, MAX_TIME), "ms between two; default 1000"),
      confirm: maybe(FLAG, "the next hop is known to be alive (MSG_CONFIRM)"),
    },
    result: v.object({ sent: v.number(), failed: v.number() }),
    notes: {
      "udp.datagram": v.object({
        seq: v.number(),
        status: v.string(),
        reason: v.pipe(v.string(), v.description("why it failed")),
      }),
    },
    lasting: true,
    errors: ["ADDRESS_IN_USE", "ADDRESS_NOT_AVAILABLE", "DEVICE_MISSING", "FAMILY_UNSUPPORTED"],
    run(context, params, session) {
      const { to, from = { address: INADDR_ANY, port: 0 }, text: payload = NOTHING, count = 1, interval = 1000, confirm } = params;
      if (to.port === 0 || to.address === INADDR_ANY) throw wrong("the destination is ADDRESS:PORT");
      if (typeof to.address === "string") context.ip6(to.address);
      const { stack } = context;
      const socket = stack.udp.open(from.port, from.address);
      const destination = destinationOf(socket, to);
      return new Promise<{ sent: number; failed: number }>((resolve) => {
        const waiting = new Set<number>();
        let next = 0;
        let sending = -1;
        let sent = 0;
        let failed = 0;
        const report = (seq: number, result: SendResult): void => {
          if (result.status === "sent") sent++;
          if (result.status === "failed") failed++;
          session.notify("udp.datagram", { seq, status: result.status, reason: result.reason });
        };
        const finish = (): void => {
          forget();
          timer.cancel();
          socket.onFate = null;
          socket.close();
          resolve({ sent, failed });
        };
        const forget = session.onClose(finish);
        const timer: Timer = stack.clock.timer(() => {
          const seq = next++;
          sending = seq;
          const result = socket.send(payload, destination, seq, confirm ?? false);
          sending = -1;
          if (result.status === "queued") waiting.add(seq);
          report(seq, result);
          if (next < count) timer.arm(Math.max(interval, SHORTEST));
          else if (waiting.size === 0) finish();
        });
        socket.onFate = (seq, result) => {
          if (waiting.delete(seq)) report(seq, result);
          else if (seq !== sending && result.status === "failed") {
            // It was with the device and was lost there after all.
            sent--;
            report(seq, result);
          }
          if (next >= count && waiting.size === 0 && sending < 0) finish();
        };
        timer.arm(0);
      });
    },
  }),
  "udp.listen": method({
    about:
      "Tells of each datagram that arrives at a port, after `udp.listening` once; answers after `count` of them, or never. " +
      "A group is joined meanwhile, and its datagrams alone are told of.",
    params: {
      bind: needed(ENDPOINT, "where: one of our addresses, a broadcast address, or a group"),
      dev: maybe(TEXT, "device by which a group is heard; default that by which datagrams to it go"),
      count: maybe(integer(1, MAX_COUNT), "datagrams; default no end"),
    },
    result: v.object({ received: v.number() }),
    notes: {
      "udp.listening": v.object({ port: v.number() }),
      "udp.received": v.object({ from: v.string(), port: v.number(), length: v.number(), text: v.string() }),
    },
    lasting: true,
    errors: ["ADDRESS_INVALID", "ADDRESS_IN_USE", "ADDRESS_NOT_AVAILABLE", "DEVICE_MISSING", "FAMILY_UNSUPPORTED", "NO_DEVICE"],
    run(context, { bind, dev, count }, session) {
      const device = dev === undefined ? null : context.device(dev);
      const { address } = bind;
      if (typeof address === "string") context.ip6(address);
      const socket = context.stack.udp.open(bind.port, address);
      try {
        if (device !== null || isGroup(address)) socket.join(address, device);
      } catch (error) {
        socket.close();
        throw error;
      }
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      session.notify("udp.listening", { port: socket.port });
      return new Promise<{ received: number }>((resolve) => {
        let received = 0;
        const finish = (): void => {
          forget();
          socket.close();
          resolve({ received });
        };
        const forget = session.onClose(finish);
        socket.onDatagram = (bytes, at, length, source, port) => {
          received++;
          const content = decoder.decode(bytes.subarray(at, at + length));
          session.notify("udp.received", { from: formatIp(source), port, length, text: content });
          if (received === count) finish();
        };
      });
    },
  }),
};
