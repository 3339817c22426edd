/** The one way down: signals, uncaught errors, a part that does not close, and a second signal. */
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import t from "tap";
import { startNode } from "../../support/own.ts";
import { realTime } from "../../support/real-time.ts";
import { eventually } from "../../support/waiting.ts";

interface Ended {
  status: number | string | null;
  stdout: string;
  stderr: string;
}

/** Runs the child, sends it the signals one after the other, each when the process has had the last one for a while. */
async function play(how: string, signals: readonly NodeJS.Signals[], between = 0): Promise<Ended> {
  const child = startNode(new URL("way-down-child.ts", import.meta.url), [how], { stdio: ["ignore", "pipe", "pipe"] });
  const ended: Ended = { status: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ended.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    ended.stderr += text;
  });
  const end = once(child, "close");
  await eventually(() => /ready/.test(ended.stdout), "ready");
  for (const signal of signals) {
    child.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, between));
  }
  const [code, signal] = await end;
  ended.status = code ?? signal;
  return ended;
}

t.jobs = 2;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  realTime(t, `${signal}: everything is closed`, { buffered: true }, async (t) => {
    t.strictSame(await play("well", [signal]), { status: 0, stdout: "ready\nclosed\n", stderr: "" });
  });
}

for (const [how, message] of [
  ["throw", "thrown by a timer"],
  ["reject", "rejected"],
] as const) {
  realTime(t, `an error that nobody catches (${how}): everything is closed`, { buffered: true }, async (t) => {
    const { status, stdout, stderr } = await play(how, []);
    t.equal(status, 1);
    t.equal(stdout, "ready\nclosed\n");
    t.match(stderr, new RegExp(`^whohas: unexpected error, going down: Error: ${message}\n +at `));
  });
}

realTime(t, "the text of an error that nobody catches drives no terminal", { buffered: true }, async (t) => {
  const { stderr } = await play("escape", []);
  t.match(stderr, /^whohas: unexpected error, going down: Error: thrown\\x1b\[31m\n +at /);
});

const full = existsSync("/dev/full") ? false : "no /dev/full";
realTime(t, "an output that refuses every line: standard error tells at the end", { skip: full, buffered: true }, async (t) => {
  const fd = openSync("/dev/full", "w");
  const child = startNode(new URL("way-down-child.ts", import.meta.url), ["throw"], { stdio: ["ignore", fd, "pipe"] });
  closeSync(fd);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  t.strictSame(await once(child, "close"), [1, null]);
  t.match(stderr, /\nwhohas: 2 lines of output lost: ENOSPC\n$/);
});

realTime(t, "an error that comes again and again is told a few times", { buffered: true }, async (t) => {
  const { status, stderr } = await play("again", []);
  t.equal(status, 1);
  t.ok((stderr.match(/unexpected error/g) ?? []).length <= 3);
});

realTime(t, "a part that does not close is left as it is after 5 s", { buffered: true }, async (t) => {
  const from = performance.now();
  const { status, stdout, stderr } = await play("hang", ["SIGTERM"]);
  t.ok(performance.now() - from > 5000);
  t.strictSame(
    [status, stdout, stderr],
    [1, "ready\n", "last\nwhohas: not everything could be closed within 5 s; it is left as it is\n"],
  );
});

realTime(t, "a second signal ends it at once, in its own name", { buffered: true }, async (t) => {
  const { status, stderr } = await play("hang", ["SIGTERM", "SIGTERM"], 500);
  t.match([status, stderr], ["SIGTERM", /^$|^last\n$/]);
});

realTime(t, "a terminal that closes says so twice: that is no second signal", { buffered: true }, async (t) => {
  const { status } = await play("hang", ["SIGHUP", "SIGHUP"], 500);
  t.equal(status, 1, "it had its time");
});
