/** MQTT in virtual time, beside a broker made of another's codec: what is published, refusals, losses of the connection, hostile brokers. */
import * as mqtt from "mqtt-packet";
import t from "tap";
import { publishOverhead, publishPacket } from "../../../../../firmware-ts/apps/telemetry/links/mqtt/packets.ts";
import { SeededRandom } from "../../../../../hal/random.ts";
import { sensor } from "../site.ts";
import { Broker, connack, polite } from "./mqtt-broker.ts";

t.test("3.1.1, QoS 0: CONNECT, a PUBLISH for each message, DISCONNECT", async (t) => {
  const broker = await Broker.open();
  const telemetry = broker.telemetry({ user: "me", password: "söcret", client: "c1" });
  await broker.site.clock.advance(15_000);
  t.match(broker.packets[0]?.packet, {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: "c1",
    keepalive: 60,
    username: "me",
  });
  t.equal(String((broker.of("connect")[0] as mqtt.IConnectPacket).password), "söcret");
  t.match(broker.published, [
    { topic: "telemetry/pico", qos: 0, dup: false, retain: false },
    { topic: "telemetry/pico", qos: 0 },
  ]);
  t.match(String(broker.published[0]?.payload), /^telemetry,node=pico light=1.25,seq=1i \d+\n$/);
  telemetry.stop();
  await broker.site.clock.advance(100);
  t.equal(broker.packets.at(-1)?.packet.cmd, "disconnect");
  t.strictSame(telemetry.counters, { readings: 2, sent: 2, queued: 0, failed: 0 });
  t.equal(broker.site.events.length, 2);
});

t.test("5.0, QoS 1: an alias for the topic, the broker's limits, reason codes", async (t) => {
  const broker = await Broker.open(5);
  const properties = {
    topicAliasMaximum: 3,
    receiveMaximum: 1,
    serverKeepAlive: 5,
    reasonString: "hello",
    userProperties: { a: "b" },
  };
  const answer = polite(5, { ...properties, assignedClientIdentifier: "x", maximumPacketSize: 200 });
  broker.answer = (packet) =>
    packet.cmd === "publish" && packet.messageId === 2 ? [{ cmd: "puback", messageId: 2, reasonCode: 0x87 }] : answer(packet);
  const telemetry = broker.telemetry({ topic: "a/b", qos: 1, payload: "senml-json" }, 4000);
  await broker.site.clock.advance(9000);
  t.match(
    broker.published.map(({ topic, qos, messageId, properties }) => ({ topic, qos, messageId, properties })),
    [
      { topic: "a/b", qos: 1, messageId: 1, properties: { topicAlias: 1 } },
      { topic: "", qos: 1, messageId: 2, properties: { topicAlias: 1 } },
      { topic: "", qos: 1, messageId: 3, properties: { topicAlias: 1 } },
    ],
  );
  t.match(JSON.parse(String(broker.published[2]?.payload)), [
    { bn: "pico/", n: "light", v: 1.25 },
    { n: "seq", v: 3 },
  ]);
  t.strictSame(
    broker.site.said.map((line) => line.replace(/ after .*/, "")),
    ["#1 0 sent", "#2 4000 failed MQTT_PUBACK_0x87", "#3 8000 sent"],
  );
  t.strictSame(telemetry.counters, { readings: 3, sent: 2, queued: 0, failed: 1 });
  t.equal(broker.of("pingreq").length, 0);
  telemetry.stop();

  const small = await Broker.open(5);
  small.answer = polite(5, { maximumPacketSize: 100, maximumQoS: 0 });
  const other = small.telemetry({ qos: 1, payload: "senml-json" }, 1000);
  await small.site.clock.advance(3500);
  t.ok(small.published.length > 0 && small.published.every(({ qos }) => qos === 0), "as much quality as there is");
  other.stop();
  const { readings, sent, failed } = other.counters;
  t.equal(sent + failed, Math.max(...small.site.events.map(({ seq }) => seq)), "each message has one fate");
  t.strictSame([readings, failed], [4, 0]);
  t.ok(sent > 4, "and messages as short as the broker wants them");
});

t.test("keep-alive: asked for when nothing was sent; a broker that stays silent is left", async (t) => {
  const broker = await Broker.open();
  broker.telemetry({ keepAlive: 5000 }, 60_000);
  await broker.site.clock.advance(59_000);
  t.ok(broker.of("pingreq").length >= 10 && broker.of("pingreq").length <= 12, `${broker.of("pingreq").length} in 59 s`);
  t.equal(broker.connections.length, 1);
  broker.answer = (packet) => (packet.cmd === "connect" ? [connack(4)] : []);
  await broker.site.clock.advance(20_000);
  t.equal(broker.connections.length, 2, "the next connection");
});

