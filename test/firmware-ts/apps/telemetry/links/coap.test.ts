/** CoAP in virtual time: what leaves, as another's reader has it; retransmissions, responses of all kinds, and hostile ones. */
import t from "tap";
import { type CoapHeader, readHeader } from "../../../../../firmware-ts/apps/telemetry/links/coap/message.ts";
import { SeededRandom } from "../../../../../hal/random.ts";
import { CHANGED, type Request, reply, Server, Type } from "./coap-server.ts";

const NOT_FOUND = 0x84;

t.test("non-confirmable: one datagram, path and content, no token, and no answer wanted", async (t) => {
  const server = await Server.open();
  const telemetry = server.telemetry({ path: "/a/bc" });
  await server.site.clock.advance(15_000);
  const [one, two] = server.requests.map(({ packet }) => packet);
  t.match(one, { code: "0.02", confirmable: false, reset: false, ack: false });
  t.equal(one?.token.length, 0);
  t.equal(((one?.messageId ?? 0) + 1) % 65_536, two?.messageId, "message ids count");
  t.strictSame(server.options, [
    ["Uri-Path", "61"],
    ["Uri-Path", "6263"],
    ["Content-Format", "70"],
    ["No-Response", "1a"],
  ]);
  t.equal(one?.payload.subarray(0, 8).toString("hex"), "82a521657069636f");
  t.strictSame(telemetry.counters, { readings: 2, sent: 2, queued: 1, failed: 0 });
  telemetry.stop();
});

t.test("confirmable: acknowledged with its response, it was sent; each class of error has its name", async (t) => {
  const server = await Server.open();
  const codes = [CHANGED, NOT_FOUND, 0xa0];
  server.answer = (request) => [reply(Type.ACK, codes[server.requests.length - 1] ?? CHANGED, request, request.token)];
  const telemetry = server.telemetry({ path: "/t", method: "put", payload: "line", confirmEvery: 1 });
  await server.site.clock.advance(25_000);
  t.match(server.requests[0]?.packet, { code: "0.03", confirmable: true });
  t.equal(server.requests[0]?.packet.token.length, 4);
  t.strictSame(server.options, [
    ["Uri-Path", "74"],
    ["Content-Format", ""],
  ]);
  t.match(server.requests[0]?.packet.payload.toString(), /^telemetry,node=pico light=1.25,seq=1i \d+\n$/);
  t.strictSame(server.site.said, ["#1 0 sent after 0", "#2 10000 failed COAP_4_04", "#3 20000 failed COAP_5_00"]);
  t.strictSame(telemetry.counters, { readings: 3, sent: 1, queued: 1, failed: 2 });
});

t.test("nobody answers: five transmissions at doubling intervals, then it has failed, and the next one goes", async (t) => {
  const server = await Server.open();
  const telemetry = server.telemetry({ confirmEvery: 1 }, 200_000);
  await server.site.clock.advance(199_000);
  const { times } = server;
  const first = (times[1] ?? 0) - (times[0] ?? 0);
  t.ok(first >= 2000 && first <= 3000, `${first} ms: from ACK_TIMEOUT to 1.5 times that`);
  t.strictSame(
    times.map((time) => Math.round(time / first)),
    [0, 1, 3, 7, 15],
  );
  t.equal(new Set(server.requests.map(({ packet }) => packet.messageId)).size, 1, "the same message");
  t.strictSame(server.site.said, [`#1 0 failed COAP_TIMEOUT after ${server.site.events[0]?.waited}`]);
  t.ok(Math.abs((server.site.events[0]?.waited ?? 0) - 31 * first) < 31, "31 times the first interval");
  t.strictSame(telemetry.counters, { readings: 1, sent: 0, queued: 1, failed: 1 });
  server.answer = (request) => [reply(Type.ACK, CHANGED, request, request.token)];
  await server.site.clock.advance(10_000);
  t.strictSame(telemetry.counters, { readings: 2, sent: 1, queued: 1, failed: 1 });
});

t.test("one confirmable message at a time: the others wait; at the end all are accounted for", async (t) => {
  const server = await Server.open();
  const telemetry = server.telemetry({ confirmEvery: 1 }, 1000);
  await server.site.clock.advance(1900);
  t.equal(server.requests.length, 1);
  const [request] = server.requests;
  server.answer = (again) => [reply(Type.ACK, CHANGED, again, again.token)];
  await server.site.clock.advance(2000);
  t.equal(telemetry.counters.sent, 4, "the retransmission was answered, and those behind it");
  t.not(server.requests.at(-1)?.packet.messageId, request?.packet.messageId);
  server.answer = () => [];
  await server.site.clock.advance(2000);
  telemetry.stop();
  const { readings, sent, failed } = telemetry.counters;
  t.strictSame([readings, sent, failed], [6, 4, 2]);
  t.same(
    [...new Set(server.site.events.filter(({ status }) => status === "failed").map(({ reason }) => reason))],
    ["COAP_STOPPED"],
  );
});

