/** A capture of a whole stack: every frame of every device once, and a file that cannot be written harms nothing else. */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lchownSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import t from "tap";
import { parseCaptureSpec } from "../../../firmware-ts/board/capture/spec.ts";
import { CaptureFile } from "../../../firmware-ts/board/capture-file.ts";
import { Folder } from "../../support/control.ts";
import { Lab } from "../../support/lab.ts";
import { missingPrograms, run } from "../../support/netns.ts";
import { eventually } from "../../support/waiting.ts";
import { arpReply, udp } from "../../support/wire-format.ts";

const ENHANCED_PACKET = 6;
const INTERFACE_STATISTICS = 5;
const SECTION_HEADER = 0x0a0d0d0a;

/** Blocks of a file: type and body. */
function blocks(bytes: Buffer): { type: number; body: Buffer }[] {
  const found: { type: number; body: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    if (at + length > bytes.length) throw new Error(`a block of ${length} bytes, ${bytes.length - at} are there`);
    found.push({ type: bytes.readUInt32LE(at), body: bytes.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return found;
}

/** Packets in the file, those that its packets say are missing (epb_dropcount), and what the statistics of all devices say. */
function account(bytes: Buffer): { sections: number; there: number; told: number; seen: number; missing: number } {
  const sum = { sections: 0, there: 0, told: 0, seen: 0, missing: 0 };
  for (const { type, body } of blocks(bytes)) {
    if (type === SECTION_HEADER) sum.sections++;
    if (type === INTERFACE_STATISTICS) {
      sum.seen += Number(body.readBigUInt64LE(16));
      sum.missing += Number(body.readBigUInt64LE(28));
    }
    if (type !== ENHANCED_PACKET) continue;
    sum.there++;
    const options = 20 + ((body.readUInt32LE(12) + 3) & ~3) + 8;
    if (body.readUInt16LE(options) === 4) sum.told += Number(body.readBigUInt64LE(options + 4));
  }
  return sum;
}

/** Packet blocks of a file, as `direction time-in-ms hex`. */
function packets(bytes: Buffer): string[] {
  const found: string[] = [];
  for (const { type, body } of blocks(bytes)) {
    if (type !== ENHANCED_PACKET) continue;
    const time = (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8));
    const length = body.readUInt32LE(12);
    const flags = 20 + ((length + 3) & ~3) + 4;
    const frame = body.subarray(20, 20 + length).toString("hex");
    found.push(`${body.readUInt32LE(flags) === 2 ? "out" : "in"} ${Number(time / 1_000_000n) - Date.UTC(2026, 0, 1)} ${frame}`);
  }
  return found;
}

t.test("frames in and out, with their times, until it is closed", async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = folder.file("c.pcapng");
  const lab = await Lab.open();
  const capture = new CaptureFile(lab.stack, file);
  lab.poke();
  lab.run(100);
  lab.say(arpReply());
  lab.say(udp({}, "x"));
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  const heard = lab.take();
  await capture.close();
  const seen = packets(readFileSync(file));
  t.same(
    seen.map((line) => line.slice(0, line.lastIndexOf(" "))),
    ["out 0", "in 100", "out 100", "in 100", "out 100"],
  );
  t.ok(hex(heard[0]?.bytes as Uint8Array).startsWith(seen[0]?.split(" ")[2] as string), "what was asked");
  t.equal(seen[3]?.split(" ")[2]?.slice(0, 86), hex(udp({}, "x")).slice(0, 86));
  t.equal(capture.lost, 0);
  t.equal(statSync(file).mode & 0o777, 0o600, "for its owner only");
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
    message: new RegExp(`cannot write the capture ${path}: there is no such folder; make it, or name a file elsewhere$`),
  });
  t.throws(() => new CaptureFile(lab.stack, folder.path), {
    code: "CAPTURE_FILE",
    message: /: it is a folder; name a file in it$/,
  });
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
    await t.rejects(capture.close(), {
      code: "CAPTURE_FILE",
      message: /^cannot write the capture \/dev\/full: the disk is full; make room, or name a file elsewhere$/,
    });
  },
);

