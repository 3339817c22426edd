/** The command line as commander sees it: flags in general, help, and those commands that are needed. */
import { Command, CommanderError } from "commander";
import { COMMANDS } from "./commands/index.ts";
import type { CommandContext } from "./contract/command.ts";
import { CommandError, Exit } from "./contract/exit.ts";
import type { Globals } from "./contract/globals.ts";
import { VERSION } from "./version.ts";

export class Program {
  readonly #command: Command;
  #exit: number = Exit.DONE;

  private constructor() {
    this.#command = root();
  }

  /** Loads all commands, as help needs them. */
  static async all(globals: Globals): Promise<Program> {
    const { IP_HELP } = await import("./work/ip.ts");
    const program = await Program.load(globals, Object.keys(COMMANDS));
    program.#command.addHelpText("after", objectsHelp(IP_HELP));
    return program;
  }

  /** @param names of COMMANDS: only these are loaded */
  static async load(globals: Globals, names: readonly string[]): Promise<Program> {
    const program = new Program();
    const context: CommandContext = {
      globals,
      action:
        (work) =>
        async (...words) => {
          program.#exit = await work(...words);
        },
    };
    for (const name of names) (await COMMANDS[name]?.())?.register(program.#command, context);
    silence(program.#command);
    return program;
  }

  get help(): string {
    return this.#command.helpInformation();
  }

  /** Prints the help, with what stands behind the list of commands. */
  printHelp(): void {
    this.#command.outputHelp();
  }

  /**
   * Runs a command line, without the flags before the object, and returns its exit status. Help is no error.
   * @throws CommandError for wrong words
   */
  async run(words: readonly string[]): Promise<number> {
    try {
      await this.#command.parseAsync(words, { from: "user" });
      return this.#exit;
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return Exit.DONE;
      throw new CommandError(error.message.replace(/^error: /, "whohas: "));
    }
  }
}

function root(): Command {
  return new Command("whohas")
    .description("A network stack for embedded Node boards, with neighbours as Linux has them.")
    .usage("[-i INSTANCE] [-n NETNS] [-4|-6] [-j] [-p] [-s] [-d] [-o] [-br] [-t|-ts] OBJECT ...")
    .version(VERSION, "-V, --version")
    .helpCommand(false);
}

function objectsHelp(objects: string): string {
  return `
Objects of a running instance, abbreviated as with ip:
${objects}

Flags before the object: -i INSTANCE (default "default"), -n network namespace, -4, -6, -j JSON, -p pretty, -s statistics,
-d details, -o one line, -br brief, -t and -ts time stamps.`;
}

/** Makes a command and those below it throw their errors; main.ts prints them. */
function silence(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  for (const below of command.commands) silence(below);
}
