/**
 * `whohas bridge-sim` and a client that is not ours: Debian's flashrom finds its way to the simulated bridge, each kind of it, and
 * reads who it is. And how bridge-sim starts, refuses to, and ends.
 */
import { execFile } from "node:child_process";
import { existsSync, lstatSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import t from "tap";
import { Background } from "../support/background.ts";
import { missingForNetns, missingPrograms, VethPair } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { folder, UNPRIVILEGED, whohas, whohasProcess } from "../support/whohas.ts";

const noPty = process.platform === "linux" && existsSync("/dev/ptmx") ? false : "needs Linux with /dev/ptmx";
/** Debian has it where only root looks. */
const FLASHROM = ["/usr/sbin/flashrom", "/usr/bin/flashrom"].find((path) => existsSync(path)) ?? "flashrom";
const noFlashrom = existsSync(FLASHROM) ? false : missingPrograms("flashrom");

interface Said {
  code: number | string | null | undefined;
  text: string;
}

/** It ends with 1, for an ENC28J60 is no flash memory. */
function flashrom(programmer: string): Promise<Said> {
  return new Promise((resolve) => {
    execFile(FLASHROM, ["-V", "-p", `serprog:${programmer}`], { timeout: 120_000, maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, text: stdout + stderr }),
    );
  });
}

const KINDS: readonly [words: string[], name: string][] = [
  [["--firmware", "responder"], "whohas-sim"],
  [["--firmware", "pico-serprog"], "pico-serprog"],
  [["--firmware", "uno"], "whohas-uno"],
  [["--firmware", "uno", "--baud", "2000000"], "whohas-uno"],
];

let made = 0;

for (const [words, name] of KINDS) {
  for (const where of ["pty", "tcp"]) {
    // Once is enough for what differs in the line's rate alone.
    if (where === "tcp" && words.length > 2) continue;
    realTime(
      t,
      `flashrom talks to ${words.join(" ")} on ${where}`,
      { skip: noFlashrom || (where === "pty" && noPty) },
      async (t) => {
        const path = join(folder, `bridge${made++}`);
        const bridge = await Background.start(["bridge-sim", ...words, ...(where === "pty" ? ["--pty", path] : ["--tcp", "0"])]);
        t.teardown(() => bridge.kill());
        const at = /^(?:pty|tcp) (.*)$/.exec(bridge.ready)?.[1] ?? "";
        const [, port = ""] = at.split(":");
        t.match(bridge.stdout, /simulated ENC28J60 rev B7; at the far end of its wire a simulated gateway, 192\.168\.10\.1$/m);
        const times = where === "pty" ? 2 : 1;
        for (let time = 1; time <= times; time++) {
          const { code, text } = await flashrom(where === "pty" ? `dev=${path}:2000000` : `ip=127.0.0.1:${port}`);
          t.match(text, /serprog: Synchronized/, "it synchronises");
          t.match(text, /serprog: Interface version ok/);
          t.match(text, new RegExp(`serprog: Programmer name is "${name}"`), "it knows whom it talks to");
          t.match(text, /serprog: (Bus type|.*SPI)/i, "it found SPI in the command map");
          t.match(text, /Probing for .* RDID|compare_id|probe_spi_rdid/i, "it got as far as asking the chip");
          t.notMatch(text, /serprog: Error/i);
          t.equal(code, 1, "and found no flash memory");
        }
        const { code, stdout, stderr } = await bridge.stop();
        t.match([code, stderr], [0, ""]);
        t.match(stdout, new RegExp(`^line {8}opened ${times} times, 0 refused; \\d+ bytes in, \\d+ out, 0 lost$`, "m"));
        t.match(stdout, name !== "whohas-uno" ? /^commands {4}\d+ served, 0 refused$/m : /^mcu .* 0 bytes overrun$/m);
        t.equal(lstatSync(path, { throwIfNoEntry: false }), undefined, "nothing stays behind");
      },
    );
  }
}

realTime(t, "anybody's sketch: on the Arduino core and its SPI library, with the chip that was asked for", {}, async (t) => {
  const hex = "test/fixtures/sketches/spi.hex";
  const bridge = await Background.start([
    "bridge-sim",
    "--tcp",
    "0",
    "--firmware",
    hex,
    "--revision",
    "B5",
    "--errata",
    "none",
    "--strict",
  ]);
  t.teardown(() => bridge.kill());
  t.match(bridge.stdout, /^simulated ATmega328P running \S+spi\.hex, simulated ENC28J60 rev B5; at the far end /m);
  const [, port = ""] = /:(\d+)$/.exec(bridge.ready) ?? [];
  const socket = connect(Number(port), "127.0.0.1");
  t.teardown(() => socket.destroy());
  let said = "";
  for await (const bytes of socket) {
    said += bytes;
    if (said.includes("\n")) break;
  }
  t.equal(said, "05 00\r\n", "EREVID, and MACON3 after a bit field command");
  const { code, stdout } = await bridge.stop();
  t.equal(code, 0);
  t.match(stdout, /^data sheet {2}[1-9]\d* violations$/m);
});

