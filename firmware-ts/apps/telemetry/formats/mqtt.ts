/** MQTT (3.1.1 and 5.0) over TCP: each message is published to a topic of the broker. */
import type { OptionShape } from "../../options.ts";
import type { Format, Settings } from "../contract/format.ts";
import { PAYLOADS, payloadOf } from "../encoders/payloads.ts";
import { MqttLink } from "../links/mqtt/link.ts";

interface MqttSettings {
  readonly version: "3.1.1" | "5";
  /** Default: `telemetry/` and the rig's name. */
  readonly topic?: string;
  readonly qos: number;
  readonly payload: string;
  /** Ms. */
  readonly keepAlive: number;
  /** Default: the rig's name. */
  readonly client?: string;
  readonly user?: string;
  readonly password?: string;
}

const DEFAULTS: MqttSettings = { version: "3.1.1", qos: 0, payload: "line", keepAlive: 60_000 };

const TOPIC = /^[^+#\p{Cc}]{1,255}$/u;
const TEXT = /^[^\p{Cc}]{1,255}$/u;
const TEXT_RULE = "1 to 255 characters that can be seen belong here";

const settings: Readonly<Record<string, OptionShape>> = {
  version: { is: "word", words: ["3.1.1", "5"] },
  topic: {
    is: "text",
    example: "telemetry/pico",
    form: TOPIC,
    rule: "a topic of 1 to 255 characters without + and # belongs here",
  },
  qos: { is: "integer", example: "1", min: 0, max: 1 },
  payload: { is: "word", words: PAYLOADS.map(({ payload }) => payload) },
  // A keep-alive of MQTT is a number of seconds in 16 bits.
  keepAlive: { is: "duration", example: "60s", min: 1000, max: 65_535_000 },
  client: { is: "text", example: "pico", form: TEXT, rule: TEXT_RULE },
  user: { is: "text", example: "pico", form: TEXT, rule: TEXT_RULE },
  password: { is: "text", example: "secret", form: TEXT, rule: TEXT_RULE },
};

function whole(given: Settings): MqttSettings {
  return { ...DEFAULTS, ...given };
}

export const mqtt: Format = {
  format: "mqtt",
  settings,
  // [MQTT-3.1.2-22]; version 5 has no such rule.
  check: ({ version = DEFAULTS.version, ...given }) =>
    version === "5" || !("password" in given) || "user" in given
      ? []
      : [{ at: ["password"], message: 'MQTT 3.1.1 has no password without a user; name one, or say version: "5"', atKey: true }],
  times: (given) => payloadOf(whole(given).payload).times,
  converses: () => true,
  describe: (given) => {
    const { version, topic, qos, payload } = whole(given);
    return `MQTT ${version}, QoS ${qos}, ${payload}${topic === undefined ? "" : ` to ${topic}`}`;
  },
  encoder: (station, given) => payloadOf(whole(given).payload).encoder(station),
  link: (context, given) => {
    const { stack, node, address, port } = context;
    const { version, topic = `telemetry/${node}`, qos, keepAlive, client = node, user, password } = whole(given);
    const credentials = { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
    return new MqttLink(
      context,
      { level: version === "5" ? 5 : 4, topic, qos: qos === 1 ? 1 : 0, keepAlive, client, ...credentials },
      (connection) => stack.tcp.connect(address, port, connection),
    );
  },
};
