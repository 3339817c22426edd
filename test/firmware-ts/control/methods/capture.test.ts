/** `capture` in virtual time: the frames that are meant, none beyond what its client takes, and nothing when nobody asks. */
import t from "tap";
import { fromBase64 } from "../../../../firmware-ts/control/base64.ts";
import { ConnectionLoad, ServerLoad } from "../../../../firmware-ts/control/rpc/load.ts";
import { call, client, TestSession } from "../../../support/control.ts";
import { Lab } from "../../../support/lab.ts";
import { arp, arpReply, icmp, udp } from "../../../support/wire-format.ts";

interface Packet {
  at: number;
  time: number;
  out: boolean;
  length: number;
  drops?: number;
  data: string;
}

/** Packets that a session was told of. */
function packetsOf(session: TestSession): Packet[] {
  return session.notes
    .filter((note) => note.startsWith("capture.packets "))
    .flatMap((note) => (JSON.parse(note.slice("capture.packets ".length)) as { packets: Packet[] }).packets);
}

/** `out 42 0806` */
function short({ out, length, data }: Packet): string {
  const type = Buffer.from(fromBase64(data)?.subarray(12, 14) ?? []).toString("hex");
  return `${out ? "out" : "in"} ${length} ${type}`;
}

t.test("frames both ways, with their times, until it is stopped", async (t) => {
  const lab = await Lab.open();
  const session = new TestSession();
  const answer = call(lab.stack, "capture", {}, session);
  t.same(session.notes, ['capture.start {"devices":["eth0"],"snaplen":262144}']);
  lab.poke();
  lab.run(100);
  lab.say(arpReply());
  const packets = packetsOf(session);
  t.same(packets.map(short), ["out 42 0806", "in 42 0806", "out 44 0800"]);
  t.same(
    packets.map(({ time }) => time - Date.UTC(2026, 0, 1)),
    [0, 100, 100],
  );
  const before = session.notes.length;
  session.close();
  t.same(await answer, { sent: 3, received: 3, dropped: 0, untold: [0] });
  lab.say(udp({}, "x"));
  t.equal(session.notes.length, before, "no tap is left");
});

t.test("capture.stop ends it, and leaves nothing behind", async (t) => {
  const lab = await Lab.open();
  const caller = client(lab.stack);
  const told: string[] = [];
  caller.onNotification = (...[name]) => {
    told.push(name);
  };
  t.equal(await caller.call("capture.stop"), null, "nothing to stop");
  for (let round = 0; round < 2; round++) {
    const answer = caller.call("capture", { filter: "inbound" });
    lab.say(udp({}, "x"));
    await caller.call("capture.stop");
    t.same(await answer, { sent: 1, received: 1, dropped: 0, untold: [0] });
    lab.say(udp({}, "x"));
  }
  t.same(told, ["capture.start", "capture.packets", "capture.start", "capture.packets"]);
});

t.test("count, snaplen, filter", async (t) => {
  const lab = await Lab.open();
  const session = new TestSession();
  const answer = call(lab.stack, "capture", { dev: "eth0", count: 2, snaplen: 20, filter: "udp or icmp" }, session);
  lab.say(arp());
  lab.say(udp({}, "hello"));
  lab.say(icmp({}));
  lab.say(udp({}, "too late"));
  t.same(await answer, { sent: 2, received: 2, dropped: 0, untold: [0] });
  t.same(
    packetsOf(session).map(({ length, data }) => [length, fromBase64(data)?.length]),
    [
      [47, 20],
      // The stack answers: port unreachable.
      [75, 20],
    ],
  );
  t.equal(session.held, 0, "the client's end concerns it no more");
});

t.test("a client that takes nothing misses packets, and is told how many", async (t) => {
  const lab = await Lab.open();
  const session = new TestSession();
  const answer = call(lab.stack, "capture", { filter: "udp" }, session);
  lab.say(udp({}, "a"));
  session.backlog = 5 << 20;
  for (let at = 0; at < 7; at++) lab.say(udp({}, "b"));
  session.backlog = 0;
  lab.say(udp({}, "c"));
  session.backlog = 5 << 20;
  lab.say(udp({}, "d"));
  lab.say(udp({}, "e"));
  t.same(
    packetsOf(session).map(({ drops }) => drops ?? 0),
    [0, 7],
  );
  session.close();
  t.same(await answer, { sent: 2, received: 11, dropped: 9, untold: [2] });
});

t.test("refused", async (t) => {
  const { stack } = await Lab.open();
  t.match(await call(stack, "capture", { dev: "eth9" }), [1, "NO_DEVICE", 'no device is called "eth9"']);
  t.match(await call(stack, "capture", { filter: "tcp[13]" }), [
    -32_602,
    "INVALID_PARAMS",
    /^filter: "tcp\[13\]" is not understood there; there are: arp/,
  ]);
  for (const params of [{ count: 0 }, { snaplen: 0 }, { snaplen: 262_145 }, { filter: 1 }]) {
    t.match(await call(stack, "capture", params), [-32_602, "INVALID_PARAMS"], JSON.stringify(params));
  }
});

t.test("one for a connection, eight for an instance", async (t) => {
  const all = new ServerLoad();
  const loads = Array.from({ length: 9 }, () => new ConnectionLoad(all));
  for (const load of loads.slice(0, 8)) {
    load.check("captures");
    load.take("captures");
  }
  t.throws(() => loads[0]?.check("captures"), {
    code: "CAPTURES_LIMIT",
    message: "this connection has 1 capture, the most that it may have; end one first",
  });
  t.throws(() => loads[8]?.check("captures"), { code: "CAPTURES_LIMIT", message: /^the instance has 8 captures, the most/ });
  loads[0]?.give("captures");
  loads[8]?.check("captures");
});
