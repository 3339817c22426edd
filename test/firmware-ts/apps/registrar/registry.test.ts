/** The registrar: what a gateway believes of whom, and a rig whose gateway never asks for the node. */
import t from "tap";
import {
  keyOf,
  MESSAGE_BYTES,
  type Message,
  readMessage,
  Status,
  Type,
  writeMessage,
} from "../../../../firmware-ts/apps/registrar/message.ts";
import { Registry } from "../../../../firmware-ts/apps/registrar/registry.ts";
import { parseRig } from "../../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../../firmware-ts/board/system.ts";
import { VirtualClock } from "../../../../hal/clock.ts";

const KEY = keyOf("000102030405060708090a0b0c0d0e0f");
const NODE = "10.0.0.7";
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 7);
const OTHER = Uint8Array.of(2, 0, 0, 0, 0, 8);
const OWN = Uint8Array.of(2, 0, 0, 0, 0, 1);
const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

class Bench {
  readonly clock = new VirtualClock();
  readonly log: string[] = [];
  #drawn = 0;
  readonly registry = new Registry({
    clock: this.clock,
    key: KEY,
    secret: (octets) => new Uint8Array(octets).fill(++this.#drawn),
    mac: OWN,
    accepts: (address) => /^(10\.0\.0|fd00)/.test(address),
    install: (address, mac) => this.log.push(`install ${address} ${mac[5]}`),
    remove: (address) => this.log.push(`remove ${address}`),
    most: 2,
  });

  /** A message of a node, and the answer to it. */
  say(more: Partial<Message> = {}, from = more.address ?? NODE): Message | null {
    const bytes = writeMessage(KEY, { type: Type.REGISTER, seconds: 100, address: NODE, mac: MAC, nonce: NONCE, ...more });
    return this.receive(bytes, from);
  }

  receive(bytes: Uint8Array, from = NODE): Message | null {
    const answer = this.registry.receive(bytes, from);
    if (answer) t.equal(answer.length, MESSAGE_BYTES, "no answer is longer than its question");
    return answer && readMessage(KEY, answer);
  }

  /** Registers with the cookie that the gateway wants. */
  register(more: Partial<Message> = {}): Message | null {
    const challenge = this.say(more);
    return this.say({ ...more, cookie: challenge?.cookie ?? new Uint8Array(8) });
  }
}

t.test("a node registers in two messages, and again in one; its entry ends with its time", async (t) => {
  const bench = new Bench();
  const challenge = bench.say();
  t.match(challenge, { type: Type.CHALLENGE, nonce: NONCE });
  t.same(bench.log, [], "nothing is believed yet");
  const answer = bench.say({ cookie: challenge?.cookie as Uint8Array });
  t.match(answer, { type: Type.ANSWER, status: Status.DONE, gateway: OWN, seconds: 100 });
  bench.clock.advanceSync(90_000);
  t.match(bench.say({ cookie: answer?.cookie as Uint8Array }), { type: Type.ANSWER, status: Status.DONE });
  bench.clock.advanceSync(99_999);
  t.same(bench.log, ["install 10.0.0.7 7", "install 10.0.0.7 7"]);
  bench.clock.advanceSync(1);
  t.same(bench.log.at(-1), "remove 10.0.0.7");
  t.match(bench.registry.counters, { registered: 1, refreshed: 1, expired: 1 });
});

t.test("who has no key gets no answer, whatever he changes", async (t) => {
  const bench = new Bench();
  const good = writeMessage(KEY, { type: Type.REGISTER, seconds: 100, address: NODE, mac: MAC, nonce: NONCE });
  for (let at = 0; at < MESSAGE_BYTES; at++) {
    const bad = Uint8Array.from(good);
    bad[at]! ^= 0x10;
    t.equal(bench.receive(bad), null, `octet ${at}`);
  }
  for (const length of [0, 1, 71, 73, 1400]) t.equal(bench.receive(new Uint8Array(length)), null);
  t.equal(
    bench.receive(writeMessage(keyOf("ff".repeat(16)), { type: 1, seconds: 100, address: NODE, mac: MAC, nonce: NONCE })),
    null,
  );
  t.same(bench.log, []);
});

t.test("a message is from the address that it is about, and a station's", async (t) => {
  const bench = new Bench();
  t.equal(bench.say({}, "10.0.0.9"), null);
  for (const mac of [Uint8Array.of(1, 0, 0, 0, 0, 1), new Uint8Array(6).fill(255), new Uint8Array(6), OWN]) {
    t.equal(bench.say({ mac }), null, `${mac}`);
  }
  for (const type of [0, Type.CHALLENGE, Type.ANSWER, 9]) t.equal(bench.say({ type }), null);
});

t.test("what was overheard is worth nothing when it is sent again", async (t) => {
  const bench = new Bench();
  const { cookie } = bench.say() as Message;
  const overheard = writeMessage(KEY, { type: Type.REGISTER, seconds: 100, address: NODE, mac: MAC, nonce: NONCE, cookie });
  bench.receive(overheard);
  const forget = writeMessage(KEY, {
    type: Type.REGISTER,
    seconds: 0,
    address: NODE,
    mac: MAC,
    nonce: NONCE,
    cookie: bench.register()?.cookie as Uint8Array,
  });
  bench.receive(forget);
  bench.register();
  bench.log.length = 0;
  for (let n = 0; n < 3; n++) {
    t.match(bench.receive(overheard), { type: Type.CHALLENGE });
    t.match(bench.receive(forget), { type: Type.CHALLENGE });
  }
  bench.clock.advanceSync(200_000);
  t.match(bench.receive(overheard), { type: Type.CHALLENGE }, "also when the entry is gone");
  t.same(bench.log, ["remove 10.0.0.7"], "by its time");
});

t.test(
  "an entry is not taken over by another node with the key; the table has its end; foreign addresses are refused",
  async (t) => {
    const bench = new Bench();
    bench.register();
    t.match(bench.register({ mac: OTHER }), { status: Status.TAKEN });
    t.match(bench.register({ address: "192.0.2.1" }), { status: Status.NOT_HERE });
    t.match(bench.register({ address: "fd00::7" }), { status: Status.DONE });
    t.match(bench.register({ address: "10.0.0.8" }), { status: Status.FULL });
    t.same(bench.log, ["install 10.0.0.7 7", "install fd00::7 7"]);
    bench.registry.close();
    t.same(bench.log.slice(2), ["remove 10.0.0.7", "remove fd00::7"]);
  },
);

const RIG = `name: registered
board: { io: simulated }
devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.2/24] } }
routes: [{ to: default, via: 10.0.0.1 }]
neighbours: { strategy: registrar }
telemetry: { to: "10.0.0.1:8094", every: 10s, sensors: [{ kind: thermometer, pin: A0 }] }
apps: [{ kind: registrar, to: "10.0.0.1:7625", device: eth0, key: 000102030405060708090a0b0c0d0e0f, every: 10m }]
`;

t.test("a rig: the gateway is asked for once, never asks itself, and has a permanent entry for the node", async (t) => {
  const clock = new VirtualClock();
  const system = await System.make(parseRig(RIG, "f"), { clock, duration: 7_200_000 });
  await startSystem(system);
  await clock.advance(7_200_000);
  const { arp, datagrams } = system.summary();
  t.same([arp.requestsBroadcast, arp.requestsUnicast, arp.requestsReceived], [1, 0, 0]);
  t.ok(datagrams.sent >= 720);
  const { name, neighbours } = system.stack.neighbours(4).table.strategy?.report() ?? { name: "", neighbours: [] };
  t.equal(name, "registrar");
  t.ok((neighbours[0]?.proofAge ?? Number.POSITIVE_INFINITY) <= 600_000, "each answer is a proof");
  await system.stop();
});
