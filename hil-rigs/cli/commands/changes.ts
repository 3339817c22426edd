/** `whohas-rig changes`: what is different between two runs. */
import { changesOf } from "../../reports/changes.ts";
import { readRecord } from "../../reports/read.ts";
import { type AddCommand, Exit } from "../kit/exit.ts";

export const addChanges: AddCommand = (program, end) => {
  program
    .command("changes")
    .argument("<before>", "the folder of a report, or its record.json")
    .argument("<after>", "of a later run")
    .description("print the cases whose status is another one in a later run; exit 1 if something passes no more")
    .action((before: string, after: string) => {
      const changes = changesOf(readRecord(before), readRecord(after));
      for (const { id, device, was, is, reason } of changes)
        console.log(`${was.padEnd(8)} -> ${is.padEnd(8)} ${id} on ${device}${reason === "" ? "" : `: ${reason}`}`);
      const worse = changes.filter(({ was, is }) => was === "passed" && is === "failed").length;
      console.log(`${changes.length} changes; ${worse} cases passed before and fail now`);
      if (worse > 0) end(Exit.NO);
    });
};
