/** Bulk transfer over paths with faults: every byte arrives, once and in order, and both ends come to rest. */
import t from "tap";
import { type Peer, TcpLab, type TcpLabOptions } from "../../../support/tcp-lab.ts";

/** Bytes that are the same nowhere within a window. */
function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

async function exchange(
  options: TcpLabOptions,
  bytes: number,
): Promise<{ lab: TcpLab; near: Peer; far: Peer; ms: number; right: boolean }> {
  const lab = await TcpLab.open(options);
  const { peers } = lab.listen(80);
  const [up, down] = [pattern(bytes, 1), pattern(bytes, 2)];
  const near = lab.connect(80);
  near.pour(up);
  const started = lab.clock.now();
  for (let turn = 0; turn < 10_000 && !(near.over && peers[0]?.over); turn++) {
    lab.run(100);
    if (peers[0] && !peers[0].onWritable && !peers[0].over) peers[0].pour(down);
    lab.crossings = [];
  }
  const far = peers[0]!;
  const right = Buffer.concat(far.chunks).equals(up) && Buffer.concat(near.chunks).equals(down);
  return { lab, near, far, ms: lab.clock.now() - started, right };
}

const PATHS: readonly [string, TcpLabOptions][] = [
  ["a clean path", { delay: 5 }],
  ["a clean path over IPv6", { delay: 5, ip6: true }],
  ["1 % loss", { delay: 5, loss: 0.01 }],
  ["5 % loss", { delay: 5, loss: 0.05 }],
  ["20 % loss", { delay: 2, loss: 0.2 }],
  ["reordering", { delay: 5, reordering: 0.1 }],
  ["duplication", { delay: 5, duplication: 0.1 }],
  ["all of it", { delay: 5, loss: 0.03, reordering: 0.05, duplication: 0.05 }],
  ["a slow path with a short queue", { delay: 20, rate: 1000, queue: 30 }],
];

for (const [name, options] of PATHS) {
  t.test(`${name}: 1 MiB each way`, async (t) => {
    const { lab, near, far, ms, right } = await exchange(options, 1 << 20);
    t.ok(right, "every byte, once and in order");
    t.equal(near.events.at(-1), "closed");
    t.equal(far.events.at(-1), "closed");
    t.comment(`${ms} ms`, near.connection.info(), lab.near.tcp.counters);
    lab.run(120_000);
    for (const stack of [lab.near, lab.far]) {
      t.equal(stack.network.pool.inUse, 0, "no packet is kept");
      t.equal(stack.tcp.rings.inUse, 0, "no ring is kept");
      t.equal(stack.tcp.flows.size, 0, "no flow is left");
      t.equal(stack.tcp.timers.armed, 0, "no timer is armed");
      t.equal(stack.tcp.counters.currEstab, 0);
    }
  });
}
