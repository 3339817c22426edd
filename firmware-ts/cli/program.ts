/** The command line as commander sees it: flags in general, help, and those commands that are needed. */
import { type AddHelpTextContext, Command, CommanderError } from "commander";
import { COMMANDS } from "./commands/index.ts";
import type { CommandContext } from "./contract/command.ts";
import { CommandError, Exit } from "./contract/exit.ts";
import type { Globals } from "./contract/globals.ts";
import { HELP_STYLE, itemsHelp } from "./contract/help.ts";
import { VERSION } from "./contract/version.ts";

export class Program {
  readonly #command: Command;
  #exit: number = Exit.DONE;
  /** Text for standard error, which main.ts prints. */
  #complaint = "";

  private constructor() {
    this.#command = root();
  }

  /** Loads all commands, as help needs them. */
  static async all(globals: Globals): Promise<Program> {
    const { IP_HELP } = await import("./work/ip.ts");
    const program = await Program.load(globals, Object.keys(COMMANDS));
    program.#command.addHelpText("after", (context) => objectsHelp(context, IP_HELP));
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
    program.#silence(program.#command);
    return program;
  }

  /** The help as standard error shows it, without the end of its last line. */
  get help(): string {
    this.#complaint = "";
    this.#command.outputHelp({ error: true });
    return this.#complaint.trimEnd();
  }

  /** Prints the help. */
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
      // A command without its second word: commander wrote the help.
      if (error.code === "commander.help") throw new CommandError(this.#complaint.trimEnd());
      throw new CommandError(error.message.replace(/^error: /, "whohas: "));
    }
  }

  /** Makes a command and those below it throw their errors. */
  #silence(command: Command): void {
    const writeErr = (text: string): void => {
      this.#complaint += text;
    };
    command.exitOverride().configureOutput({ writeErr });
    for (const below of command.commands) this.#silence(below);
  }
}

function root(): Command {
  return new Command("whohas")
    .description("A network stack for embedded Node boards, with neighbours as Linux has them.")
    .usage("[FLAGS] OBJECT [WORDS]")
    .version(VERSION, "-V, --version")
    .configureHelp(HELP_STYLE)
    .helpCommand(false);
}

const FLAGS = [
  ["-i INSTANCE", "the instance that is meant (default: default)"],
  ["-n NETNS", "the network namespace of it that is meant"],
  ["-4, -6", "one family"],
  ["-j, -p", "JSON; on several lines"],
  ["-s, -d", "statistics, details"],
  ["-o, -br", "a line for each thing; a short one"],
  ["-t, -ts", "time stamps"],
];

function objectsHelp(context: AddHelpTextContext, objects: readonly (readonly string[])[]): string {
  return [
    itemsHelp(context, 'Objects of a running instance, abbreviated as with ip; "whohas OBJECT help" explains one:', objects),
    itemsHelp(context, "Flags before the object:", FLAGS),
  ].join("\n");
}
