/** `ping`: echo requests from the instance itself, and their answers as they come. */
import * as v from "valibot";
import type { Timer } from "../../../hal/clock.ts";
import { formatIpv4, type IpAddress } from "../../ip/address.ts";
import { AddressType } from "../../ip/address-type.ts";
import type { Destination } from "../../ip/destination.ts";
import { formatIp } from "../../ip/endpoint.ts";
import { errnoOf } from "../../ip/route-type.ts";
import { isLinkBound } from "../../ip6/common/address-kind.ts";
import type { NetDevice } from "../../net/device.ts";
import { ControlError, type Session } from "../rpc/protocol.ts";
import { decimal, FLAG, IP_HOST, integer, maybe, needed, TEXT } from "./forms.ts";
import { method } from "./method.ts";
import { MAX_COUNT, MAX_TIME } from "./udp.ts";

const RESULT = v.object({
  transmitted: v.number(),
  received: v.number(),
  errors: v.number(),
  pipe: v.pipe(v.number(), v.description("most requests from one that was answered or failed to the newest, both counted")),
  time: v.pipe(v.number(), v.description("ms")),
});

/** Most bytes of data that iputils' ping sends: 65,535 less the headers of IPv4 and ICMP. */
const MAX_DATA = 65_507;

/** An ICMP message about a request: its sender, its numbers, and the last four octets of its header. */
const MESSAGE = {
  from: v.string(),
  seq: v.number(),
  type: v.number(),
  code: v.number(),
  info: v.pipe(v.number(), v.description("an MTU, a gateway, or a pointer in the highest octet")),
};

/** An address that means another station on each link is told with the device (RFC 4007 11). */
function zoned(address: IpAddress, { name }: NetDevice): string {
  return typeof address !== "number" && isLinkBound(address) ? `${formatIp(address)}%${name}` : formatIp(address);
}

/** The source of requests, with its device where it needs that. */
function sourceOf({ source }: Destination, device: NetDevice | null): string {
  return device ? zoned(source, device) : formatIp(source);
}

/** The end of each session's ping. */
class Running extends Map<Session, () => void> {}