/** Frames of full size: each of them makes one packet. */
const LARGE = udp({}, "x".repeat(1400));

t.test(
  "a FIFO: no reader at first, one that stalls, and what is missing stands in the file",
  { skip: missingPrograms("mkfifo") },
  async (t) => {
    const folder = new Folder();
    t.teardown(() => folder.remove());
    const file = folder.file("fifo");
    run("mkfifo", [file]);
    const lab = await Lab.open();
    const capture = new CaptureFile(lab.stack, file);
    lab.say(udp({}, "before"));
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    t.teardown(() => closeSync(reader));
    const got: Buffer[] = [];
    const read = (): number => {
      const bytes = Buffer.alloc(1 << 20);
      try {
        const count = readSync(reader, bytes);
        got.push(bytes.subarray(0, count));
        return count;
      } catch {
        return 0;
      }
    };
    await eventually(() => read() > 0, "the beginning, for a reader that came late");
    const many = 14_000;
    for (let at = 0; at < many; at++) lab.say(LARGE);
    const { lost } = capture;
    t.ok(lost > 0 && lost < many, `bounded: ${lost} lost`);
    const reading = setInterval(() => {
      while (read() > 0);
    }, 1);
    const total = (): number => got.reduce((sum, { length }) => sum + length, 0);
    await eventually(() => total() > (many - lost) * LARGE.length, "all that was kept");
    lab.say(udp({}, "after"));
    await capture.close();
    clearInterval(reading);
    while (read() > 0);
    const { sections, there, told, seen, missing } = account(Buffer.concat(got));
    t.strictSame([sections, told, missing, seen - missing], [1, lost, lost, there]);
  },
);

t.test("a reader that goes away, and another one: a section for each", { skip: missingPrograms("mkfifo") }, async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = folder.file("fifo");
  run("mkfifo", [file]);
  const lab = await Lab.open();
  const open = (): number => openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const first = open();
  const capture = new CaptureFile(lab.stack, file);
  lab.say(udp({}, "first"));
  const some = Buffer.alloc(1 << 16);
  let had = "";
  await eventually(() => {
    try {
      had += some.toString("latin1", 0, readSync(first, some));
    } catch {}
    return had.includes("first");
  }, "something for the first reader");
  closeSync(first);
  await eventually(() => {
    lab.say(udp({}, "nobody"));
    return capture.lost > 0;
  }, "a lost packet");
  const second = open();
  t.teardown(() => closeSync(second));
  const bytes = Buffer.alloc(1 << 20);
  let length = 0;
  const read = (): boolean => {
    try {
      length += readSync(second, bytes, length, bytes.length - length, null);
    } catch {}
    return length > 0;
  };
  await eventually(read, "the second section");
  lab.say(udp({}, "second"));
  await capture.close();
  read();
  const { sections, there, seen, missing } = account(bytes.subarray(0, length));
  t.equal(sections, 1);
  t.ok(there > 0);
  t.equal(missing, capture.lost);
  t.equal(seen > there + missing, true, "the first reader had some");
});

t.test("a FIFO that nobody ever reads delays neither start nor end", { skip: missingPrograms("mkfifo") }, async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = folder.file("fifo");
  run("mkfifo", [file]);
  const lab = await Lab.open();
  const capture = new CaptureFile(lab.stack, file);
  lab.say(LARGE);
  await capture.close();
  t.ok(capture.lost > 0);
});

t.test("rotation by size: the files that are asked for, each whole, no packet lost", async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const lab = await Lab.open();
  const capture = new CaptureFile(lab.stack, `${folder.file("c.pcapng")},size=8k,keep=3`);
  for (let at = 0; at < 40; at++) {
    lab.say(LARGE);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await capture.close();
  t.equal(capture.lost, 0);
  t.strictSame(readdirSync(folder.path).sort(), ["c.pcapng", "c.pcapng.1", "c.pcapng.2"]);
  for (const name of readdirSync(folder.path)) {
    const bytes = readFileSync(folder.file(name));
    t.ok(bytes.length < 8192 + 500, `${name}: ${bytes.length} bytes`);
    const { sections, told, missing } = account(bytes);
    t.strictSame([sections, told, missing], [1, 0, 0], name);
    t.equal(statSync(folder.file(name)).mode & 0o777, 0o600);
  }
});

