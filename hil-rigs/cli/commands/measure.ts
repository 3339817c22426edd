/** `whohas-rig measure`. */
import { figuresTable, measureCases, measuredTable } from "../../run/measure.ts";
import { type AddCommand, Exit } from "../kit/exit.ts";
import { type FilterFlags, globsOf, withFilter } from "../kit/filter.ts";
import { casesOf, dutOf, MEASURABLE, whatToRun, whole } from "../kit/named.ts";

interface MeasureFlags extends FilterFlags {
  dut: string;
  runs: number;
  seed: number;
}

export const addMeasure: AddCommand = (program, end) => {
  withFilter(program.command("measure"))
    .argument("<suite...>", whatToRun(MEASURABLE))
    .description("run cases many times on one device and print how many frames each took")
    .requiredOption("--dut <dut>", "the device")
    .option("--runs <number>", "of each case; in real time all at once", whole, 16)
    .option("--seed <number>", "the first run's, of what is random in our stack", whole, 1)
    .action(async (suites: string[], flags: MeasureFlags) => {
      const measured = await measureCases(dutOf(flags.dut), casesOf(suites, globsOf(flags), MEASURABLE), flags.runs, flags.seed);
      const counted = measured.filter(({ figures }) => figures.length === 0);
      const noted = measured.filter(({ figures }) => figures.length > 0);
      if (counted.length > 0) process.stdout.write(measuredTable(counted));
      if (noted.length > 0) process.stdout.write(figuresTable(noted));
      for (const { case: one, failures } of measured) {
        if (failures.length === 0) continue;
        end(Exit.NO);
        console.log(`${failures.length} of ${flags.runs} runs of ${one.id} failed, the first at: ${failures[0]}`);
      }
    });
};
