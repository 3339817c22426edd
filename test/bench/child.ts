/**
 * Measures one subject and prints the figures as one line of JSON: `child.ts NAME [--time | --allocation] [--samples N]`, both by
 * default. For run.ts and for the test of the frame path's allocations; wants --expose-gc and a large new space (FLAGS of figures.ts).
 */
import type { Figures } from "./figures.ts";
import { Floor } from "./floor.ts";
import { allocation, time } from "./measure.ts";
import { SUBJECTS } from "./subjects.ts";

const WARM_UP = 50_000;
const SAMPLES = 200_000;
const ROUNDS = 9;
const ROUND_TIME = 30;
const ALLOCATION_ROUNDS = 3;

const [name = "", ...options] = process.argv.slice(2);
const make = SUBJECTS[name];
if (!make) throw new Error(`no subject "${name}"; there are: ${Object.keys(SUBJECTS).join("; ")}`);
const given = options.indexOf("--samples");
const samples = given < 0 ? SAMPLES : Number(options[given + 1]);

const subject = await make();
const floor = new Floor(subject.floor);
subject.run(WARM_UP);
const figures: Figures = {
  name,
  timing: options.includes("--allocation") ? null : time(subject, floor, ROUNDS, ROUND_TIME),
  allocation: options.includes("--time") ? null : allocation(subject, samples, ALLOCATION_ROUNDS),
  busLoad: subject.busLoad?.() ?? null,
};
console.log(JSON.stringify(figures));
