/** The rights that a run has: those that its devices need, in every thread, whoever starts it; its devices heal with them. */
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Background } from "../support/background.ts";
import { BOARD, HOST } from "../support/host.ts";
import { LocalVeth, linkExists, missingForNetns, missingPrograms, run } from "../support/netns.ts";
import { PLAIN, PREFIX, scratchFolder } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { childrenOf, threadRights } from "../support/thread-rights.ts";
import { eventually } from "../support/waiting.ts";
import { fileOf, UNPRIVILEGED, whohas, whohasProcess } from "../support/whohas.ts";

const NOBODY = 65_534;
/** CAP_NET_ADMIN, CAP_NET_RAW and CAP_DAC_OVERRIDE as /proc has them. */
const ADMIN = 1 << 12;
const RAW = 1 << 13;
const OVERRIDE = 1 << 1;

const skip = missingForNetns() || missingPrograms("setpriv");
const SIM = ["--no-app", "--device", "enc28j60:sim"];

/** A folder that every user may look into. */
const open = `${scratchFolder}-rights`;
mkdirSync(open, { mode: 0o755 });
chmodSync(open, 0o755);
t.teardown(() => rmSync(open, { recursive: true, force: true }));

let made = 0;

/** A runtime folder to be made, and `env` with it, in front of a command. */
function environment(): { dir: string; env: string[] } {
  const dir = join(open, `run${made++}`);
  return { dir, env: [...PLAIN, `WHOHAS_RUNTIME_DIR=${dir}`] };
}

async function start(t: Test, words: readonly string[], before: readonly string[]): Promise<Background> {
  const started = await Background.start(["run", ...words], before);
  t.teardown(() => started.kill());
  return started;
}

/** Fields of /proc for a user with these capabilities and no way to more. */
function confined(uid: number, capabilities: number, groups = ""): object {
  const set = capabilities.toString(16).padStart(16, "0");
  const ids = Array<number>(4).fill(uid).join(" ");
  return { Uid: ids, Gid: ids, Groups: groups, CapPrm: set, CapEff: set, CapBnd: set, NoNewPrivs: "1" };
}

function pidOf({ child }: Background): number {
  return child.pid ?? 0;
}

const tun = join(open, "tun");
/** In front of a program: it sees a /dev/net/tun as udev makes it, open to all, whatever the machine's is. */
const TUN_FOR_ALL = ["unshare", "-m", "sh", "-c", `mount --bind ${tun} /dev/net/tun && exec "$@"`, "sh"];

realTime(
  t,
  "--user: packet, tap and QEMU devices, healing, rotation and the end, with two capabilities",
  { skip: skip || missingPrograms("unshare", "mount", "mknod", "ping", "qemu-system-x86_64") },
  async (t) => {
    if (!existsSync("/dev/net/tun")) return t.comment("needs /dev/net/tun");
    if (!existsSync(tun)) run("mknod", [tun, "c", "10", "200"]);
    chmodSync(tun, 0o666);
    const [one, two] = [new LocalVeth(), new LocalVeth()];
    t.teardown(() => [one, two].map((pair) => pair.remove()));
    const tap = `${PREFIX}p${made++}`;
    const { dir, env } = environment();
    const captures = join(open, `captures${made++}`);
    mkdirSync(captures, { mode: 0o700 });
    chownSync(captures, NOBODY, NOBODY);
    const capture = join(captures, "c.pcapng");
    const devices = [`eth0=packet:${one.a}`, `eth1=tap:${tap}`, `eth2=e1000:qemu@${two.a}`];
    const words = [...devices.flatMap((spec) => ["--device", spec]), "--address", "10.8.0.2/24", "--address", `${BOARD}/24`];
    const more = ["--no-app", "--name", "all", "--user", "nobody", "--capture", `${capture},size=4k,keep=3`];
    const board = await start(t, [...more, ...words], [...env, ...TUN_FOR_ALL]);

    t.match(board.stdout, /^privileges: user nobody, CAP_NET_ADMIN CAP_NET_RAW kept, no new privileges$/m);
    const rights = confined(NOBODY, ADMIN | RAW, String(NOBODY));
    t.match(threadRights(pidOf(board)), [rights]);
    const [qemu = 0, ...others] = childrenOf(pidOf(board));
    t.same(others, [], "QEMU is all that it has started");
    t.match(threadRights(qemu), [{ ...rights, ...{ CapPrm: "0000000000000000", CapEff: "0000000000000000" } }]);
    const socket = join(dir, "all.sock");
    const owned = [dir, socket].map((path) => statSync(path)).map(({ uid, mode }) => [uid, mode & 0o777]);
    t.same(owned, [
      [NOBODY, 0o700],
      [NOBODY, 0o600],
    ]);
    const asked = await whohasProcess(["-i", "all", "-br", "link"], UNPRIVILEGED, { WHOHAS_RUNTIME_DIR: dir });
    t.match(asked, { code: 0, stdout: /eth2/ }, "its user's commands reach it");

    const ping = (): string => {
      run("ip", ["address", "replace", `${HOST}/24`, "dev", tap]);
      return run("ping", ["-n", "-q", "-c", "60", "-i", "0.01", "-W", "5", "-I", tap, BOARD]);
    };
    t.match(ping(), / 60 received/);
    await eventually(() => existsSync(`${capture}.1`), "a second capture");
    t.equal(statSync(`${capture}.1`).uid, NOBODY);

    run("ip", ["link", "delete", tap]);
    process.kill(qemu, "SIGKILL");
    run("ip", ["link", "delete", one.a]);
    run("ip", ["link", "add", one.a, "type", "veth", "peer", "name", one.b]);
    run("ip", ["link", "set", one.b, "up"]);
    for (const device of ["eth0", "eth1", "eth2"]) await board.until(new RegExp(`^${device}: works again`, "m"));
    t.match(ping(), / 60 received/, "through the TAP device that was made anew");
    t.match(threadRights(pidOf(board)), [rights]);

    const { code, stdout, stderr } = await board.stop("SIGTERM");
    t.match({ code, stdout, stderr }, { code: 0, stdout: /\ndrops {9}/, stderr: "" });
    t.notOk(existsSync(socket), "no socket stays behind");
    t.notOk(linkExists(tap), "nor a TAP device");
  },
);

