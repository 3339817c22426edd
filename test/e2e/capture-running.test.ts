/** `whohas capture` on a running instance, as a user has it: lines, files and pipes that tcpdump and tshark read, and its end. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { missingPrograms } from "../support/netns.ts";
import { bound } from "../support/own.ts";
import { adopt, commandLine, ended, folder, Instance, whohas, whohasProcess } from "../support/whohas.ts";

const board = await Instance.start([]);
t.teardown(() => board.kill());
const ON = ["-i", board.name, "capture"] as const;

const CLOSING = /^(\d+) packets? captured\n(\d+) packets? received by filter\n0 packets dropped by kernel$/m;

t.test("lines, and how many there were", async (t) => {
  const { stdout, stderr, code } = await whohas(...ON, "-n", "-c", "2", "udp", "and", "dst", "port", "8094");
  t.equal(code, 0);
  const line = /^\d\d:\d\d:\d\d\.\d{6} eth0 {2}Out IP 192\.168\.10\.10\.\d+ > 192\.168\.10\.1\.8094: UDP, length \d+$/;
  t.match(stdout.trimEnd().split("\n"), [line, line]);
  t.match(stderr, /^listening on any, link-type EN10MB \(Ethernet\), snapshot length 262144 bytes\n/);
  t.same(CLOSING.exec(stderr)?.slice(1), ["2", "2"]);
});

t.test("objects", async (t) => {
  const { stdout, stderr } = await whohas("-j", ...ON, "-c", "1", "udp");
  const [packet, summary] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  t.match(packet, { event: "packet", dev: "eth0", direction: "out", summary: /UDP, length/, data: /^[A-Za-z0-9+/]+=*$/ });
  t.same(summary, { event: "summary", captured: 1, received: 1, dropped: 0 });
  t.equal(stderr, "");
});

t.test("a file, which tcpdump reads", { skip: missingPrograms("tcpdump") }, async (t) => {
  const file = join(folder, "c.pcapng");
  const { stdout, stderr, code } = await whohas(...ON, "-i", "eth0", "-c", "2", "-w", file);
  t.match({ stdout, code }, { stdout: "", code: 0 });
  t.match(stderr, /^listening on eth0/);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const read = spawnSync("tcpdump", ["-n", "-r", file], { encoding: "utf8", timeout: 20_000 });
  t.equal(read.stdout.trimEnd().split("\n").length, 2, read.stderr);
});

t.test("a pipe, and a reader that goes away ends it", { skip: missingPrograms("tshark") }, async (t) => {
  const into = (where: string): string[] => ["sh", "-c", `"$@" ${where}`, "sh"];
  const { stdout } = await whohasProcess([...ON, "-U", "-c", "1", "-w", "-", "udp"], into("| tshark -r - 2>/dev/null"));
  t.match(stdout, /UDP/);
  const gone = await whohasProcess([...ON, "-w", "-"], into("| true"));
  t.match(gone.stderr, /^\d+ packets? captured$/m);
});

t.test("a signal ends it, with the file whole", async (t) => {
  const file = join(folder, "signal.pcapng");
  const [program, args] = commandLine(["-i", board.name, "capture", "-w", file]);
  const child = adopt(
    bound(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, WHOHAS_RUNTIME_DIR: join(folder, "run") } }),
  );
  const end = ended(child);
  child.stderr?.once("data", () => child.kill("SIGINT"));
  const { stderr, code } = await end;
  t.equal(code, 0);
  t.match(stderr, CLOSING);
  const bytes = readFileSync(file);
  t.equal(bytes.readUInt32LE(0), 0x0a0d0d0a);
  t.ok(bytes.length > 100, "its statistics are there");
});

t.test("wrong words and places, in one line", async (t) => {
  const rows: readonly [words: readonly string[], code: number, message: RegExp][] = [
    [["tcp[13]"], 2, /^whohas: filter: "tcp\[13\]" is not understood there; there are: arp, .*\n$/],
    [["-i", "eth9"], 1, /^whohas: eth9: No such device exists; "whohas link" lists them\n$/],
    [
      ["-w", join(folder, "no", "c")],
      1,
      /^whohas: cannot write the capture \S+\/no\/c: there is no such folder; make it, or name a file elsewhere\n$/,
    ],
    [["-w", folder], 1, /^whohas: cannot write the capture \S+: it is a folder; name a file in it\n$/],
    [["-w", "c,size=1"], 2, /^whohas: .*size=1: say a size/],
    [["-c", "0"], 2, /^whohas: .*-c/],
    [["-s", "-1"], 2, /^whohas: .*-s/],
  ];
  for (const [words, code, message] of rows)
    t.match(await whohas(...ON, ...words), { code, stdout: "", stderr: message }, `${words}`);
  t.match(await whohas("-j", ...ON, "-w", "x"), { code: 2, stderr: /^whohas: -w writes pcapng, which is no JSON/ });
  t.notOk(existsSync("x"));
  t.match(await whohas("-i", "nobody", "capture", "-w", join(folder, "never")), { code: 3 });
  t.notOk(existsSync(join(folder, "never")), "no file without an instance");
});