t.test("no broker, then one: readings wait, and arrive in their order", async (t) => {
  const broker = await Broker.open();
  broker.listener?.close();
  const telemetry = broker.telemetry({ qos: 1 }, 1000);
  await broker.site.clock.advance(20_500);
  t.strictSame(telemetry.counters, { readings: 21, sent: 0, queued: 0, failed: 0 });
  broker.listen();
  await broker.site.clock.advance(60_000);
  const { readings, sent, failed } = telemetry.counters;
  t.strictSame([sent, failed], [readings, 0]);
  t.strictSame(
    broker.seqs,
    Array.from({ length: readings }, (_, at) => at + 1),
  );
});

t.test("no broker for long: the oldest give way, with the reason that there is none", async (t) => {
  const broker = await Broker.open();
  broker.listener?.close();
  const telemetry = broker.telemetry({}, 100);
  await broker.site.clock.advance(60_000);
  t.match(broker.site.events[0], { seq: 1, status: "failed", reason: "CONNECTION_REFUSED" });
  const before = telemetry.counters.failed;
  t.equal(telemetry.counters.readings - before, 255);
  telemetry.stop();
  const { readings, sent, failed } = telemetry.counters;
  t.strictSame([sent, failed], [0, readings]);
  t.equal(broker.site.events.at(-1)?.reason, "CONNECTION_REFUSED");
  t.equal(new Set(broker.site.events.map(({ seq }) => seq)).size, readings);
});

t.test("a broker that does not read: TCP takes what it can, the rest waits, and every packet stays whole", async (t) => {
  const broker = await Broker.open();
  const sensors = Array.from({ length: 60 }, (_, at) => sensor(`a_sensor_with_a_long_name_${at}`, () => at));
  const telemetry = broker.telemetry({ keepAlive: 600_000 }, 20, { sensors });
  await broker.site.clock.advance(1010);
  const before = broker.published.length;
  t.ok(before >= 50);
  broker.paused = true;
  await broker.site.clock.advance(7000);
  const { readings, sent } = telemetry.counters;
  t.ok(readings - sent > 1, `${readings - sent} of ${readings} wait`);
  t.equal(telemetry.counters.failed, 0);
  broker.resume();
  await broker.site.clock.advance(5000);
  telemetry.stop();
  await broker.site.clock.advance(1000);
  t.strictSame(
    broker.seqs,
    Array.from({ length: telemetry.counters.readings }, (_, at) => at + 1),
  );
  t.equal(telemetry.counters.sent, telemetry.counters.readings);
});

t.test("the broker restarts: what it has not acknowledged is published again, before the rest", async (t) => {
  const broker = await Broker.open();
  broker.answer = (packet) => (packet.cmd === "connect" ? [connack(4)] : []);
  const telemetry = broker.telemetry({ qos: 1 }, 1000);
  await broker.site.clock.advance(3500);
  t.strictSame(broker.seqs, [1, 2, 3, 4]);
  t.equal(telemetry.counters.sent, 0);
  broker.answer = polite(4);
  for (const connection of broker.connections) connection.abort();
  await broker.site.clock.advance(5000);
  t.strictSame(broker.seqs.slice(4, 10), [1, 2, 3, 4, 5, 6]);
  await broker.site.clock.advance(1000);
  t.strictSame(telemetry.counters.failed, 0);
  t.equal(telemetry.counters.sent, telemetry.counters.readings);
});

t.test("5.0: a new connection knows no alias of the one before", async (t) => {
  const broker = await Broker.open(5);
  broker.answer = polite(5, { topicAliasMaximum: 1 });
  broker.telemetry({ topic: "a" }, 1000);
  await broker.site.clock.advance(2500);
  broker.answer = polite(5);
  for (const connection of broker.connections) connection.abort();
  await broker.site.clock.advance(4000);
  t.strictSame(
    broker.published.slice(0, 5).map(({ topic, properties }) => [topic, properties?.topicAlias]),
    [
      ["a", 1],
      ["", 1],
      ["", 1],
      ["a", undefined],
      ["a", undefined],
    ],
  );
});

