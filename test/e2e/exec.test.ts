/** `whohas exec`: a program that knows nothing of us, on a board's stack beside a host with servers of Debian's. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import t from "tap";
import { BOARD, HOST, SUBNET } from "../support/host.ts";
import { missingForNetns, missingPrograms, type Netns, VethPair } from "../support/netns.ts";
import { bound, type Ended } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { pause } from "../support/waiting.ts";
import { adopt, commandLine, ended, folder, whohas, whohasProcess } from "../support/whohas.ts";

const programs = ["dnsmasq", "mosquitto", "coap-server-notls", "curl", "socat"];
const PROGRAM = fileURLToPath(new URL("../fixtures/programs/everyday.mjs", import.meta.url));
const NAMES = fileURLToPath(new URL("../fixtures/programs/names.mjs", import.meta.url));
const SERVER = `
  require("node:http").createServer((request, response) => {
    response.statusCode = request.url === "/" ? 200 : 404;
    if (request.method === "POST") request.pipe(response); else response.end("hello");
  }).listen(8080);
`;
const ZONE = [
  "host-record=board.test,192.0.2.9,2001:db8::9",
  `host-record=host.test,${HOST}`,
  "cname=alias.test,board.test",
  "mx-host=mail.test,relay.test,10",
  "srv-host=_mqtt._tcp.test,host.test,1883,1,2",
  "local=/test/",
  ...Array.from({ length: 12 }, (_, at) => `txt-record=long.test,${String.fromCharCode(97 + at).repeat(200)}`),
].map((line) => `--${line}`);

/** Servers of the host. They are there once their ports answer. */
async function serve(far: Netns): Promise<() => void> {
  const config = join(folder, "mosquitto.conf");
  writeFileSync(config, "listener 1883\nallow_anonymous true\nuser root\n");
  const started: [string, string[]][] = [
    [
      "dnsmasq",
      ["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=", "--user=root", ...ZONE],
    ],
    ["mosquitto", ["-c", config]],
    ["coap-server-notls", ["-A", HOST]],
    [process.execPath, ["-e", SERVER]],
  ];
  const children = started.map(([program, words]) => adopt(far.spawn(program, words, { stdio: "ignore" })));
  const ports = ["tcp 53", "tcp 1883", "tcp 8080", "udp 5683"];
  for (const line of ports) {
    const [kind, port] = line.split(" ");
    while (!far.run("ss", "-Hlnp", `--${kind}`, `sport = :${port}`).includes(`:${port}`)) await pause(20);
  }
  return () => {
    for (const child of children) child.kill("SIGKILL");
  };
}

/** The lines that a program printed, by their names. */
function parts({ stdout, stderr }: Ended): Record<string, unknown> {
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { ...Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, unknown])), stderr };
}

realTime(t, "a program beside a host", { skip: missingForNetns() || missingPrograms(...programs) }, async (t) => {
  const pair = new VethPair();
  pair.far.ip("address", "add", `${HOST}/${SUBNET}`, "dev", pair.farName);
  const stop = await serve(pair.far);
  t.teardown(() => {
    stop();
    pair.remove();
  });
  const words = ["exec", "--name", "exec", "--device", `packet:${pair.near}`, "--address", `${BOARD}/${SUBNET}`, "--dns", HOST];
  const [program, args] = commandLine([...words, "--", "node", PROGRAM, HOST]);
  const board = adopt(
    bound(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, WHOHAS_RUNTIME_DIR: folder } }),
  );
  const over = ended(board);
  await new Promise<void>((resolve) => {
    let said = "";
    board.stdout?.on("data", (text) => {
      said += text;
      if (said.includes('["listening"')) resolve();
    });
    void over.then(() => resolve());
  });
  const curl = pair.far.run("curl", "-sS", "-m", "20", `http://${BOARD}:8081/first`);
  const bytes = join(folder, "bytes");
  writeFileSync(bytes, Buffer.alloc(1_000_000, "whohas"));
  const echoed = pair.far
    .run("sh", "-c", `socat -t 10 - TCP:${BOARD}:8082 < ${bytes} | sha256sum; sha256sum < ${bytes}`)
    .split("\n");
  t.equal(echoed[0], echoed[1], "a megabyte there and back");
  pair.far.run("curl", "-sS", "-m", "20", `http://${BOARD}:8081/last`);
  const result = await over;
  const got = parts(result);
  t.equal(curl, "the board's answer");
  const theirs = JSON.parse(pair.far.run(process.execPath, NAMES, HOST)) as unknown;
  t.same(got["dns"], theirs, "the same as node's own resolver says");
  t.equal(result.code, 7, "its exit code is ours");
  t.same(
    { ...got, asked: undefined },
    {
      dns: [
        ["192.0.2.9"],
        ["2001:db8::9"],
        ["192.0.2.9"],
        ["board.test"],
        Array(12).fill(200),
        [{ exchange: "relay.test", priority: 10 }],
        [{ name: "host.test", port: 1883, priority: 1, weight: 2 }],
        ["board.test"],
        "ENOTFOUND queryA none.test",
        "ENODATA queryMx board.test",
      ],
      http: [[200, 5, false], [200, 300_000, true], [404, 5, true], 200, "hello"],
      mqtt: ["reading quality 0 0", "reading quality 1 1", "reading quality 2 2", `reading ${"x".repeat(20)} 1`],
      coap: [
        ["2.01", ""],
        ["2.05", "21.5"],
        ["4.04", "Not Found"],
      ],
      refused: "ECONNREFUSED",
      listening: 8081,
      beforeExit: 7,
      asked: undefined,
      stderr: "",
    },
  );
  t.same(got["asked"], ["GET", "/last", HOST]);
});