realTime(t, "root without --user keeps what the devices need", { skip }, async (t) => {
  const pair = new LocalVeth();
  t.teardown(() => pair.remove());
  const foreign = join(open, `foreign${made++}`);
  mkdirSync(foreign, { mode: 0o700 });
  chownSync(foreign, NOBODY, NOBODY);
  const capture = ["--capture", join(foreign, "c.pcapng")];
  const cases: [words: string[], said: RegExp, set: number][] = [
    [["--device", `packet:${pair.a}`], /^privileges: user root, CAP_NET_ADMIN CAP_NET_RAW kept, no new privileges$/m, ADMIN | RAW],
    [["--device", `tap:${PREFIX}q`], /^privileges: user root, CAP_NET_ADMIN kept, /m, ADMIN],
    [["--device", "enc28j60:sim"], /^privileges: user root, no capabilities, /m, 0],
    [["--device", "enc28j60:sim", ...capture], /^privileges: user root, CAP_DAC_OVERRIDE kept, /m, OVERRIDE],
  ];
  for (const [words, said, set] of cases) {
    if (words[1]?.startsWith("tap:") && !existsSync("/dev/net/tun")) continue;
    const board = await start(t, ["--no-app", "--name", `r${made++}`, ...words], environment().env);
    t.match(board.stdout, said);
    t.match(threadRights(pidOf(board)), [confined(0, set, threadRights(process.pid)[0]?.Groups)]);
    t.equal((await board.stop()).code, 0);
  }
});

/** Prints its user, its capabilities, whether new ones are refused, and its word. */
const PROGRAM = `
  const { readFileSync } = require("node:fs");
  const field = (name) => new RegExp("^" + name + ":\\\\s*(.*)$", "m").exec(readFileSync("/proc/self/status", "utf8"))[1];
  console.log(process.getuid(), parseInt(field("CapEff"), 16), field("NoNewPrivs"), process.argv[2]);
`;

realTime(t, "a program of exec has the rights that the devices need, or all", { skip }, async (t) => {
  const pair = new LocalVeth();
  t.teardown(() => pair.remove());
  const program = join(open, "rights.cjs");
  writeFileSync(program, PROGRAM);
  const all = Number.parseInt(threadRights(process.pid)[0]?.CapEff ?? "", 16);
  const sim = ["--device", "enc28j60:sim"];
  const cases: [words: string[], stdout: string][] = [
    [["--device", `packet:${pair.a}`, "--user", "nobody"], `${NOBODY} ${ADMIN | RAW} 1 word\n`],
    [sim, "0 0 1 word\n"],
    [[...sim, "--keep-rights"], `0 ${all} 0 word\n`],
  ];
  const runs = cases.map(async ([words, stdout]) => {
    const line = ["exec", "--name", `x${made++}`, ...words, "--", "node", program, "word"];
    t.match(await whohasProcess(line, environment().env), { code: 0, stdout, stderr: "" }, words.join(" "));
  });
  await Promise.all(runs);
  const both = await whohas("exec", "--user", "nobody", "--keep-rights", "--", "node", program);
  t.match(both, { code: 2, stderr: /--keep-rights and --user exclude each other/ });
});

