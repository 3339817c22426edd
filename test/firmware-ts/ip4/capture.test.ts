/** Our frames before a judge who is nobody of ours: tshark finds none malformed and no checksum wrong. */
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { type Heard, Lab } from "../../support/lab.ts";
import { scratch } from "../../support/own.ts";
import { arp, arpReply, BROADCAST, checksum, icmp, ip, udp } from "../../support/wire-format.ts";

const missing = spawnSync("tshark", ["--version"]).status === 0 ? false : "needs tshark (apt-get install tshark)";

/** A pcap file, little endian, microseconds (draft-ietf-opsawg-pcap). */
function pcap(frames: readonly Heard[]): Buffer {
  const parts = [Buffer.alloc(24)];
  const header = parts[0] as Buffer;
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  for (const { time, bytes } of frames) {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(time / 1000), 0);
    record.writeUInt32LE(Math.round((time % 1000) * 1000), 4);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    parts.push(record, Buffer.from(bytes));
  }
  return Buffer.concat(parts);
}

function tshark(file: string, ...words: string[]): string[] {
  const checks = ["ip.check_checksum", "udp.check_checksum"].flatMap((name) => ["-o", `${name}:TRUE`]);
  const text = execFileSync("tshark", ["-r", file, "-n", ...checks, ...words], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return text.split("\n").filter((line) => line !== "");
}

/** Everything that the stack sends, at least once, sizes and checksums of all kinds among it. */
async function scenario(): Promise<Lab> {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24"] });
  lab.stack.addRoute({ to: "default", via: "10.0.0.254" });
  lab.poke();
  lab.run(300);
  lab.say(arpReply());
  lab.say(arp());
  lab.say(arp({ sip: "0.0.0.0" }));
  for (let size = 0; size <= 1472; size += 23) {
    lab.poke("10.0.0.2", new Uint8Array(size).fill(size & 255));
    lab.say(icmp({ sequence: size }, new Uint8Array(size).fill(size & 255)));
  }
  lab.say(icmp({ icmpId: 0, sequence: 0 }, new Uint8Array(56)));
  lab.poke("10.0.0.255");
  lab.poke("255.255.255.255");
  lab.poke("224.0.0.99");
  lab.poke("10.0.0.9");
  lab.poke("8.8.8.8");
  const missing = checksum([...ip("10.0.0.1"), ...ip("10.0.0.2"), 0, 17, 0, 10, 4444 >> 8, 4444 & 255, 0, 9, 0, 10]);
  lab.poke("10.0.0.2", Uint8Array.of(missing >> 8, missing & 255));
  lab.say(udp({ dport: 7 }, "nobody there"));
  lab.say(udp({ dport: 7, options: [1, 1, 1, 0] }, new Uint8Array(1000)));
  lab.say(udp({ dport: 7, destination: "10.0.0.255", to: BROADCAST }, "quiet"));
  lab.stack.ping.open().send(lab.stack.ping.to("10.0.0.2"), 1, 56);
  lab.run(60_000);
  lab.poke();
  lab.run(10_000);
  return lab;
}

t.test("tshark: no malformed frame, no bad checksum", { skip: missing }, async (t) => {
  const lab = await scenario();
  const frames = lab.take();
  const folder = scratch("capture");
  const file = join(folder, "ours.pcap");
  writeFileSync(file, pcap(frames));
  t.equal(tshark(file).length, frames.length, "every frame is read");
  const bad = "_ws.malformed || _ws.short || ip.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0";
  t.same(tshark(file, "-Y", bad), []);
  // Errors quote a UDP datagram that may be cut; its checksum is not ours to be judged.
  t.same(tshark(file, "-Y", "_ws.expert.severity >= 0x600000 && !icmp.type == 3"), [], "nothing that tshark warns of");
  const count = (filter: string): number => tshark(file, "-Y", filter).length;
  t.equal(
    count("arp.opcode == 1 && eth.dst == ff:ff:ff:ff:ff:ff"),
    7,
    "10.0.0.2 once, the silent host and gateway three times each",
  );
  t.equal(count("arp.opcode == 1 && eth.dst == 02:00:00:00:00:02"), 3);
  t.equal(count("arp.opcode == 2"), 2);
  t.equal(count("icmp.type == 0"), 66);
  t.equal(count("icmp.type == 3"), 2);

  // The judge is awake: one wrong bit in a copy of each kind, and it says so.
  const damaged = frames.map(({ time, bytes }) => {
    const copy = bytes.slice();
    if (copy[13] === 0) copy[23 + 15] = copy[38]! ^ 1;
    return { time, bytes: copy };
  });
  writeFileSync(file, pcap(damaged));
  t.ok(tshark(file, "-Y", bad).length > 130);
});
