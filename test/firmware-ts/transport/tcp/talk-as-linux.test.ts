/** Connections between our stack and the kernel's, by socat: both ways, both families, with and without faults on the way. */

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { PathOptions } from "../../../support/faulty-path.ts";
import { KernelPeer } from "../../../support/kernel-peer.ts";
import { missingForNetns, missingPrograms } from "../../../support/netns.ts";
import { scratch } from "../../../support/own.ts";
import { realTime } from "../../../support/real-time.ts";
import { Peer } from "../../../support/tcp-lab.ts";

const MIB = Number(process.env["WHOHAS_TCP_MIB"] ?? 1);
const skip = missingForNetns() || missingPrograms("socat", "ethtool", "sha256sum");

const CASES: readonly [name: string, host: string, faults: PathOptions | null][] = [
  ["over IPv4", "10.9.0.1", null],
  ["over IPv6", "fd09::1", null],
  ["with 1 % loss", "10.9.0.1", { loss: 0.01 }],
  ["with 5 % loss", "10.9.0.1", { loss: 0.05 }],
  ["with reordering and duplication", "10.9.0.1", { reordering: 0.05, duplication: 0.05 }],
];

for (const [name, host, faults] of CASES) {
  realTime(t, `${MIB} MiB each way at once, ${name}`, { skip }, async (t) => {
    const peer = await KernelPeer.open(1, faults);
    t.teardown(() => peer.close());
    const down = randomBytes(MIB << 20);
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
    const up = randomBytes(MIB << 20);
    const ours = new Peer();
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
    const retransmitted = `${counters.retransSegs} of ${counters.outSegs} segments sent again`;
    t.comment(`${Math.round(took)} ms, ${Math.round((user + system) / 1000)} ms of processor time; ${retransmitted}`);
  });
}
