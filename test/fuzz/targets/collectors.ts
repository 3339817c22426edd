/**
 * Answers of collectors: datagrams to a CoAP client whose messages are all confirmable, and the bytes of an MQTT broker. Nothing may
 * escape, each message has one fate, and the telemetry goes on when the collector behaves again.
 */
import type { TcpConnection } from "../../../firmware-ts/transport/tcp/contract.ts";
import { type Random, SeededRandom } from "../../../hal/random.ts";
import { formatOf, Site } from "../../firmware-ts/apps/telemetry/site.ts";
import { oneIn, pick, randomBytes } from "../bytes.ts";
import { FuzzError, type Piece, type Subject, type Target } from "../target.ts";

const EVERY = 250;
/** Time between two attacks, in ms: a client of MQTT comes back a second after its connection was lost, at the earliest. */
const PACES = { coap: 260, mqtt: 1500 } as const;
/** Longer than a broker is waited for, in ms. */
const AFTERMATH = 400_000;
const COAP = 5683;
const MQTT = 1883;

/** The collector's side of one protocol. */
interface Collector {
  attack(piece: Piece): void;
  behave(): void;
}

class CollectorSubject implements Subject {
  frames = 0;
  behaviour: number | string = "";
  readonly #site: Site;
  readonly #collector: Collector;
  readonly #telemetry: ReturnType<Site["telemetry"]>;
  readonly #pace: number;
  #told = 0;

  private constructor(site: Site, collector: Collector, format: "coap" | "mqtt", settings: object) {
    this.#site = site;
    this.#collector = collector;
    this.#pace = PACES[format];
    const port = format === "coap" ? COAP : MQTT;
    const more = { format: formatOf(format), settings: { ...settings }, port, random: new SeededRandom(7) };
    this.#telemetry = site.telemetry(EVERY, [], "10.0.0.2", more);
    this.#telemetry.start();
  }

  static async coap(): Promise<CollectorSubject> {
    const site = await Site.open();
    return new CollectorSubject(site, coapServer(site), "coap", { confirmEvery: 1 });
  }

  static async mqtt(version: "3.1.1" | "5"): Promise<CollectorSubject> {
    const site = await Site.open();
    return new CollectorSubject(site, mqttBroker(site), "mqtt", { version, qos: 1, keepAlive: 2000 });
  }

