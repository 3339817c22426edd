/** `whohas run` with nothing attached and without root: the built-in bench, an hour of it in virtual time, and what a rig changes. */
import { rmSync } from "node:fs";
import t from "tap";
import { GATEWAY_MAC } from "../../firmware-ts/board/gateway.ts";
import { BENCH_RIG } from "../support/bench-rig.ts";
import { missingPrograms } from "../support/netns.ts";
import { scratchFolder } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { fileOf, UNPRIVILEGED, whohasProcess } from "../support/whohas.ts";

const HOUR = ["--virtual-time", "--duration", "1h"];
const MAC = Array.from(GATEWAY_MAC, (octet) => octet.toString(16).padStart(2, "0")).join(":");
const STATIC_RIG = `${BENCH_RIG}neighbours: { static: [{ ip: 192.168.10.1, lladdr: "${MAC}", dev: eth0 }] }\n`;

realTime(t, "an hour in virtual time, twice the same", {}, async (t) => {
  const start = performance.now();
  const first = await whohasProcess(["run", ...HOUR]);
  const took = performance.now() - start;
  t.equal(first.code, 0, first.stderr);
  t.equal(first.stderr, "");
  // Measured: 1.7 s, of which 0.8 s translation; the rest is for a machine that runs other tests meanwhile.
  t.ok(took < 10_000, `it took ${took.toFixed(0)} ms, translation of the sources included`);
  t.match(first.stdout, /^ready: bench \(seed 1\) in virtual time$/m);
  t.match(first.stdout, /^--- 1h ---$/m);
  t.match(first.stdout, /^datagrams +1200 sent, 0 failed; 1 had to wait for an address$/m);
  t.match(first.stdout, /^drops +none$/m);
  t.notMatch(first.stdout, /not believed|repaired/, "a chip without a fault is not doubted");
  const requests = /^arp requests +1 broadcast, ([1-9]\d*) unicast sent; \d+ received$/m.exec(first.stdout);
  t.ok(requests, "one question to everybody, and a probe now and then");
  t.equal(first.stdout.match(/^ +\d+\.\d{3} s {2}#\d+ {2}sent/gm)?.length, 1200, "a line for each datagram");

  const second = await whohasProcess(["run", ...HOUR]);
  t.equal(second.stdout, first.stdout, "the same seed, the same hour");
  const other = await whohasProcess(["run", ...HOUR, "--seed", "2"]);
  t.match(other.stdout, /^datagrams +1200 sent/m);
  t.not(other.stdout, first.stdout, "another seed, another hour");
});

t.test("the same hour with a static gateway entry", async (t) => {
  const { stdout, code } = await whohasProcess(["run", fileOf(STATIC_RIG), ...HOUR, "--json", "--quiet"]);
  t.equal(code, 0);
  const summary = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
  t.match(summary, {
    event: "summary",
    duration: 3_600_000,
    datagrams: { sent: 1200, queued: 0, failed: 0 },
    arp: { requestsBroadcast: 0, requestsUnicast: 0 },
    drops: {},
  });
});

const root = process.getuid?.() === 0;
realTime(t, "real time, without privileges", { skip: root ? missingPrograms("setpriv") : false }, async (t) => {
  const start = performance.now();
  const env = { WHOHAS_RUNTIME_DIR: `${scratchFolder}-nobody` };
  t.teardown(() => rmSync(env.WHOHAS_RUNTIME_DIR, { recursive: true, force: true }));
  const { stdout, stderr, code } = await whohasProcess(["run", "--duration", "4s"], UNPRIVILEGED, env);
  t.equal(stderr, "");
  t.equal(code, 0);
  t.ok(performance.now() - start >= 4000, "four real seconds");
  t.match(stdout, /^ready: bench /m);
  t.match(stdout, /#1 {2}sent after \d+\.\d ms in the queue {2}thermometer -?\d+\.\d\d °C {2}arp requests: 1 broadcast$/m);
  t.match(stdout, /^datagrams +2 sent, 0 failed; 1 had to wait for an address$/m);
  t.match(stdout, /^arp requests +1 broadcast, 0 unicast sent/m);
});
