/**
 * The whole chain on real parts: the kernel of a host <- its wire -> chip model <- SPI <- bridge (our firmware in avr8js, or the
 * program that plays one) <- pseudo terminal <- serialport <- driver <- stack. The bridge and the board are processes of their own.
 */

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Background } from "../support/background.ts";
import { BOARD, HOST, Host } from "../support/host.ts";
import { missingForNetns, missingPrograms, run } from "../support/netns.ts";
import { eventually } from "../support/waiting.ts";
import { type Ended, fileOf, folder, Instance, whohas } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("python3", "ping") || (existsSync("/dev/ptmx") ? false : "needs /dev/ptmx");

const PORT = 8094;
const KINDS: readonly string[][] = [
  ["--firmware", "responder"],
  ["--firmware", "uno", "--baud", "2000000"],
];

/** A microcontroller has nobody beside it: what is simulated shall have its time, whatever else this machine does. */
const URGENT = ["nice", "-n", "-15"];

let made = 0;

/**
 * A bridge that does not get its share of this machine falls silent for longer than the 250 ms that an answer may take, and the
 * driver, which takes it for a fault, loses what was under way. Such a run is made again; a chain that loses by itself fails each.
 */
const ATTEMPTS = 3;

for (const words of KINDS) {
  t.test(`ping and telemetry without loss: ${words.join(" ")}`, { skip }, async (t) => {
    for (let attempt = 1; ; attempt++) {
      const { lost, device, bridge } = await play(words);
      if (lost.length > 0 && attempt < ATTEMPTS) {
        t.comment(`attempt ${attempt}: ${lost.join("; ")}; ${/^mcu .*$/m.exec(bridge.stdout)?.[0] ?? ""}`);
        continue;
      }
      t.match(device, {
        description: /^ENC28J60 rev B7 on serprog bridge whohas-(sim|uno) on \S+ at 2000000 baud$/,
        fallback: null,
      });
      t.strictSame(lost, [], "nothing is lost, either way");
      t.match([bridge.code, bridge.stderr], [0, ""]);
      t.match(bridge.stdout, /^line .* 0 refused; .* 0 lost$/m);
      t.match(bridge.stdout, /^data sheet {2}0 violations$/m);
      t.match(bridge.stdout, /^drops {7}none$/m);
      return;
    }
  });
}

interface Played {
  /** What was lost, each in words. */
  lost: string[];
  device: object | undefined;
  bridge: Ended;
}

async function play(words: readonly string[]): Promise<Played> {
  const host = new Host();
  const sink = await host.sink(PORT);
  const path = join(folder, `chain${made++}`);
  const bridge = await Background.start(["bridge-sim", "--pty", path, "--wire", host.near, ...words], URGENT);
  try {
    const rig = `devices:
  eth0: { driver: enc28j60, bus: { kind: serprog, port: ${path}, baud: 2000000, spiHz: 8MHz }, addresses: [${BOARD}/24] }
telemetry: { to: ${HOST}:${PORT}, every: 100ms }
`;
    const board = await Instance.start([fileOf(rig)]);
    run("renice", ["-n", "-10", "-p", String(board.child.pid)]);
    const ready = board.events.find(({ event }) => event === "ready");
    const lost: string[] = [];
    for (const size of ["0", "56", "1472"]) {
      const { stdout } = await host.exec("ping", "-n", "-q", "-c", "15", "-i", "0.1", "-W", "5", "-s", size, BOARD);
      if (!/15 packets transmitted, 15 received/.test(stdout)) lost.push(`ping from the host, ${size} bytes: ${stdout}`);
    }
    const ping = await whohas("-i", board.name, "ping", "-c", "5", "-i", "0.1", HOST);
    if (!/5 packets transmitted, 5 received/.test(ping.stdout)) lost.push(`ping from the board: ${ping.stdout}`);
    await eventually(() => sink.datagrams.length >= 20, "20 datagrams at the host");
    const { code, summary } = await board.stop();
    if (code !== 0) throw new Error(`run ended with ${code}: ${board.stderr}`);
    const { sent, failed } = summary.datagrams;
    // One may have been on its way when the board was stopped: accounted for as dropped, wherever it had come to.
    if (failed > 1) lost.push(`${failed} datagrams failed`);
    const { QUEUE_PURGE = 0, ...drops } = summary.drops;
    if (QUEUE_PURGE > failed || Object.keys(drops).length > 0) lost.push(`drops ${JSON.stringify(summary.drops)}`);
    await eventually(() => sink.datagrams.length >= sent, "all that was sent", 2000).catch(() => undefined);
    const whole = sink.datagrams.filter(({ text }) => text.startsWith("telemetry,node=")).length;
    if (whole < sent || whole > sent + failed) lost.push(`${sent} datagrams sent, ${whole} received`);
    const device = (ready?.["devices"] as object[] | undefined)?.[0];
    return { lost, device, bridge: await bridge.stop() };
  } finally {
    await bridge.kill();
    sink.close();
    host.remove();
  }
}

t.test("the bridge is pulled and plugged in again: the board says so and goes on", { skip }, async (t) => {
  const host = new Host();
  t.teardown(() => host.remove());
  const sink = await host.sink(PORT);
  t.teardown(() => sink.close());
  const path = join(folder, "pulled");
  const words = ["bridge-sim", "--pty", path, "--wire", host.near];
  const first = await Background.start(words);
  t.teardown(() => first.kill());
  const rig = `devices: { eth0: { driver: enc28j60, bus: { kind: serprog, port: ${path} }, addresses: [${BOARD}/24] } }
telemetry: { to: ${HOST}:${PORT}, every: 200ms }
`;
  const board = await Instance.start([fileOf(rig)]);
  t.teardown(() => board.kill());
  await eventually(() => sink.datagrams.length > 2, "telemetry");
  await first.stop("SIGKILL");
  await board.until(({ change }) => change === "carrier-down", "carrier-down");
  // Killed, it left its link behind, and somebody else may have been given the terminal that it leads to.
  rmSync(path, { force: true });
  const second = await Background.start(words);
  t.teardown(() => second.kill());
  await board.until(({ change }) => change === "carrier-up", "carrier-up");
  const before = sink.datagrams.length;
  await eventually(() => sink.datagrams.length > before + 5, "telemetry goes on");
  const { stdout } = await host.exec("ping", "-n", "-q", "-c", "5", "-i", "0.05", "-w", "5", BOARD);
  t.match(stdout, /5 packets transmitted, 5 received/);
  t.notOk(
    board.events.some(({ change }) => change === "failed"),
    "the device never failed",
  );
  t.equal((await board.stop()).code, 0);
});
