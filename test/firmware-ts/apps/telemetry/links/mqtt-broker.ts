/** An MQTT broker on the gateway of a site, which reads and writes with another's codec. */
import * as mqtt from "mqtt-packet";
import type { Settings } from "../../../../../firmware-ts/apps/telemetry/contract/format.ts";
import type { Telemetry, TelemetryOptions } from "../../../../../firmware-ts/apps/telemetry/telemetry.ts";
import type { TcpConnection, TcpListener } from "../../../../../firmware-ts/transport/tcp/contract.ts";
import { SeededRandom } from "../../../../../hal/random.ts";
import { formatOf, Site, sensor } from "../site.ts";

const PORT = 1883;

/** A broker that keeps what it gets, and answers as it is told. */
export class Broker {
  readonly packets: { readonly time: number; readonly packet: mqtt.Packet }[] = [];
  readonly connections: TcpConnection[] = [];
  /** Bytes or packets in answer to a packet. */
  answer: (packet: mqtt.Packet) => readonly (mqtt.Packet | Uint8Array)[];
  readonly site: Site;
  readonly version: 4 | 5;
  listener: TcpListener | null = null;
  /** It reads nothing more for now. */
  paused = false;
  /** Reads what came while it was paused. */
  resume: () => void = () => {};

  static async open(version: 4 | 5 = 4, options: { readonly ip6?: boolean } = {}): Promise<Broker> {
    return new Broker(await Site.open(options), version);
  }

  private constructor(site: Site, version: 4 | 5) {
    this.site = site;
    this.version = version;
    this.answer = polite(version);
    this.listen();
  }

  listen(): void {
    this.listener = this.site.gateway.stack.tcp.listen(PORT, null, (connection) => {
      this.connections.push(connection);
      const parser = mqtt.parser({ protocolVersion: this.version });
      parser.on("packet", (packet) => {
        this.packets.push({ time: this.site.clock.now(), packet });
        for (const answer of this.answer(packet)) {
          connection.write(answer instanceof Uint8Array ? answer : mqtt.generate(answer, { protocolVersion: this.version }));
        }
      });
      const memory = new Uint8Array(65_536);
      const read = (): void => {
        if (this.paused) return;
        for (let count = connection.read(memory); count > 0; count = connection.read(memory))
          parser.parse(Buffer.from(memory.subarray(0, count)));
      };
      this.resume = () => {
        this.paused = false;
        read();
      };
      return {
        connected: () => {},
        readable: read,
        writable: () => {},
        ended: () => connection.close(),
        closed: () => {},
      };
    });
  }

  telemetry(settings: Settings, every = 10_000, more: Partial<TelemetryOptions> = {}): Telemetry {
    const version = this.version === 5 ? { version: "5" } : {};
    const options = {
      format: formatOf("mqtt"),
      settings: { ...version, ...settings },
      port: PORT,
      random: new SeededRandom(5),
      ...more,
    };
    const telemetry = this.site.telemetry(every, [sensor("light", () => 1.25)], "10.0.0.2", options);
    telemetry.start();
    return telemetry;
  }

  of(cmd: string): mqtt.Packet[] {
    return this.packets.map(({ packet }) => packet).filter((packet) => packet.cmd === cmd);
  }

  get published(): mqtt.IPublishPacket[] {
    return this.of("publish") as mqtt.IPublishPacket[];
  }

  /** Numbers of the readings that came, in their order. */
  get seqs(): number[] {
    return this.published.flatMap(({ payload }) => [...String(payload).matchAll(/seq=(\d+)i/g)].map(([, seq]) => Number(seq)));
  }
}

export function connack(version: 4 | 5, code = 0, properties: object = {}): mqtt.Packet {
  return { cmd: "connack", sessionPresent: false, ...(version === 5 ? { reasonCode: code, properties } : { returnCode: code }) };
}

function puback({ messageId = 0 }: mqtt.Packet): mqtt.Packet {
  return { cmd: "puback", messageId };
}

/** Accepts, acknowledges, and answers pings. */
export function polite(version: 4 | 5, properties: object = {}): (packet: mqtt.Packet) => readonly mqtt.Packet[] {
  return (packet) => {
    if (packet.cmd === "connect") return [connack(version, 0, properties)];
    if (packet.cmd === "publish" && packet.qos === 1) return [puback(packet)];
    return packet.cmd === "pingreq" ? [{ cmd: "pingresp" }] : [];
  };
}