t.test("a queue of waiting messages has its bound", async (t) => {
  const server = await Server.open();
  const telemetry = server.telemetry({ confirmEvery: 1 }, 10);
  await server.site.clock.advance(10_000);
  telemetry.stop();
  await server.site.stack.close();
  const { readings, sent, failed } = telemetry.counters;
  t.equal(sent + failed, readings);
  t.same([...new Set(server.site.events.map(({ reason }) => reason))].sort(), ["COAP_BUSY", "COAP_STOPPED"]);
  t.equal(new Set(server.site.events.map(({ seq }) => seq)).size, readings, "each told once");
});

t.test("a separate response, also before its acknowledgement; it is acknowledged, an unknown one is reset", async (t) => {
  const server = await Server.open();
  server.answer = (request) => (request.code === "0.02" ? [reply(Type.ACK, 0, request)] : []);
  const telemetry = server.telemetry({ confirmEvery: 1 }, 20_000);
  await server.site.clock.advance(5000);
  t.equal(server.requests.length, 1, "acknowledged, it is not sent again");
  t.equal(telemetry.counters.sent, 0);
  t.equal(telemetry.counters.failed, 0);
  await server.site.clock.advance(15_001);
  t.equal(server.requests.length, 1, "the next one waits");
  telemetry.stop();

  const early = await Server.open();
  early.answer = (request) =>
    request.code === "0.02"
      ? [
          reply(Type.CON, CHANGED, { messageId: 77 }, request.token),
          reply(Type.CON, CHANGED, { messageId: 78 }, Uint8Array.of(1, 2)),
          reply(Type.NON, CHANGED, { messageId: 79 }, Uint8Array.of(1, 2)),
        ]
      : [];
  const other = early.telemetry({ confirmEvery: 1 }, 20_000);
  await early.site.clock.advance(5000);
  t.equal(other.counters.sent, 1);
  t.strictSame(
    early.requests.slice(1).map(({ packet }) => [packet.ack, packet.reset, packet.messageId]),
    [
      [true, false, 77],
      [false, true, 78],
    ],
  );
});

t.test("a reset fails at once; the board's own reason says more than that nobody answered", async (t) => {
  const server = await Server.open();
  server.answer = (request) => [reply(Type.RST, 0, request)];
  server.telemetry({ confirmEvery: 1 });
  await server.site.clock.advance(100);
  t.match(server.site.events[0], { status: "failed", reason: "COAP_RESET" });

  const nobody = await Server.open();
  const telemetry = nobody.telemetry({ confirmEvery: 1 }, 200_000, { address: "10.0.0.77" });
  await nobody.site.clock.advance(190_000);
  t.match(nobody.site.events[0], { status: "failed", reason: "NEIGH_FAILED" });
  t.strictSame(telemetry.counters, { readings: 1, sent: 0, queued: 1, failed: 1 });
});

t.test("one in three is confirmable, and its answer keeps the neighbour reachable without a probe", async (t) => {
  const asked = async (confirmEvery: number): Promise<number> => {
    const server = await Server.open();
    server.answer = (request) => (request.confirmable ? [reply(Type.ACK, CHANGED, request, request.token)] : []);
    let probes = 0;
    server.site.wire.tap((bytes) => {
      // From the board (its address ends with 1): ARP, a request.
      if (bytes[6] === 2 && bytes[11] === 1 && bytes[12] === 8 && bytes[13] === 6 && bytes[21] === 1) probes++;
    });
    const telemetry = server.telemetry({ confirmEvery }, 3000);
    await server.site.clock.advance(600_000);
    telemetry.stop();
    t.equal(server.requests.filter(({ packet }) => packet.confirmable).length, confirmEvery === 0 ? 0 : 67);
    return probes;
  };
  t.equal(await asked(3), 1, "the first broadcast alone");
  t.ok((await asked(0)) > 10, "without evidence Linux' machine asks again and again");
});

t.test("over IPv6", async (t) => {
  const server = await Server.open({ ip6: true });
  server.answer = (request) => [reply(Type.ACK, CHANGED, request, request.token)];
  const telemetry = server.telemetry({ confirmEvery: 1 }, 1000, { address: "fd00::2" });
  await server.site.clock.advance(2500);
  t.strictSame(telemetry.counters, { readings: 3, sent: 3, queued: 1, failed: 0 });
  t.equal(server.requests.length, 3);
});

