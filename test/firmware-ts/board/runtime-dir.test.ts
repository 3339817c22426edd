/** The folder of control sockets: its choice, its owner, and the fate of files that are there already. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { ControlServer } from "../../../firmware-ts/board/control-socket.ts";
import { claimInstance, runningInstance, runningInstances } from "../../../firmware-ts/board/instance-claim.ts";
import { makeRuntimeDir, runtimeDir, socketPath, trustedSocket } from "../../../firmware-ts/board/runtime-dir.ts";
import { Folder } from "../../support/control.ts";

const root = process.getuid?.() === 0;

/** A folder of the test's own, and the environment as it was when the test is over. */
function place(t: Test): Folder {
  const folder = new Folder();
  const { WHOHAS_RUNTIME_DIR, XDG_RUNTIME_DIR } = process.env;
  t.teardown(() => {
    folder.remove();
    restore("WHOHAS_RUNTIME_DIR", WHOHAS_RUNTIME_DIR);
    restore("XDG_RUNTIME_DIR", XDG_RUNTIME_DIR);
  });
  restore("XDG_RUNTIME_DIR", undefined);
  process.env["WHOHAS_RUNTIME_DIR"] = join(folder.path, "run");
  return folder;
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

t.test("which folder: told, else the session's, else the user's", async (t) => {
  place(t);
  process.env["XDG_RUNTIME_DIR"] = "/run/user/7";
  process.env["WHOHAS_RUNTIME_DIR"] = "/x";
  t.equal(runtimeDir(), "/x");
  process.env["WHOHAS_RUNTIME_DIR"] = "";
  t.equal(runtimeDir(), "/run/user/7/whohas");
  delete process.env["WHOHAS_RUNTIME_DIR"];
  t.equal(socketPath("default"), "/run/user/7/whohas/default.sock");
  delete process.env["XDG_RUNTIME_DIR"];
  t.equal(runtimeDir(), root ? "/run/whohas" : join(tmpdir(), `whohas-${process.getuid?.()}`));
});

t.test("names that could lead elsewhere, and paths that no socket can have, are refused", async (t) => {
  place(t);
  for (const name of ["", ".", "..", ".x", "-x", "a/b", "../x", "a b", "a\n", "ä", "x".repeat(65)]) {
    t.throws(() => socketPath(name), { code: "INSTANCE_NAME" }, JSON.stringify(name));
  }
  for (const name of ["a", "0", "A.b_c-d", "x".repeat(64)]) t.match(socketPath(name), new RegExp(`/${name}\\.sock$`));
  process.env["WHOHAS_RUNTIME_DIR"] = `/${"x".repeat(99)}`;
  t.equal(socketPath("a").length, 107);
  t.throws(() => socketPath("aa"), { code: "INSTANCE_NAME", message: /too long for a socket; set WHOHAS_RUNTIME_DIR/ });
  process.env["WHOHAS_RUNTIME_DIR"] = `/${"é".repeat(50)}`;
  t.throws(() => socketPath("aa"), { code: "INSTANCE_NAME" }, "it is bytes that count");
});

t.test("a folder and a socket for their owner only; a name is refused until its holder is gone", async (t) => {
  const folder = place(t);
  const one = await claimInstance("one");
  t.equal(one.path, join(folder.path, "run", "one.sock"));
  t.equal(mode(runtimeDir()), "700");
  const server = new ControlServer(new Map());
  await server.listen(one.path);
  one.protectSocket();
  t.equal(mode(one.path), "600");
  await t.rejects(claimInstance("one"), {
    code: "INSTANCE_RUNNING",
    message: `instance one is already running as ${process.pid}; give this one another --name`,
  });
  t.equal(existsSync(one.path), true, "and its socket is left alone");
  const two = await claimInstance("two");
  t.equal(two.path, join(folder.path, "run", "two.sock"));
  t.match(runningInstances(), [
    { name: "one", pid: process.pid, socket: one.path },
    { name: "two", pid: process.pid, socket: two.path },
  ]);
  one.release();
  await t.rejects(claimInstance("one"), {
    code: "INSTANCE_RUNNING",
    message: "instance one is already running; give this one another --name",
  });
  await server.close();
  const again = await claimInstance("one");
  one.release();
  t.equal(runningInstance("one")?.pid, process.pid, "the first claim is over and releases nothing of the second");
  again.release();
  two.release();
  t.same(runningInstances(), []);
});

t.test("locks of processes that are gone hold nothing, also when their number belongs to another process now", async (t) => {
  place(t);
  const dir = makeRuntimeDir();
  const dead = await bornAndGone();
  const lock = (number: number, text: string): void => writeFileSync(join(dir, `x.lock.${number}`), text);
  for (const [at, text] of [`${dead} 1\n`, `${process.pid} 1\n`, "", "nonsense", `${dead} \n`].entries()) {
    lock(10 * at + 7, text);
    writeFileSync(join(dir, `x.claim.${dead}`), "");
    t.equal(runningInstance("x"), undefined, JSON.stringify(text));
    const claim = await claimInstance("x");
    t.same(
      readdirSync(dir).filter((name) => name.startsWith("x.")),
      [`x.lock.${10 * at + 8}`],
      "one lock stays, the newest",
    );
    claim.release();
  }
  // An older number is nothing, whoever holds it.
  lock(1, `${process.ppid} \n`);
  (await claimInstance("x")).release();
});

t.test("a claim that is abandoned takes its own socket away, and not that of the next instance", async (t) => {
  place(t);
  const first = await claimInstance("y");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(first.path, resolve));
  first.abandon();
  t.notOk(existsSync(first.path), "its own");
  await new Promise((resolve) => server.close(resolve));
  const second = await claimInstance("y");
  const next = createServer();
  t.teardown(() => next.close());
  await new Promise<void>((resolve) => next.listen(second.path, resolve));
  // As a run does that is told twice to end, while it waits for the reader of its summary.
  first.abandon();
  t.ok(existsSync(second.path), "that of the next one stays");
  t.match(runningInstance("y"), { pid: process.pid });
  second.release();
});

