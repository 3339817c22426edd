/** `whohas-rig random`. */
import { JOBS, type RandomFlags, random } from "../../random/command.ts";
import { type AddCommand, Exit } from "../kit/exit.ts";
import { collect, twoDuts, whole } from "../kit/named.ts";

export const addRandom: AddCommand = (program, end) => {
  program
    .command("random")
    .description("play random scripts to two devices and stop at the first difference, with the shortest script that shows it")
    .option("--duts <a,b>", "the two devices", "linux,whohas-sim")
    .option("--seed <number>", "of the first script; the others follow", whole, 1)
    .option("--scripts <number>", "scripts to play", whole, 50)
    .option("--steps <number>", "steps of each", whole, 200)
    .option("--family <4|6>", "one address family only")
    .option("--without <word>", "leave a word of the vocabulary out; repeatable", collect, [])
    .option("--replay <file|seed>", "play this script only; repeatable", collect, [])
    .option("--keep-going", "play all scripts, and show each kind of difference once", false)
    .option("--shrink <number>", "differences to make short at most", whole, 8)
    .option("--jobs <number>", "scripts at once where time is real", whole, JOBS)
    .option("--report <dir>", "where the scripts that differ go (whohas-random in the directory for temporary files)")
    .action(async (flags: RandomFlags & { duts: string }) => {
      if (!(await random(twoDuts(flags.duts), flags))) end(Exit.NO);
    });
};
