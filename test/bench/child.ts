/**
 * Measures one subject and prints the figures as one line of JSON: `child.ts NAME [--allocation] [--samples N] [--lwip DIRECTORY]`; with
 * --allocation its memory only, with --lwip next to the programs built there (lwip/lwip.ts). For run.ts and for the test of the frame path's allocations, which start it with the flags it needs (figures.ts).
 */
import type { Figures } from "./figures.ts";
import { Floor } from "./floor.ts";
import { countLwip, timeLwip } from "./lwip/lwip.ts";
import { allocation, time } from "./measure.ts";
import { subjectNamed } from "./subjects.ts";

/** Operations before anything is measured: enough for the optimizing compiler to have seen and compiled it all. */
const WARM_UP = 50_000;
const SAMPLES = 200_000;
const ROUNDS = 9;
/** Least duration of a round, in ms. */
const ROUND_TIME = 20;
const ALLOCATION_ROUNDS = 5;
/** Timed polls of 64 frames each: enough for one in a thousand to be no chance. */
const POLLS = 10_000;

const [name = "", ...options] = process.argv.slice(2);
const samples = Number(option("--samples") ?? SAMPLES);
const directory = option("--lwip");

const subject = await subjectNamed(name);
const { lwip } = subject;
const beside = directory !== undefined && lwip !== undefined;
subject.run(WARM_UP);
const memoryOnly = options.includes("--allocation");
const figures: Figures = {
  name,
  timing: memoryOnly
    ? null
    : time(subject, new Floor(subject.floor), ROUNDS, ROUND_TIME, beside ? () => timeLwip(directory, lwip) : null),
  allocation: allocation(subject, samples, ALLOCATION_ROUNDS),
  hasLwip: lwip !== undefined,
  lwipBytes: beside ? countLwip(directory, lwip) : null,
  busLoad: subject.busLoad?.() ?? null,
  polls: memoryOnly ? null : (subject.polls?.measure(subject, POLLS) ?? null),
};
console.log(JSON.stringify(figures));

function option(name: string): string | undefined {
  const at = options.indexOf(name);
  return at < 0 ? undefined : options[at + 1];
}
