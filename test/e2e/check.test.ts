/** `whohas check` as a user and a program have it: a rig from a file or a pipe, its problems in lines or as JSON. */
import t from "tap";
import { fileOf, whohas, whohasProcess } from "../support/whohas.ts";

const GOOD = `board: { io: none }
devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.9.0.2/24] } }
`;
const BAD = `devices:
  eth0: { driver: enc28j60, bus: { kind: sim }, adresses: [10.9.0.2/24] }
telemetry: { to: 10.9.0.256:8094, every: 3s }
`;
const SENSOR = `${GOOD}telemetry:
  to: 10.9.0.1:8094
  sensors: [{ kind: thermometer, pin: A0 }]
`;

/** Puts a file before a command's standard input. */
const fed = (path: string): string[] => ["sh", "-c", `cat ${path} | "$@"`, "sh"];

t.test("as JSON: what would be opened, or the problems with line and column", async (t) => {
  const good = fileOf(GOOD);
  for (const words of [
    ["-j", "check", good],
    ["check", "--json", good],
    ["-j", "-p", "check", good],
  ]) {
    const { stdout, stderr, code } = await whohas(...words);
    t.match({ stderr, code }, { stderr: "", code: 0 }, words.join(" "));
    t.match(JSON.parse(stdout), { file: good, opens: [/^rig/, /^board +none$/, /^device +eth0/, /^address/], problems: [] });
    t.equal(stdout.trimEnd().includes("\n"), words.includes("-p"));
  }
  const bad = fileOf(BAD);
  const { stdout, stderr, code } = await whohas("check", "-j", bad);
  t.match({ stderr, code }, { stderr: "", code: 2 });
  t.match(JSON.parse(stdout), {
    file: bad,
    problems: [
      { line: 2, column: 49, path: "devices.eth0.adresses", message: /^unknown key; did you mean/, code: "RIG_INVALID" },
      { line: 3, column: 18, path: "telemetry.to", message: /10\.9\.0\.256/, code: "RIG_INVALID" },
    ],
  });
  t.match(await whohas("-j", "check", "/none"), { stdout: "", stderr: /^whohas: cannot read the rig file \/none: .*\n$/, code: 2 });
});

t.test("a rig comes through a pipe", async (t) => {
  t.match(await whohasProcess(["check", "-"], fed(fileOf(GOOD))), { stdout: /^rig .*\n[\s\S]*device +eth0/, stderr: "", code: 0 });
  const { stdout, stderr, code } = await whohasProcess(["check", "-"], fed(fileOf(BAD)));
  t.match({ stdout, code }, { stdout: "", code: 2 });
  t.match(stderr, /^whohas: <stdin>:2:49: devices\.eth0\.adresses: unknown key.*\n<stdin>:3:18: telemetry\.to: .*\n$/);
  const run = ["run", "--no-app", "--virtual-time", "--duration", "1s", "-"];
  t.match(await whohasProcess(run, fed(fileOf(GOOD))), { stdout: /^ready: rig /m, stderr: "", code: 0 });
  const endless = await whohasProcess(["check", "-"], fed("/dev/zero"));
  const why = "whohas: cannot read the rig from standard input: it is larger than 1 MiB\n";
  t.match(endless, { stdout: "", stderr: why, code: 2 });
});

t.test("sensors without a board are refused where the firmware runs, in the same words", async (t) => {
  const path = fileOf(SENSOR);
  const line = /^whohas: \S+:5:39: telemetry\.sensors\[0\]\.pin: pin A0 needs a board; say e\.g\. board: \{ io: simulated \}\n$/;
  const run = ["run", "--virtual-time", "--duration", "1s"];
  t.match(await whohas("check", path), { stdout: "", stderr: line, code: 2 });
  t.match(await whohasProcess([...run, path]), { stdout: "", stderr: line, code: 2 });
  t.match(await whohasProcess([...run, "--no-app", path]), { stdout: /^ready: /m, stderr: "", code: 0 });
  const app = SENSOR.replace("telemetry:\n", "apps:\n- kind: telemetry\n");
  t.match(await whohas("check", fileOf(app)), {
    stdout: "",
    stderr: /:6:39: apps\[0\]\.sensors\[0\]\.pin: pin A0 needs a board/,
    code: 2,
  });
});
