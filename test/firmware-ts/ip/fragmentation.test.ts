/** Packets that go out in fragments: their senders are told once of each. Both families share the code. */
import t from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Lab, say } from "../../support/lab.ts";
import { arpReply, T1 } from "../../support/wire-format.ts";

const LONG = new Uint8Array(4000).map((_, at) => at);

/** A lab whose neighbour is known. */
async function known(options = {}): Promise<Lab> {
  const lab = await Lab.open(options);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  return lab;
}

function counters({ stack }: Lab): number[] {
  const { fragOKs, fragCreates, fragFails, outRequests } = stack.ip.counters.ip;
  return [fragOKs, fragCreates, fragFails, outRequests];
}

/** Every buffer is back, and the socket has nothing under way. */
function atRest({ stack, inUse, socket }: Lab): boolean {
  return inUse === 0 && stack.network.longPool.inUse === 0 && socket.underWay === 0;
}

/** Offset and data of each frame that was heard. */
function pieces(lab: Lab): [offset: number, data: Buffer][] {
  return lab.take().map(({ bytes }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return [(view.getUint16(20) & 0x1fff) * 8, Buffer.from(bytes.subarray(34, 14 + view.getUint16(16)))];
  });
}

t.test("sent: told once, when the last fragment has left", async (t) => {
  const lab = await known();
  t.equal(lab.poke("10.0.0.2", LONG), "sent");
  t.same(lab.fates, ["0 sent"]);
  const sent = pieces(lab);
  t.same(
    sent.map(([offset]) => offset),
    [0, 1480, 2960],
  );
  const whole = Buffer.concat(sent.map(([, data]) => data));
  t.same(whole.subarray(8), Buffer.from(LONG));
  t.same([counters(lab), atRest(lab)], [[1, 3, 0, 1], true]);
});

t.test("queued: the fragments wait together, and go together", async (t) => {
  const lab = await Lab.open();
  t.equal(lab.poke("10.0.0.2", LONG), "queued");
  t.same([lab.entry().queued, lab.fates], [3, []]);
  lab.take();
  lab.say(arpReply());
  t.same([lab.fates, pieces(lab).length, atRest(lab)], [["0 sent"], 3, true]);
});

t.test("queued, and nobody answers: told once", async (t) => {
  const lab = await Lab.open();
  t.equal(lab.poke("10.0.0.2", LONG), "queued");
  lab.run(3000);
  t.same([lab.fates, atRest(lab)], [["0 failed NEIGH_FAILED"], true]);
});

t.test("a queue too short for all of it: lost, although its last fragments leave", async (t) => {
  const lab = await Lab.open();
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).queueLengthBytes = 5000;
  t.equal(lab.poke("10.0.0.2", LONG), "queued");
  t.same([lab.entry().queued, lab.fates], [2, []]);
  lab.say(arpReply());
  t.same([lab.fates, atRest(lab)], [["0 failed NEIGH_QUEUEFULL"], true]);
});

t.test("lost in the middle: send() says it, no more fragments are made, and nothing is told later", async (t) => {
  const lab = await known();
  lab.port.plugged = false;
  t.equal(lab.poke("10.0.0.2", LONG), "failed TX_CARRIER");
  t.same([lab.fates, counters(lab), atRest(lab)], [[], [0, 0, 1, 1], true]);
});

t.test("no memory for a fragment: what was made of the others is given back", async (t) => {
  const lab = await Lab.open({ pool: { limit: 16 } });
  const { socket } = lab;
  socket.sendBuffer = 1e6;
  const said = Array.from({ length: 6 }, () => lab.poke("10.0.0.2", LONG));
  t.same(said, ["queued", "queued", "queued", "queued", "queued", "failed NOMEM"]);
  t.equal(lab.stack.ip.drops.get(DropReason.NOMEM), 1);
  lab.run(3000);
  t.same([lab.fates.length, counters(lab)[2], atRest(lab)], [5, 1, true]);
});

t.test("one that its owner sends from within the news of another", async (t) => {
  const lab = await known();
  const { socket } = lab;
  const told: string[] = [];
  socket.onFate = (cookie, result) => {
    told.push(`${cookie} ${say(result)}`);
    if (cookie < 3) socket.send(LONG, lab.to(), cookie + 1);
  };
  socket.send(LONG, lab.to(), 1);
  lab.run(0);
  t.same([told, pieces(lab).length, atRest(lab)], [["1 sent", "2 sent", "3 sent"], 9, true]);
});

t.test("the send buffer counts every fragment", async (t) => {
  const lab = await Lab.open();
  const said = Array.from({ length: 3 }, () => lab.poke("10.0.0.2", new Uint8Array(65_507)));
  t.same(said, ["queued", "queued", "failed SOCKET_SNDBUF"]);
  t.ok(lab.socket.underWay > 2 * 65_507 && lab.socket.underWay <= lab.socket.sendBuffer, `${lab.socket.underWay}`);
});

t.test("a way that carries no eight bytes of data", async (t) => {
  const lab = await known();
  lab.stack.addRoute({ to: "192.0.2.0/24", via: "10.0.0.2", mtu: 24 });
  t.equal(lab.poke("192.0.2.1", LONG), "failed PKT_TOO_BIG");
  t.same([lab.take(), counters(lab), atRest(lab)], [[], [0, 0, 1, 1], true]);
});

t.test("to ourselves: in one packet, as long as there are any", async (t) => {
  for (const loopback of [true, false]) {
    const lab = await Lab.open({ loopback, ip6: true });
    lab.stack.addAddress(lab.eth0, "fd00::1/64");
    const got: number[] = [];
    lab.stack.udp.open(9).onDatagram = (_bytes, _at, length) => got.push(length);
    t.equal(lab.poke("10.0.0.1", new Uint8Array(65_507)), "sent");
    t.equal(lab.poke("fd00::1", new Uint8Array(65_488)), "sent");
    lab.run(0);
    t.same([got, lab.take(), counters(lab), atRest(lab)], [[65_507, 65_488], [], [0, 0, 0, 1], true]);
  }
});

t.test("to a group that is joined here: heard whole, and sent in fragments", async (t) => {
  const lab = await Lab.open();
  lab.stack.addRoute({ to: "224.0.0.0/4", device: lab.eth0 });
  const ear = lab.stack.udp.open(9);
  ear.join("239.1.2.3", lab.eth0);
  const got: Buffer[] = [];
  ear.onDatagram = (bytes, at, length) => got.push(Buffer.from(bytes.subarray(at, at + length)));
  lab.poke("239.1.2.3", LONG);
  lab.run(0);
  t.same(got, [Buffer.from(LONG)]);
  t.same([lab.take().length, atRest(lab)], [3, true]);
});
