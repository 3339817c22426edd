/** Words of `whohas exec`: what stands behind `--`, the command line of node, and complaints beside the program's own. */
import { basename } from "node:path";
import { CommandError } from "../contract/exit.ts";
import { printable } from "./printable.ts";

export interface NodeWords {
  /** Rig file, if one is named. */
  readonly rig: string | undefined;
  /** Modules to be loaded before the program, in their order. */
  readonly preloads: readonly { readonly kind: "require" | "import"; readonly module: string }[];
  readonly program: string;
  readonly words: readonly string[];
}

const USAGE = "say whohas exec [RIG] -- node PROGRAM [WORDS]";

/** Options of node that the program cannot do without, for it is loaded into this process. */
const PRELOADS: Readonly<Record<string, "require" | "import">> = {
  "-r": "require",
  "--require": "require",
  "--import": "import",
};

function isNode(word: string | undefined): boolean {
  return word !== undefined && /^node(js)?$/.test(basename(word));
}

/** @throws CommandError for wrong words */
export function readNodeWords(all: readonly string[]): NodeWords {
  const [first, ...others] = all;
  const [rig, [node, ...line]] = isNode(first) ? [undefined, all] : [first, others];
  if (node === undefined) throw new CommandError(`whohas exec: there is no program; ${USAGE}`);
  if (!isNode(node)) throw new CommandError(`whohas exec: "${node}" is not node, whose modules can be bound to a stack; ${USAGE}`);
  const preloads: { kind: "require" | "import"; module: string }[] = [];
  let at = 0;
  for (; line[at]?.startsWith("-"); at++) {
    const [option = "", value] = (line[at] as string).split(/=(.*)/s);
    const kind = PRELOADS[option];
    if (kind === undefined) {
      const message = `whohas exec: node's ${option} comes too late, this process runs already; say NODE_OPTIONS=${line[at]} whohas exec …`;
      throw new CommandError(message);
    }
    const module = value ?? line[++at];
    if (module === undefined) throw new CommandError(`whohas exec: ${option} needs a module`);
    preloads.push({ kind, module });
  }
  const [program, ...words] = line.slice(at);
  if (program === undefined) throw new CommandError(`whohas exec: node needs a program; ${USAGE}`);
  return { rig, preloads, program, words };
}

/** Tells of something on standard error: standard output is the program's. */
export function complain(why: string): void {
  process.stderr.write(`whohas: ${printable(why)}\n`);
}
