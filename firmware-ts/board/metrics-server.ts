/**
 * The run's figures for Prometheus, by HTTP over the machine's own network, not over the stack: an operator looks at the board from
 * outside. Whoever may connect may read them, so it is 127.0.0.1 unless somebody says otherwise.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { MEDIA_TYPES, styleFor } from "../control/metrics/exposition.ts";
import type { MetricsGround } from "../control/metrics/ground.ts";
import { metricsText } from "../control/metrics/index.ts";
import { ControlError } from "../control/rpc/protocol.ts";
import type { Endpoint } from "../ip/endpoint.ts";
import { formatPlace } from "./rig/units.ts";

const PATH = "/metrics";
/** Clients at a time, and the time that each has for its question, in ms. */
const MOST_CLIENTS = 16;
const PATIENCE = 5000;
const MOST_HEADER = 8192;

export class MetricsServer {
  readonly #server: Server;

  /** @param ground the things to look at, as they are at each question */
  constructor(ground: () => MetricsGround) {
    const limits = {
      maxHeaderSize: MOST_HEADER,
      requestTimeout: PATIENCE,
      headersTimeout: PATIENCE,
      connectionsCheckingInterval: PATIENCE,
    };
    this.#server = createServer(limits, (request, response) => answer(request, response, ground));
    this.#server.maxConnections = MOST_CLIENTS;
    // A run that ends waits for no client.
    this.#server.keepAliveTimeout = PATIENCE;
  }

  /**
   * Begins, and returns the place, with the port that was found where 0 was asked for.
   * @throws ControlError METRICS_LISTEN
   */
  async listen({ address, port }: Endpoint<string>): Promise<Endpoint<string>> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once("error", reject);
        this.#server.listen(port, address, () => {
          this.#server.off("error", reject);
          resolve();
        });
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const advice = code === "EADDRINUSE" ? "somebody has that port already; say another one" : message;
      throw new ControlError("METRICS_LISTEN", `cannot serve metrics at ${formatPlace({ address, port })}: ${advice}`);
    }
    // A client that is gone is nobody to wait for.
    this.#server.on("error", () => undefined);
    const bound = this.#server.address();
    return { address, port: typeof bound === "object" && bound !== null ? bound.port : port };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

function answer({ method, url = "", headers }: IncomingMessage, response: ServerResponse, ground: () => MetricsGround): void {
  const refuse = (status: number, text: string, more: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...more }).end(`${text}\n`);
  };
  if (url.split("?")[0] !== PATH) refuse(404, `say ${PATH}`);
  else if (method !== "GET" && method !== "HEAD") refuse(405, "only GET and HEAD", { allow: "GET, HEAD" });
  else {
    const style = styleFor(headers.accept ?? "");
    const text = metricsText(ground(), style);
    response.writeHead(200, {
      "content-type": MEDIA_TYPES[style],
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
      vary: "Accept",
    });
    response.end(method === "HEAD" ? undefined : text);
  }
}
