/** The store with formats whose collector acknowledges: what was not acknowledged goes again, and is not lost over the end of a run. */
import t from "tap";
import type { Telemetry } from "../../../../firmware-ts/apps/telemetry/telemetry.ts";
import { Files } from "./files.ts";
import { CHANGED, reply, Server, Type } from "./links/coap-server.ts";
import { Broker } from "./links/mqtt-broker.ts";

const STORE = { readings: 1000, keep: "newest" } as const;
const SETTINGS = { payload: "senml-json", confirmEvery: 1 };

/** Numbers of the readings in messages of SenML. */
function numbers(payloads: readonly (Uint8Array | string | undefined)[]): number[] {
  return payloads.flatMap((payload) => {
    const records = JSON.parse(Buffer.from(payload ?? "[]").toString()) as { n: string; v: number }[];
    return records.filter(({ n }) => n === "seq").map(({ v }) => v);
  });
}

function count(to: number): number[] {
  return Array.from({ length: to }, (_, at) => at + 1);
}

t.test("CoAP, confirmed: the server is silent for half an hour, and answers again; each reading is acknowledged", async (t) => {
  const server = await Server.open();
  const acknowledged: number[] = [];
  let silent = true;
  server.answer = (request) => {
    if (silent) return [];
    acknowledged.push(...numbers([request.payload]));
    return [reply(Type.ACK, CHANGED, request, request.token)];
  };
  const app = server.telemetry(SETTINGS, 10_000, { store: STORE });
  await server.site.clock.advance(1_800_000);
  t.match(app.readings, { sent: 0, dropped: {} });
  t.equal(app.readings.stored + app.readings.underWay, app.readings.taken);
  silent = false;
  await server.site.clock.advance(200_000);
  app.stop();
  const { taken, sent } = app.readings;
  t.strictSame(new Set(acknowledged), new Set(count(sent)));
  t.ok(sent >= taken - 1, "all but the newest, perhaps");
});

t.test("CoAP: what the collector will never take is dropped with its word, and holds nothing up", async (t) => {
  const server = await Server.open();
  const [notFound, tooMany] = [0x84, 0x9d];
  let code: number = notFound;
  server.answer = (request) => [reply(Type.ACK, code, request, request.token)];
  const app = server.telemetry(SETTINGS, 10_000, { store: STORE });
  await server.site.clock.advance(25_000);
  t.match(app.readings, { taken: 3, stored: 0, dropped: { COAP_4_04: 3 } });
  code = tooMany;
  await server.site.clock.advance(30_000);
  t.match(app.readings, { taken: 6, dropped: { COAP_4_04: 3 } });
  code = CHANGED;
  await server.site.clock.advance(60_000);
  t.match(app.readings, { stored: 0, dropped: { COAP_4_04: 3 } });
  app.stop();
});

t.test(
  "MQTT with QoS 1: the broker goes away; stopped meanwhile, the readings are in the file, and leave in the next run",
  async (t) => {
    const files = new Files();
    const store = { ...STORE, file: { path: "/store", files } };
    const payloads = (broker: Broker): number[] =>
      numbers(broker.of("publish").map((packet) => (packet as { payload: Uint8Array }).payload));
    const run = async (broker: Broker, ms: number, away: boolean): Promise<Telemetry> => {
      const app = broker.telemetry({ qos: 1, payload: "senml-json" }, 10_000, { store });
      await broker.site.clock.advance(25_000);
      if (away) {
        broker.listener?.close();
        for (const connection of broker.connections) connection.abort();
      }
      await broker.site.clock.advance(ms);
      app.stop();
      return app;
    };
    const first = await Broker.open();
    const before = await run(first, 600_000, true);
    t.strictSame(payloads(first), [1, 2, 3]);
    t.match(before.readings, { taken: 63, sent: 3, stored: 60, underWay: 0, dropped: {} });
    const second = await Broker.open();
    const after = await run(second, 10_000, false);
    t.match(after.readings, { taken: 4, restored: 60, sent: 64, stored: 0, dropped: {} });
    t.strictSame(payloads(second).slice(0, 60), count(63).slice(3));
    t.equal(files.texts.size, 0);
  },
);