t.test("5.0: as many unacknowledged messages as the broker takes; its keep-alive; messages that it does not take", async (t) => {
  const broker = await Broker.open(5);
  broker.answer = (packet) => (packet.cmd === "connect" ? [connack(5, 0, { receiveMaximum: 2 })] : []);
  broker.telemetry({ qos: 1 }, 100);
  await broker.site.clock.advance(2000);
  t.strictSame(broker.seqs, [1, 2]);

  const hasty = await Broker.open(5);
  hasty.answer = polite(5, { serverKeepAlive: 5 });
  hasty.telemetry({}, 120_000);
  await hasty.site.clock.advance(59_000);
  t.ok(hasty.of("pingreq").length >= 10, `${hasty.of("pingreq").length} questions in 59 s`);

  const narrow = await Broker.open(5);
  narrow.answer = polite(5, { maximumPacketSize: 30 });
  // The message is made before the limit is known.
  narrow.listener?.close();
  narrow.telemetry({ qos: 1 }, 100_000);
  await narrow.site.clock.advance(100);
  narrow.listen();
  await narrow.site.clock.advance(5000);
  t.equal(narrow.published.length, 0);
  t.match(narrow.site.events, [{ status: "failed", reason: "PKT_TOO_BIG" }]);
});

t.test("a connection that is lost with half a message of QoS 0 in it: that one has failed", async (t) => {
  const broker = await Broker.open();
  const sensors = Array.from({ length: 60 }, (_, at) => sensor(`a_sensor_with_a_long_name_${at}`, () => at));
  const telemetry = broker.telemetry({ keepAlive: 600_000 }, 20, { sensors });
  await broker.site.clock.advance(100);
  broker.paused = true;
  await broker.site.clock.advance(8000);
  t.ok(telemetry.counters.readings - telemetry.counters.sent > 1, "TCP takes no more");
  for (const connection of broker.connections) connection.abort();
  broker.paused = false;
  await broker.site.clock.advance(20_000);
  telemetry.stop();
  t.match(
    broker.site.events.filter(({ status }) => status === "failed").map(({ reason }) => reason),
    ["CONNECTION_RESET"],
  );
  const { readings, sent, failed } = telemetry.counters;
  t.strictSame([sent + failed, failed], [readings, 1]);
});

t.test("a broker that takes everybody and keeps nobody is asked ever more seldom, by each node at times of its own", async (t) => {
  const attempts = async (seed: number): Promise<number[]> => {
    const broker = await Broker.open();
    broker.answer = (packet) => {
      if (packet.cmd === "connect") broker.site.clock.timer(() => broker.connections.at(-1)?.abort()).arm(500);
      return packet.cmd === "connect" ? [connack(4)] : [];
    };
    broker.telemetry({}, 1_000_000, { random: new SeededRandom(seed) });
    await broker.site.clock.advance(300_000);
    return broker.packets.filter(({ packet }) => packet.cmd === "connect").map(({ time }) => Math.round(time));
  };
  const [one = [], other = []] = [await attempts(1), await attempts(2)];
  t.ok(one.length >= 8 && one.length <= 14, `${one.length} attempts in 300 s`);
  t.not(one[1], other[1]);
  const first = (one[1] ?? 0) - (one[0] ?? 0) - 500;
  t.ok(first >= 490 && first <= 1510, `${first} ms until the second`);
});

t.test("lengths of packets, as another's reader has them", async (t) => {
  for (const length of [0, 100, 101, 102, 103, 104, 16_358, 16_359, 16_360, 16_361, 16_362]) {
    const payload = new Uint8Array(length).fill(7);
    const packet = publishPacket({ level: 4, topic: "telemetry/of/a/node", alias: "none", qos: 1, id: 77, payload });
    const read: mqtt.Packet[] = [];
    const parser = mqtt.parser({ protocolVersion: 4 });
    parser.on("packet", (found) => read.push(found));
    t.equal(parser.parse(Buffer.from(packet)), 0, "nothing is left over");
    t.match(read, [{ cmd: "publish", topic: "telemetry/of/a/node", qos: 1, messageId: 77, length: 23 + length }]);
    t.ok(packet.length <= length + publishOverhead("telemetry/of/a/node"));
  }
});

t.test("over IPv6", async (t) => {
  const broker = await Broker.open(4, { ip6: true });
  const telemetry = broker.telemetry({ qos: 1 }, 1000, { address: "fd00::2" });
  await broker.site.clock.advance(2500);
  t.strictSame(broker.seqs, [1, 2, 3]);
  t.strictSame(telemetry.counters, { readings: 3, sent: 3, queued: 0, failed: 0 });
});

