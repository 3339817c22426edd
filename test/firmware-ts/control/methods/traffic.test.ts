/** Traffic on request, in virtual time: every datagram and echo is told of, each once, and nothing stays behind when it is over. */
import t from "tap";
import { ControlClient } from "../../../../firmware-ts/control/methods/client.ts";
import { stackMethods } from "../../../../firmware-ts/control/methods/index.ts";
import { LocalCaller } from "../../../../firmware-ts/control/rpc/local.ts";
import { DropReason } from "../../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../../hal/skbuff.ts";
import { call, TestSession } from "../../../support/control.ts";
import { Lab } from "../../../support/lab.ts";
import { arpReply, BROADCAST, type IcmpFields, icmp, T1, udp } from "../../../support/wire-format.ts";

/** The answer of a request that goes on in virtual time, after `ms` of it; undefined when there is none yet. */
async function after(lab: Lab, ms: number, request: Promise<unknown>): Promise<unknown> {
  let answer: unknown;
  void request.then((value) => {
    answer = value;
  });
  await lab.clock.advance(ms);
  return answer;
}

const datagrams = (session: TestSession): string[] =>
  session.notes.map((note) => {
    const { seq, status, reason } = JSON.parse(note.slice("udp.datagram ".length)) as Record<string, unknown>;
    return `${seq} ${status}${reason ? ` ${reason}` : ""}`;
  });

t.test("udp.send: queued first, sent when the address is known, at the pace asked for", async (t) => {
  const lab = await Lab.open();
  const session = new TestSession();
  const request = call(lab.stack, "udp.send", { to: "10.0.0.2:9", text: "hi", count: 3, interval: 500 }, session);
  t.equal(await after(lab, 600, request), undefined);
  t.same(datagrams(session), ["0 queued", "1 queued"]);
  lab.say(arpReply());
  t.same(datagrams(session).slice(2), ["0 sent", "1 sent"]);
  t.same(await after(lab, 400, request), { sent: 3, failed: 0 });
  t.same(datagrams(session).slice(4), ["2 sent"]);
  t.match(lab.heard(), [/^0 who-has/, /^600 udp .* hi/, /^600 udp/, /^1000 udp/]);
  t.equal(session.held, 0, "the client's end concerns it no more");
});

t.test("udp.send: what fails, at once or later, is told with its reason and counted once", async (t) => {
  const lab = await Lab.open();
  const send = async (params: object, ms = 10_000): Promise<[unknown, string[]]> => {
    const session = new TestSession();
    const result = await after(lab, ms, call(lab.stack, "udp.send", { count: 2, interval: 0, ...params }, session));
    return [result, datagrams(session)];
  };
  t.same(await send({ to: "10.0.0.9:9" }), [
    { sent: 0, failed: 2 },
    ["0 queued", "1 queued", "0 failed NEIGH_FAILED", "1 failed NEIGH_FAILED"],
  ]);
  t.same(await send({ to: "11.0.0.9:9" }), [{ sent: 0, failed: 2 }, ["0 failed IP_OUTNOROUTES", "1 failed IP_OUTNOROUTES"]]);
  t.same(await send({ to: "10.0.0.2:9", text: "x".repeat(65_508), count: 1 }), [{ sent: 0, failed: 1 }, ["0 failed PKT_TOO_BIG"]]);
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).queueLengthBytes = 1000;
  t.same(await send({ to: "10.0.0.9:9", count: 3 }), [
    { sent: 0, failed: 3 },
    ["0 queued", "0 failed NEIGH_QUEUEFULL", "1 queued", "1 failed NEIGH_QUEUEFULL", "2 queued", "2 failed NEIGH_FAILED"],
  ]);
  lab.port.plugged = false;
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  t.same(await send({ to: "10.0.0.2:9", count: 1 }), [{ sent: 0, failed: 1 }, ["0 failed TX_CARRIER"]]);
  t.equal(lab.inUse, 0);
});

t.test("udp.send --confirm keeps the neighbour from being asked", async (t) => {
  for (const confirm of [false, true]) {
    const lab = await Lab.open();
    await call(lab.stack, "neigh.add", { dst: "10.0.0.2", dev: "eth0", lladdr: T1, nud: "stale" });
    const request = call(lab.stack, "udp.send", { to: "10.0.0.2:9", count: 20, interval: 1000, confirm });
    const result = await after(lab, 30_000, request);
    if (confirm) t.same(result, { sent: 20, failed: 0 });
    const asked = lab.heard().filter((line) => line.includes("who-has")).length;
    t.equal(asked > 0, !confirm);
  }
});