t.test("words", async (t) => {
  const wrong: [string, RegExp][] = [
    ["bridge-sim", /^bridge-sim: where shall it be\? Say --pty PATH or --tcp PORT, one of the two\n$/],
    ["bridge-sim --pty /tmp/a --tcp 1", /one of the two\n$/],
    ["bridge-sim --tcp hello", /^whohas: .*hello.*say a port, as in 4000.*\n$/],
    ["bridge-sim --tcp 65536", /^whohas: .*65536: not a whole number from 0 to 65535\n$/],
    [
      "bridge-sim --tcp 1 --firmware mega",
      /^whohas: .*mega: say one of responder, pico-serprog, uno, or a file, as in sketch\.hex\n$/,
    ],
    ["bridge-sim --tcp 1 --revision B2", /^whohas: .*B2: not a revision of the ENC28J60; say B1, B4, B5, B7\n$/],
    ["bridge-sim --tcp 1 --errata 13,14", /^whohas: .*13,14: not an erratum of the model, which has 1, 2, .*\n$/],
    ["bridge-sim --tcp 1 --baud 9600", /^whohas: .*9600.*say one of 115200, 2000000\n$/],
    ["bridge-sim --tcp 1 --gateway 10.0.0.0/24", /^whohas: .*10\.0\.0\.0\/24: the subnet itself.*\n$/],
    ["tap --name way-too-long-a-name", /^whohas: .*not an interface's name.*\n$/],
  ];
  for (const [line, stderr] of wrong) t.match(await whohas(...line.split(" ")), { stdout: "", stderr, code: 2 }, line);
});

t.test("a firmware that cannot be run", async (t) => {
  const taken = join(folder, "not-a-firmware");
  writeFileSync(taken, "somebody's");
  const wrong: [string, RegExp][] = [
    ["no/where.hex", /^whohas: no\/where\.hex: cannot be read: there is no such file\n$/],
    ["./test", /^whohas: \.\/test: cannot be read: it is a folder\n$/],
    ["/dev/zero", /^whohas: \/dev\/zero: cannot be read: it is a device, not a file\n$/],
    [taken, /^whohas: \S*not-a-firmware, line 1: not an Intel HEX record\n$/],
  ];
  for (const [file, stderr] of wrong) {
    t.match(await whohas("bridge-sim", "--tcp", "0", "--firmware", file), { stdout: "", stderr, code: 1 }, file);
  }
});

realTime(t, "what cannot be opened", { skip: noPty || missingForNetns() || missingPrograms("setpriv") }, async (t) => {
  const pair = new VethPair();
  t.teardown(() => pair.remove());
  const taken = join(folder, "taken");
  writeFileSync(taken, "somebody's");
  const bridge = await Background.start(["bridge-sim", "--tcp", "0", "--quiet"]);
  t.teardown(() => bridge.kill());
  const port = /:(\d+)$/.exec(bridge.ready)?.[1] ?? "";
  const refused = async (words: string[], why: RegExp, before: readonly string[] = []): Promise<void> => {
    const { stdout, stderr, code } = await whohasProcess(["bridge-sim", ...words], before);
    t.match([stdout, code], ["", 1], words.join(" "));
    t.match(stderr, why);
    t.equal(stderr.split("\n").length, 2, "in one line");
  };
  await refused(["--pty", taken], /^whohas: \S*taken is there already; remove it, or give another path\n$/);
  await refused(["--pty", join(folder, "no/where")], /^whohas: cannot make .*: its folder does not exist; make it, .*\n$/);
  await refused(["--tcp", port], /^whohas: tcp 127\.0\.0\.1:\d+: another program listens there; take another port\n$/);
  await refused(["--tcp", "0", "--wire", "nope0"], /^whohas: packet: no interface nope0 here; .*\n$/);
  await refused(["--tcp", "0", "--wire", pair.near], /^whohas: packet: .*(CAP_NET_RAW|root).*\n$/, UNPRIVILEGED);
  await refused(["--pty", "/whohas-e2e-pty"], /^whohas: cannot make \/whohas-e2e-pty: permission denied; .*\n$/, UNPRIVILEGED);
});
