import { runtimeDir, socketPath } from "../board/runtime-dir.ts";
import { ControlClient } from "../control/client.ts";
import { CommandError, Exit } from "./exit.ts";
import type { Globals } from "./globals.ts";

/** Runs `use` with a connection to the instance, and closes it. */
export async function withInstance<T>(globals: Globals, use: (client: ControlClient) => Promise<T>): Promise<T> {
  const client = await connect(globals.instance);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

async function connect(instance: string): Promise<ControlClient> {
  const path = socketPath(instance);
  try {
    return await ControlClient.connect(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") throw new CommandError(`no permission for ${path}; be the user who runs the instance`, Exit.NO_INSTANCE);
    const hint = instance === "default" ? "start one with: whohas run" : `start it with: whohas run --name ${instance}`;
    throw new CommandError(`no instance ${instance} in ${runtimeDir()}; ${hint}`, Exit.NO_INSTANCE);
  }
}
