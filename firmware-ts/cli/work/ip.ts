/** The commands that are `ip`'s, and `sysctl`, `nstat`, `cat` and `arping`: their words go to the running instance, their output to the terminal. */
import { SystemClock } from "../../../hal/clock.ts";
import { isDark } from "../../control/iproute/colors.ts";
import { findObject, IP_OBJECTS, type IpEnd, type IpSurroundings, runIpObject } from "../../control/iproute/run-ip.ts";
import { TOOLS } from "../../control/iproute/tools.ts";
import { abbreviates } from "../../control/iproute/words.ts";
import { Exit } from "../contract/exit.ts";
import type { Globals } from "../contract/globals.ts";
import { withCaller } from "./connect.ts";
import { Interrupt } from "./interrupt.ts";

type Run = (around: IpSurroundings) => Promise<IpEnd>;

/** The command of these words, or undefined when they are not ours. A tool's name is written in full, an object's may be abbreviated. */
export function ipCommand(globals: Globals, word: string, words: readonly string[]): (() => Promise<number>) | undefined {
  const tool = TOOLS.get(word);
  if (tool) return () => connected(globals, (around) => tool.run(words, around, globals));
  const object = findObject(word);
  // No word of an object begins with a dash.
  const asked = words.some((each) => each === "--help" || each === "-h") ? ["help"] : words;
  // The connection goes to the namespace already.
  const options = { ...globals, netns: undefined };
  return (
    object &&
    (() => connected(globals, (around) => runIpObject(object, options, asked, around), abbreviates(asked[0] ?? "", "help")))
  );
}

/** @param help that is all that is asked for */
async function connected(globals: Globals, run: Run, help = false): Promise<number> {
  const clock = new SystemClock();
  const interrupted = new Interrupted();
  const around: Omit<IpSurroundings, "caller"> = {
    print: (line) => console.log(line),
    wallTime: () => clock.wallTime(),
    onInterrupt: (stop) => interrupted.instead(stop),
    program: "whohas",
    terminal: process.stdout.isTTY,
    dark: isDark(process.env["COLORFGBG"]),
  };
  const end = await withCaller(globals, async (caller) => {
    // `ip` goes to its namespace before it reads the words.
    if (globals.netns !== undefined && !help) await caller.open();
    return Promise.race([run({ caller, ...around }), interrupted.end]);
  }).finally(() => interrupted.ignore());
  clock.stop();
  if (end.stderr !== "") console.error(end.stderr);
  return end.exit;
}

/** A monitor goes on until somebody has seen enough. */
class Interrupted {
  readonly end: Promise<IpEnd>;
  readonly #interrupt = new Interrupt();
  #stop: (() => void) | null = null;

  constructor() {
    this.end = new Promise((resolve) => {
      void this.#interrupt.heard.then(() => {
        if (this.#stop) this.#stop();
        else resolve({ stderr: "", exit: Exit.INTERRUPTED });
      });
    });
  }

  ignore(): void {
    this.#interrupt.ignore();
  }

  /** The command ends by itself once this is done. */
  instead(stop: () => void): void {
    this.#stop = stop;
  }
}

/** Objects and tools for the help, each with what it does. */
export const IP_HELP: readonly (readonly string[])[] = [
  ...IP_OBJECTS.map(({ names, what }) => [longest(names), what]),
  ...[...TOOLS].map(([name, { what }]) => [name, what]),
];

function longest(names: readonly string[]): string {
  return names.reduce((best, name) => (name.length > best.length ? name : best), "");
}