realTime(t, "a user who has just the two capabilities runs packet devices", { skip }, async (t) => {
  const pair = new LocalVeth();
  t.teardown(() => pair.remove());
  run("ip", ["link", "set", pair.a, "down"]);
  const caps = [
    "--inh-caps=-all,+net_raw,+net_admin",
    "--ambient-caps=+net_raw,+net_admin",
    "--bounding-set=-all,+net_raw,+net_admin",
  ];
  const user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...caps];
  const { dir, env } = environment();
  mkdirSync(dir, { mode: 0o700 });
  chownSync(dir, NOBODY, NOBODY);
  const board = await start(t, ["--no-app", "--name", "two", "--device", `packet:${pair.a}`], [...env, ...user]);
  t.match(board.stdout, /^privileges: user nobody, CAP_NET_ADMIN CAP_NET_RAW kept, no new privileges$/m);
  t.match(threadRights(pidOf(board)), [confined(NOBODY, ADMIN | RAW)]);
  t.match(run("ip", ["link", "show", pair.a]), /[<,]UP[,>]/, "the interface was set up, which takes CAP_NET_ADMIN");
  t.equal((await board.stop()).code, 0);
});

realTime(t, "a rig from standard input, for another user and group", { skip }, async (t) => {
  const rig = fileOf("devices: { eth0: { driver: enc28j60, bus: { kind: sim } } }\n");
  chmodSync(rig, 0o600);
  const piped = ["sh", "-c", `exec "$@" < ${rig}`, "sh"];
  for (const user of ["nobody:0", `${NOBODY}:0`, "4242:0"]) {
    const board = await start(t, ["-", "--no-app", "--name", "in", "--user", user], [...environment().env, ...piped]);
    const uid = user.startsWith("4242") ? 4242 : NOBODY;
    const ids = Array<number>(4).fill(uid).join(" ");
    t.match(threadRights(pidOf(board)), [{ Uid: ids, Gid: "0 0 0 0", Groups: "0", CapPrm: "0000000000000000", NoNewPrivs: "1" }]);
    const name = uid === NOBODY ? "nobody" : uid;
    t.match(board.stdout, new RegExp(`^privileges: user ${name}, no capabilities, no new privileges$`, "m"));
    t.equal((await board.stop()).code, 0);
  }
});

t.test("what is refused", { skip }, async (t) => {
  const cases: [words: string[], before: readonly string[], stderr: RegExp][] = [
    [["--user", "nobodyy"], [], /^whohas: there is no user nobodyy; see: getent passwd\n$/],
    [["--user", "4242"], [], /^whohas: there is no user 4242; a number without one needs a group, as in 4242:4242\n$/],
    [["--user", "nobody:crowd"], [], /^whohas: there is no group crowd; see: getent group\n$/],
    [["--user", "nobody:"], [], /^whohas: there is no user nobody:; .*\n$/],
    [["--user", "root"], UNPRIVILEGED, /^whohas: --user root: only root becomes another user; start it as that user\n$/],
  ];
  for (const [words, before, stderr] of cases) {
    const result = await whohasProcess(["run", ...SIM, ...words], before, { WHOHAS_RUNTIME_DIR: join(open, "refused") });
    t.match(result, { stdout: "", stderr, code: 1 }, words.join(" "));
  }
  const dir = join(open, "roots");
  mkdirSync(dir, { mode: 0o700 });
  const theirs = await whohasProcess(["run", ...SIM, "--user", "nobody"], [], { WHOHAS_RUNTIME_DIR: dir });
  t.match(theirs, { code: 1, stderr: /^whohas: cannot use .* it belongs to user 0, be that user; set WHOHAS_RUNTIME_DIR\n$/ });
});

/** A hook of Node's loader: there is no koffi. */
const NO_KOFFI = `export function resolve(name, context, next) {
  if (name === "koffi") throw new Error("gone");
  return next(name, context);
}
`;

realTime(t, "without koffi a run says that it keeps its rights, and --user is refused", { skip }, async (t) => {
  const hooks = join(open, "hooks.mjs");
  writeFileSync(hooks, NO_KOFFI);
  const loader = join(open, "loader.mjs");
  writeFileSync(loader, `import { register } from "node:module"; register("file://${hooks}");\n`);
  const { env } = environment();
  const without = [...env, `NODE_OPTIONS=--import=file://${loader}`];
  const board = await start(t, [...SIM, "--name", "bare"], without);
  await eventually(() => board.stderr !== "", "a complaint");
  const why = "needs the package koffi, which does not load here; run: npm install koffi\n";
  t.equal(board.stderr, `whohas: privileges are not dropped: ${why}`);
  t.equal((await board.stop()).code, 0);
  const refused = await whohasProcess(["run", ...SIM, "--user", "nobody"], without);
  t.match(refused, { stdout: "", code: 1, stderr: `whohas: privileges: ${why}` });
});