t.test("udp.listen: what comes, in whatever bytes, until there were enough", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const session = new TestSession();
  const request = call(lab.stack, "udp.listen", { bind: "10.0.0.1:5000", count: 3 }, session);
  t.equal(await after(lab, 0, request), undefined);
  lab.say(udp({}, "h\u00e9"));
  lab.say(udp({}, [0xef, 0xbb, 0xbf, 0xff, 0x0a]));
  lab.say(udp({}, ""));
  lab.say(udp({}, "too late"));
  t.same(await after(lab, 0, request), { received: 3 });
  t.same(
    session.notes.map((note) => JSON.parse(note.slice(note.indexOf(" ")))),
    [
      { port: 5000 },
      { from: "10.0.0.2", port: 4000, length: 3, text: "h\u00e9" },
      { from: "10.0.0.2", port: 4000, length: 5, text: "\ufeff\ufffd\n" },
      { from: "10.0.0.2", port: 4000, length: 0, text: "" },
    ],
  );
  t.equal(lab.stack.udp.open(5000).port, 5000, "the port is free again");
  t.equal(session.held, 0);
});

t.test("sockets that cannot be had: the stack's own code and words", async (t) => {
  const lab = await Lab.open();
  lab.stack.udp.open(5000);
  t.same(await call(lab.stack, "udp.listen", { bind: "5000" }), [1, "ADDRESS_IN_USE", "UDP port 5000 is in use"]);
  const foreign = [1, "ADDRESS_NOT_AVAILABLE", "10.0.0.9 is not an address of this stack"];
  t.same(await call(lab.stack, "udp.listen", { bind: "10.0.0.9:1" }), foreign);
  t.same(await call(lab.stack, "udp.send", { to: "10.0.0.2:9", from: "10.0.0.9" }), foreign);
  for (const to of [
    "10.0.0.2",
    "10.0.0.2:",
    ":",
    "",
    "10.0.0.2:x",
    "10.0.0.2:65536",
    "10.0.0.2:-1",
    "0.0.0.0:9",
    "10.0.0.2:0",
    "9",
    "a:9",
  ]) {
    t.match(await call(lab.stack, "udp.send", { to }), [-32_602, "INVALID_PARAMS"], to);
  }
  t.same(await call(lab.stack, "ping", { to: "11.0.0.1" }), [1, "UNREACHABLE", "no route to 11.0.0.1"]);
});

t.test("a client that goes away: nothing more is sent, and everything is given back", async (t) => {
  const lab = await Lab.open();
  const session = new TestSession();
  void call(lab.stack, "udp.send", { to: "10.0.0.2:9", from: ":5000", count: 1000 }, session);
  void call(lab.stack, "udp.listen", { bind: "5001" }, session);
  void call(lab.stack, "ping", { to: "10.0.0.2", count: 1000 }, session);
  lab.run(1500);
  t.equal(session.held, 3);
  session.close();
  lab.run(10_000);
  const told = session.notes.length;
  lab.take();
  lab.run(3_600_000);
  t.same([lab.heard(), session.notes.length, session.held, lab.inUse], [[], told, 0, 0]);
  for (const port of [5000, 5001]) t.equal(lab.stack.udp.open(port).port, port);
});

t.test("ping: replies with their times, each request answered once", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const session = new TestSession();
  const request = call(lab.stack, "ping", { to: "10.0.0.2", count: 3, interval: 100, timeout: 5000, size: 4 }, session);
  await lab.clock.advance(30);
  const [echo = ""] = lab.heard();
  t.match(echo, /echo-request 10\.0\.0\.1 10\.0\.0\.2 id \d+ seq 1/);
  const icmpId = Number(/id (\d+)/.exec(echo)?.[1]);
  const reply = (sequence: number, id = icmpId): void => lab.say(icmp({ icmpType: 0, icmpId: id, sequence }, [0, 1, 2, 3]));
  reply(1);
  reply(1);
  reply(2);
  reply(1, icmpId + 1);
  await lab.clock.advance(270);
  reply(3);
  t.equal(session.notes.shift(), 'ping.start {"to":"10.0.0.2","broadcast":false}');
  t.same(
    session.notes.map((note) => JSON.parse(note.slice("ping.reply ".length))),
    [
      { from: "10.0.0.2", seq: 1, ttl: 64, bytes: 12, time: 30 },
      { from: "10.0.0.2", seq: 3, ttl: 64, bytes: 12, time: 100 },
    ],
  );
  t.equal(await after(lab, 4899, request), undefined, "it waits for the one that is missing");
  t.same(await after(lab, 1, request), { transmitted: 3, received: 2, errors: 0, pipe: 1, time: 5200 });
  t.equal(session.held, 0);
});

