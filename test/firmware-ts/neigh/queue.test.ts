/** Packets that wait for an address: how many, which give way, in which order they go, and what their senders are told. */
import t from "tap";
import { truesizeOf } from "../../../firmware-ts/ip/truesize.ts";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { UpdateFlags, update } from "../../../firmware-ts/neigh/update.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Lab, say } from "../../support/lab.ts";
import { mac, NeighBench } from "../../support/neigh-bench.ts";
import { arp, arpReply, decode, T1 } from "../../support/wire-format.ts";

/** The texts of the datagrams that the tester heard. */
function texts(lab: Lab): string[] {
  return lab
    .take()
    .map(({ bytes }) => decode(bytes))
    .filter(({ type }) => type === 0x0800)
    .map(({ payload }) => Buffer.from(payload).toString("latin1").trimEnd());
}

t.test("what a packet is charged: 832, 1280 or 2304 bytes", async (t) => {
  for (const [payload, truesize] of [
    [0, 832],
    [197, 832],
    [198, 1280],
    [645, 1280],
    [646, 2304],
    [1472, 2304],
  ] as const) {
    const lab = await Lab.open();
    lab.poke("10.0.0.2", new Uint8Array(payload));
    t.equal(lab.entry().queueBytes, truesize, `${payload} bytes of payload`);
    t.equal(lab.socket.underWay, truesize);
    lab.run(3000);
    t.same([lab.entry().queueBytes, lab.socket.underWay, lab.inUse], [0, 0, 0]);
    t.equal(truesizeOf(20 + 8 + payload), truesize);
  }
});

t.test("a limit keeps as many as fit, the newest; at least one", async (t) => {
  const rows: [limit: number, payload: number, kept: number][] = [
    [4000, 10, 4],
    [2304, 10, 2],
    [10_000, 1000, 4],
    [832, 10, 1],
    [1000, 1472, 1],
    [0, 10, 1],
  ];
  for (const [limit, size, kept] of rows) {
    const lab = await Lab.open();
    lab.stack.neighbours(4).table.parametersOf(lab.eth0).queueLengthBytes = limit;
    for (let count = 0; count < 8; count++) lab.poke("10.0.0.2", `${count}`.padEnd(size));
    const dropped = 8 - kept;
    t.equal(lab.entry().queued, kept, `${limit} bytes, payloads of ${size}`);
    t.same(
      lab.fates,
      [...Array(dropped).keys()].map((cookie) => `${cookie} failed NEIGH_QUEUEFULL`),
      "the oldest, each once",
    );
    const { statistics, drops } = lab.stack.neighbours(4).table;
    t.same([statistics.unresolvedDiscards, drops.get(DropReason.NEIGH_QUEUEFULL), drops.total], [dropped, dropped, dropped]);
    lab.say(arpReply());
    t.same(texts(lab), ["0", "1", "2", "3", "4", "5", "6", "7"].slice(dropped), "the rest in order");
    t.equal(lab.inUse, 0);
  }
});

t.test("all that waits goes out in order, thousands of it", async (t) => {
  const lab = await Lab.open();
  lab.socket.sendBuffer = 1e9;
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).queueLengthBytes = 1e9;
  for (let count = 0; count < 20_000; count++) lab.poke("10.0.0.2", `${count}`);
  lab.say(arpReply());
  const out = texts(lab);
  t.equal(out.length, 20_000);
  t.ok(out.every((text, at) => text === `${at}`));
  t.equal(lab.inUse, 0);
});

t.test("a request of the target resolves it too: the queue first, then our answer", async (t) => {
  const lab = await Lab.open();
  for (const text of ["a", "b", "c"]) lab.poke("10.0.0.2", text);
  lab.take();
  lab.say(arp());
  t.same(lab.heard(), [
    "0 udp 10.0.0.1 10.0.0.2:9 a > T1",
    "0 udp 10.0.0.1 10.0.0.2:9 b > T1",
    "0 udp 10.0.0.1 10.0.0.2:9 c > T1",
    "0 reply 10.0.0.1 is-at us for 10.0.0.2 T1 > T1",
  ]);
  t.same([lab.state(), lab.events], ["DELAY", ["new 10.0.0.2 DELAY"]], "never told as STALE");
});

t.test("how the wait may end: each sender is told once, nothing stays behind", async (t) => {
  const ends: [string, string, (lab: Lab) => void | Promise<void>][] = [
    ["nobody answers", "NEIGH_FAILED", (lab) => lab.run(3000)],
    ["an operator deletes the entry", "NEIGH_FAILED", (lab) => lab.stack.neighbours(4).table.delete(lab.entry())],
    [
      "the carrier goes",
      "QUEUE_PURGE",
      (lab) => {
        lab.port.plugged = false;
      },
    ],
    ["the device goes down", "QUEUE_PURGE", (lab) => lab.eth0.close()],
    ["the stack ends", "QUEUE_PURGE", (lab) => lab.stack.close()],
  ];
  for (const [what, reason, end] of ends) {
    const lab = await Lab.open();
    for (let count = 0; count < 5; count++) t.equal(lab.poke(), "queued");
    await end(lab);
    t.same(
      lab.fates,
      [0, 1, 2, 3, 4].map((cookie) => `${cookie} failed ${reason}`),
      what,
    );
    // The ICMP errors to ourselves have their turn.
    lab.run(0);
    t.same([lab.inUse, lab.socket.underWay], [0, 0]);
    lab.run(10_000);
    t.equal(lab.fates.length, 5);
  }
});

