/** A CoAP server on the gateway of a site, which reads requests with another's codec. */
import { parse } from "coap-packet";
import type { Settings } from "../../../../../firmware-ts/apps/telemetry/contract/format.ts";
import type { Telemetry, TelemetryOptions } from "../../../../../firmware-ts/apps/telemetry/telemetry.ts";
import type { Destination } from "../../../../../firmware-ts/ip/destination.ts";
import { SeededRandom } from "../../../../../hal/random.ts";
import { formatOf, Site, sensor } from "../site.ts";

const PORT = 5683;

export type Request = ReturnType<typeof parse>;

/** A server that keeps what it gets, and answers as it is told. */
export class Server {
  readonly requests: { readonly time: number; readonly packet: Request }[] = [];
  answer: (request: Request) => readonly Uint8Array[] = () => [];
  readonly site: Site;
  /** The client's port. */
  port = 0;
  /** Sends a message to the client that was heard of. */
  readonly say: (message: Uint8Array) => void;

  static async open(options: { readonly ip6?: boolean } = {}): Promise<Server> {
    return new Server(await Site.open(options), options.ip6 ? "fd00::2" : "10.0.0.2");
  }

  private constructor(site: Site, address: string) {
    this.site = site;
    const socket = site.gateway.stack.udp.open(PORT, address);
    let back: Destination | null = null;
    this.say = (message) => {
      if (back) socket.send(message, back);
    };
    socket.onDatagram = (bytes, at, length, source, port) => {
      const packet = parse(Buffer.from(bytes.subarray(at, at + length)));
      this.requests.push({ time: site.clock.now(), packet });
      back ??= socket.to(source, port);
      this.port = port;
      for (const answer of this.answer(packet)) socket.send(answer, back);
    };
  }

  telemetry(settings: Settings, every = 10_000, more: Partial<TelemetryOptions> = {}): Telemetry {
    const options = { format: formatOf("coap"), settings, port: PORT, random: new SeededRandom(5), ...more };
    const telemetry = this.site.telemetry(every, [sensor("light", () => 1.25)], "10.0.0.2", options);
    telemetry.start();
    return telemetry;
  }

  get times(): number[] {
    return this.requests.map(({ time }) => Math.round(time));
  }

  /** Names and values of the first request's options. */
  get options(): (readonly [string, string])[] {
    return (this.requests[0]?.packet.options ?? []).map(
      ({ name, value }) => [String(name), Buffer.from(value as Uint8Array).toString("hex")] as const,
    );
  }
}

export const Type: { readonly CON: 0; readonly NON: 1; readonly ACK: 2; readonly RST: 3 } = { CON: 0, NON: 1, ACK: 2, RST: 3 };

/** A message without options and payload. */
export function reply(
  type: number,
  code: number,
  { messageId }: Pick<Request, "messageId">,
  token: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return Uint8Array.of(0x40 | (type << 4) | token.length, code, messageId >>> 8, messageId & 0xff, ...token);
}

/** A response's code: 2.04. */
export const CHANGED = 0x44;
