/** Our driver on QEMU's chip: neither of the two knows the other. */
import t, { type Test } from "tap";
import { E1000 } from "../../../../drivers/e1000/e1000.ts";
import { QemuBus } from "../../../../hal/bridges/qemu/bus.ts";
import { MmioRecorder } from "../../../../hal/mmio-recorder.ts";
import { FakeHost } from "../../../support/controller-host.ts";
import { realTime } from "../../../support/real-time.ts";
import { Bench, clock, frame, skip, until } from "./bench.ts";

const OUR_IP = [10, 0, 2, 15];
const GATEWAY_IP = [10, 0, 2, 2];
const ICMP = 34;

async function open(t: Test, bus: QemuBus | MmioRecorder): Promise<{ controller: E1000; host: FakeHost; frames: Uint8Array[] }> {
  const controller = new E1000(clock, bus);
  const host = new FakeHost(clock);
  t.teardown(() => host.close());
  await host.open(controller);
  await host.until(() => host.carriers.at(-1) === true, "carrier");
  return { controller, host, frames: host.frames };
}

/** Internet checksum (RFC 1071) of bytes[from..to). */
function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at++) total += at % 2 === from % 2 ? bytes[at]! << 8 : bytes[at]!;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}

/** An ICMP echo request of `size` bytes of data. */
function echo(from: Uint8Array, to: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(ICMP + 8 + size).fill(0x5a, ICMP + 8);
  const view = new DataView(bytes.buffer);
  bytes.set(to, 0);
  bytes.set(from, 6);
  bytes.set([0x08, 0x00, 0x45, 0x00], 12);
  view.setUint16(16, 28 + size);
  bytes.set([64, 1], 22);
  bytes.set(OUR_IP, 26);
  bytes.set(GATEWAY_IP, 30);
  view.setUint16(24, sum(bytes, 14, ICMP));
  bytes.set([8, 0], ICMP);
  view.setUint16(ICMP + 4, 77);
  view.setUint16(ICMP + 2, sum(bytes, ICMP, bytes.length));
  return bytes;
}

realTime(t, "QEMU's own network answers ARP and echo", { skip }, async (t) => {
  const { controller, host, frames } = await open(t, new QemuBus(clock, { wire: { kind: "user" } }));
  t.same([...controller.address], [0x52, 0x54, 0x00, 0x12, 0x34, 0x56], "QEMU's own station address");
  const ask = new Uint8Array(42).fill(0xff, 0, 6);
  ask.set(controller.address, 6);
  ask.set([8, 6, 0, 1, 8, 0, 6, 4, 0, 1], 12);
  ask.set(controller.address, 22);
  ask.set(OUR_IP, 28);
  ask.set(GATEWAY_IP, 38);
  t.ok(controller.transmit(host.packet(ask)));
  await host.until(() => frames.length === 1, "an ARP reply");
  const reply = frames[0] as Uint8Array;
  t.same([...reply.subarray(0, 6)], [...controller.address]);
  t.same([...reply.subarray(20, 22)], [0, 2], "a reply");
  t.same([...reply.subarray(28, 32)], GATEWAY_IP);
  const gateway = reply.slice(22, 28);
  for (const size of [0, 56, 1472]) {
    frames.length = 0;
    const request = echo(controller.address, gateway, size);
    t.ok(controller.transmit(host.packet(request)));
    await host.until(() => frames.length === 1, `an echo of ${size} bytes`);
    const answer = frames[0] as Uint8Array;
    t.equal(answer[ICMP], 0, "an echo reply");
    t.same(Buffer.compare(answer.subarray(ICMP + 4, request.length), request.subarray(ICMP + 4)), 0, `${size} bytes come back`);
  }
  t.strictSame(host.breaches, []);
});

realTime(t, "killed under the driver: it fails with the reason, and comes up again", { skip }, async (t) => {
  const bench = new Bench(t);
  const { controller, host, frames } = await open(t, bench.bus);
  const toUs = frame(controller.address, 100, 1);
  for (const round of [1, 2]) {
    bench.far.port.transmit(toUs, 0, toUs.length);
    await host.until(() => frames.length === round, "a frame");
    t.same(frames.at(-1), toUs);
    t.ok(controller.transmit(host.packet(frame(bench.far.address, 200, 2))));
    await until(() => bench.far.frames.length === round, "a frame on the wire");
    t.strictSame(host.breaches, []);
    if (round === 2) return;
    process.kill(bench.bus.pid as number, "SIGKILL");
    await host.until(() => host.errors.length === 1, "the failure");
    t.match(host.errors[0]?.message, /QEMU ended \(killed by SIGKILL\)/);
    await host.close();
    await host.open(controller);
    await host.until(() => host.carriers.at(-1) === true, "carrier");
  }
});

realTime(t, "a few register accesses for many frames", { skip }, async (t) => {
  const bench = new Bench(t);
  let accesses = 0;
  const { controller, host, frames } = await open(t, new MmioRecorder(clock, bench.bus, () => accesses++));
  const count = 100;
  const bytes = frame(controller.address, 60);
  bench.far.port.transmit(bytes, 0, bytes.length);
  await host.until(() => frames.length === 1, "reception to begin");
  accesses = 0;
  for (let i = 0; i < count; i++) bench.far.port.transmit(bytes, 0, bytes.length);
  await host.until(() => frames.length === 1 + count, "a burst");
  t.ok(accesses < count, `${accesses} accesses for ${count} frames`);
  t.strictSame(host.breaches, []);
});
