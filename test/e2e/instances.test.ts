/** Instances by their names: several starts of one name, the list of those that run, and the end of one. */
import { chownSync, existsSync, mkdirSync } from "node:fs";

import { createServer, type Server } from "node:net";
import { join } from "node:path";
import t from "tap";
import { folder, Instance, whohas, whohasProcess } from "../support/whohas.ts";

const SIM = ["--no-app", "--device", "enc28j60:sim", "--address", "10.9.0.2/24"];

t.test("four starts of one name at once: one runs, and the others name it", async (t) => {
  for (let round = 0; round < 3; round++) {
    const started = await Promise.allSettled(Array.from({ length: 4 }, () => Instance.start(SIM, { name: "race" })));
    const running = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    t.teardown(() => Promise.all(running.map((one) => one.kill())));
    const refused = started.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    const [winner] = running;
    t.same([running.length, refused.length], [1, 3], `round ${round}`);
    const why = `whohas: instance race is already running as ${winner?.child.pid}; give this one another --name\n`;
    for (const message of refused) t.ok(message.endsWith(why), message);
    t.equal((await whohas("-i", "race", "link")).code, 0, "and answers");
    // Every other round the name is left behind by a process that was killed.
    await winner?.stop(round % 2 === 0 ? "SIGKILL" : "SIGTERM");
  }
});

t.test("instances are listed, and ended by their name", async (t) => {
  t.strictSame(await whohas("instances"), { stdout: "", stderr: "", code: 0 }, "none runs");
  t.strictSame(await whohas("-j", "instances"), { stdout: "[]\n", stderr: "", code: 0 });
  const [one, other] = await Promise.all([Instance.start(SIM, { name: "one" }), Instance.start(SIM, { name: "other.b" })]);
  t.teardown(() => Promise.all([one.kill(), other.kill()]));
  const lines = (await whohas("instances")).stdout.split("\n");
  t.match(lines, [
    /^NAME {5}PID +SINCE +SOCKET$/,
    new RegExp(`^one {6}${one.child.pid} +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d  ${one.socket}$`),
    new RegExp(`^other\\.b  ${other.child.pid} +.* ${other.socket}$`),
  ]);
  for (const words of [
    ["-j", "instances"],
    ["-j", "-p", "instances"],
    ["instances", "--json"],
  ]) {
    const listed = JSON.parse((await whohas(...words)).stdout) as object;
    t.match(listed, [
      { name: "one", pid: one.child.pid, since: Number, socket: one.socket },
      { name: "other.b", pid: other.child.pid },
    ]);
  }
  t.strictSame(await whohas("stop", "one"), { stdout: "", stderr: "", code: 0 });
  t.equal(existsSync(one.socket), false, "it has ended when the command has");
  const { code, summary } = await one.stop(null);
  t.equal(code, 0, "as SIGTERM ends it");
  t.ok(summary, "with a summary");
  t.match((await whohas("instances")).stdout, /^NAME.*\nother\.b.*\n$/);
  t.match(await whohas("stop", "one"), { stdout: "", stderr: /^no instance one in .*\n$/, code: 3 });
  t.match(await whohas("stop", "a/b"), { stdout: "", stderr: /^whohas: "a\/b" is not an instance's name.*\n$/, code: 2 });
  t.match(await whohas("stop"), { stdout: "", stderr: /^whohas: missing required argument 'name'\n$/, code: 2 });

  await other.stop("SIGKILL");
  t.equal(existsSync(other.socket), true, "what is killed leaves its socket");
  t.equal((await whohas("instances")).stdout, "", "and is not listed");
  t.equal((await whohas("stop", "other.b")).code, 3);
});

t.test("a runtime folder that cannot be used is told in words, and at once", async (t) => {
  for (const [dir, why] of [
    ["/proc/whohas", "no such folder, and none can be made there"],
    ["/dev/null/whohas", "a part of the path is no folder"],
    ["/tmp", /it is open to others \(mode 1777\), and shared with them|it belongs to user/],
  ] as const) {
    const { stdout, stderr, code } = await whohasProcess(["run", ...SIM], [], { WHOHAS_RUNTIME_DIR: dir });
    t.match({ stdout, code }, { stdout: "", code: 1 });
    t.match(stderr, new RegExp(`^whohas: cannot use ${dir} for the control socket: .*; set WHOHAS_RUNTIME_DIR\n$`));
    t.match(stderr, why);
  }
  const { stderr, code } = await whohasProcess(["neigh"], [], { WHOHAS_RUNTIME_DIR: "/tmp" });
  t.match(stderr, /^whohas: cannot use \/tmp for the control socket/);
  t.equal(code, 3);
});

/** ESC [2J, a line of its own, and CSI in one character. */
const ESCAPES = "\u001b[2J\n\u009b1m";

/** Listens at `path` and answers every request with control characters in all that it says. */
function impostor(path: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (text) => {
      const { id } = JSON.parse(String(text)) as { id: number };
      const error = { code: 1, message: ESCAPES, data: { code: ESCAPES, errno: ESCAPES, detail: ESCAPES } };
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, error })}\n`);
    });
  });
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}

t.test("an instance that answers with control characters drives no terminal; one of another user is not even asked", async (t) => {
  const dir = join(folder, "other");
  mkdirSync(dir, { mode: 0o700 });
  const path = join(dir, "x.sock");
  const server = await impostor(path);
  t.teardown(() => server.close());
  const ask = (...words: string[]): ReturnType<typeof whohasProcess> =>
    whohasProcess(["-i", "x", ...words], [], { WHOHAS_RUNTIME_DIR: dir });
  for (const words of [
    ["link"],
    ["-j", "neigh"],
    ["sysctl", "a.b"],
    ["ping", "-c", "1", "10.0.0.1"],
    ["udp", "send", "10.0.0.1:9"],
  ]) {
    const { stdout, stderr, code } = await ask(...words);
    t.notMatch(stdout + stderr, /(?!\n)[\p{Cc}]/u, words.join(" "));
    t.match(stderr, /\\x1b\[2J/, "it is shown");
    t.not(code, 0);
  }
  if (process.getuid?.() !== 0) return;
  chownSync(path, 12_345, 12_345);
  const refused = { stdout: "", stderr: `whohas: ${path} belongs to user 12345; it is not trusted\n`, code: 3 };
  t.strictSame(await ask("link"), refused, "a socket of another user");
  chownSync(dir, 12_345, 12_345);
  t.match(await ask("link"), {
    stdout: "",
    stderr: /^whohas: cannot use .* it belongs to user 12345, be that user; .*\n$/,
    code: 3,
  });
});
