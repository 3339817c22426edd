/** The packets of a broker, out of a stream of bytes that may end anywhere. */
import { type MqttLevel, PacketType, Property } from "./packets.ts";

/** A packet that tells a publisher something. */
export type BrokerPacket =
  | { readonly type: "connack"; readonly code: number; readonly limits: BrokerLimits }
  | { readonly type: "puback"; readonly id: number; readonly code: number }
  | { readonly type: "pingresp" }
  /** In version 5 only. */
  | { readonly type: "disconnect"; readonly code: number };

/** The limits that a broker of version 5 sets; those of 3.1.1 has none. */
export interface BrokerLimits {
  /** PUBLISH packets of QoS 1 that may wait for their PUBACK. */
  readonly receiveMaximum: number;
  readonly maximumQos: number;
  /** Bytes. */
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  /** Seconds; null: ours is good. */
  readonly keepAlive: number | null;
}

/** Those of a broker that says nothing (section 3.2.2.3), and before any has spoken. */
export const NO_LIMITS: BrokerLimits = {
  receiveMaximum: 0xffff,
  maximumQos: 2,
  maximumPacketSize: Number.POSITIVE_INFINITY,
  topicAliasMaximum: 0,
  keepAlive: null,
};

/** The broker does not speak MQTT, or not this version. */
export class MqttProtocolError extends Error {
  readonly code = "MQTT_PROTOCOL";

  constructor(message: string) {
    super(message);
    this.name = "MqttProtocolError";
  }
}

/** Bytes of the longest packet that is taken: a CONNACK with texts of people. */
const LONGEST = 4096;
/** A length has four bytes at most (section 1.5.5). */
const LENGTH_BYTES = 4;

/** Kinds of values of properties by their identifier (section 2.2.2.2): the number of bytes, or texts so many times. */
const PROPERTY_BYTES: Readonly<Record<number, number>> = {
  17: 4,
  19: 2,
  33: 2,
  34: 2,
  36: 1,
  37: 1,
  39: 4,
  40: 1,
  41: 1,
  42: 1,
};
const PROPERTY_TEXTS: Readonly<Record<number, number>> = { 18: 1, 21: 1, 22: 1, 26: 1, 28: 1, 31: 1, 38: 2 };

export class MqttReader {
  readonly #level: MqttLevel;
  readonly #buffer = new Uint8Array(LONGEST);
  #length = 0;

  constructor(level: MqttLevel) {
    this.#level = level;
  }

  /** The memory for the next bytes; added() says how many came. */
  get space(): Uint8Array {
    return this.#buffer.subarray(this.#length);
  }

  added(count: number): void {
    this.#length += count;
  }

  /**
   * The next packet that is whole; null when there is none yet. Packets that a publisher has no use for are skipped.
   * @throws MqttProtocolError
   */
  next(): BrokerPacket | null {
    for (;;) {
      const head = lengthAt(this.#buffer.subarray(0, this.#length), 1);
      if (head === null) return null;
      const end = head.end + head.value;
      if (end > LONGEST) throw new MqttProtocolError(`a packet of ${end} bytes, longer than any that belongs here`);
      if (end > this.#length) return null;
      const packet = this.#read(this.#buffer[0]!, this.#buffer.subarray(head.end, end));
      this.#buffer.copyWithin(0, end, this.#length);
      this.#length -= end;
      if (packet) return packet;
    }
  }

  #read(first: number, body: Uint8Array): BrokerPacket | null {
    switch (first >>> 4) {
      case PacketType.CONNACK:
        return { type: "connack", code: byteAt(body, 1), limits: this.#limits(body) };
      case PacketType.PUBACK:
        return { type: "puback", id: (byteAt(body, 0) << 8) | byteAt(body, 1), code: body[2] ?? 0 };
      case PacketType.PINGRESP:
        return { type: "pingresp" };
      case PacketType.DISCONNECT:
        return { type: "disconnect", code: body[0] ?? 0 };
      case PacketType.PUBLISH:
        return null;
      default:
        throw new MqttProtocolError(`a packet of type ${first >>> 4}, which no broker sends to a publisher`);
    }
  }

  #limits(connack: Uint8Array): BrokerLimits {
    if (this.#level !== 5 || connack.length <= 2) return NO_LIMITS;
    const given = properties(connack.subarray(2));
    const limits: BrokerLimits = {
      receiveMaximum: given.get(Property.RECEIVE_MAXIMUM) ?? NO_LIMITS.receiveMaximum,
      maximumQos: given.get(Property.MAXIMUM_QOS) ?? NO_LIMITS.maximumQos,
      maximumPacketSize: given.get(Property.MAXIMUM_PACKET_SIZE) ?? NO_LIMITS.maximumPacketSize,
      topicAliasMaximum: given.get(Property.TOPIC_ALIAS_MAXIMUM) ?? NO_LIMITS.topicAliasMaximum,
      keepAlive: given.get(Property.SERVER_KEEP_ALIVE) ?? NO_LIMITS.keepAlive,
    };
    // A publisher would wait for ever (sections 3.2.2.3.3, 3.2.2.3.6).
    if (limits.receiveMaximum === 0 || limits.maximumPacketSize === 0) throw new MqttProtocolError("a limit of 0");
    return limits;
  }
}

function byteAt(body: Uint8Array, at: number): number {
  const byte = body[at];
  if (byte === undefined) throw new MqttProtocolError("a packet that ends early");
  return byte;
}

/** A variable byte integer; null when more of it is to come. @throws MqttProtocolError for one of more than four bytes */
function lengthAt(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let index = 0; index < LENGTH_BYTES; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  throw new MqttProtocolError("a length of more than four bytes");
}

/** The properties with numbers. */
function properties(bytes: Uint8Array): Map<number, number> {
  const head = lengthAt(bytes, 0);
  if (!head || head.end + head.value !== bytes.length) throw new MqttProtocolError("properties that do not end with their packet");
  const found = new Map<number, number>();
  for (let at = head.end; at < bytes.length; ) {
    const id = bytes[at++]!;
    const texts = PROPERTY_TEXTS[id] ?? 0;
    const size = PROPERTY_BYTES[id] ?? 0;
    if (texts + size === 0) throw new MqttProtocolError(`the property 0x${id.toString(16)}, which CONNACK has not`);
    for (let text = 0; text < texts; text++) at += 2 + ((byteAt(bytes, at) << 8) | byteAt(bytes, at + 1));
    if (size === 0) continue;
    let value = 0;
    for (let index = 0; index < size; index++) value = value * 256 + byteAt(bytes, at++);
    if (found.has(id)) throw new MqttProtocolError(`the property 0x${id.toString(16)} twice`);
    found.set(id, value);
  }
  return found;
}
