/** Output that ends, is full, stalls or closes: it neither ends nor delays a command that runs until it is told to stop. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { SystemClock } from "../../hal/clock.ts";
import { missingPrograms, run } from "../support/netns.ts";
import { bound, scratch } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { adopt, commandLine, ended, folder, whohasProcess } from "../support/whohas.ts";

const ENV = { ...process.env, WHOHAS_RUNTIME_DIR: join(folder, "run") };
const skip = missingPrograms("mkfifo", "sh");
const clock = new SystemClock();

/** A rig whose bench reports often, so that there is much to print. */
const RIG = join(folder, "chatty.yaml");
writeFileSync(
  RIG,
  `devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [192.168.10.10/24] } }
telemetry: { to: 192.168.10.1:8094, every: 20ms }
`,
);

interface Started {
  name: string;
  child: ChildProcess;
  stderr(): string;
  /** Exit status or signal, and how long after the call it came, in ms. */
  end(): Promise<{ end: number | string | null; took: number }>;
  socket: string;
}

/** Longest that anything is waited for, in ms. */
const LIMIT = 20_000;

let names = 0;

/** `whohas run` with its standard output at a descriptor. */
function start(t: Test, stdout: number | "pipe", words: readonly string[] = [RIG]): Started {
  const name = `out${names++}`;
  const [program, args] = commandLine(["run", "--name", name, ...words]);
  const child = adopt(bound(program, args, { stdio: ["ignore", stdout, "pipe"], env: ENV }));
  t.teardown(() => child.kill("SIGKILL"));
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exit = once(child, "exit");
  const end = async (): Promise<{ end: number | string | null; took: number }> => {
    const from = clock.now();
    const [code, signal] = await exit;
    return { end: code ?? signal, took: clock.now() - from };
  };
  return { name, child, stderr: () => stderr, end, socket: join(ENV.WHOHAS_RUNTIME_DIR, `${name}.sock`) };
}

