/** Random scripts: repeatable, fair to both devices, and the same for our stack twice. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { Dut, DutKind } from "../../../hil-rigs/contract/dut.ts";
import type { Family } from "../../../hil-rigs/contract/plan.ts";
import { linux } from "../../../hil-rigs/duts/linux/linux.ts";
import { whohasSim } from "../../../hil-rigs/duts/whohas/sim.ts";
import { makeOf, mismatchAt } from "../../../hil-rigs/random/differ.ts";
import { Guide } from "../../../hil-rigs/random/guide.ts";
import { Pair } from "../../../hil-rigs/random/pair.ts";
import type { Moment } from "../../../hil-rigs/random/play.ts";
import { type RandomResult, replay, runRandom } from "../../../hil-rigs/random/random.ts";
import { type Step, stepText } from "../../../hil-rigs/random/steps.ts";
import { generate, vocabulary } from "../../../hil-rigs/random/vocabulary.ts";
import { DUT } from "../../../hil-rigs/wire/hosts.ts";
import { missingForNetns } from "../../support/netns.ts";
import { scratch } from "../../support/own.ts";
import { realTime } from "../../support/real-time.ts";

const PLAIN = vocabulary([new Set()]);
const BOTH: readonly Family[] = [4, 6];
const MAC = "02:00:00:00:00:03";
const STAGE = { devices: ["e0"] as const, families: [4] as const, errors: false, seed: 1 };

/** Our stack with a fault: it does not hear some frames. */
function deafTo(name: string, missed: (bytes: Uint8Array) => boolean): DutKind {
  return {
    ...whohasSim,
    name,
    async open() {
      const bench = await whohasSim.open();
      const create = (): Dut => {
        const dut = bench.create();
        const send = dut.send.bind(dut);
        dut.send = (port, bytes) => {
          if (!missed(bytes)) send(port, bytes);
        };
        return dut;
      };
      return { create, close: () => bench.close() };
    },
  };
}

/** It misses replies whose sender is 10.0.0.3. */
const deaf: DutKind = deafTo("deaf", (bytes) => bytes[13] === 6 && bytes[21] === 2 && bytes[31] === 3);

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

/** As Pair does, to be closed when the test is over. */
async function pairOf(t: Test, kinds: [DutKind, DutKind], jobs: number, families: readonly Family[] = [4]): Promise<Pair> {
  const pair = new Pair(kinds, 1, jobs, families);
  t.teardown(() => pair.close());
  await pair.open();
  return pair;
}

const SEND: Step = { do: "udp", to: "10.0.0.2", count: 1, size: 8, confirm: false };

t.test("a step is put off while a timer is near", async (t) => {
  // The DUT asks at 0, 240 and 480 ms and gives up at 720.
  const guide = new Guide(STAGE);
  t.teardown(() => guide.player.close());
  await guide.player.open();
  guide.begin();
  await guide.act(SEND);
  const doneAt = async (earliest: number): Promise<number> => {
    for (;;) {
      const wake = guide.quiet(SEND, earliest);
      if (wake <= guide.player.now()) return wake;
      await guide.until(wake);
    }
  };
  t.equal(await doneAt(100), 100, "in the quiet between two it stays where it was");
  for (const due of [240, 480, 720]) {
    const put = await doneAt(due - 20);
    t.ok(put >= due + 85 && put < due + 95, `${due - 20} is put off to ${put}`);
  }
  t.equal(await doneAt(2000), 2000);
});

t.test("a managed entry's step is put off until the machine has looked, which the guide is told", async (t) => {
  const guide = new Guide(STAGE);
  t.teardown(() => guide.player.close());
  await guide.player.open();
  guide.begin();
  guide.managed(0);
  await guide.act({ do: "ip", command: "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud stale managed dev e0" });
  await guide.until(4960);
  t.ok(guide.quiet(SEND, 4960) <= 4970, "the window begins");
  await guide.until(5100);
  t.ok(guide.quiet(SEND, 4960) > 5100, "it may come any time");
  guide.managed(5100);
  while (guide.quiet(SEND, 4960) > guide.player.now()) await guide.until(guide.quiet(SEND, 4960));
  t.ok(guide.player.now() >= 5190 && guide.player.now() < 5200, `some time after it came: ${guide.player.now()}`);
  t.notOk(guide.deaf);
  await guide.until(11_000);
  t.ok(guide.deaf, "it ought to have come once more");
});

t.test("a family of its own has its words alone", async (t) => {
  const names = (families: readonly Family[]): string[] => vocabulary([whohasSim.can], [], families).map(({ name }) => name);
  t.same(names(BOTH), [...names([4]), ...names([6])]);
  const six = generate(3, 100, vocabulary([whohasSim.can], [], [6])).map(stepText);
  t.notOk(
    six.some((text) => / arp |10\.0\.0\./.test(text)),
    "nothing of IPv4",
  );
  t.ok(six.some((text) => text.includes(" ns: ")) && six.some((text) => / na \w+: /.test(text)));
});

