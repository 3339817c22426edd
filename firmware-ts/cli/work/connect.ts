/** Connections of commands to a running instance. */
import { SystemClock } from "../../../hal/clock.ts";
import { connectSocket } from "../../board/control-socket.ts";
import { runtimeDir, trustedSocket } from "../../board/runtime-dir.ts";
import { refusalWords } from "../../control/iproute/refusals.ts";
import { type Caller, ControlClient, NetnsCaller } from "../../control/methods/client.ts";
import { RpcClient } from "../../control/rpc/client.ts";
import { ControlError } from "../../control/rpc/protocol.ts";
import { CommandError, Exit } from "../contract/exit.ts";
import type { Globals } from "../contract/globals.ts";
import { PrintableCaller } from "./printable.ts";

/** An instance that takes longer for an answer, in ms, is stuck. */
const PATIENCE = 30_000;

/** Runs `use` with a connection to the instance, to the namespace that -n names in it, and closes it. */
export function withInstance<T>(globals: Globals, use: (caller: Caller) => Promise<T>): Promise<T> {
  return withCaller(globals, async (caller) => {
    await caller.open();
    return use(caller);
  });
}

/** The same with a connection that the first request makes: help and wrong words need no instance. */
export async function withCaller<T>(globals: Globals, use: (caller: LateCaller) => Promise<T>): Promise<T> {
  const caller = new LateCaller(globals);
  try {
    return await use(caller);
  } finally {
    caller.close();
  }
}

/** Connects when it is asked for something. */
class LateCaller implements Caller {
  onNotification: Caller["onNotification"] = null;
  readonly #globals: Globals;
  #client: ControlClient | null = null;
  #caller: Promise<Caller> | null = null;

  constructor(globals: Globals) {
    this.#globals = globals;
  }

  readonly call: Caller["call"] = async (name, ...params) => (await this.open()).call(name, ...params);

  open(): Promise<Caller> {
    this.#caller ??= this.#connect();
    return this.#caller;
  }

  close(): void {
    this.#client?.close();
  }

  async #connect(): Promise<Caller> {
    const { instance, netns } = this.#globals;
    const client = await connect(instance);
    this.#client = client;
    const caller = new PrintableCaller(client);
    caller.onNotification = (...note) => this.onNotification?.(...note);
    return netns === undefined ? caller : await within(caller, netns);
  }
}

/** @throws CommandError as `ip -n` ends for a name that nothing has */
async function within(client: Caller, netns: string): Promise<Caller> {
  const caller = new NetnsCaller(client, netns);
  await caller.call("netns.open").catch((error: unknown) => {
    throw error instanceof ControlError && error.code === "NETNS_UNKNOWN"
      ? new CommandError(refusalWords(error), Exit.IP_WORDS)
      : error;
  });
  return caller;
}

async function connect(instance: string): Promise<ControlClient> {
  const path = trusted(instance);
  try {
    if (path !== null) {
      const rpc = new RpcClient(await connectSocket(path));
      return new ControlClient(rpc, { clock: new SystemClock(), limit: PATIENCE });
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN") throw new CommandError(`instance ${instance} does not answer: too many wait for it`, Exit.NO_INSTANCE);
    if (code === "EACCES") throw new CommandError(`no permission for ${path}; be the user who runs the instance`, Exit.NO_INSTANCE);
  }
  throw noInstance(instance);
}

/** @throws CommandError for a socket that another user may stand behind */
function trusted(instance: string): string | null {
  try {
    return trustedSocket(instance);
  } catch (error) {
    if (!(error instanceof ControlError) || error.code === "INSTANCE_NAME") throw error;
    throw new CommandError(`whohas: ${error.message}`, Exit.NO_INSTANCE);
  }
}

export function noInstance(instance: string): CommandError {
  const hint = instance === "default" ? "start one with: whohas run" : `start it with: whohas run --name ${instance}`;
  return new CommandError(`no instance ${instance} in ${runtimeDir()}; ${hint}`, Exit.NO_INSTANCE);
}
