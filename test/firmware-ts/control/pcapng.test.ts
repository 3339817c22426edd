/** Our pcapng files, read by tshark without any of our code. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import t from "tap";
import { Direction, pcapngHeader, pcapngPacket, pcapngStatistics } from "../../../firmware-ts/control/pcapng.ts";
import { Folder } from "../../support/control.ts";
import { missingPrograms } from "../../support/netns.ts";
import { arp, udp } from "../../support/wire-format.ts";

const skip = missingPrograms("tshark", "capinfos");

function run(program: string, ...words: string[]): string {
  return execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
}

t.test("frames, interfaces, directions and times come back as they were", { skip }, async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = folder.file("c.pcapng");
  const day = Date.UTC(2026, 0, 1);
  const frames: [index: number, time: number, frame: Uint8Array, direction: number][] = [
    [0, day, arp(), Direction.OUT],
    [1, day + 0.25, udp({}, "odd"), Direction.IN],
    [2, day + 999.999755859375, udp({}, "x".repeat(1472)), Direction.OUT],
    [0, day + 1000, Uint8Array.of(1), Direction.IN],
    [0, 0, arp(), Direction.IN],
    [0, 2 ** 42, arp(), Direction.IN],
  ];
  writeFileSync(
    file,
    Buffer.concat([pcapngHeader(["eth0", "é", "a-name-of-15-ch"]), ...frames.map((args) => pcapngPacket(...args))]),
  );
  const fields = [
    "frame.interface_name",
    "frame.interface_id",
    "frame.time_epoch",
    "frame.len",
    "frame.cap_len",
    "frame.packet_flags_direction",
  ];
  const rows = run("tshark", "-n", "-r", file, "-T", "fields", ...fields.flatMap((field) => ["-e", field]))
    .trimEnd()
    .split("\n");
  t.same(
    rows.map((row) => {
      const [name, index, time, length, captured, direction] = row.split("\t");
      return [name, Number(index), time, Number(length), Number(captured), Number(direction)];
    }),
    [
      ["eth0", 0, "1767225600.000000000", 42, 42, 2],
      ["é", 1, "1767225600.000250000", 45, 45, 1],
      ["a-name-of-15-ch", 2, "1767225600.999999756", 1514, 1514, 2],
      ["eth0", 0, "1767225601.000000000", 1, 1, 1],
      ["eth0", 0, "0.000000000", 42, 42, 1],
      ["eth0", 0, "4398046511.104000000", 42, 42, 1],
    ],
  );
  const dumped = JSON.parse(run("tshark", "-r", file, "-T", "json", "-x")) as { _source: { layers: { frame_raw: string[] } } }[];
  t.same(
    dumped.map(({ _source }) => _source.layers.frame_raw[0]),
    frames.map(([, , frame]) => Buffer.from(frame).toString("hex")),
  );
});

t.test("a capture of nothing is whole", { skip }, async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  for (const names of [["eth0"], ["eth0", "eth1"]]) {
    const file = folder.file("empty.pcapng");
    writeFileSync(file, pcapngHeader(names));
    t.equal(run("tshark", "-n", "-r", file), "");
    const about = run("capinfos", file);
    t.match(about, /Number of packets:\s+0/);
    t.match(about, new RegExp(`Number of interfaces in file:\\s+${names.length}`));
  }
});

t.test("packets that are missing", { skip }, async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = folder.file("drops.pcapng");
  const packets = [0, 7, 2 ** 33 + 1].map((drops) => pcapngPacket(0, 1000, udp({}, "x"), Direction.IN, drops));
  writeFileSync(file, Buffer.concat([pcapngHeader(["eth0"]), ...packets, pcapngStatistics(0, 2000, 2 ** 33 + 11, 2 ** 33 + 8)]));
  const json = run("tshark", "-r", file, "-T", "json");
  t.equal((JSON.parse(json) as unknown[]).length, 3, "readable");
  t.same(json.match(/"frame\.drop_count": "\d+"/g) ?? [], ['"frame.drop_count": "7"', `"frame.drop_count": "${2 ** 33 + 1}"`]);
  t.match(run("capinfos", file), /Number of packets:\s+3/);
});
