import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import type { Dut, DutKind } from "../../../hil-rigs/contract/dut.ts";
import { linux } from "../../../hil-rigs/duts/linux/linux.ts";
import { whohasSim } from "../../../hil-rigs/duts/whohas/sim.ts";
import { firstMismatch, makeOf } from "../../../hil-rigs/random/differ.ts";
import { Pair } from "../../../hil-rigs/random/pair.ts";
import { plan } from "../../../hil-rigs/random/plan.ts";
import type { Moment } from "../../../hil-rigs/random/play.ts";
import { replay, runRandom } from "../../../hil-rigs/random/random.ts";
import { type Step, slot, stepText } from "../../../hil-rigs/random/steps.ts";
import { generate, vocabulary } from "../../../hil-rigs/random/vocabulary.ts";
import { missingForNetns } from "../../support/netns.ts";

const PLAIN = vocabulary([new Set()]);
const STAGE = { second: false, errors: false, seed: 1 };

/** Our stack with a fault: it does not hear replies whose sender is 10.0.0.3. */
const deaf: DutKind = {
  ...whohasSim,
  name: "deaf",
  async open() {
    const bench = await whohasSim.open();
    const create = (): Dut => {
      const dut = bench.create();
      const send = dut.send.bind(dut);
      dut.send = (port, bytes) => {
        const reply = bytes[13] === 6 && bytes[21] === 2;
        if (!(reply && bytes[31] === 3)) send(port, bytes);
      };
      return dut;
    };
    return { create, close: () => bench.close() };
  },
};

t.test("a seed gives the same script each time, another seed another", async (t) => {
  const texts = (seed: number): string[] => generate(seed, 100, PLAIN).map(stepText);
  t.same(texts(7), texts(7));
  t.not(texts(7).join("\n"), texts(8).join("\n"));
  t.ok(texts(7).length >= 100);
});

t.test("words that one DUT lacks what it takes for are left out", async (t) => {
  const names = (cans: Parameters<typeof vocabulary>[0], without?: string[]): string[] =>
    vocabulary(cans, without).map((word) => word.name);
  t.notOk(names([linux.can, new Set()]).includes("flags"));
  t.ok(names([linux.can, new Set(["neigh-flags"])]).includes("flags"));
  t.notOk(names([linux.can, linux.can], ["flags"]).includes("flags"));
});

t.test("no step is planned for when a timer is due", async (t) => {
  // The DUT asks at 0, 240 and 480 ms and gives up at 720.
  const send: Step = { do: "udp", to: "10.0.0.2", count: 1, size: 8, confirm: false };
  const wait = (ms: number): Step => ({ do: "wait", ms });
  const near = async (ms: number): Promise<number> => (await plan([send, wait(ms), send], STAGE))[2] as number;
  const first = slot(send);
  t.equal(await near(100), first + 100, "in the quiet between two it stays where it was");
  for (const due of [240, 480, 720]) {
    for (const at of [due - 20, due, due + 50]) {
      const put = await near(at - first);
      t.ok(put >= due + 85, `${at} is put off to ${put}`);
    }
  }
  t.equal(await near(2000), first + 2000);
});

t.test("what happens to several neighbours at the same time has no order, what a frame causes has", async (t) => {
  const moment = (...about: string[]): Moment[] => [
    {
      at: 0,
      seen: 1,
      answer: "",
      events: [],
      table: [],
      errors: [],
      frames: about.map((each) => ({ about: each, text: `asks ${each}` })),
    },
  ];
  const [ab, ba] = [moment("a", "b"), moment("b", "a")];
  t.equal(firstMismatch([{ do: "wait", ms: 1 }], ab, ba), null);
  const echo: Step = { do: "echo", port: "p0", from: { ip: "10.0.0.2", mac: "02:00:00:00:00:02" }, dst: "", destination: "" };
  t.match(firstMismatch([echo], ab, ba), { step: 0, channel: "frames", left: ["asks a", "asks b"] });
  t.match(firstMismatch([{ do: "wait", ms: 1 }], ab, moment("a")), { channel: "frames" });
});

t.test("our stack agrees with itself", async (t) => {
  const pair = new Pair([whohasSim, whohasSim], 1, 4);
  const words = vocabulary([whohasSim.can]);
  const result = await runRandom(pair, { seed: 1, scripts: 3, steps: 60, words, keepGoing: false, shrinks: 1 });
  t.same(result.differences, []);
  t.same(result.unsteady, []);
  t.ok(result.steps >= 180);
});

t.test("a fault is found, and shown by a script of few steps that can be replayed", async (t) => {
  const pair = new Pair([whohasSim, deaf], 1, 8);
  const result = await runRandom(pair, { seed: 1, scripts: 4, steps: 80, words: PLAIN, keepGoing: false, shrinks: 1 });
  const [difference] = result.differences;
  t.ok(difference, "found");
  if (!difference) return;
  t.ok(difference.script.length <= 3, `${difference.script.map(stepText).join("; ")}`);
  t.match(difference.script.at(-1), { do: "arp", op: 2, spa: "10.0.0.3" });
  const { differences } = await replay(pair, JSON.parse(JSON.stringify(difference.script)) as Step[]);
  t.equal(differences[0]?.make, makeOf(difference.script, difference.mismatch));
});

t.test("the kernel plays along: a script that holds nothing doubtful agrees", { skip: missingForNetns() }, async (t) => {
  const pair = new Pair([linux, whohasSim], 1, 2);
  const words = vocabulary([linux.can, whohasSim.can]).filter((word) => ["request", "send", "wait", "del"].includes(word.name));
  const scripts = [1, 2].map((seed) =>
    generate(seed, 25, words).filter((step) => step.do !== "arp" || (step.dst === "ff:ff:ff:ff:ff:ff" && step.src === step.sha)),
  );
  for (const { mismatch, late } of await pair.run(scripts)) t.ok(mismatch === null || late, JSON.stringify(mismatch));
});

t.test("scripts on disk are lists of steps", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "whohas-random-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const { random } = await import("../../../hil-rigs/random/command.ts");
  const flags = { seed: 1, scripts: 1, steps: 10, without: [], keepGoing: false, shrink: 0, jobs: 1, report: directory };
  const file = join(directory, "script.json");
  writeFileSync(file, JSON.stringify(generate(1, 10, PLAIN)));
  t.equal(await random([whohasSim, whohasSim], { ...flags, replay: [file, "2"] }), true);
  writeFileSync(file, "{}");
  await t.rejects(random([whohasSim, whohasSim], { ...flags, replay: [file] }), /is no script: a list of steps/);
  await t.rejects(random([whohasSim, whohasSim], { ...flags, replay: [], without: ["sned"] }), /no word "sned"; there are request/);
});
