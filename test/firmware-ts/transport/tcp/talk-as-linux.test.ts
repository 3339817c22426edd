/** Connections between our stack and the kernel's, by socat: both ways, both families, with and without faults on the way. */

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { Stack } from "../../../../firmware-ts/stack.ts";
import { DropReason } from "../../../../hal/drop-reason.ts";
import type { PathOptions } from "../../../support/faulty-path.ts";
import { KernelPeer } from "../../../support/kernel-peer.ts";
import { missingForNetns, missingPrograms, run } from "../../../support/netns.ts";
import { scratch } from "../../../support/own.ts";
import { realTime } from "../../../support/real-time.ts";
import { Peer } from "../../../support/tcp-lab.ts";

/** The nightly run (package.json) sets it to 100. */
const MIB = Number(process.env["WHOHAS_TCP_MIB"] ?? 0.25);
const skip = missingForNetns() || missingPrograms("socat", "ethtool", "sha256sum");

const MEBIBYTE = 1 << 20;

/** A sample of them is enough for every day. */
const SAMPLE: readonly string[] = ["over IPv6", "in segments that the kernel has not parted", "with all of it"];

const CASES: readonly [name: string, host: string, faults: PathOptions | null][] = [
  ["over IPv4", "10.9.0.1", null],
  ["over IPv6", "fd09::1", null],
  ["in segments that the kernel has not parted", "10.9.0.1", null],
  ["with 1 % loss", "10.9.0.1", { loss: 0.01 }],
  ["with 5 % loss", "10.9.0.1", { loss: 0.05 }],
  ["with reordering and duplication", "10.9.0.1", { reordering: 0.05, duplication: 0.05 }],
  ["with all of it", "10.9.0.1", { loss: 0.02, reordering: 0.02, duplication: 0.02 }],
];

const TSHARK = missingPrograms("tshark") === false;
/** Frames that tshark looks at. */
const LOOKED_AT = 2000;

/** The first frames of a stack, both ways. */
class FrameCapture {
  readonly frames: Buffer[] = [];

  constructor(stack: Stack) {
    const stop = stack.network.tap((skb) => {
      this.frames.push(Buffer.from(skb.bytes.subarray(skb.data, skb.tail)));
      if (this.frames.length === LOOKED_AT) stop();
    });
  }

  /** As a file of libpcap: a header of 24 bytes, and 16 before each frame. */
  file(): Buffer {
    const head = Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex");
    return Buffer.concat([
      head,
      ...this.frames.flatMap((frame, at) => {
        const record = Buffer.alloc(16);
        record.writeUInt32LE(Math.floor(at / 1000), 0);
        record.writeUInt32LE((at % 1000) * 1000, 4);
        record.writeUInt32LE(frame.length, 8);
        record.writeUInt32LE(frame.length, 12);
        return [record, frame];
      }),
    ]);
  }
}

/** Frames that tshark holds malformed, or whose checksums are wrong; on a path without faults also those of which it warns. */
function faultsIn(capture: FrameCapture, path: string, warnings: boolean): string[] {
  writeFileSync(path, capture.file());
  // The payload is random: nobody is to read a protocol into it.
  const checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "tcp.desegment_tcp_streams:FALSE"];
  const wrong = '_ws.malformed || tcp.checksum.status == "Bad" || ip.checksum.status == "Bad" || _ws.expert.severity == "Error"';
  const all = warnings ? `${wrong} || _ws.expert.severity == "Warning"` : wrong;
  return run("tshark", ["-n", "-r", path, ...checks, "-Y", all, "-T", "fields", "-e", "frame.number", "-e", "_ws.expert.message"])
    .split("\n")
    .filter((line) => line !== "");
}

for (const [name, host, faults] of CASES) {
  if (MIB < 1 && !SAMPLE.includes(name)) continue;
  realTime(t, `${MIB} MiB each way at once, ${name}`, { skip }, async (t) => {
    const unparted = name.includes("not parted");
    const peer = await KernelPeer.open(1, faults, unparted);
    t.teardown(() => peer.close());
    const down = randomBytes(MIB * MEBIBYTE);
    const file = join(scratch("tcp"), "down");
    writeFileSync(file, down);
    const listen = host.includes(":") ? "TCP6-LISTEN:7000,reuseaddr" : "TCP4-LISTEN:7000,reuseaddr";
    // Bytes that come in go to sha256sum, those in the file go out.
    const socat = peer.kernel.spawn("socat", ["-t", "60", listen, `SYSTEM:cat ${file} & sha256sum >&2; wait`]);
    let told = "";
    socat.stderr?.on("data", (text: Buffer) => {
      told += text;
    });
    while (!peer.kernel.run("ss", "-Hltn").includes(":7000")) await sleep(10);
    const up = randomBytes(MIB * MEBIBYTE);
    const ours = new Peer();
    const capture = new FrameCapture(peer.stack);
    const before = process.cpuUsage();
    const started = performance.now();
    ours.connection = peer.stack.tcp.connect(host, 7000, ours);
    ours.pour(up);
    const exit = once(socat, "exit");
    for (let wait = 0; wait < 60_000 && !ours.over; wait++) await sleep(2);
    const took = performance.now() - started;
    const { user, system } = process.cpuUsage(before);
    await exit;
    t.same(ours.events.slice(-2), ["ended", "closed"]);
    t.ok(Buffer.concat(ours.chunks).equals(down), "what the kernel has sent");
    t.match(told, createHash("sha256").update(up).digest("hex"), "what the kernel has received");
    const { counters } = peer.stack.tcp;
    t.equal(counters.inErrs, 0);
    t.equal(peer.eth0.drops.get(DropReason.PKT_TOO_BIG), 0, "no frame was too long");
    const long = peer.eth0.controller.driverStatistics?.()[0];
    if (unparted) t.match(long, ["rx_gso_frames", Number], `${long?.[1]} long frames`);
    // A machine too busy for its queues loses segments by itself: then warnings of them are right.
    const clean = faults === null && counters.retransSegs === 0;
    if (TSHARK) t.same(faultsIn(capture, join(scratch("tcp"), "capture.pcap"), clean), [], "tshark finds nothing wrong");
    const retransmitted = `${counters.retransSegs} of ${counters.outSegs} segments sent again`;
    t.comment(`${Math.round(took)} ms, ${Math.round((user + system) / 1000)} ms of processor time; ${retransmitted}`);
  });
}
