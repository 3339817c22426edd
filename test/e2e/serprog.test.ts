/**
 * The whole chain on real parts: the kernel of a host <- its wire -> chip model <- SPI <- bridge (our firmware in avr8js, or the
 * program that plays one, or plays pico-serprog) <- pseudo terminal <- serialport <- driver <- stack. The bridge and the board are processes of their own.
 */

import { existsSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Background } from "../support/background.ts";
import { answered, BOARD, BOARD6, HOST, Host, type Many, manyOverIp6 } from "../support/host.ts";
import { missingForNetns, missingPrograms, run } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { fileOf, folder, Instance, whohas } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("python3", "ping") || (existsSync("/dev/ptmx") ? false : "needs /dev/ptmx");

const PORT = 8094;
/** Echo requests of each size, and over IPv6; what differs from bridge to bridge shows in few. */
const KINDS: readonly (readonly [words: string[], pings: number, many: Many, bridge: RegExp])[] = [
  [
    ["--firmware", "responder"],
    15,
    { count: 1000, interval: 5 },
    /^ENC28J60 rev B7 on serprog bridge whohas-sim on \S+ at 2000000 baud, pipelined$/,
  ],
  [
    ["--firmware", "pico-serprog"],
    5,
    { count: 50, interval: 60 },
    /^ENC28J60 rev B7 on serprog bridge pico-serprog on \S+ at 2000000 baud, one operation at a time$/,
  ],
  [
    ["--firmware", "uno", "--baud", "2000000"],
    15,
    { count: 100, interval: 30 },
    /^ENC28J60 rev B7 on serprog bridge whohas-uno on \S+ at 2000000 baud, pipelined$/,
  ],
];

/** A microcontroller has nobody beside it: what is simulated shall have its time, whatever else this machine does. */
const URGENT = ["nice", "-n", "-15"];

let made = 0;

for (const [words, pings, many, description] of KINDS) {
  realTime(t, `ping and telemetry without loss: ${words.join(" ")}`, { skip }, async (t) => {
    const host = new Host();
    t.teardown(() => host.remove());
    await host.ip6();
    const sink = await host.sink(PORT);
    t.teardown(() => sink.close());
    const path = join(folder, `chain${made++}`);
    const bridge = await Background.start(["bridge-sim", "--pty", path, "--wire", host.near, ...words], URGENT);
    t.teardown(() => bridge.kill());
    const rig = `devices:
  eth0: { driver: enc28j60, bus: { kind: serprog, port: ${path}, baud: 2000000, spiHz: 8MHz, answerTimeout: 1s }, addresses: [${BOARD}/24, ${BOARD6}/64] }
telemetry: { to: ${HOST}:${PORT}, every: 200ms }
`;
    const board = await Instance.start([fileOf(rig)]);
    t.teardown(() => board.kill());
    run("renice", ["-n", "-10", "-p", String(board.child.pid)]);
    const ready = board.events.find(({ event }) => event === "ready");
    t.match(ready?.["devices"], [{ description, fallback: null }]);
    for (const size of [0, 56, 1472]) {
      t.equal(await answered(host.netns, BOARD, pings, size), pings, `pings of ${size} bytes from the host`);
    }
    const ping = await whohas("-i", board.name, "ping", "-c", "5", "-i", "0.1", HOST);
    t.match(ping.stdout, /5 packets transmitted, 5 received/, "ping from the board");
    await manyOverIp6(t, host.exec, board, many);
    await eventually(() => sink.datagrams.length >= 20, "20 datagrams at the host");
    const { code, summary } = await board.stop();
    t.equal(code, 0, board.stderr);
    const { sent, failed } = summary.datagrams;
    // One may have been on its way when the board was stopped: accounted for as dropped, wherever it had come to.
    t.ok(failed <= 1, `${failed} datagrams failed`);
    const { QUEUE_PURGE = 0, ...drops } = summary.drops;
    t.ok(QUEUE_PURGE <= failed, `${QUEUE_PURGE} purged, ${failed} failed`);
    t.strictSame(drops, {});
    await eventually(() => sink.datagrams.length >= sent, "all that was sent");
    const whole = sink.datagrams.filter(({ text }) => text.startsWith("telemetry,node=")).length;
    t.ok(whole >= sent && whole <= sent + failed, `${sent} datagrams sent, ${whole} received`);
    const end = await bridge.stop();
    t.match([end.code, end.stderr], [0, ""]);
    t.match(end.stdout, /^line .* 0 refused; .* 0 lost$/m);
    t.match(end.stdout, /^data sheet {2}0 violations$/m);
    t.match(end.stdout, /^drops {7}none$/m);
  });
}

realTime(t, "the bridge is pulled and plugged in again: the board says so and goes on", { skip }, async (t) => {
  const host = new Host();
  t.teardown(() => host.remove());
  const sink = await host.sink(PORT);
  t.teardown(() => sink.close());
  const path = join(folder, `pulled${made++}`);
  const start = async (at: string): Promise<Background> => {
    const bridge = await Background.start(["bridge-sim", "--pty", at, "--wire", host.near]);
    t.teardown(() => bridge.kill());
    return bridge;
  };
  const first = await start(path);
  const rig = `devices: { eth0: { driver: enc28j60, bus: { kind: serprog, port: ${path} }, addresses: [${BOARD}/24] } }
telemetry: { to: ${HOST}:${PORT}, every: 200ms }
`;
  const board = await Instance.start([fileOf(rig)]);
  t.teardown(() => board.kill());
  await eventually(() => sink.datagrams.length > 2, "telemetry");
  // Ready before it is plugged in: a board tells its failure some seconds after the pull, and a process may take as long to start.
  const spare = `${path}-spare`;
  await start(spare);
  await first.stop("SIGKILL");
  await board.until(({ change }) => change === "carrier-down", "carrier-down");
  // Killed, it left its link behind, and somebody else may have been given the terminal that it leads to.
  rmSync(path, { force: true });
  symlinkSync(readlinkSync(spare), path);
  await board.until(({ change }) => change === "carrier-up", "carrier-up");
  const before = sink.datagrams.length;
  await eventually(() => sink.datagrams.length > before + 5, "telemetry goes on");
  t.equal(await answered(host.netns, BOARD, 5), 5, "pings");
  t.notOk(
    board.events.some(({ change }) => change === "failed"),
    "the device never failed",
  );
  t.equal((await board.stop()).code, 0);
});
