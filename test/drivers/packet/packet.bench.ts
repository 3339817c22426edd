/**
 * Throughput of a packet controller over a veth pair, both ends in this process, in one event loop. As root:
 *
 *     node --import ./firmware-ts/cli/dev.mjs test/drivers/packet/packet.bench.ts
 */
import { text } from "node:stream/consumers";
import { PacketController } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { LocalVeth } from "../../support/netns.ts";
import { startNode } from "../../support/own.ts";

const FLOOD = new URL("flood-child.ts", import.meta.url);
/** Time for which frames are offered, in s. */
const SECONDS = 4;

const clock = new SystemClock();
const veth = new LocalVeth();
const a = new PacketController(clock, { interface: veth.a });
const b = new PacketController(clock, { interface: veth.b });
const hostA = new FakeHost(clock, { keep: false });
const hostB = new FakeHost(clock, { keep: false });
await hostA.open(a);
await hostB.open(b);
await hostA.until(() => hostA.carriers.at(-1) === true, "carrier");

function frame(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(b.address, 0);
  bytes.set(a.address, 6);
  bytes.set([0x88, 0xb5], 12);
  return bytes;
}

for (const length of [60, 1514]) {
  const bytes = frame(length);
  for (let round = 0; round < 3; round++) {
    const ROUNDS = 150;
    const BURST = 1024;
    let sending = 0;
    let receiving = 0;
    for (let burst = 0; burst < ROUNDS; burst++) {
      const start = clock.now();
      for (let sent = 0; sent < BURST; sent++) a.transmit(hostA.packet(bytes));
      const half = clock.now();
      await hostB.until(() => hostB.received >= BURST, "burst");
      receiving += clock.now() - half;
      sending += half - start;
      hostB.received = 0;
    }
    const rate = (ms: number): string => `${Math.round((ROUNDS * BURST) / ms)} k/s`;
    console.log(`${length} bytes: sent ${rate(sending)}, received ${rate(receiving)}, lost ${b.statistics.rxOverErrors}`);
  }
}

/** Frames that another process sends all the while: what is taken in is sustained, and what does not fit in the ring is lost. */
for (const length of [60, 1514]) {
  const hex = Buffer.from(frame(length)).toString("hex");
  for (const rate of [20_000, 50_000, 100_000, 200_000, 0]) {
    hostB.received = 0;
    const lost = b.statistics.rxOverErrors;
    const before = process.cpuUsage();
    const child = startNode(FLOOD, [veth.a, hex, `${rate}`, `${SECONDS}`], { stdio: ["ignore", "pipe", "inherit"] });
    const sent = Number(await text(child.stdout));
    await hostB.until(() => hostB.received + b.statistics.rxOverErrors - lost >= sent, "what was sent");
    const { user, system } = process.cpuUsage(before);
    const dropped = b.statistics.rxOverErrors - lost;
    const offered = rate === 0 ? "all it can" : `${rate / 1000} k/s`;
    const each = (((user + system) * 1000) / hostB.received).toFixed(0);
    console.log(
      `${length} bytes, ${offered} by another process for ${SECONDS} s: ${sent} sent, ${hostB.received} received, ` +
        `${dropped} lost (${((100 * dropped) / sent).toFixed(1)} %), ${each} ns of processor each`,
    );
  }
}

const times: number[] = [];
const ping = frame(60);
const pong = frame(60);
pong.set(a.address, 0);
pong.set(b.address, 6);
hostB.onFrame = () => {
  b.transmit(hostB.packet(pong));
};
let sentAt = 0;
hostA.onFrame = () => {
  times.push(clock.now() - sentAt);
};
for (let round = 0; round < 20_000; round++) {
  sentAt = clock.now();
  a.transmit(hostA.packet(ping));
  await hostA.until(() => times.length > round, "echo");
}
times.sort((x, y) => x - y);
const at = (part: number): string => `${(times[Math.floor(times.length * part)]! * 1000).toFixed(0)} us`;
console.log(`echo there and back, two controllers in one loop: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}`);

await a.close();
await b.close();
veth.remove();