t.test("the socket of an instance that died is cleared away; anything else in its place is not", async (t) => {
  place(t);
  const claim = await claimInstance("dead");
  const { path } = claim;
  claim.release();
  // A socket file that nobody answers at: what a killed process leaves.
  const other = `${path}.tmp`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(other, resolve));
  linkSync(other, path);
  await new Promise((resolve) => server.close(resolve));
  t.equal(statSync(path).isSocket(), true);
  const next = await claimInstance("dead");
  t.equal(existsSync(path), false);
  next.release();

  writeFileSync(path, "precious");
  await t.rejects(claimInstance("dead"), { code: "RUNTIME_DIR", message: /is in the way and is no socket/ });
  t.equal(existsSync(path), true);
  t.equal(runningInstance("dead"), undefined, "a start that failed holds no name");
});

t.test("a folder that others may enter is refused and not changed: it may be one that they need", async (t) => {
  const folder = place(t);
  const dir = join(folder.path, "run");
  mkdirSync(dir);
  for (const open of [0o755, 0o701, 0o710, 0o1777]) {
    chmodSync(dir, open);
    const octal = open.toString(8);
    // The sticky bit marks a folder that everybody needs, as /tmp.
    const advice = open & 0o1000 ? "and shared with them; set" : "say chmod 700; set";
    const refusal = { code: "RUNTIME_DIR", message: new RegExp(`open to others \\(mode ${octal}\\), ${advice}`) };
    t.throws(() => makeRuntimeDir(), refusal);
    t.throws(() => trustedSocket("x"), refusal, "by a client, too");
    t.equal(mode(dir), octal);
  }
  chmodSync(dir, 0o700);
  makeRuntimeDir();
  symlinkSync(dir, join(folder.path, "link"));
  writeFileSync(join(folder.path, "file"), "");
  for (const [name, why] of [
    ["link", /it is a link/],
    ["file", /it is no folder/],
  ] as const) {
    process.env["WHOHAS_RUNTIME_DIR"] = join(folder.path, name);
    for (const use of [makeRuntimeDir, () => trustedSocket("x"), runningInstances]) {
      t.throws(use, { code: "RUNTIME_DIR", message: why });
    }
  }
});

t.test("a folder that cannot be made is told in words, and at once", async (t) => {
  const folder = place(t);
  writeFileSync(join(folder.path, "file"), "");
  symlinkSync("loop", join(folder.path, "loop"));
  for (const [path, why] of [
    ["/proc/whohas/run", "no such folder, and none can be made there"],
    ["/proc/self/fd/whohas/run", "no such folder, and none can be made there"],
    [join(folder.path, "file", "run"), "a part of the path is no folder"],
    [join(folder.path, "loop", "run"), "its links form a circle"],
    [join(folder.path, "x".repeat(300)), "the path is too long"],
  ] as const) {
    process.env["WHOHAS_RUNTIME_DIR"] = path;
    t.throws(makeRuntimeDir, {
      code: "RUNTIME_DIR",
      message: `cannot use ${path} for the control socket: ${why}; set WHOHAS_RUNTIME_DIR`,
    });
  }
  process.env["WHOHAS_RUNTIME_DIR"] = join(folder.path, "a", "b", "c");
  makeRuntimeDir();
  t.same([mode(join(folder.path, "a")), mode(runtimeDir())], ["700", "700"], "folders above it are made as well");
});

t.test("folders and sockets of others are not trusted", { skip: root ? false : "needs root, to give a folder away" }, async (t) => {
  place(t);
  t.equal(trustedSocket("x"), null, "no folder");
  const dir = makeRuntimeDir();
  t.equal(trustedSocket("x"), null, "no socket");
  const server = new ControlServer(new Map());
  t.teardown(() => server.close());
  const path = socketPath("x");
  await server.listen(path);
  t.equal(trustedSocket("x"), path);
  lchownSync(path, 12_345, 12_345);
  t.throws(() => trustedSocket("x"), { code: "INSTANCE_FOREIGN", message: `${path} belongs to user 12345; it is not trusted` });
  symlinkSync(path, socketPath("y"));
  writeFileSync(socketPath("z"), "");
  for (const name of ["y", "z"])
    t.throws(() => trustedSocket(name), { code: "INSTANCE_FOREIGN", message: /is no socket; remove it/ });
  chownSync(dir, 12_345, 12_345);
  for (const use of [makeRuntimeDir, () => trustedSocket("x"), runningInstances]) {
    t.throws(use, { code: "RUNTIME_DIR", message: /it belongs to user 12345, be that user/ });
  }
});

/** The number of a process that has ended. */
async function bornAndGone(): Promise<number> {
  const child = spawn("true");
  await once(child, "exit");
  return child.pid as number;
}