/** Ends once it has nothing to wait for, and says on the way what it found. */
const BY_ITSELF = `
  const { createServer, connect } = require("net");
  console.log(require.main === module, process.argv.slice(2));
  require("dgram").createSocket("udp4").bind(9).unref();
  createServer().listen(9).unref();
  const server = createServer((socket) => socket.end("hi"));
  server.listen(7, () => connect(7, "192.168.10.10").on("data", (bytes) => server.close(() => console.log(String(bytes)))));
  let asked = 0;
  process.on("beforeExit", () => {
    console.log("asked", asked);
    if (asked++ < 2) setTimeout(() => {}, 1);
  });
  process.exitCode = 3;
`;

/**
 * As packages do that tidy up at any end (signal-exit): they end the process by the signal, where nobody else listens to it. Tap's
 * book-keeping, which coverage loads, is such a package too, and two of them that do not know of each other wait for ever, in plain Node as well.
 */
const TIDY = `
  const tap = /processinfo/.test(process.env.NODE_OPTIONS ?? "") ? 1 : 0;
  const tidy = () => {
    if (process.listeners("SIGTERM").length > 1 + tap) return;
    process.off("SIGTERM", tidy);
    console.log("tidy");
    process.kill(process.pid, "SIGTERM");
  };
  process.on("SIGTERM", tidy);
`;

t.test("programs that end by themselves, by an error, by signals", async (t) => {
  const told = (before: string): string => `${before}; process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 600_000)`;
  const rows: [string, string, Partial<Ended>][] = [
    ["by itself", BY_ITSELF, { code: 3, stdout: "true [ 'a', '--b' ]\nhi\nasked 0\nasked 1\nasked 2\n", stderr: "" }],
    ["error", "null.x", { code: 1, stdout: "" }],
    ["own signal", told("process.on('SIGTERM', () => process.exit(4))"), { code: 4 }],
    ["a signal in a program that tidies up", told(TIDY), { code: null, stdout: "tidy\n" }],
    ["a signal that it heard once", told("process.once('SIGTERM', () => process.kill(process.pid, 'SIGTERM'))"), { code: null }],
  ];
  const runs = rows.map(async ([name, text, expected], at) => {
    const file = join(folder, `program${at}.cjs`);
    writeFileSync(file, text);
    t.match(await whohasProcess(["exec", "--name", `end${at}`, "--", "node", file, "a", "--b"]), expected, name);
  });
  await Promise.all(runs);
});

t.test("modules that are loaded before the program", async (t) => {
  const file = join(folder, "preloaded.cjs");
  writeFileSync(file, "console.log(globalThis.before)");
  const before = join(folder, "before.mjs");
  writeFileSync(before, "globalThis.before = (globalThis.before ?? 0) + 1;");
  const modules = [before, pathToFileURL(before).href, "./nowhere.mjs"];
  const ends = modules.map((module, at) => whohasProcess(["exec", "--name", `pre${at}`, "--", "node", "--import", module, file]));
  const [path, url, missing] = (await Promise.all(ends)) as [Ended, Ended, Ended];
  t.match(path, { code: 0, stdout: "1\n" }, "by its path");
  t.match(url, { code: 0, stdout: "1\n" }, "by its URL");
  t.match(missing, { code: 1, stderr: /nowhere\.mjs/ }, "one that is not there ends it");
});

t.test("wrong words", async (t) => {
  const rows: [string[], RegExp][] = [
    [["exec"], /there is no program; say whohas exec \[RIG\] -- node PROGRAM/],
    [["exec", "--", "python3", "x.py"], /"x\.py" is not node/],
    [["exec", "--", "node"], /node needs a program/],
    [["exec", "--", "node", "--inspect", "x.js"], /node's --inspect comes too late/],
    [["exec", "--", "node", "-r"], /-r needs a module/],
    [["exec", "--dns", "nowhere", "--", "node", "x.js"], /--dns nowhere: say ADDR, ADDR:PORT or \[ADDR6\]:PORT/],
  ];
  for (const [words, complaint] of rows) {
    const { code, stderr } = await whohas(...words);
    t.match([code, stderr], [2, complaint], words.join(" "));
  }
});
