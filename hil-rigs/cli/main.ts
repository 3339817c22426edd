#!/usr/bin/env node
/** The `whohas-rig` command. To add a command: a file in commands/, and a line here. */
import { Command, CommanderError } from "commander";
import { endWithOutput } from "../../firmware-ts/cli/contract/broken-output.ts";
import { HELP_STYLE } from "../../firmware-ts/cli/contract/help.ts";
import { VERSION } from "../../firmware-ts/cli/contract/version.ts";
import { Refusal } from "../run/refusal.ts";
import { addChanges } from "./commands/changes.ts";
import { addList } from "./commands/list.ts";
import { addMeasure } from "./commands/measure.ts";
import { addRandom } from "./commands/random.ts";
import { addCompare, addRun } from "./commands/run.ts";
import { addShow } from "./commands/show.ts";
import { type AddCommand, Exit } from "./kit/exit.ts";

const COMMANDS: readonly AddCommand[] = [addList, addRun, addCompare, addShow, addChanges, addRandom, addMeasure];

let exit: number = Exit.DONE;
/** Text of commander for standard error. */
let complaint = "";

const program: Command = new Command("whohas-rig")
  .description("The same cases against any device under test: the kernel, our stack in virtual time, our stack on a wire.")
  .version(VERSION, "-V, --version")
  .exitOverride()
  .configureOutput({
    writeErr: (text) => {
      complaint += text;
    },
  })
  .configureHelp(HELP_STYLE);
for (const add of COMMANDS)
  add(program, (code) => {
    exit = code;
  });

endWithOutput();
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    exit = error.exitCode === 0 ? Exit.DONE : Exit.WORDS;
    const help = error.code === "commander.help";
    if (exit !== Exit.DONE) console.error(help ? complaint.trimEnd() : `whohas-rig: ${error.message.replace(/^error: /, "")}`);
  } else if (error instanceof Refusal) {
    exit = Exit.WORDS;
    console.error(`whohas-rig: ${error.message}`);
  } else {
    exit = Exit.NO;
    console.error(error);
  }
}
process.exitCode = exit;
