/** Where control sockets live: which folder, whose it has to be, and what happens to what is there already. */
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { ControlServer } from "../../../firmware-ts/board/control-socket.ts";
import { claimSocket, protectSocket, runtimeDir, socketPath } from "../../../firmware-ts/board/runtime-dir.ts";
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

t.test(
  "a folder and a socket for their owner only; the next instance of the name is refused until the first is gone",
  async (t) => {
    const folder = place(t);
    const path = await claimSocket("one");
    t.equal(path, join(folder.path, "run", "one.sock"));
    t.equal(mode(runtimeDir()), "700");
    const server = new ControlServer(new Map());
    await server.listen(path);
    protectSocket(path);
    t.equal(mode(path), "600");
    await t.rejects(claimSocket("one"), {
      code: "INSTANCE_RUNNING",
      message: "instance one runs already; give this one another --name",
    });
    t.equal(existsSync(path), true, "and its socket is left alone");
    t.equal(await claimSocket("two"), join(folder.path, "run", "two.sock"));
    await server.close();
    t.equal(await claimSocket("one"), path);
  },
);

t.test("the socket of an instance that died is cleared away; anything else in its place is not", async (t) => {
  place(t);
  const path = await claimSocket("dead");
  // A socket file that nobody answers at: what a killed process leaves.
  const other = `${path}.tmp`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(other, resolve));
  const { linkSync } = await import("node:fs");
  linkSync(other, path);
  await new Promise((resolve) => server.close(resolve));
  t.equal(statSync(path).isSocket(), true);
  t.equal(await claimSocket("dead"), path);
  t.equal(existsSync(path), false);

  writeFileSync(path, "precious");
  await t.rejects(claimSocket("dead"), { code: "RUNTIME_DIR", message: /is in the way and is no socket/ });
  t.equal(existsSync(path), true);
});

t.test("a folder that others may enter is refused and not changed: it may be one that they need", async (t) => {
  const folder = place(t);
  const dir = join(folder.path, "run");
  mkdirSync(dir);
  for (const open of [0o755, 0o701, 0o710, 0o1777]) {
    chmodSync(dir, open);
    const octal = open.toString(8);
    await t.rejects(claimSocket("x"), {
      code: "RUNTIME_DIR",
      message: new RegExp(`open to others \\(mode ${octal}\\), say chmod 700`),
    });
    t.equal(mode(dir), octal);
  }
  chmodSync(dir, 0o700);
  await claimSocket("x");
  symlinkSync(dir, join(folder.path, "link"));
  process.env["WHOHAS_RUNTIME_DIR"] = join(folder.path, "link");
  await claimSocket("x");
  writeFileSync(join(folder.path, "file"), "");
  process.env["WHOHAS_RUNTIME_DIR"] = join(folder.path, "file");
  await t.rejects(claimSocket("x"), {
    code: "RUNTIME_DIR",
    message: /cannot use .*file for the control socket: .*set WHOHAS_RUNTIME_DIR/,
  });
});

t.test("somebody else's folder is refused", { skip: root ? false : "needs root, to give a folder away" }, async (t) => {
  const folder = place(t);
  const dir = join(folder.path, "run");
  mkdirSync(dir, { mode: 0o700 });
  chownSync(dir, 12_345, 12_345);
  await t.rejects(claimSocket("x"), { code: "RUNTIME_DIR", message: /it belongs to somebody else/ });
});
