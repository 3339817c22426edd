/**
 * An MQTT publisher as a link: it keeps a connection to the broker, comes back when that is lost, and publishes each message to one
 * topic. A message of QoS 0 was `sent` when TCP has taken it, one of QoS 1 when the broker has acknowledged it. Without a connection
 * messages wait; the oldest gives way.
 */
import type { Timer } from "../../../../../hal/clock.ts";
import { FIRST_INTERVAL, LONGEST_INTERVAL } from "../../../../../hal/revival.ts";
import type { InetError } from "../../../../ip/inet-error.ts";
import type { SendResult } from "../../../../ip/send-result.ts";
import type { TcpConnection, TcpUser } from "../../../../transport/tcp/contract.ts";
import { failure, type Link, type LinkContext, MOST_UNDER_WAY, SENT } from "../../contract/link.ts";
import { connectPacket, DISCONNECT, type MqttLevel, PINGREQ, publishOverhead, publishPacket } from "./packets.ts";
import { type BrokerLimits, type BrokerPacket, MqttProtocolError, MqttReader, NO_LIMITS } from "./reader.ts";

export interface MqttOptions {
  readonly level: MqttLevel;
  readonly topic: string;
  readonly qos: 0 | 1;
  readonly client: string;
  /** Ms of silence after which the broker is asked for a sign of life; 0: never. */
  readonly keepAlive: number;
  readonly user?: string;
  readonly password?: string;
}

/** Begins a connection to the broker. @throws InetError as Tcp.connect() does */
export type Connector = (user: TcpUser) => TcpConnection;

/** Handshake of TCP and answer to CONNECT, in ms. */
const CONNECT_TIMEOUT = 30_000;
/** The answer to PINGREQ, in ms. */
const PING_TIMEOUT = 10_000;
/** A connection that held for so many ms worked: the next failure counts as a new one. */
const LASTING = 60_000;
/** PUBLISH packets of QoS 1 that wait for their PUBACK. */
const MOST_IN_FLIGHT = 16;
const LAST_PACKET_ID = 0xffff;
/** Reason codes from here on are errors (section 2.4). */
const ERROR = 0x80;
/** Bytes of the longest PUBLISH. */
const LONGEST = 64 * 1024;

interface Message {
  readonly id: number;
  readonly payload: Uint8Array;
}

export class MqttLink implements Link, TcpUser {
  readonly #context: LinkContext;
  readonly #options: MqttOptions;
  readonly #connect: Connector;
  /** The end of an attempt, of the wait before the next one, or of the broker's silence. */
  readonly #timer: Timer;
  #state: "down" | "waiting" | "connecting" | "up" = "down";
  #connection: TcpConnection | null = null;
  #reader: MqttReader;
  #limits = NO_LIMITS;
  /** Bytes that TCP has not taken yet. */
  #rest: Uint8Array = new Uint8Array(0);
  /** The message of QoS 0 whose last bytes are in #rest. */
  #leaving: Message | null = null;
  #aliased = false;
  #pinged = false;
  #interval = FIRST_INTERVAL;
  #upSince = 0;
  #packetId = 0;
  /** The message within send(), and its fate if that is known already. */
  #sending = 0;
  #fate: SendResult | null = null;
  /** The reason that there is no connection. */
  #reason = "MQTT_NOT_CONNECTED";
  /** In their order. */
  #queue: Message[] = [];
  /** Published with QoS 1, by packet identifier. */
  readonly #inFlight = new Map<number, Message>();

  constructor(context: LinkContext, options: MqttOptions, connect: Connector) {
    this.#context = context;
    this.#options = options;
    this.#connect = connect;
    this.#reader = new MqttReader(options.level);
    this.#timer = context.stack.clock.timer(() => this.#due());
  }