t.test("a fault of one family is found among the words of both", async (t) => {
  const overrides = (bytes: Uint8Array): boolean => bytes[20] === 58 && bytes[54] === 136 && (bytes[58]! & 0x20) !== 0;
  const silent = deafTo("silent", overrides);
  const pair = await pairOf(t, [whohasSim, silent], 8, BOTH);
  const words = vocabulary([new Set()], [], BOTH);
  const result = await runRandom(pair, { seed: 1, scripts: 2, steps: 60, words, keepGoing: false, shrinks: 1 });
  const [difference] = result.differences;
  t.match(difference?.script.at(-1), { do: "nd", message: "na" });
  t.ok((difference?.script.length ?? 99) <= 4, `${difference?.script.map(stepText).join("; ")}`);
});

t.test("what happens to several neighbours at the same time has no order, what a frame causes has", async (t) => {
  const moment = (...about: string[]): Moment => ({
    answer: "",
    events: [],
    table: [],
    errors: [],
    frames: about.map((each) => ({ about: each, text: `asks ${each}` })),
  });
  const [ab, ba] = [moment("a", "b"), moment("b", "a")];
  t.equal(mismatchAt(0, { do: "wait", ms: 1 }, ab, ba, true), null);
  t.equal(mismatchAt(0, SEND, ab, ba, false), null, "nor has what timers did while it was waited");
  t.match(mismatchAt(3, SEND, ab, ba, true), { step: 3, channel: "frames", left: ["asks a", "asks b"] });
  t.match(mismatchAt(0, SEND, ab, moment("a"), false), { channel: "frames" });
});

t.test("our stack agrees with itself", async (t) => {
  const pair = await pairOf(t, [whohasSim, whohasSim], 4, BOTH);
  const words = vocabulary([whohasSim.can], [], BOTH);
  const result = await runRandom(pair, { seed: 1, scripts: 3, steps: 60, words, keepGoing: false, shrinks: 1 });
  t.same(result.differences, []);
  t.same(result.unsteady, []);
  t.ok(result.steps >= 180);
});

t.test("a fault is found, and shown by a script of few steps that can be replayed", async (t) => {
  const pair = await pairOf(t, [whohasSim, deaf], 8);
  const result = await runRandom(pair, { seed: 1, scripts: 4, steps: 80, words: PLAIN, keepGoing: false, shrinks: 1 });
  const [difference] = result.differences;
  t.ok(difference, "found");
  if (!difference) return;
  t.ok(difference.script.length <= 3, `${difference.script.map(stepText).join("; ")}`);
  t.match(difference.script.at(-1), { do: "arp", op: 2, spa: "10.0.0.3" });
  const { differences } = await replay(pair, JSON.parse(JSON.stringify(difference.script)) as Step[]);
  t.equal(differences[0]?.make, makeOf(difference.script, difference.mismatch));
});

t.test("a mismatch that comes from outside is played again, and never counted as a difference", async (t) => {
  // Differs, and says so, as often as it is told to.
  let disturbances = 2;
  const shaky: DutKind = {
    ...whohasSim,
    async open() {
      const bench = await deaf.open();
      const calm = await whohasSim.open();
      const create = (): Dut => {
        if (disturbances-- <= 0) return calm.create();
        const dut = bench.create();
        dut.disturbed = () => true;
        return dut;
      };
      return { create, close: () => bench.close() };
    },
  };
  const about3: Step = {
    do: "arp",
    port: "p0",
    op: 2,
    src: MAC,
    dst: DUT.mac,
    sha: MAC,
    spa: "10.0.0.3",
    tha: DUT.mac,
    tpa: DUT.ip,
  };
  const script: Step[] = [{ ...SEND, to: "10.0.0.3" }, about3];
  const pair = await pairOf(t, [whohasSim, shaky], 1);
  const nothing: Partial<RandomResult> = { differences: [], unsteady: [], undecided: [] };
  t.same(await replay(pair, script), nothing);
  t.equal(pair.replays, 2);
});

realTime(t, "the kernel plays along, with every word", { skip: missingForNetns() }, async (t) => {
  const pair = await pairOf(t, [linux, whohasSim], 4, BOTH);
  const words = vocabulary([linux.can, whohasSim.can], [], BOTH);
  const result = await runRandom(pair, { seed: 40, scripts: 2, steps: 50, words, keepGoing: true, shrinks: 0 });
  t.same(result.differences, []);
});

t.test("scripts on disk are lists of steps", async (t) => {
  const directory = scratch("random");
  const { random } = await import("../../../hil-rigs/random/command.ts");
  const flags = { seed: 1, scripts: 1, steps: 10, without: [], keepGoing: false, shrink: 0, jobs: 1, report: directory };
  const file = join(directory, "script.json");
  writeFileSync(file, JSON.stringify(generate(1, 10, PLAIN)));
  t.equal(await random([whohasSim, whohasSim], { ...flags, replay: [file, "2"] }), true);
  writeFileSync(file, "{}");
  await t.rejects(random([whohasSim, whohasSim], { ...flags, replay: [file] }), /is no script: a list of steps/);
  const endless = random([whohasSim, whohasSim], { ...flags, replay: ["/dev/zero"] });
  await t.rejects(endless, { message: "cannot read /dev/zero: it is a device, not a file" });
  await t.rejects(random([whohasSim, whohasSim], { ...flags, replay: [], without: ["sned"] }), /no word "sned"; there are request/);
});
