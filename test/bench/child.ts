/**
 * Measures one subject and prints the figures as one line of JSON: `child.ts NAME [--allocation] [--samples N]`; with --allocation its
 * memory only. For run.ts and for the test of the frame path's allocations, which start it with the flags it needs (figures.ts).
 */
import type { Figures } from "./figures.ts";
import { Floor } from "./floor.ts";
import { allocation, time } from "./measure.ts";
import { subjectNamed } from "./subjects.ts";

/** Operations before anything is measured: enough for the optimizing compiler to have seen and compiled it all. */
const WARM_UP = 50_000;
const SAMPLES = 200_000;
const ROUNDS = 9;
/** In ms, at least. */
const ROUND_TIME = 20;
const ALLOCATION_ROUNDS = 5;

const [name = "", ...options] = process.argv.slice(2);
const given = options.indexOf("--samples");
const samples = given < 0 ? SAMPLES : Number(options[given + 1]);

const subject = await subjectNamed(name);
subject.run(WARM_UP);
const figures: Figures = {
  name,
  timing: options.includes("--allocation") ? null : time(subject, new Floor(subject.floor), ROUNDS, ROUND_TIME),
  allocation: allocation(subject, samples, ALLOCATION_ROUNDS),
  busLoad: subject.busLoad?.() ?? null,
};
console.log(JSON.stringify(figures));