t.test("ping: when nobody answers ARP, and when the packet is too long", async (t) => {
  const lab = await Lab.open();
  lab.stack.addRoute({ to: "192.0.2.0/24", via: "10.0.0.2", mtu: 24 });
  const session = new TestSession();
  t.match(await after(lab, 3000, call(lab.stack, "ping", { to: "10.0.0.9", count: 2, interval: 10 }, session)), {
    transmitted: 2,
    received: 0,
    errors: 2,
    pipe: 2,
    time: 3000,
  });
  t.match(session.notes, [/ping\.start/, /ping\.error .*"from":"10\.0\.0\.1","seq":1,"reason":"NEIGH_FAILED"/, /"seq":2/]);
  t.match(await after(lab, 0, call(lab.stack, "ping", { to: "192.0.2.1", count: 1 })), { errors: 1, time: 0 });
  await lab.clock.advance(60_000);
  t.equal(lab.inUse, 0);
});

t.test("udp.send: what the device took and lost after all is taken back from those sent", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const kept: SkBuff[] = [];
  lab.nic.transmit = (skb) => kept.push(skb) > 0;
  const session = new TestSession();
  const request = call(lab.stack, "udp.send", { to: "10.0.0.2:9", count: 2, interval: 1000 }, session);
  await lab.clock.advance(500);
  lab.eth0.drops.drop(kept[0] as SkBuff, DropReason.TX_ABORTED);
  t.same(await after(lab, 1000, request), { sent: 1, failed: 1 });
  t.same(datagrams(session), ["0 sent", "0 failed TX_ABORTED", "1 sent"]);
});

t.test("ping.stop: an end before the end, with what it came to", async (t) => {
  const lab = await Lab.open();
  const methods = stackMethods(lab.stack);
  const [client, other] = [new ControlClient(new LocalCaller(methods)), new ControlClient(new LocalCaller(methods))];
  const request = client.call("ping", { to: "10.0.0.2" });
  t.equal(await after(lab, 1500, request), undefined);
  t.equal(await other.call("ping.stop"), null);
  t.equal(await after(lab, 0, request), undefined, "another client's has none");
  t.equal(await client.call("ping.stop"), null);
  t.same(await request, { transmitted: 2, received: 0, errors: 0, pipe: 0, time: 1500 });
  t.equal(await client.call("ping.stop"), null, "nor has it any more");
  lab.take();
  await lab.clock.advance(60_000);
  t.equal(lab.inUse, 0);
});

t.test("ping: ICMP's errors count, its advice does not; what somebody complains of may be answered all the same", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.stack.addRoute({ to: "default", via: "10.0.0.2" });
  const session = new TestSession();
  const request = call(lab.stack, "ping", { to: "20.0.0.1", count: 5, interval: 1000, timeout: 1 }, session);
  lab.run(1);
  const ours = lab.take()[0]!.bytes;
  const icmpId = (ours[38]! << 8) | ours[39]!;
  const say = (fields: IcmpFields): void => lab.say(icmp({ icmpId: 0, sequence: 0, ...fields }, ours.subarray(14)));
  say({ icmpType: 5, code: 1, icmpId: 0x0a00, sequence: 9 });
  say({ icmpType: 4 });
  say({ icmpType: 11 });
  say({ icmpType: 3, code: 4, sequence: 900 });
  for (const ignored of [
    { icmpType: 11, code: 1 },
    { icmpType: 3, code: 16 },
    { icmpType: 3, to: BROADCAST, destination: "10.0.0.255" },
  ]) {
    say(ignored);
  }
  lab.say(icmp({ icmpType: 0, icmpId, sequence: 1, source: "20.0.0.1" }));
  t.same(session.notes.slice(1, -1), [
    'ping.notice {"from":"10.0.0.2","seq":1,"type":5,"code":1,"info":167772169}',
    'ping.notice {"from":"10.0.0.2","seq":1,"type":4,"code":0,"info":0}',
    'ping.error {"from":"10.0.0.2","seq":1,"type":11,"code":0,"info":0,"reason":"ICMP"}',
    'ping.error {"from":"10.0.0.2","seq":1,"type":3,"code":4,"info":900,"reason":"ICMP"}',
  ]);
  t.match(session.notes.at(-1), /^ping\.reply /);
  t.match(await after(lab, 5000, request), { received: 1, errors: 2 });
});