  async play(piece: Piece): Promise<void> {
    this.frames++;
    this.#collector.attack(piece);
    await this.#site.clock.advance(this.#pace);
    const { events } = this.#site;
    this.behaviour = events
      .slice(this.#told)
      .map(({ status, reason }) => `${status} ${reason}`)
      .join();
    this.#told = events.length;
    if (this.#telemetry.counters.readings < this.frames) throw new FuzzError("promise", "no reading was taken");
  }

  async end(): Promise<void> {
    const { clock, events, stack } = this.#site;
    this.#collector.behave();
    const { sent } = this.#telemetry.counters;
    await clock.advance(AFTERMATH);
    if (this.#telemetry.counters.sent === sent) throw new FuzzError("promise", "the collector behaves, and nothing is sent to it");
    this.#telemetry.stop();
    const { counters } = this.#telemetry;
    if (counters.sent + counters.failed !== counters.readings) throw new FuzzError("unaccounted", JSON.stringify(counters));
    const fates = new Set(events.map(({ seq }) => seq)).size;
    if (fates !== counters.readings || events.length !== fates)
      throw new FuzzError("unaccounted", `${events.length} fates of ${fates}`);
    await stack.close();
    if (stack.network.pool.inUse > 0) throw new FuzzError("promise", `${stack.network.pool.inUse} packet buffers are out`);
  }
}

/** Bits of a piece's first byte: what is made to fit the newest request. */
const Fit = { ID: 1, TOKEN: 2, TWICE: 4 } as const;

function coapServer(site: Site): Collector {
  const socket = site.gateway.stack.udp.open(COAP);
  let request = new Uint8Array(8);
  let back: ReturnType<typeof socket.to> | null = null;
  let behaves = false;
  socket.onDatagram = (bytes, at, length, source, port) => {
    if (bytes[at]! >>> 4 !== 4) return;
    request = bytes.slice(at, at + Math.min(8, length));
    back ??= socket.to(source, port);
    // ACK with the code 2.04, the message's id and token.
    if (behaves) socket.send(Uint8Array.of(0x64, 0x44, ...request.subarray(2)), back);
  };
  return {
    attack(piece) {
      const answer = piece.slice(1);
      const [fit = 0] = piece;
      if (fit & Fit.ID) answer.set(request.subarray(2, 4).subarray(0, Math.max(0, answer.length - 2)), Math.min(2, answer.length));
      if (fit & Fit.TOKEN && answer.length >= 8) answer.set(request.subarray(4, 8), 4);
      for (let left = fit & Fit.TWICE ? 2 : 1; left > 0 && back; left--) socket.send(answer, back);
    },
    behave: () => {
      behaves = true;
    },
  };
}

const CONNACK_4 = Uint8Array.of(0x20, 2, 0, 0);
const CONNACK_5 = Uint8Array.of(0x20, 3, 0, 0, 0);

function mqttBroker(site: Site): Collector {
  let newest: TcpConnection | null = null;
  let behaves = false;
  site.gateway.stack.tcp.listen(MQTT, null, (connection) => {
    newest = connection;
    const memory = new Uint8Array(8192);
    return {
      connected: () => {},
      readable: () => {
        for (let count = connection.read(memory); count > 0; count = connection.read(memory)) {
          if (behaves) connection.write(answers(memory.subarray(0, count)));
        }
      },
      writable: () => {},
      ended: () => connection.close(),
      closed: () => {},
    };
  });
  return {
    attack: (piece) => void newest?.write(piece),
    behave: () => {
      behaves = true;
      // The connection may be in any state: the client comes back to a broker that it can trust.
      newest?.abort();
    },
  };
}

/** Answers of a broker to packets that are whole, which they are here: each was written at once. */
function answers(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at]! >>> 4;
    let length = 0;
    let head = at + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[head++] ?? 0;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (type === 1) out.push(...(bytes[head + 6] === 5 ? CONNACK_5 : CONNACK_4));
    const topic = (bytes[head]! << 8) | bytes[head + 1]!;
    if (type === 3) out.push(0x40, 2, bytes[head + 2 + topic]!, bytes[head + 3 + topic]!);
    if (type === 12) out.push(0xd0, 0);
    at = head + length;
  }
  return Uint8Array.from(out);
}

const COAP_CODES: readonly number[] = [0x00, 0x01, 0x02, 0x41, 0x44, 0x45, 0x84, 0xa0, 0xe0, 0xff];

function makeCoap(random: Random): Piece {
  const bytes = randomBytes(1 + random.below(oneIn(random, 8) ? 600 : 14), random);
  if (bytes.length > 2) {
    bytes[1] = oneIn(random, 8) ? random.below(256) : 0x40 | (random.below(4) << 4) | pick(random, [0, 4, 4, 8, 9, 15]);
    bytes[2] = pick(random, COAP_CODES);
  }
  return bytes;
}

const PACKETS: readonly (readonly number[])[] = [
  [0x20, 2, 0, 0],
  [0x20, 3, 0, 0, 0],
  [0x20, 6, 0, 0, 3, 0x21, 0, 1],
  [0x20, 8, 0, 0, 5, 0x27, 0, 0, 0, 40],
  [0x20, 9, 0, 0, 6, 0x22, 0, 9, 0x13, 0, 1],
  [0x20, 2, 0, 5],
  [0x40, 2, 0, 1],
  [0x40, 3, 0, 2, 0x87],
  [0xd0, 0],
  [0xe0, 1, 0x8b],
  [0x30, 5, 0, 1, 97, 1, 2],
];

function makeMqtt(random: Random): Piece {
  const bytes: number[] = [];
  for (let left = 1 + random.below(5); left > 0; left--) {
    const packet = [...pick(random, PACKETS)];
    if (oneIn(random, 4)) packet[random.below(packet.length)] = random.below(256);
    bytes.push(...(oneIn(random, 6) ? packet.slice(0, random.below(packet.length)) : packet));
  }
  return oneIn(random, 8) ? randomBytes(random.below(300), random) : Uint8Array.from(bytes);
}

export const COAP_ANSWERS: Target = {
  name: "coap-answers",
  session: 60,
  turns: 1,
  corpus: "coap.hex",
  open: () => CollectorSubject.coap(),
  make: makeCoap,
};

export const MQTT_ANSWERS: Target = {
  name: "mqtt-answers",
  session: 60,
  turns: 1,
  corpus: "mqtt.hex",
  open: (seed) => CollectorSubject.mqtt(oneIn(new SeededRandom(seed), 2) ? "5" : "3.1.1"),
  make: makeMqtt,
};
