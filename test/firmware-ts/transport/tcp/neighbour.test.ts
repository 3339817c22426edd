/** A connection's progress confirms the next hop, as the kernel's dst_confirm does: its entry stays REACHABLE without a frame. */
import t from "tap";
import { nudName } from "../../../../firmware-ts/neigh/states.ts";
import { ipv4 } from "../../../../firmware-ts/stack.ts";
import type { Crossing } from "../../../support/faulty-path.ts";
import { TcpLab } from "../../../support/tcp-lab.ts";

const ARP = 0x0806;

function isArp(bytes: Uint8Array): boolean {
  return ((bytes[12]! << 8) | bytes[13]!) === ARP;
}

/** Requests of the near stack. The far one asks, too: nothing that it sends is acknowledged. */
function asked(lab: TcpLab): Crossing[] {
  return lab.crossings.filter(({ bytes, outbound }) => isArp(bytes) && outbound && bytes[21] === 1);
}

for (const [how, interval] of [
  ["every 3 s", 3000],
  ["every 10 s", 10_000],
] as const) {
  t.test(`data one way ${how} for ten minutes: no ARP beyond the first`, async (t) => {
    const lab = await TcpLab.open();
    const { peers } = lab.listen(80);
    const near = lab.connect(80);
    lab.run(10);
    const first = lab.crossings.filter(({ bytes }) => isArp(bytes));
    t.equal(first.length, 2, "one request, one answer");
    lab.crossings = [];
    const entry = lab.near.neighbours(4).table.find(ipv4("10.0.0.2"), lab.nearDevice);
    const states = new Set<string>();
    for (let at = 0; at < 600_000; at += interval) {
      near.say("21.5 degrees");
      lab.run(interval);
      states.add(nudName(entry?.nudState ?? 0));
    }
    t.equal(peers[0]?.received, (600_000 / interval) * 12);
    t.same(asked(lab), [], "the sender asks for nobody");
    t.same([...states], ["REACHABLE"]);
  });
}

t.test("the same by UDP asks again and again", async (t) => {
  const lab = await TcpLab.open();
  lab.far.udp.open(9);
  const socket = lab.near.udp.open();
  const to = socket.to("10.0.0.2", 9);
  for (let at = 0; at < 600_000; at += 3000) {
    socket.send(new Uint8Array(12), to);
    lab.run(3000);
  }
  t.ok(asked(lab).length >= 10, `${asked(lab).length} requests`);
});

t.test("what the peer sends by itself confirms nothing", async (t) => {
  const lab = await TcpLab.open();
  const { peers } = lab.listen(80);
  lab.connect(80);
  lab.run(100);
  const entry = lab.near.neighbours(4).table.find(ipv4("10.0.0.2"), lab.nearDevice);
  const confirmed = entry?.confirmed ?? 0;
  for (let turn = 0; turn < 20; turn++) {
    peers[0]?.say("news");
    lab.run(1000);
  }
  t.equal(entry?.confirmed, confirmed);
});