t.test("ping: a request that is too long tells how long it may be", async (t) => {
  const lab = await Lab.open();
  lab.stack.addRoute({ to: "192.0.2.0/24", via: "10.0.0.2", mtu: 24 });
  const session = new TestSession();
  const request = call(lab.stack, "ping", { to: "192.0.2.1", count: 1 }, session);
  t.match(await after(lab, 1, request), { transmitted: 1, errors: 1 });
  t.equal(session.notes[1], 'ping.error {"from":"10.0.0.1","seq":1,"reason":"PKT_TOO_BIG","mtu":24}');
});

t.test("udp.listen: a group is joined meanwhile, and nothing else is heard", async (t) => {
  const lab = await Lab.open();
  const session = new TestSession();
  const groups = (): number => lab.eth0.groups.length;
  const refused = await call(lab.stack, "udp.listen", { bind: "239.1.2.3:5000" }, session);
  t.match(refused, [1, "DEVICE_MISSING"], "no route to it");
  t.match(await call(lab.stack, "udp.listen", { bind: "10.0.0.1:5000", dev: "eth0" }, session), [1, "ADDRESS_INVALID"]);
  t.match(await call(lab.stack, "udp.listen", { bind: "239.1.2.3:5000", dev: "eth9" }, session), [1, "NO_DEVICE"]);
  const request = call(lab.stack, "udp.listen", { bind: "239.1.2.3:5000", dev: "eth0", count: 1 }, session);
  t.equal(groups(), 2);
  lab.say(udp({}, "to us"));
  lab.say(udp({ destination: "239.1.2.4", to: "01:00:5e:01:02:04" }, "another group"));
  lab.say(udp({ destination: "239.1.2.3", to: "01:00:5e:01:02:03" }, "the group"));
  t.same(await after(lab, 0, request), { received: 1 });
  t.match(session.notes.at(-1), /"text":"the group"/);
  t.same([groups(), session.held], [1, 0]);
});

t.test("ping: everybody is asked only where that is meant; what is refused tells nothing", async (t) => {
  const lab = await Lab.open();
  const session = new TestSession();
  const refused = [1, "PING_BROADCAST", "10.0.0.255 is a broadcast address"];
  t.same(await call(lab.stack, "ping", { to: "10.0.0.255" }, session), refused);
  t.same(await call(lab.stack, "ping", { to: "11.0.0.1", broadcast: true }, session), [1, "UNREACHABLE", "no route to 11.0.0.1"]);
  t.same([session.notes, session.held], [[], 0]);
  const asked = call(lab.stack, "ping", { to: "10.0.0.255", broadcast: true, count: 1, timeout: 10 }, session);
  t.match(await after(lab, 10, asked), { transmitted: 1, received: 0, errors: 0 });
  t.same(session.notes, ['ping.start {"to":"10.0.0.255","broadcast":true}']);
  t.match(lab.heard(), [/echo-request 10\.0\.0\.1 10\.0\.0\.255 .*> all/]);
});

t.test("ping: requests whose number is used again are not waited for any more", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const session = new TestSession();
  const request = call(lab.stack, "ping", { to: "10.0.0.2", count: 65_540, interval: 2, timeout: 10_000 }, session);
  lab.run(7);
  // From here on each fails at once: the first four alone are open.
  lab.port.plugged = false;
  lab.run(2 * 65_539 - 7);
  t.match(await after(lab, 0, request), { transmitted: 65_540, received: 0, errors: 65_536, time: 2 * 65_539 });
});

t.test("ping: beyond 65536 requests the numbers on the wire begin again, and answers still find theirs", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const session = new TestSession();
  const request = call(lab.stack, "ping", { to: "10.0.0.2", count: 65_540, interval: 2, timeout: 1 }, session);
  lab.run(2 * 65_538);
  const heard = lab.take();
  const icmpId = ((heard[0]?.bytes[38] ?? 0) << 8) | (heard[0]?.bytes[39] ?? 0);
  for (const sequence of [2, 65_535, 0, 9]) lab.say(icmp({ icmpType: 0, icmpId, sequence }));
  const seqs = session.notes.slice(1).map((note) => (JSON.parse(note.slice("ping.reply ".length)) as { seq: number }).seq);
  t.same(seqs, [65_538, 65_535, 65_536, 9]);
  t.match(await after(lab, 100, request), { transmitted: 65_540, received: 4 });
});

t.test("ping: 65536 at once are refused one more, and the stack goes on", async (t) => {
  const lab = await Lab.open();
  const session = new TestSession();
  for (let open = 0; open < 65_536; open++) lab.stack.ping.open();
  t.match(await call(lab.stack, "ping", { to: "10.0.0.2" }, session), [1, "PING_IDS"]);
  t.throws(() => lab.stack.ping.open(), RangeError);
});
