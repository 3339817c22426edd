/** `udp.send`, `udp.listen`, `ping`: traffic of the instance itself, reported as it happens. */
import type { Timer } from "../../hal/clock.ts";
import { INADDR_ANY, type Ip4 } from "../ip/address.ts";
import { formatIp } from "../ip/endpoint.ts";
import { InetError } from "../ip/inet-error.ts";
import type { SendResult } from "../ip/send-result.ts";
import type { Stack } from "../stack.ts";
import type { UdpSocket } from "../transport/udp-socket.ts";
import { flag, ipv4Of, optionalInteger, optionalNumber, optionalText, text } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method, RpcCode, type Session } from "./rpc/protocol.ts";

const MAX_COUNT = 1_000_000_000;
/** Longest interval or time-out a client may ask for, in ms: a day. */
const MAX_TIME = 86_400_000;
const MAX_PAYLOAD = 65_507;
/** Bytes of ping data beyond which a packet cannot be: 65535 less the headers. */
const MAX_PING_DATA = 65_507;

export function trafficMethods(stack: Stack): [string, Method][] {
  return [
    ["udp.send", (params, session) => udpSend(stack, params, session)],
    ["udp.listen", (params, session) => udpListen(stack, params, session)],
    ["ping", (params, session) => ping(stack, params, session)],
  ];
}

function endpoint(value: string, what: string): { address: Ip4; port: number } {
  const [, host = "", digits = ""] = /^(?:(.*):)?(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) {
    throw new ControlError("INVALID_PARAMS", `${what} "${value}" is not ADDR:PORT`, { rpcCode: RpcCode.INVALID_PARAMS });
  }
  return { address: host === "" ? INADDR_ANY : ipv4Of(host), port };
}

function open(stack: Stack, from: { address: Ip4; port: number }): UdpSocket {
  try {
    return stack.udp.open(from.port, from.address);
  } catch (error) {
    throw error instanceof InetError ? new ControlError(error.code, error.message) : error;
  }
}

/**
 * Sends `count` datagrams, `interval` ms apart. Notifies `udp.datagram` {seq, status, reason} when a datagram was sent, queued or
 * failed, and again when a queued one was settled. Answers {sent, failed} when all are.
 */
function udpSend(stack: Stack, params: JsonObject, session: Session): Promise<Json> {
  const to = endpoint(text(params, "to"), "destination");
  const from = optionalText(params, "from");
  const source =
    from === undefined ? { address: INADDR_ANY, port: 0 } : endpoint(from.includes(":") ? from : `${from}:0`, "source");
  const payload = new TextEncoder().encode(optionalText(params, "text") ?? "");
  if (payload.length > MAX_PAYLOAD)
    throw new ControlError("INVALID_PARAMS", "text is too long for one datagram", { rpcCode: RpcCode.INVALID_PARAMS });
  const count = optionalInteger(params, "count", 1, MAX_COUNT) ?? 1;
  const interval = optionalNumber(params, "interval", 0, MAX_TIME) ?? 1000;
  const confirm = flag(params, "confirm");
  if (to.port === 0 || to.address === INADDR_ANY)
    throw new ControlError("INVALID_PARAMS", "the destination is ADDR:PORT", { rpcCode: RpcCode.INVALID_PARAMS });
  const socket = open(stack, source);
  const destination = socket.to(to.address, to.port);

  return new Promise((resolve) => {
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
      const result = socket.send(payload, destination, seq, confirm);
      sending = -1;
      if (result.status === "queued") waiting.add(seq);
      report(seq, result);
      if (next < count) timer.arm(interval);
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
}

/** Notifies `udp.received` {from, port, length, text} a datagram; answers after `count` of them, or never. */
function udpListen(stack: Stack, params: JsonObject, session: Session): Promise<Json> {
  const bind = endpoint(text(params, "bind"), "address");
  const count = optionalInteger(params, "count", 1, MAX_COUNT);
  const socket = open(stack, bind);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  session.notify("udp.listening", { port: socket.port });
  return new Promise((resolve) => {
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
}

/**
 * Sends echo requests. Notifies `ping.reply` {from, seq, ttl, bytes, time} and `ping.error` {from, seq, reason}; answers
 * {transmitted, received, errors, time} when `count` were answered or given up, `timeout` ms after the last.
 */
function ping(stack: Stack, params: JsonObject, session: Session): Promise<Json> {
  const destination = stack.ping.to(ipv4Of(text(params, "to")));
  const count = optionalInteger(params, "count", 1, MAX_COUNT) ?? 4;
  const interval = optionalNumber(params, "interval", 2, MAX_TIME) ?? 1000;
  const timeout = optionalNumber(params, "timeout", 1, MAX_TIME) ?? 10_000;
  const size = optionalInteger(params, "size", 0, MAX_PING_DATA) ?? 56;
  if (destination.room < 0) throw new ControlError("UNREACHABLE", "connect: Network is unreachable");
  if (stack.ping.full) throw new ControlError("PING_IDS", "every identifier of an echo request is in use; end a ping first");
  const pinger = stack.ping.open();
  const { clock } = stack;
  const start = clock.now();

  return new Promise((resolve) => {
    const sentAt = new Map<number, number>();
    let transmitted = 0;
    let received = 0;
    let errors = 0;
    const finish = (): void => {
      forget();
      timer.cancel();
      pinger.close();
      resolve({ transmitted, received, errors, time: clock.now() - start });
    };
    const forget = session.onClose(finish);
    /** The newest request with these low 16 bits; -1 when it is none that is waited for. */
    const waitingFor = (sequence: number): number => {
      const seq = transmitted - ((transmitted - sequence) & 0xffff);
      return sentAt.has(seq) ? seq : -1;
    };
    const settled = (seq: number): void => {
      sentAt.delete(seq);
      if (transmitted === count && sentAt.size === 0) finish();
    };
    const refused = (seq: number, reason: string): void => {
      errors++;
      session.notify("ping.error", { from: formatIp(destination.source), seq, reason });
      settled(seq);
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
    pinger.onReply = ({ source, sequence, ttl, bytes }) => {
      const seq = waitingFor(sequence);
      if (seq < 0) return;
      received++;
      session.notify("ping.reply", { from: formatIp(source), seq, ttl, bytes, time: clock.now() - (sentAt.get(seq) as number) });
      settled(seq);
    };
    pinger.onFailure = (sequence, result) => {
      const seq = waitingFor(sequence);
      if (seq >= 0) refused(seq, result.reason);
    };
    timer.arm(0);
  });
}