export const pingMethods = {
  ping: method({
    about:
      "Sends echo requests and tells of each answer, after `ping.start` once; answers itself when all were answered or given up, or at `ping.stop`. " +
      "A refused ping tells nothing.",
    params: {
      to: needed(IP_HOST, "destination; fe80::1%eth0 is one on the link of that device"),
      count: maybe(integer(1, MAX_COUNT), "requests; default 4"),
      interval: maybe(decimal(2, MAX_TIME), "ms between two; default 1000"),
      timeout: maybe(decimal(1, MAX_TIME), "ms after the last request; default 10000"),
      size: maybe(integer(0, MAX_DATA), "bytes of data; default 56"),
      broadcast: maybe(FLAG, "the destination may be a broadcast address"),
      dev: maybe(TEXT, "the only device by which requests go"),
      source: maybe(IP_HOST, "their source, an address of ours; one of another family than `to` does not count"),
    },
    result: RESULT,
    notes: {
      "ping.start": v.object({
        to: v.string(),
        broadcast: v.boolean(),
        from: v.exactOptional(v.pipe(v.string(), v.description("with `dev` or `source`: the source of the requests"))),
      }),
      "ping.reply": v.object({
        from: v.string(),
        seq: v.number(),
        ttl: v.number(),
        bytes: v.number(),
        time: v.pipe(v.number(), v.description("round trip in ms")),
      }),
      "ping.error": v.object({
        from: v.string(),
        seq: v.number(),
        reason: v.pipe(v.string(), v.description("why the request was lost; `ICMP`: somebody tells so")),
        mtu: v.exactOptional(v.pipe(v.number(), v.description("with PKT_TOO_BIG: bytes that would have gone"))),
        type: v.exactOptional(v.number()),
        code: v.exactOptional(v.number()),
        info: v.exactOptional(v.number()),
      }),
      "ping.notice": v.pipe(v.object(MESSAGE), v.description("a redirect or a source quench: the request is not lost by it")),
    },
    lasting: true,
    errors: [
      "UNREACHABLE",
      "PING_BROADCAST",
      "PING_IDS",
      "DEVICE_MISSING",
      "NO_DEVICE",
      "ADDRESS_NOT_AVAILABLE",
      "FAMILY_UNSUPPORTED",
    ],
    run(context, params, session) {
      const { to, count = 4, interval = 1000, timeout = 10_000, size = 56, broadcast = false, dev, source } = params;
      const { stack } = context;
      const running = context.kept(Running);
      const detail = typeof to === "string" ? to : formatIpv4(to);
      if (typeof to === "string") context.ip6(to);
      const only = dev === undefined ? null : context.device(dev);
      const from = source === undefined || typeof source !== typeof to ? null : stack.layers.address(source);
      const destination = stack.ping.to(to, only, from);
      if (destination.room < 0) {
        throw new ControlError("UNREACHABLE", `no route to ${detail}`, { errno: errnoOf(destination.way.failure), detail });
      }
      const toAll = typeof to !== "string" && stack.ip.addressType(to) === AddressType.BROADCAST;
      if (toAll && !broadcast) {
        throw new ControlError("PING_BROADCAST", `${detail} is a broadcast address`, { errno: "EACCES", detail });
      }
      if (stack.ping.full) throw new ControlError("PING_IDS", "every identifier of an echo request is in use; end a ping first");
      const pinger = stack.ping.open();
      const { clock } = stack;
      const start = clock.now();
      const told = dev === undefined && source === undefined ? {} : { from: sourceOf(destination, only) };
      session.notify("ping.start", { to: detail, broadcast: toAll, ...told });

      return new Promise<v.InferOutput<typeof RESULT>>((resolve) => {
        const sentAt = new Map<number, number>();
        let transmitted = 0;
        let received = 0;
        let errors = 0;
        let pipe = 0;
        const finish = (): void => {
          if (running.get(session) === finish) running.delete(session);
          forget();
          timer.cancel();
          pinger.close();
          resolve({ transmitted, received, errors, pipe, time: clock.now() - start });
        };
        const forget = session.onClose(finish);
        running.set(session, finish);
        /** The newest request with these low 16 bits; -1 when it is none that is waited for. */
        const waitingFor = (sequence: number): number => {
          const seq = transmitted - ((transmitted - sequence) & 0xffff);
          return sentAt.has(seq) ? seq : -1;
        };
        const settled = (seq: number, answered: boolean): void => {
          // iputils counts the lost ones of IPv4 alone.
          if (answered || typeof to !== "string") pipe = Math.max(pipe, transmitted - seq + 1);
          if (received + errors >= count || (transmitted === count && sentAt.size === 0)) finish();
        };
        const refused = (seq: number, reason: string): void => {
          errors++;
          const mtu = reason === "PKT_TOO_BIG" ? { mtu: destination.room + destination.layer.headerBytes } : {};
          session.notify("ping.error", { from: formatIp(destination.source), seq, reason, ...mtu });
          sentAt.delete(seq);
          settled(seq, false);
        };
        const timer: Timer = clock.timer(() => {
          if (transmitted === count) {
            finish();
            return;
          }
          const seq = ++transmitted;
          sentAt.set(seq, clock.now());
          // Its sequence number is used again: an answer could not be told from that of the new one.
          sentAt.delete(seq - 0x10000);
          timer.arm(transmitted < count ? interval : timeout);
          const result = pinger.send(destination, seq & 0xffff, size);
          if (result.status === "failed") refused(seq, result.reason);
        });
        pinger.onReply = ({ source, sequence, ttl, bytes, device }) => {
          const seq = waitingFor(sequence);
          const sent = sentAt.get(seq);
          if (sent === undefined) return;
          received++;
          sentAt.delete(seq);
          session.notify("ping.reply", {
            // One of our own comes by lo, and is asked for on its device.
            from: zoned(source, only !== null && device.loopback ? only : device),
            seq,
            ttl,
            bytes,
            time: clock.now() - sent,
          });
          settled(seq, true);
        };
        pinger.onFailure = (sequence, result) => {
          const seq = waitingFor(sequence);
          if (seq >= 0) refused(seq, result.reason);
        };
        // A request that somebody complains of may be answered all the same, as in iputils.
        pinger.onError = (sequence, { type, code, info, reporter, errno }) => {
          const seq = waitingFor(sequence);
          if (seq < 0) return;
          const message = { from: formatIp(reporter), seq, type, code, info: info >>> 0 };
          if (errno === null) {
            session.notify("ping.notice", message);
            return;
          }
          errors++;
          session.notify("ping.error", { ...message, reason: "ICMP" });
          settled(seq, false);
        };
        timer.arm(0);
      });
    },
  }),
  "ping.stop": method({
    about: "Ends the ping of the same client.",
    params: {},
    result: v.null(),
    errors: [],
    run(context, _params, session) {
      context.kept(Running).get(session)?.();
      return null;
    },
  }),
};
