/** `whohas sim` as a user has it: lines or JSON, the same for the same seed, words that are refused, and an end when it is told to. */
import { readFileSync } from "node:fs";
import t from "tap";
import { bound } from "../support/own.ts";
import { eventually } from "../support/waiting.ts";
import { commandLine, ended, whohas, whohasProcess } from "../support/whohas.ts";

const SMALL = ["sim", "--hosts", "5", "--duration", "5m", "--interval", "10s"];

t.test("lines for people: frames by kind, ARP's share, tables, drops, time", async (t) => {
  const { stdout, stderr, code } = await whohasProcess(SMALL);
  t.match({ stderr, code }, { stderr: "", code: 0 });
  t.match(stdout, /^--- 5 nodes, a datagram every 10s, 5m; seed 1, profile linux, gateway resolved ---\n/);
  t.match(stdout, /^udp +150 frames, \d+ bytes$/m);
  t.match(stdout, /^arp requests to everybody +5 frames, 300 bytes$/m);
  t.match(stdout, /^arp share +\d+\.\d\d % of the frames, \d+\.\d\d % of the bytes$/m);
  t.match(stdout, /^datagrams +150 sent, 0 failed, 5 waited; 150 at the gateway$/m);
  t.match(stdout, /^tables +\d entries at the gateway, 5 at the nodes, 6 in the switch$/m);
  t.match(stdout, /^drops +none$/m);
  t.match(stdout, /^took +\d+\.\d\d s, \d+\.\d\d s of processor time$/m);
});

t.test("JSON repeats from its seed in all but the time that it took; a static gateway needs no ARP", async (t) => {
  const result = async (...words: string[]) => {
    const { stdout, stderr, code } = await whohasProcess(words);
    t.match({ stderr, code }, { stderr: "", code: 0 }, words.join(" "));
    const { took, ...rest } = JSON.parse(stdout);
    t.ok(took.wall > 0 && took.processor > 0);
    return rest;
  };
  const first = await result(...SMALL, "-j");
  t.match(first, { hosts: 5, simulated: 300_000, seed: 1, profile: "linux", datagrams: { sent: 150, received: 150 } });
  t.same(await result("-j", ...SMALL), first);
  const silent = await result(...SMALL, "-j", "--seed", "7", "--profile", "lowpower", "--static-gateway");
  t.match(silent, { seed: 7, staticGateway: true, arpShare: { frames: 0, bytes: 0 }, datagrams: { sent: 150, received: 150 } });
});

t.test("words that make no sense are refused in one line", async (t) => {
  for (const [words, said] of [
    [["--hosts", "0"], /--hosts.*1 to 20000/],
    [["--hosts", "many"], /--hosts/],
    [["--interval", "0s"], /--interval.*1ms or more/],
    [["--duration", "0s"], /--duration.*1ms or more/],
    [["--profile", "bsd"], /--profile.*linux, strict, lowpower/],
  ] as const) {
    const { stdout, stderr, code } = await whohas("sim", ...words);
    t.match({ stdout, stderr, code }, { stdout: "", stderr: said, code: 2 }, words.join(" "));
    t.equal(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

t.test("told to stop it says what there is by then", { skip: process.platform !== "linux" && "needs Linux" }, async (t) => {
  const [program, args] = commandLine(["sim", "--hosts", "5", "--duration", "8000h"]);
  // By way of env(1): the test runner puts listeners to signals of its own into every child that it knows of.
  const bare = ["-i", `PATH=${process.env["PATH"]}`, program, ...args];
  const child = bound("env", bare, { stdio: ["ignore", "pipe", "pipe"] });
  const end = ended(child);
  // Node itself does not listen to SIGHUP, the command does, together with SIGINT. Until exec() a child shows its parent's signals.
  const begun = (): boolean => readFileSync(`/proc/${child.pid}/cmdline`, "utf8").includes("8000h");
  const caught = (): number =>
    Number.parseInt(/^SigCgt:\s*\w*(\w)$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? "0", 16);
  await eventually(() => begun() && (caught() & 1) === 1, "the command listens to signals");
  child.kill("SIGINT");
  const { stdout, code } = await end;
  t.equal(code, 0);
  t.match(stdout, / of 8000h, stopped; seed 1/);
});
