/** Bulk TCP of programs under `whohas exec` against Debian's iperf3 in the kernel: our stack as client and as server, both directions. */
import { fileURLToPath } from "node:url";
import t from "tap";
import { BOARD, HOST, SUBNET } from "../support/host.ts";
import type { Outcome } from "../support/iperf/protocol.ts";
import { missingForNetns, missingPrograms, VethPair } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { pause } from "../support/waiting.ts";
import { adopt, ended, whohasChild } from "../support/whohas.ts";

const PROGRAM = fileURLToPath(new URL("../support/iperf/main.ts", import.meta.url));
/** Reads the program's TypeScript, also for a command that was compiled. */
const LOADER = new URL("../../firmware-ts/cli/dev.mjs", import.meta.url).href;
/** Time of each test. The nightly run (package.json) sets it to 10. */
const SECONDS = Number(process.env["WHOHAS_IPERF_SECONDS"] ?? 1);
const STREAMS = 2;
/** Bytes that our server sends, so that both sides stop at the same one. */
const BYTES = SECONDS * 16_000_000;

const skip = missingForNetns() || missingPrograms("iperf3");

function board(pair: VethPair, words: readonly string[]): ReturnType<typeof whohasChild> {
  const device = ["--device", `packet:${pair.near}`, "--address", `${BOARD}/${SUBNET}`];
  return whohasChild(["exec", "--name", "iperf", ...device, "--", "node", "--import", LOADER, PROGRAM, ...words]);
}

function wire(): VethPair {
  const pair = new VethPair();
  pair.far.ip("address", "add", `${HOST}/${SUBNET}`, "dev", pair.farName);
  return pair;
}

function figures(name: string, { ours, seconds, processor }: Outcome): string {
  const perSecond = (ours / seconds / 1e6).toFixed(0);
  return `${name}: ${perSecond} MB/s, ${(ours / processor / 1e6).toFixed(0)} MB a second of our processor`;
}

realTime(t, "our client, the kernel's server", { skip }, async (t) => {
  const pair = wire();
  t.teardown(() => pair.remove());
  for (const direction of ["forward", "reverse"]) {
    const server = adopt(pair.far.spawn("iperf3", ["-s", "-1", "-J"]));
    const report = ended(server);
    while (!pair.far.run("ss", "-Hltn").includes(":5201")) await pause(10);
    const { stdout, stderr, code } = await ended(board(pair, ["client", HOST, String(SECONDS), String(STREAMS), direction]));
    t.same([code, stderr], [0, ""]);
    const outcome = JSON.parse(stdout) as Outcome;
    const { end, error } = JSON.parse((await report).stdout) as { end: { streams: unknown[] }; error?: string };
    t.equal(error, undefined);
    t.equal(end.streams.length, STREAMS);
    t.ok(outcome.ours > 1_000_000, "megabytes");
    t.equal(outcome.ours, outcome.theirs, `${direction}: both sides count the same bytes`);
    t.comment(figures(direction === "forward" ? "we send" : "we receive", outcome));
  }
});

realTime(t, "our server, the kernel's client", { skip }, async (t) => {
  const pair = wire();
  t.teardown(() => pair.remove());
  const server = board(pair, ["server", "2"]);
  const over = ended(server);
  let listening = false;
  await new Promise<void>((resolve) => {
    server.stdout?.on("data", () => {
      listening = true;
      resolve();
    });
    void over.then(() => resolve());
  });
  if (!listening) throw new Error(`the server did not begin: ${(await over).stderr}`);
  const client = ["-c", BOARD, "-P", String(STREAMS), "-J"];
  const clients = [
    await ended(pair.far.spawn("iperf3", [...client, "-t", String(SECONDS)])),
    await ended(pair.far.spawn("iperf3", [...client, "-R", "-n", String(BYTES)])),
  ];
  // A client that failed leaves a server that waits.
  if (clients.some(({ code }) => code !== 0)) server.kill();
  const reports = clients.map(({ stdout }) => JSON.parse(stdout) as { end: { sum_sent: Sum; sum_received: Sum }; error?: string });
  const { stdout, stderr, code } = await over;
  t.same([code, stderr], [0, ""]);
  const [, forward, reverse] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
  for (const [at, outcome] of [forward!, reverse!].entries()) {
    const { end, error } = reports[at]!;
    t.equal(error, undefined);
    t.equal(outcome.ours, outcome.theirs, "both sides count the same bytes");
    t.same([end.sum_sent.bytes, end.sum_received.bytes], [outcome.ours, outcome.ours], "and so does the kernel's report");
    t.comment(figures(at === 0 ? "we receive" : "we send", outcome));
  }
  t.equal(reverse?.ours, BYTES);
});

interface Sum {
  bytes: number;
}