/** A FIFO with a reader that reads when it is asked to. */
function fifo(): { path: string; reader: number; writer: number } {
  const path = join(folder, `fifo${names++}`);
  run("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  return { path, reader, writer };
}

/** All that came out of a FIFO so far. */
class Collected {
  readonly #reader: number;
  #text = "";

  constructor(reader: number) {
    this.#reader = reader;
  }

  has(what: RegExp): boolean {
    const bytes = Buffer.alloc(1 << 16);
    try {
      for (let count = -1; count !== 0; ) {
        count = readSync(this.#reader, bytes);
        this.#text += bytes.toString("utf8", 0, count);
      }
    } catch {
      // Nothing more now.
    }
    return what.test(this.#text);
  }
}

/** It has reported so often, and so has printed lines. */
async function reported(started: Started, times = 1): Promise<void> {
  await eventually(() => existsSync(started.socket), "the control socket", LIMIT);
  let count = 0;
  await eventually(
    async () => {
      // nstat tells of what came since it was asked before.
      count += Number(/UdpOutDatagrams +(\d+)/.exec(await ask(started, "nstat"))?.[1] ?? 0);
      return count >= times;
    },
    "reports",
    LIMIT,
  );
}

realTime(t, "a pipe that nobody reads any more: the firmware goes on", { skip }, async (t) => {
  const { path, reader, writer } = fifo();
  const started = start(t, writer);
  closeSync(writer);
  const first = new Collected(reader);
  await eventually(() => first.has(/#3 /), "reports", LIMIT);
  closeSync(reader);
  await reported(started);
  const again = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => closeSync(again));
  const second = new Collected(again);
  // Lines that the pipe held when it lost its reader may come first.
  await eventually(() => second.has(/^whohas: \d+ lines? of output lost: EPIPE\n.*#\d+ /m), "the note of lost lines", LIMIT);
  t.equal(started.child.exitCode, null);
  started.child.kill("SIGTERM");
  t.equal((await started.end()).end, 0);
  t.notOk(existsSync(started.socket), "no socket stays behind");
  t.equal(started.stderr(), "");
});

/** Fills a pipe or a terminal, so that there is no room from the beginning. */
function fill(fd: number): void {
  const filler = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    for (;;) writeFileSync(filler, Buffer.alloc(64, "."));
  } catch {
    closeSync(filler);
  }
}

/** Starts a command that is refused, with its standard error there. */
function refusal(t: Test, stderr: number, words: readonly string[]): { end: Promise<unknown[]> } {
  const [program, args] = commandLine(words);
  const child = adopt(bound(program, args, { stdio: ["ignore", "ignore", stderr], env: ENV }));
  t.teardown(() => child.kill("SIGKILL"));
  return { end: once(child, "exit") };
}

realTime(t, "last words: said late to a reader that pauses, and to nobody when there is none for 5 s", { skip }, async (t) => {
  const cases: [words: string[], status: number, said: RegExp][] = [
    [["run", "/nonexistent.yaml"], 2, /cannot read the rig file \/nonexistent\.yaml: there is no such file\n$/],
    [["-i", "nobody", "neigh"], 3, /no instance nobody in /],
  ];
  await Promise.all(
    cases.map(async ([words, status, said]) => {
      const never = fifo();
      fill(never.writer);
      const ended = await refusal(t, never.writer, words).end;
      t.strictSame(ended, [status, null], `${words.join(" ")}: nobody reads`);
      const late = fifo();
      fill(late.writer);
      const { end } = refusal(t, late.writer, words);
      closeSync(late.writer);
      const collected = new Collected(late.reader);
      await eventually(() => collected.has(said), "the complaint", LIMIT);
      t.strictSame(await end, [status, null], `${words.join(" ")}: somebody reads`);
      for (const fd of [never.reader, never.writer, late.reader]) closeSync(fd);
    }),
  );
});

realTime(t, "last words to a terminal that is held (^S)", { skip: skip || missingPrograms("socat") }, async (t) => {
  const { socat, fd } = await terminal(t);
  t.teardown(() => socat.kill("SIGCONT"));
  socat.kill("SIGSTOP");
  fill(fd);
  const { end } = refusal(t, fd, ["run", "/nonexistent.yaml"]);
  closeSync(fd);
  t.strictSame(await end, [2, null]);
});

realTime(t, "a reader that stalls: bounded, told, and the end does not wait for it", { skip }, async (t) => {
  const { reader, writer } = fifo();
  t.teardown(() => closeSync(reader));
  fill(writer);
  const started = start(t, writer);
  closeSync(writer);
  await reported(started);
  started.child.kill("SIGTERM");
  const { end, took } = await started.end();
  t.equal(end, 0);
  t.ok(took < 5000, `${took} ms`);
  t.notOk(existsSync(started.socket));
});

realTime(t, "a disk that is full, and has room again", { skip: skip || missingPrograms("mount", "umount") }, async (t) => {
  const disk = scratch("full");
  if (!tmpfs(t, disk)) return t.comment("no right to mount");
  const path = join(disk, "out");
  const ballast = join(disk, "ballast");
  try {
    writeFileSync(ballast, Buffer.alloc(1 << 20));
  } catch {}
  writeFileSync(path, "");
  const fd = openSync(path, "a");
  const started = start(t, fd);
  closeSync(fd);
  await reported(started);
  t.equal(readFileSync(path, "utf8"), "", "no room for a line");
  run("rm", [ballast]);
  await eventually(
    () => /^whohas: \d+ lines? of output lost: ENOSPC\n.*#\d+ /m.test(readFileSync(path, "utf8")),
    "the note",
    LIMIT,
  );
  started.child.kill("SIGINT");
  t.equal((await started.end()).end, 0);
  t.match(readFileSync(path, "utf8"), /\ndrops {9}/, "the summary");
  t.equal(started.stderr(), "");
});

/** Mounts a file system of 64 KiB. Returns whether that is allowed. */
function tmpfs(t: Test, path: string): boolean {
  mkdirSync(path, { recursive: true });
  try {
    run("mount", ["-t", "tmpfs", "-o", "size=64k", "none", path]);
  } catch {
    return false;
  }
  t.teardown(() => run("umount", ["-l", path]));
  return true;
}

realTime(t, "a terminal that is held (^S)", { skip: skip || missingPrograms("socat") }, async (t) => {
  const { socat, fd } = await terminal(t);
  const started = start(t, fd, [RIG, "--json"]);
  closeSync(fd);
  await eventually(() => existsSync(started.socket), "the control socket", LIMIT);
  socat.kill("SIGSTOP");
  // More than a pseudo terminal holds: some 4 KiB at either side.
  await reported(started, 200);
  started.child.kill("SIGTERM");
  const { end, took } = await started.end();
  t.equal(end, 0);
  t.ok(took < 5000, `${took} ms`);
});

realTime(t, "bridge-sim, whose output nobody reads", { skip }, async (t) => {
  const { reader, writer } = fifo();
  const path = join(folder, `pty${names++}`);
  const [program, args] = commandLine(["bridge-sim", "--pty", path]);
  const child = adopt(bound(program, args, { stdio: ["ignore", writer, "inherit"], env: ENV }));
  t.teardown(() => child.kill("SIGKILL"));
  closeSync(reader);
  closeSync(writer);
  const end = once(child, "exit");
  await eventually(() => existsSync(path), "the pseudo terminal", LIMIT);
  child.kill("SIGHUP");
  t.strictSame(await end, [0, null]);
  t.notOk(existsSync(path), "the name of the port is gone");
});

/** A pseudo terminal, and the program that reads it. */
async function terminal(t: Test): Promise<{ socat: ChildProcess; fd: number }> {
  const link = join(folder, `pty${names++}`);
  const socat = spawn("socat", [`PTY,link=${link},raw,echo=0`, "SYSTEM:cat > /dev/null"], { stdio: "ignore" });
  t.teardown(() => socat.kill("SIGKILL"));
  await eventually(() => existsSync(link), "the pseudo terminal", LIMIT);
  return { socat, fd: openSync(link, constants.O_RDWR | constants.O_NOCTTY) };
}

realTime(t, "a terminal that closes", { skip: skip || missingPrograms("socat") }, async (t) => {
  const { socat, fd } = await terminal(t);
  const started = start(t, fd);
  closeSync(fd);
  await reported(started);
  socat.kill("SIGKILL");
  await once(socat, "exit");
  // More reports, into the terminal that is gone.
  await reported(started);
  t.equal(started.child.exitCode, null, "the firmware does not need a terminal");
  started.child.kill("SIGHUP");
  started.child.kill("SIGHUP");
  t.equal((await started.end()).end, 0, "SIGHUP goes the same way down");
  t.notOk(existsSync(started.socket));
  t.equal(started.stderr(), "");
});

async function ask({ name }: Started, word: string): Promise<string> {
  return (await whohasProcess(["-i", name, word])).stdout;
}

realTime(t, "a capture into a FIFO that nobody reads, then somebody", { skip }, async (t) => {
  const path = join(folder, `fifo${names++}`);
  run("mkfifo", [path]);
  const started = start(t, "pipe", [RIG, "--capture", path]);
  started.child.stdout?.resume();
  await reported(started);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => closeSync(reader));
  const captured = new Collected(reader);
  await eventually(() => captured.has(/eth0/), "the capture's beginning", LIMIT);
  // From here on the reader pauses.
  started.child.kill("SIGTERM");
  const { end, took } = await started.end();
  t.equal(end, 0);
  t.ok(took < 5000, `${took} ms`);
  t.notOk(existsSync(started.socket));
});

realTime(t, "commands that ask end with their output, as others do", { skip }, async (t) => {
  const { reader, writer } = fifo();
  closeSync(reader);
  const [program, args] = commandLine(["help"]);
  const cases: [number, number, RegExp][] = [[writer, 141, /^$/]];
  if (existsSync("/dev/full")) cases.push([openSync("/dev/full", "w"), 1, /^cannot write to standard output: the disk is full\n$/]);
  for (const [stdout, status, words] of cases) {
    const { code, stderr } = await ended(bound(program, args, { stdio: ["ignore", stdout, "pipe"], env: ENV }));
    t.match([code, stderr], [status, words]);
    closeSync(stdout);
  }
});