t.test("refused, disconnected, closed: attempts grow rarer, and are told apart", async (t) => {
  const broker = await Broker.open(5);
  broker.answer = () => [connack(5, 0x87)];
  const telemetry = broker.telemetry({}, 1_000_000);
  await broker.site.clock.advance(300_000);
  t.ok(broker.connections.length >= 8 && broker.connections.length <= 14, `${broker.connections.length} attempts in 300 s`);
  telemetry.stop();
  t.equal(telemetry.counters.failed, 1);

  for (const [answers, reason] of [
    [[connack(5), { cmd: "disconnect", reasonCode: 0x8b }], "MQTT_DISCONNECT_0x8B"],
    [[connack(5), connack(5)], "MQTT_PROTOCOL"],
    [[{ cmd: "pingresp" }], "MQTT_PROTOCOL"],
    [[Uint8Array.of(0x20, 0xff, 0x7f)], "MQTT_PROTOCOL"],
    [[Uint8Array.of(0xf0, 0)], "MQTT_PROTOCOL"],
    // CONNACK with a receive maximum of 0, with a largest packet of 0, with a receive maximum of 1 and of 2.
    [[Uint8Array.of(0x20, 6, 0, 0, 3, 0x21, 0, 0)], "MQTT_PROTOCOL"],
    [[Uint8Array.of(0x20, 8, 0, 0, 5, 0x27, 0, 0, 0, 0)], "MQTT_PROTOCOL"],
    [[Uint8Array.of(0x20, 9, 0, 0, 6, 0x21, 0, 1, 0x21, 0, 2)], "MQTT_PROTOCOL"],
    [[connack(5, 0x86)], "MQTT_CONNACK_0x86"],
  ] as [(mqtt.Packet | Uint8Array)[], string][]) {
    const rude = await Broker.open(5);
    rude.answer = (packet) => (packet.cmd === "connect" ? answers : []);
    const app = rude.telemetry({ qos: 1 }, 50);
    await rude.site.clock.advance(20_000);
    app.stop();
    t.ok(
      rude.site.events.some((event) => event.reason === reason),
      reason,
    );
  }
});

t.test("hostile brokers: none ends anything; all readings are accounted for", async (t) => {
  const random = new SeededRandom(77);
  const noise = (most: number): Uint8Array => Uint8Array.from({ length: random.below(most) }, () => random.below(256));
  for (const version of [4, 5] as const) {
    const broker = await Broker.open(version);
    const whole = mqtt.generate(connack(version, 0, { reasonString: "x".repeat(50), receiveMaximum: 0, maximumPacketSize: 0 }), {
      protocolVersion: version,
    });
    const answers: (() => readonly Uint8Array[])[] = [
      () => [noise(40)],
      () => [noise(6000)],
      () => [whole.subarray(0, random.below(whole.length))],
      () => [whole, noise(100)],
      () => [Uint8Array.of(0x20, 0xff, 0xff, 0xff, 0xff, 0x7f)],
      () => [Uint8Array.of(0x20, 0xff, 0xff, 0xff, 0x7f)],
      () => [Uint8Array.of(0x20, 0)],
      () => [Uint8Array.of(0x20, 2, 0, 0), Uint8Array.of(0x40, 1, 0)],
      () => [Uint8Array.of(0x20, 2, 0, 0), Uint8Array.of(0x30, 200, 31), new Uint8Array(4000)],
      () => [Uint8Array.of(0x20, 4, 0, 0, 1, 0x7e)],
      () => [Uint8Array.of(0x20, 6, 0, 0, 3, 0x1f, 0xff, 0xff)],
      () => [
        Uint8Array.of(0x20, 2, 0, 0),
        ...Array.from({ length: 50 }, () => Uint8Array.of(0x40, 2, random.below(2), random.below(256))),
      ],
    ];
    broker.answer = (packet) => (packet.cmd === "connect" ? (answers[broker.connections.length % answers.length]?.() ?? []) : []);
    const telemetry = broker.telemetry({ qos: 1, keepAlive: 2000 }, 500);
    await broker.site.clock.advance(600_000);
    telemetry.stop();
    await broker.site.clock.advance(100);
    const { readings, sent, failed } = telemetry.counters;
    t.equal(readings, 1200 + 1, "at an even pace");
    t.equal(sent + failed, new Set(broker.site.events.map(({ seq }) => seq)).size);
    t.ok(broker.connections.length >= 12, `${broker.connections.length} connections`);
  }
});
