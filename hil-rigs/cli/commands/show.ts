/** `whohas-rig show`: the ladder of a case from a report, as text. */
import { readRecord } from "../../reports/read.ts";
import { caseText } from "../../reports/text.ts";
import { globMatches } from "../../run/glob.ts";
import { Refusal } from "../../run/refusal.ts";
import type { AddCommand } from "../kit/exit.ts";

export const addShow: AddCommand = (program) => {
  program
    .command("show")
    .argument("<run>", "the folder of a report, or its record.json")
    .argument("[case]", "a case's id, * for anything; default: those that failed")
    .description("print the ladder of a case: what the tester and the device sent, and how the neighbour table changed")
    .action((run: string, glob: string | undefined) => {
      const { cases } = readRecord(run);
      const wanted = cases.filter(({ id, results }) =>
        glob === undefined ? results.some(({ status }) => status === "failed") : globMatches(glob, id),
      );
      if (wanted.length === 0)
        throw new Refusal(glob === undefined ? `no case failed in ${run}` : `no case of ${run} matches ${glob}`);
      process.stdout.write(wanted.map(caseText).join("\n"));
    });
};
