/**
 * Plays the kinds that take their time, named on the command line, all at once, and prints a line of JSON for each fault. A process of
 * its own, for all of it stands still for half a minute; that comes last, for all kinds together.
 */
import { KINDS } from "./kinds.ts";
import { STANDS_STILL } from "./subject.ts";

const names = process.argv.slice(2);
const kinds = KINDS.filter(({ name, realTime }) => realTime && names.includes(name));
for (const still of [false, true]) {
  await Promise.all(
    kinds.map(async ({ name: kind, faults, play }) => {
      for (const fault of faults.filter((each) => (each === STANDS_STILL.name) === still)) {
        console.log(JSON.stringify({ kind, fault, outcome: await play(fault) }));
      }
    }),
  );
}
process.exit(0);