t.test("an entry that turns invalid while its queue is emptied: the rest is dropped, and asks for nobody", async (t) => {
  const bench = await NeighBench.open();
  const { table } = bench;
  for (let count = 0; count < 3; count++) bench.send();
  bench.network.tap((_skb, _device, outgoing) => {
    if (outgoing) update(bench.entry(), null, 0, Nud.FAILED, UpdateFlags.ADMIN);
  });
  bench.take();
  update(bench.entry(), mac(2), 0, Nud.REACHABLE, 0);
  t.same(
    bench.take().filter((line) => !line.includes("new")),
    ["0 out 2"],
  );
  t.same([bench.state(), bench.entry().queued, bench.entry().queueBytes], ["FAILED", 0, 0]);
  bench.run(0);
  t.same([table.drops.get(DropReason.QUEUE_PURGE), table.drops.total, bench.network.pool.inUse], [2, 2, 0]);
});

t.test("made static by hand while packets wait: they go", async (t) => {
  const lab = await Lab.open();
  lab.poke();
  lab.take();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.run(10_000);
  t.same([lab.heard(), lab.state()], [["0 udp 10.0.0.1 10.0.0.2:9 hi > T1"], "PERMANENT"]);
});

t.test("a sender that sends again as soon as it is told of a failure", async (t) => {
  const lab = await Lab.open();
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).queueLengthBytes = 3 * 832;
  const { socket } = lab;
  const told: string[] = [];
  socket.onFate = (cookie, result) => {
    told.push(`${cookie} ${say(result)}`);
    if (cookie === 0) t.equal(say(socket.send(new Uint8Array(1472), socket.to("10.0.0.2", 9), 100)), "queued");
  };
  for (let count = 0; count < 3; count++) lab.poke();
  lab.run(3000);
  t.same(told, ["0 failed NEIGH_FAILED", "1 failed NEIGH_FAILED", "2 failed NEIGH_FAILED"], "the new one is not among the old");
  t.same([lab.state(), lab.entry().queued], ["INCOMPLETE", 1]);
  lab.say(arpReply());
  t.same(told.slice(3), ["100 sent"]);
  t.equal(lab.inUse, 0);
});

t.test("a sender that answers every overflow with another packet: no endless loop, and send() says no", async (t) => {
  const lab = await Lab.open();
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).queueLengthBytes = 2 * 832;
  const { socket } = lab;
  const again: string[] = [];
  let told = 0;
  socket.onFate = () => {
    if (++told > 100) throw new Error("endless");
    again.push(say(socket.send(new Uint8Array(1), socket.to("10.0.0.2", 9))));
  };
  for (let count = 0; count < 3; count++) t.equal(lab.poke(), "queued");
  t.same([told, again, lab.entry().queued], [1, ["failed NEIGH_QUEUEFULL"], 2]);
  t.equal(socket.underWay, 2 * 832);
});

t.test("a sender that closes the device as soon as its first packet is out", async (t) => {
  const lab = await Lab.open();
  const { socket } = lab;
  const told: string[] = [];
  let closed: Promise<void> | null = null;
  socket.onFate = (cookie, result) => {
    told.push(`${cookie} ${say(result)}`);
    closed ??= lab.eth0.close();
  };
  for (let count = 0; count < 3; count++) lab.poke();
  lab.say(arpReply());
  await closed;
  t.same(told, ["0 sent", "1 failed QUEUE_PURGE", "2 failed QUEUE_PURGE"]);
  t.same(lab.events, ["deleted 10.0.0.2 REACHABLE"], "and no news of it afterwards");
  t.equal(lab.inUse, 0);
});

t.test("the newest that waits decides from which of our addresses is asked", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "172.16.0.1/16"] });
  const second = lab.stack.udp.open(7, "10.0.0.11");
  const third = lab.stack.udp.open(7, "172.16.0.1");
  lab.poke();
  second.send(new Uint8Array(1), second.to("10.0.0.2", 9));
  lab.run(1000);
  third.send(new Uint8Array(1), third.to("10.0.0.2", 9));
  lab.run(1000);
  t.same(
    lab.heard(),
    ["10.0.0.1", "10.0.0.11", "172.16.0.1"].map((own, at) =>
      `${at}000 who-has 10.0.0.2 tell ${own} us > all`.replace(/^0000/, "0"),
    ),
  );
});
