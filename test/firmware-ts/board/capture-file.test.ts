/** A capture of a whole stack: every frame of every device once, and a file that cannot be written harms nothing else. */
import { existsSync, readFileSync } from "node:fs";
import t from "tap";
import { CaptureFile } from "../../../firmware-ts/board/capture-file.ts";
import { Folder } from "../../support/control.ts";
import { Lab } from "../../support/lab.ts";
import { arpReply, udp } from "../../support/wire-format.ts";

const ENHANCED_PACKET = 6;

/** Packet blocks of a file, as `direction time-in-ms hex`. */
function packets(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) !== ENHANCED_PACKET) continue;
    const time = (BigInt(bytes.readUInt32LE(at + 12)) << 32n) | BigInt(bytes.readUInt32LE(at + 16));
    const length = bytes.readUInt32LE(at + 20);
    const flags = at + 28 + ((length + 3) & ~3) + 4;
    const frame = bytes.subarray(at + 28, at + 28 + length).toString("hex");
    found.push(`${bytes.readUInt32LE(flags) === 2 ? "out" : "in"} ${Number(time / 1_000_000n) - Date.UTC(2026, 0, 1)} ${frame}`);
  }
  return found;
}

t.test("frames in and out, with their times, until it is closed", async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = folder.file("c.pcapng");
  const lab = await Lab.open();
  const capture = new CaptureFile(lab.stack, file);
  t.same(packets(readFileSync(file)), [], "whole from the beginning");
  lab.poke();
  lab.run(100);
  lab.say(arpReply());
  lab.say(udp({}, "x"));
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  const seen = packets(readFileSync(file));
  const heard = lab.take();
  t.same(
    seen.map((line) => line.slice(0, line.lastIndexOf(" "))),
    ["out 0", "in 100", "out 100", "in 100", "out 100"],
  );
  t.ok(hex(heard[0]?.bytes as Uint8Array).startsWith(seen[0]?.split(" ")[2] as string), "what was asked");
  t.equal(seen[3]?.split(" ")[2]?.slice(0, 86), hex(udp({}, "x")).slice(0, 86));
  capture.close();
  lab.poke();
  t.equal(packets(readFileSync(file)).length, 5);
});

t.test("a place that cannot be written to", async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const lab = await Lab.open();
  const path = folder.file("no/c.pcapng");
  t.throws(() => new CaptureFile(lab.stack, path), {
    code: "CAPTURE_FILE",
    message: new RegExp(`cannot write the capture ${path}: ENOENT`),
  });
  t.throws(() => new CaptureFile(lab.stack, folder.path), { code: "CAPTURE_FILE", message: /EISDIR/ });
});

t.test(
  "a disk that is full ends the capture, not the stack, and close() tells",
  { skip: !existsSync("/dev/full") && "needs /dev/full" },
  async (t) => {
    const lab = await Lab.open();
    const capture = new CaptureFile(lab.stack, "/dev/full");
    t.equal(lab.poke(), "queued");
    lab.say(arpReply());
    t.same(lab.fates, ["0 sent"]);
    t.throws(() => capture.close(), { code: "CAPTURE_FILE", message: /cannot write the capture \/dev\/full: ENOSPC/ });
  },
);
