/** `whohas exec`: reads the words and the rig, gives rights away, and leaves the rest to executing.ts, which is loaded after that. */
import { confine } from "../../board/privileges.ts";
import { type RunRequest, rigFor } from "../../board/run-options.ts";
import { readServer } from "../../sockets/dns/servers.ts";
import { CommandError } from "../contract/exit.ts";
import { complain, readNodeWords } from "./exec-words.ts";

export interface ExecOptions extends Omit<RunRequest, "file"> {
  name: string;
  /** The rig, if any, and node's command line. */
  words: readonly string[];
  /** Servers of names; none: those that a lease names. */
  servers: readonly string[];
  /** NAME or NAME:GROUP: the process becomes this user before it opens anything. */
  user?: string;
  /** The program has all rights that the command was started with. */
  keepRights: boolean;
}

/** @throws CommandError, RigFileError and others, before the program begins; then its exit is the process's */
export async function exec({ words, servers, user, keepRights, ...options }: ExecOptions): Promise<number> {
  const line = readNodeWords(words);
  for (const server of servers) checkServer(server);
  if (keepRights && user !== undefined) throw new CommandError("whohas exec: --keep-rights and --user exclude each other");
  let input: string | undefined;
  const onInput = (text: string): void => {
    input = text;
  };
  const { rig: file } = line;
  const rig = await rigFor({ ...options, onInput, ...(file === undefined ? {} : { file }) });
  if (!keepRights) {
    const rights = await confine({
      rig,
      ...(user === undefined ? {} : { user }),
      reads: [line.program, ...(file === undefined || file === "-" ? [] : [file])],
      writes: [],
      ...(input === undefined ? {} : { input }),
    });
    if (rights?.whole) complain(`privileges are not dropped: ${rights.whole}`);
  }
  const { execute } = await import("./executing.ts");
  return execute(rig, { name: options.name, line, servers });
}

function checkServer(text: string): void {
  try {
    readServer(text);
  } catch {
    throw new CommandError(`whohas exec: --dns ${text}: say ADDR, ADDR:PORT or [ADDR6]:PORT`);
  }
}
