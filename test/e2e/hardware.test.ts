/** Hardware that is not as it should be: a line for each case that says what to do, and `fallback: simulated`, which goes on. */
import { chmodSync, existsSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PtyEndpoint } from "../../hal/bridges/pty.ts";
import { SystemClock } from "../../hal/clock.ts";
import type { SerialDevice } from "../../hal/serial-device.ts";
import { SerprogResponder } from "../../hal/simulated/bridges/serprog-responder.ts";
import { Background } from "../support/background.ts";
import { missingPrograms } from "../support/netns.ts";
import { scratchFolder } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { fileOf, folder, Instance, UNPRIVILEGED, whohasProcess } from "../support/whohas.ts";

const skip = process.platform === "linux" && existsSync("/dev/ptmx") ? false : "needs Linux with /dev/ptmx";
const clock = new SystemClock();
/** Where nobody may have a control socket. */
const runtime = `${scratchFolder}-hw`;
t.teardown(() => {
  clock.stop();
  rmSync(runtime, { recursive: true, force: true });
});

/** A bus with nothing on it: every byte reads the same. */
function nothing(level: number): SerialDevice {
  return new SerprogResponder(clock, {
    description: "nothing",
    exchange: (_write, _writeAt, _writeLength, read, readAt, readLength) => {
      read.fill(level, readAt, readAt + readLength);
    },
  });
}

/** Something behind the port that is no bridge. */
function other(answers: boolean): SerialDevice {
  const device: SerialDevice = {
    description: "another device",
    onSend: null,
    receive: (bytes) => {
      if (answers) device.onSend?.(bytes);
    },
    opened: () => {},
  };
  return device;
}

let made = 0;

async function port(t: { teardown(close: () => Promise<void>): void }, device: SerialDevice): Promise<string> {
  const path = join(folder, `port${made++}`);
  const endpoint = new PtyEndpoint(clock, device, path);
  await endpoint.open();
  t.teardown(() => endpoint.close());
  return path;
}

function run(port: string, before: readonly string[] = [], name = `h${made++}`) {
  const words = ["run", "--no-app", "--name", name, "--address", "10.9.0.2/24", "--device", `enc28j60:serprog:${port}`];
  return whohasProcess(words, before, before.length > 0 ? { WHOHAS_RUNTIME_DIR: runtime } : {});
}

realTime(t, "each case in one line that says what to do", { skip }, async (t) => {
  // A name for each attempt: a bridge that was killed leaves its link behind.
  const busy = join(folder, `busy${made++}`);
  const bridge = await Background.start(["bridge-sim", "--pty", busy]);
  t.teardown(() => bridge.kill());
  const holder = await Instance.start(["--no-app", "--device", `enc28j60:serprog:${busy}`]);
  t.teardown(() => holder.kill());
  const rows: [what: string, port: string, why: RegExp][] = [
    [
      "missing",
      "/dev/ttyNOWHERE",
      /^whohas: \/dev\/ttyNOWHERE: there is no such port; plug the adapter in, or list the ports with: .*$/,
    ],
    ["no serial port at all", "/dev/null", /^whohas: \/dev\/null is not a serial port; name one such as \/dev\/ttyACM0$/],
    ["busy", busy, /^whohas: \S+busy\d+ is in use by another program; stop it \(find it with: fuser \S+\)$/],
    ["something else, talking", await port(t, other(true)), /answers, but not as a serprog bridge does; check the port, its baud/],
    [
      "something else, silent",
      await port(t, other(false)),
      /nobody answers; check the port, its baud rate and that the board runs/,
    ],
    ["no chip, MISO low", await port(t, nothing(0)), /EREVID.*0x00.*; check/],
    ["no chip, MISO high", await port(t, nothing(0xff)), /EREVID.*0xff.*; check/i],
    ["no TCP bridge", "tcp:127.0.0.1:1", /^whohas: tcp 127\.0\.0\.1:1: nothing listens there; start the bridge first$/],
  ];
  const ends = await Promise.all(rows.map(([, where]) => run(where)));
  for (const [index, [what, , why]] of rows.entries()) {
    const { stdout = "", stderr = "", code } = ends[index] ?? {};
    t.match([stdout, code], ["", 1], what);
    t.match(stderr.trimEnd(), why);
    t.equal(stderr.split("\n").length, 2, "in one line");
  }
});

realTime(
  t,
  "permission denied",
  { skip: skip || missingPrograms("setpriv") || (process.getuid?.() !== 0 && "needs root") },
  async (t) => {
    const path = await port(t, other(false));
    // The folder of these tests is root's alone, so name the port itself, which is root's as well.
    const pts = realpathSync(path);
    chmodSync(pts, 0o600);
    const { stderr, code } = await run(pts, UNPRIVILEGED);
    t.match(
      [stderr, code],
      [/^whohas: \S+: permission denied; join the group that owns the port: sudo usermod -aG dialout .*\n$/, 1],
    );
  },
);

realTime(t, "with fallback: simulated the board goes on, and says so", { skip }, async (t) => {
  const ports: [string, RegExp][] = [
    ["/dev/ttyNOWHERE", /there is no such port/],
    [await port(t, nothing(0xff)), /EREVID/],
  ];
  for (const [path, why] of ports) {
    const rig = `devices: { eth0: { driver: enc28j60, bus: { kind: serprog, port: ${path} }, fallback: simulated, addresses: [10.9.0.2/24] } }
telemetry: { to: 10.9.0.1:8094, every: 50ms }\n`;
    const board = await Instance.start([fileOf(rig)]);
    t.teardown(() => board.kill());
    const ready = board.events.find(({ event }) => event === "ready");
    t.match(ready?.["devices"], [{ simulated: true, fallback: why, gateway: "10.9.0.1" }]);
    await board.until((event) => event.event === "datagram" && event["status"] === "sent" && Number(event["seq"]) > 3, "telemetry");
    const { code, summary } = await board.stop();
    t.match([code, summary.drops], [0, {}]);
  }
  const text = await whohasProcess(["run", fileOf(rigText()), "--duration", "1s"]);
  t.match(text.stdout, /^eth0: fallback taken, this chip is simulated \(\/dev\/ttyNOWHERE: there is no such port; .*\)$/m);
});

function rigText(): string {
  return `devices: { eth0: { driver: enc28j60, bus: { kind: serprog, port: /dev/ttyNOWHERE }, fallback: simulated, addresses: [10.9.0.2/24] } }\n`;
}
