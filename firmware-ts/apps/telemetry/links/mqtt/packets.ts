/** MQTT control packets that a publisher sends: version 3.1.1 (OASIS, protocol level 4) and 5.0 (level 5). Section numbers are of 5.0. */
import { ByteWriter, utf8Length } from "../../encoders/bytes.ts";

/** Protocol levels (section 3.1.2.2). */
export type MqttLevel = 4 | 5;

/** Types in the upper four bits of a packet's first byte (section 2.1.2). */
export const PacketType = { CONNECT: 1, CONNACK: 2, PUBLISH: 3, PUBACK: 4, PINGREQ: 12, PINGRESP: 13, DISCONNECT: 14 } as const;

/** Identifiers of properties (section 2.2.2.2): those that are written or asked for. */
export const Property = {
  SERVER_KEEP_ALIVE: 0x13,
  RECEIVE_MAXIMUM: 0x21,
  TOPIC_ALIAS_MAXIMUM: 0x22,
  TOPIC_ALIAS: 0x23,
  MAXIMUM_QOS: 0x24,
  MAXIMUM_PACKET_SIZE: 0x27,
} as const;

/** Flags of CONNECT (section 3.1.2.3). */
const Flag = { CLEAN_START: 0x02, PASSWORD: 0x40, USER_NAME: 0x80 } as const;

/** The only alias that is used: there is one topic. */
const ALIAS = 1;
/** The longest fixed header: a byte, and the length in up to four. */
const FIXED = 5;

export const PINGREQ: Uint8Array = Uint8Array.of(PacketType.PINGREQ << 4, 0);
/** A normal disconnection: of both versions. */
export const DISCONNECT: Uint8Array = Uint8Array.of(PacketType.DISCONNECT << 4, 0);

export interface ConnectRequest {
  readonly level: MqttLevel;
  readonly client: string;
  /** Whole seconds; 0: none. */
  readonly keepAlive: number;
  readonly user?: string;
  readonly password?: string;
}

export function connectPacket({ level, client, keepAlive, user, password }: ConnectRequest): Uint8Array {
  const texts = [client, user ?? "", password ?? ""];
  const longest = texts.reduce((sum, text) => sum + 2 + utf8Length(text), FIXED + 16);
  return packet(PacketType.CONNECT << 4, longest, (out) => {
    text(out, "MQTT");
    out.u8(level);
    const flags = (user === undefined ? 0 : Flag.USER_NAME) | (password === undefined ? 0 : Flag.PASSWORD);
    out.u8(Flag.CLEAN_START | flags);
    out.u16(keepAlive);
    if (level === 5) out.u8(0);
    text(out, client);
    if (user !== undefined) text(out, user);
    if (password !== undefined) text(out, password);
  });
}

export interface PublishRequest {
  readonly level: MqttLevel;
  /** Its text, or what the alias stands for. */
  readonly topic: string;
  /** `none`: the broker takes no alias; `set`: this packet gives the topic one; `use`: the alias stands for the topic. */
  readonly alias: "none" | "set" | "use";
  readonly qos: 0 | 1;
  /** 1..65535, with QoS 1. */
  readonly id: number;
  readonly payload: Uint8Array;
}

export function publishPacket({ level, topic, alias, qos, id, payload }: PublishRequest): Uint8Array {
  return packet((PacketType.PUBLISH << 4) | (qos << 1), publishOverhead(topic) + payload.length, (out) => {
    text(out, alias === "use" ? "" : topic);
    if (qos > 0) out.u16(id);
    if (level === 5) {
      out.u8(alias === "none" ? 0 : 3);
      if (alias !== "none") {
        out.u8(Property.TOPIC_ALIAS);
        out.u16(ALIAS);
      }
    }
    out.raw(payload);
  });
}

/** The most bytes that a PUBLISH has beside its payload. */
export function publishOverhead(topic: string): number {
  return FIXED + 2 + utf8Length(topic) + 2 + 4;
}

/** Section 1.5.4. */
function text(out: ByteWriter, value: string): void {
  out.u16(utf8Length(value));
  out.text(value);
}

/** The body is written behind room for the longest fixed header, which is put in front of it then. */
function packet(first: number, longest: number, body: (out: ByteWriter) => void): Uint8Array {
  const bytes = new Uint8Array(FIXED + longest);
  const out = new ByteWriter(bytes.subarray(FIXED));
  body(out);
  const { length } = out;
  let size = 1;
  while (length >= 128 ** size) size++;
  const start = FIXED - size - 1;
  bytes[start] = first;
  // Seven bits a byte, the lowest first; the highest bit says that more follow (section 1.5.5).
  for (let at = 0, rest = length; at < size; at++, rest >>>= 7) bytes[start + 1 + at] = (rest & 0x7f) | (at < size - 1 ? 0x80 : 0);
  return bytes.subarray(start, FIXED + length);
}