t.test("options of every length", async (t) => {
  for (const length of [1, 12, 13, 14, 255]) {
    const server = await Server.open();
    const segment = "a".repeat(length);
    server.telemetry({ path: `/${segment}/b` });
    await server.site.clock.advance(100);
    t.strictSame(
      server.options.slice(0, 2).map(([, value]) => Buffer.from(value, "hex").toString()),
      [segment, "b"],
    );
  }
});

t.test("an answer of another host is none, however well it fits", async (t) => {
  const server = await Server.open();
  const { stack } = server.site.gateway;
  const [device] = stack.devices;
  if (!device) throw new Error("no device");
  stack.addAddress(device, "10.0.0.3/24");
  const other = stack.udp.open(5683, "10.0.0.3");
  server.answer = (request) => {
    other.send(reply(Type.ACK, CHANGED, request, request.token), other.to("10.0.0.1", server.port));
    return [];
  };
  const telemetry = server.telemetry({ confirmEvery: 1 }, 200_000);
  await server.site.clock.advance(10_000);
  t.equal(server.requests.length, 3, "it is asked again");
  t.equal(telemetry.counters.sent, 0);
  t.equal(server.site.stack.counters().find(([name]) => name === "UdpInDatagrams")?.[1], 3, "the answers were received");
});

t.test("an acknowledged message waits for its response, and not for ever, however often it is acknowledged", async (t) => {
  const server = await Server.open();
  server.telemetry({ confirmEvery: 1 }, 1_000_000);
  await server.site.clock.advance(100);
  const { packet } = server.requests[0] as { packet: Request };
  for (let left = 5; left > 0; left--) {
    server.say(reply(Type.ACK, 0, packet));
    await server.site.clock.advance(49_000);
  }
  t.equal(server.site.events.length, 0);
  await server.site.clock.advance(3000);
  t.match(server.site.events, [{ status: "failed", reason: "COAP_TIMEOUT" }]);
});

t.test("headers: what is no message, by RFC 7252 section 3", async (t) => {
  const into: CoapHeader = { type: Type.ACK, code: 0, id: 0, tokenLength: 0 };
  const header = (...bytes: number[]): boolean => readHeader(Uint8Array.from([...bytes, 1, 2, 3, 4]), 0, bytes.length, into);
  t.ok(header(0x64, 0x44, 1, 2, 9, 9, 9, 9));
  t.strictSame(into, { type: Type.ACK, code: 0x44, id: 0x102, tokenLength: 4 });
  t.ok(header(0x60, 0, 1, 2));
  t.notOk(header(0x60, 0, 1), "too short");
  t.notOk(header(0x64, 0x44, 1, 2, 9, 9), "the token ends early");
  t.notOk(header(0x69, 0x44, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9), "the token is too long");
  t.notOk(header(0xa0, 0, 1, 2), "another version");
  t.notOk(header(0x60, 0, 1, 2, 3), "an empty message that is not empty");
});

t.test("hostile answers: none ends anything, moves a counter, or grows", async (t) => {
  const server = await Server.open();
  const random = new SeededRandom(99);
  const noise = (): Uint8Array => Uint8Array.from({ length: random.below(24) }, () => random.below(256));
  const hostile = ({ messageId, token }: Request): Uint8Array[] => [
    ...Array.from({ length: 40 }, noise),
    ...Array.from({ length: 40 }, () =>
      Uint8Array.of(random.below(256), random.below(256), messageId >>> 8, messageId & 0xff, ...noise()),
    ),
    Uint8Array.of(0x60 | 9, CHANGED, messageId >>> 8, messageId & 0xff, ...token),
    Uint8Array.of(0x60 | 8, CHANGED, messageId >>> 8, messageId & 0xff, ...token),
    Uint8Array.of(0xa0, 0, messageId >>> 8, messageId & 0xff),
    Uint8Array.of(0x60, CHANGED, messageId >>> 8, messageId & 0xff),
    Uint8Array.of(0x60, 0x02, messageId >>> 8, messageId & 0xff, ...token),
  ];
  server.answer = (request) => (request.code === "0.02" ? hostile(request) : []);
  const telemetry = server.telemetry({ confirmEvery: 1 }, 100_000);
  await server.site.clock.advance(300_000);
  telemetry.stop();
  const { readings, sent, failed } = telemetry.counters;
  t.equal(sent + failed, readings);
  t.equal(readings, 4, "at an even pace");
  t.equal(server.site.stack.network.pool.inUse, 0);
});