t.test("rotation by size: no file has more bytes, its header and its statistics included", async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const lab = await Lab.open();
  const capture = new CaptureFile(lab.stack, `${folder.file("c.pcapng")},size=4k,keep=9`, { patient: true });
  for (let at = 0; at < 150; at++) lab.say(udp({}, "x"));
  await capture.close();
  const sizes = readdirSync(folder.path).map((name) => statSync(folder.file(name)).size);
  t.ok(sizes.length > 3);
  t.ok(Math.max(...sizes) <= 4096, `${sizes}`);
});

t.test("rotation by time, in the stack's", async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const lab = await Lab.open();
  const capture = new CaptureFile(lab.stack, `${folder.file("c.pcapng")},every=1m,keep=9`, { patient: true });
  for (let minute = 0; minute < 3; minute++) {
    lab.say(udp({}, "x"));
    lab.run(60_000);
    t.ok(existsSync(folder.file(`c.pcapng.${minute + 1}`)), `file ${minute + 1}`);
  }
  await capture.close();
  t.strictSame(readdirSync(folder.path).length, 4);
});

t.test("words", async (t) => {
  t.strictSame(parseCaptureSpec("c.pcapng"), { path: "c.pcapng", keep: 5 });
  t.strictSame(parseCaptureSpec("a,b.pcapng,size=10M,every=1h,keep=2"), {
    path: "a,b.pcapng",
    size: 10 << 20,
    every: 3_600_000,
    keep: 2,
  });
  const wrong: [string, RegExp][] = [
    ["", /needs a file/],
    ["c,size=1", /size=1: say a size/],
    ["c,size=1k", /4k or more/],
    ["c,size=8k,size=9k", /twice/],
    ["c,every=1ms", /1s or more/],
    ["c,keep=2", /needs size= or every=/],
    ["c,size=8k,keep=0", /1/],
    ["c,colour=red", /there are size=, every= and keep=/],
  ];
  for (const [text, why] of wrong) t.throws(() => parseCaptureSpec(text), { code: /^UNIT_/, message: why }, text);
  const lab = await Lab.open();
  t.throws(() => parseCaptureSpec("-,size=8k"), { message: "-, which is standard output, is one file: no size=, every= or keep=" });
  t.throws(() => new CaptureFile(lab.stack, "-"), { code: "CAPTURE_FILE", message: /: there is no standard output here$/ });
  t.throws(() => new CaptureFile(lab.stack, "/dev/null,size=8k"), { code: "CAPTURE_FILE", message: /need a file of a disk/ });
});

t.test("links and files of somebody else", { skip: process.getuid?.() === 0 ? false : "needs root" }, async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const lab = await Lab.open();
  const target = folder.file("target");
  const link = folder.file("link");
  symlinkSync(target, link);
  await new CaptureFile(lab.stack, link).close();
  t.ok(existsSync(target), "an own link is followed");
  chmodSync(target, 0o644);
  writeFileSync(target, "old");
  lchownSync(link, 65_534, 65_534);
  const refused = (path: string, message: RegExp): void => {
    t.throws(() => new CaptureFile(lab.stack, path), { code: "CAPTURE_FILE", message }, path);
  };
  refused(link, /link is a link that belongs to user 65534/);
  symlinkSync(folder.path, folder.file("way"));
  lchownSync(folder.file("way"), 65_534, 65_534);
  refused(folder.file("way/c.pcapng"), /way is a link that belongs to user 65534/);
  t.equal(readFileSync(target, "utf8"), "old", "nothing was written");
  await new CaptureFile(lab.stack, target).close();
  t.equal(statSync(target).mode & 0o777, 0o600, "a file that others could read is closed to them");
  lchownSync(target, 65_534, 65_534);
  refused(target, /it belongs to user 65534/);
});
