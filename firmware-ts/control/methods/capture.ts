/** `capture`: frames of the stack's devices, told of as they come and go. There is a tap only while somebody asks for it. */
import * as v from "valibot";
import type { Timer } from "../../../hal/clock.ts";
import type { NetDevice } from "../../net/device.ts";
import { toBase64 } from "../base64.ts";
import { FilterError, PcapFilter } from "../pcap-filter/index.ts";
import type { Session } from "../rpc/protocol.ts";
import { integer, maybe, TEXT, wrong } from "./forms.ts";
import { method } from "./method.ts";
import { MAX_COUNT } from "./udp.ts";

/** Longest part of a frame that is told of, in bytes; tcpdump's. */
export const MAX_SNAPLEN = 262_144;
/** Packets are lost while more bytes than these wait for the client: fewer than those with which it is cut off. */
const MAX_WAITING = 4 << 20;
/** Packets that are told of together at most, and their bytes. */
const TOGETHER = 64;
const BYTES_TOGETHER = 1 << 17;

const FILTER = v.pipe(
  TEXT,
  v.transform((text): PcapFilter => {
    try {
      return new PcapFilter(text);
    } catch (error) {
      throw error instanceof FilterError ? wrong(error.message) : error;
    }
  }),
  v.metadata({ form: "filter" }),
);

const PACKET = v.object({
  at: v.pipe(v.number(), v.description("place of the device in the list of `capture.start`")),
  time: v.pipe(v.number(), v.description("ms since 1970, fractions included")),
  out: v.boolean(),
  length: v.pipe(v.number(), v.description("bytes of the whole frame")),
  drops: v.exactOptional(v.pipe(v.number(), v.description("packets of this device that are missing in front of it"))),
  data: v.pipe(v.string(), v.description("its beginning, in base64")),
});

/** One packet of a capture. */
export type CapturedPacket = v.InferOutput<typeof PACKET>;

const RESULT = v.object({
  sent: v.pipe(v.number(), v.description("packets that were told of")),
  received: v.pipe(v.number(), v.description("packets that the filter chose")),
  dropped: v.pipe(v.number(), v.description("packets among them that are missing: the client was too slow")),
  untold: v.pipe(v.array(v.number()), v.description("those of each device behind its last packet")),
});

/** The end of each session's capture. */
class Running extends Map<Session, () => void> {}

export const captureMethods = {
  capture: method({
    about:
      "Tells of frames, in and out, after `capture.start` once. A client that is too slow misses packets, which are counted. Answers " +
      "after `count` packets or at `capture.stop`.",
    params: {
      dev: maybe(TEXT, "device; default all"),
      filter: maybe(FILTER, "frames that are meant, in words of tcpdump; default all"),
      count: maybe(integer(1, MAX_COUNT), "packets; default no end"),
      snaplen: maybe(integer(1, MAX_SNAPLEN), `bytes of a frame; default ${MAX_SNAPLEN}`),
    },
    result: RESULT,
    notes: {
      "capture.start": v.object({ devices: v.array(v.string()), snaplen: v.number() }),
      "capture.packets": v.object({ packets: v.array(PACKET) }),
    },
    lasting: true,
    errors: ["NO_DEVICE", "CAPTURES_LIMIT"],
    run(context, { dev, filter, count = Number.POSITIVE_INFINITY, snaplen = MAX_SNAPLEN }, session) {
      const { stack } = context;
      const devices: readonly NetDevice[] = dev === undefined ? [...stack.devices] : [context.device(dev)];
      const running = context.kept(Running);
      return new Promise<v.InferOutput<typeof RESULT>>((resolve) => {
        const untold = devices.map(() => 0);
        let packets: CapturedPacket[] = [];
        let waiting = 0;
        let sent = 0;
        let received = 0;
        let dropped = 0;
        const flush = (): void => {
          timer.cancel();
          if (packets.length > 0) session.notify("capture.packets", { packets });
          packets = [];
          waiting = 0;
        };
        const timer: Timer = stack.clock.timer(flush);
        const end: Timer = stack.clock.timer(() => finish());
        const close = (): void => {
          untap();
          timer.cancel();
          end.cancel();
          if (running.get(session) === finish) running.delete(session);
          resolve({ sent, received, dropped, untold });
        };
        // First of all: it may be refused.
        const release = session.subscribe(close, "captures");
        const finish = (): void => {
          flush();
          release();
          close();
        };
        const untap = stack.network.tap((skb, device, out) => {
          const at = devices.indexOf(device);
          const frame = skb.contents();
          if (at < 0 || sent >= count || (filter && !filter.matches(frame, out))) return;
          received++;
          const length = Math.min(frame.length, snaplen);
          if (session.backlog + waiting + length > MAX_WAITING) {
            dropped++;
            untold[at]!++;
            return;
          }
          const drops = untold[at]!;
          untold[at] = 0;
          const data = toBase64(frame.subarray(0, length));
          packets.push({ at, time: stack.clock.wallTime(), out, length: frame.length, ...(drops > 0 ? { drops } : {}), data });
          waiting += data.length;
          // The tap is not taken away in the midst of the taps' turn.
          if (++sent >= count) end.arm(0);
          else if (packets.length >= TOGETHER || waiting >= BYTES_TOGETHER) flush();
          else if (!timer.armed) timer.arm(0);
        });
        running.set(session, finish);
        session.notify("capture.start", { devices: devices.map(({ name }) => name), snaplen });
      });
    },
  }),
  "capture.stop": method({
    about: "Ends the capture of the same client.",
    params: {},
    result: v.null(),
    errors: [],
    run(context, _params, session) {
      context.kept(Running).get(session)?.();
      return null;
    },
  }),
};