  get room(): number {
    return Math.min(LONGEST, this.#limits.maximumPacketSize) - publishOverhead(this.#options.topic);
  }

  start(): void {
    this.#open();
  }

  send(message: Uint8Array, id: number): SendResult | null {
    if (this.#queue.length + this.#inFlight.size + 1 >= MOST_UNDER_WAY) {
      const oldest = this.#queue.shift();
      if (!oldest) return failure("MQTT_BUSY");
      this.#context.settled(oldest.id, failure(this.#state === "up" ? "MQTT_BUSY" : this.#reason));
    }
    this.#sending = id;
    this.#fate = null;
    this.#queue.push({ id, payload: message.slice() });
    this.#publish();
    this.#sending = 0;
    return this.#fate;
  }

  /** Says goodbye. Messages that the broker has not acknowledged have failed: nobody will hear of them. */
  stop(): void {
    const reason = this.#state === "up" ? "MQTT_STOPPED" : this.#reason;
    const unfinished = [...this.#inFlight.values(), ...this.#queue];
    if (this.#leaving) unfinished.push(this.#leaving);
    if (this.#state === "up" && this.#rest.length === 0) this.#connection?.write(DISCONNECT);
    this.#state = "down";
    this.#connection?.close();
    this.#forget();
    this.#timer.cancel();
    this.#queue = [];
    this.#inFlight.clear();
    for (const { id } of unfinished) this.#context.settled(id, failure(reason));
  }

  connected(): void {
    const { level, client, user, password } = this.#options;
    const credentials = { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
    this.#write(connectPacket({ level, client, keepAlive: this.#keepAliveSeconds, ...credentials }));
  }

  readable(): void {
    try {
      while (this.#connection) {
        const count = this.#connection.read(this.#reader.space);
        if (count === 0) return;
        this.#reader.added(count);
        for (let packet = this.#reader.next(); packet; packet = this.#reader.next()) this.#take(packet);
      }
    } catch (error) {
      if (!(error instanceof MqttProtocolError)) throw error;
      this.#lose(error.code);
    }
  }

  writable(): void {
    this.#flush();
    this.#publish();
  }

  ended(): void {
    this.#lose("MQTT_CLOSED");
  }

  closed(error: InetError | null): void {
    this.#connection = null;
    this.#lose(error?.code ?? "MQTT_CLOSED");
  }

  get #keepAliveSeconds(): number {
    return Math.min(0xffff, Math.ceil(this.#options.keepAlive / 1000));
  }

  /** Ms; 0: none. */
  get #keepAlive(): number {
    return 1000 * (this.#limits.keepAlive ?? this.#keepAliveSeconds);
  }

  #open(): void {
    this.#state = "connecting";
    this.#reader = new MqttReader(this.#options.level);
    this.#timer.arm(CONNECT_TIMEOUT);
    try {
      this.#connection = this.#connect(this);
      this.#connection.noDelay = true;
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      this.#lose(String(error.code));
    }
  }

  #due(): void {
    if (this.#state === "waiting") this.#open();
    else if (this.#state === "connecting") this.#lose("MQTT_TIMEOUT");
    else if (this.#pinged) this.#lose("MQTT_SILENT");
    else {
      this.#write(PINGREQ);
      this.#pinged = true;
      this.#timer.arm(PING_TIMEOUT);
    }
  }

  /** There is no connection any more; another attempt follows. */
  #lose(reason: string): void {
    if (this.#state === "down" || this.#state === "waiting") return;
    const { clock } = this.#context.stack;
    if (this.#state === "up" && clock.now() - this.#upSince >= LASTING) this.#interval = FIRST_INTERVAL;
    this.#reason = reason;
    const leaving = this.#leaving;
    this.#connection?.abort();
    this.#forget();
    // Messages that the broker has not acknowledged are published again, before those that came later.
    this.#queue = [...this.#inFlight.values(), ...this.#queue];
    this.#inFlight.clear();
    this.#state = "waiting";
    // Nodes of one broker shall not all come back in the same moment.
    this.#timer.arm(this.#interval * (0.5 + this.#context.random.next()));
    this.#interval = Math.min(2 * this.#interval, LONGEST_INTERVAL);
    if (leaving) this.#settle(leaving, failure(reason));
  }

  #forget(): void {
    this.#connection = null;
    this.#limits = NO_LIMITS;
    this.#rest = new Uint8Array(0);
    this.#leaving = null;
    this.#aliased = false;
    this.#pinged = false;
  }

  #take(packet: BrokerPacket): void {
    if (this.#state === "connecting") {
      if (packet.type === "connack") this.#accepted(packet.code, packet.limits);
      else this.#lose("MQTT_PROTOCOL");
      return;
    }
    if (this.#state !== "up") return;
    switch (packet.type) {
      case "connack":
        this.#lose("MQTT_PROTOCOL");
        break;
      case "puback":
        this.#acknowledged(packet.id, packet.code);
        break;
      case "pingresp":
        this.#alive();
        break;
      case "disconnect":
        this.#lose(`MQTT_DISCONNECT_${hex(packet.code)}`);
    }
  }

  #accepted(code: number, limits: BrokerLimits): void {
    if (code !== 0) {
      this.#lose(`MQTT_CONNACK_${hex(code)}`);
      return;
    }
    this.#state = "up";
    this.#limits = limits;
    this.#upSince = this.#context.stack.clock.now();
    this.#alive();
    this.#publish();
  }

  #acknowledged(packetId: number, code: number): void {
    const message = this.#inFlight.get(packetId);
    if (!message) return;
    this.#inFlight.delete(packetId);
    this.#alive();
    this.#settle(message, code < ERROR ? SENT : failure(`MQTT_PUBACK_${hex(code)}`));
    this.#publish();
  }

  /** The broker has shown a sign of life. */
  #alive(): void {
    this.#pinged = false;
    this.#waitForSilence();
  }

  /** The next question is due when nothing was sent for the keep-alive time (section 3.1.2.10). */
  #waitForSilence(): void {
    if (this.#keepAlive > 0) this.#timer.arm(this.#keepAlive);
    else this.#timer.cancel();
  }

  /** Publishes what waits, as far as TCP and the broker take it. */
  #publish(): void {
    const { level, topic } = this.#options;
    const { maximumQos, maximumPacketSize, receiveMaximum, topicAliasMaximum } = this.#limits;
    const qos = this.#options.qos === 1 && maximumQos > 0 ? 1 : 0;
    while (this.#state === "up" && this.#rest.length === 0) {
      if (this.#inFlight.size >= Math.min(MOST_IN_FLIGHT, receiveMaximum)) return;
      const message = this.#queue.shift();
      if (!message) return;
      const alias = topicAliasMaximum === 0 ? "none" : this.#aliased ? "use" : "set";
      const id = qos === 0 ? 0 : this.#nextPacketId();
      const packet = publishPacket({ level, topic, alias, qos, id, payload: message.payload });
      if (packet.length > maximumPacketSize) {
        this.#settle(message, failure("PKT_TOO_BIG"));
        continue;
      }
      this.#aliased = alias !== "none";
      if (qos === 1) this.#inFlight.set(id, message);
      else this.#leaving = message;
      this.#write(packet);
    }
  }

  #write(packet: Uint8Array): void {
    if (this.#rest.length === 0) this.#rest = packet;
    else {
      const both = new Uint8Array(this.#rest.length + packet.length);
      both.set(this.#rest);
      both.set(packet, this.#rest.length);
      this.#rest = both;
    }
    if (this.#state === "up" && !this.#pinged) this.#waitForSilence();
    this.#flush();
  }

  /** Hands TCP what it takes. */
  #flush(): void {
    if (this.#rest.length === 0 || !this.#connection) return;
    this.#rest = this.#rest.subarray(this.#connection.write(this.#rest));
    const leaving = this.#leaving;
    if (this.#rest.length > 0 || !leaving) return;
    this.#leaving = null;
    this.#settle(leaving, SENT);
  }

  #settle({ id }: Message, result: SendResult): void {
    if (id === this.#sending) this.#fate = result;
    else this.#context.settled(id, result);
  }

  /** Not one that is in flight, of which there are few. */
  #nextPacketId(): number {
    do this.#packetId = (this.#packetId % LAST_PACKET_ID) + 1;
    while (this.#inFlight.has(this.#packetId));
    return this.#packetId;
  }
}

/** `0x87`, as both versions' specifications write reason codes. */
function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, "0").toUpperCase()}`;
}
