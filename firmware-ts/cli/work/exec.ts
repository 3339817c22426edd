/** `whohas exec`: brings up a rig, binds Node's network modules to its stack, and runs a program in this process as node would. */
import { createRequire, Module } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Clock, SystemClock } from "../../../hal/clock.ts";
import { ControlServer } from "../../board/control-socket.ts";
import { claimInstance } from "../../board/instance-claim.ts";
import { type RunRequest, rigFor } from "../../board/run-options.ts";
import { System, startSystem } from "../../board/system.ts";
import { stackMethods } from "../../control/methods/index.ts";
import { bindBuiltins } from "../../sockets/builtins/index.ts";
import { Holds } from "../../sockets/ground.ts";
import { Closing } from "./closing.ts";
import { type NodeWords, readNodeWords } from "./exec-words.ts";
import { ProgramEnd } from "./program-end.ts";

export interface ExecOptions extends Omit<RunRequest, "file"> {
  name: string;
  /** The rig, if any, and node's command line. */
  words: readonly string[];
  /** Servers of names. */
  servers: readonly string[];
}

/** For a link to come up before the program begins, and for the way down, in ms. */
const LINK_WAIT = 5000;
const LIMIT = 5000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @throws CommandError, RigFileError and others, before the program begins; then its exit is the process's */
export async function exec({ words, servers, ...options }: ExecOptions): Promise<number> {
  const line = readNodeWords(words);
  const rig = await rigFor({ ...options, ...(line.rig === undefined ? {} : { file: line.rig }) });
  const clock = new SystemClock({ background: true });
  const closing = new Closing();
  const holds = new Holds();
  const end = new ProgramEnd(holds);
  try {
    const claim = await claimInstance(options.name);
    process.on("exit", () => claim.abandon());
    const system = await System.make(rig, { clock, app: false });
    closing.add(() => system.stop());
    const server = new ControlServer(stackMethods(system.stack, system.namespaces));
    await server.listen(claim.path);
    closing.add(() => server.close());
    closing.add(() => claim.release());
    claim.protectSocket();
    await startSystem(system);
    await link(clock, system);
    bindBuiltins(system.stack, { servers, holds });
    await end.note();
  } catch (error) {
    await closing.close().catch(() => undefined);
    clock.stop();
    end.stop();
    throw error;
  }
  const close = (): Promise<void> => bounded(clock, closing.close());
  obeySignals(close);
  await start(line);
  await ended(end);
  await close();
  process.exit();
}

/** Waits for a link: what is sent into a dead one is lost for nothing. */
async function link(clock: Clock, { stack }: System): Promise<void> {
  const up = (): boolean => stack.devices.some((device) => !device.loopback && device.hasCarrier);
  if (up()) return;
  await new Promise<void>((done) => {
    const patience = clock.timer(done);
    patience.arm(LINK_WAIT);
    stack.network.onDeviceEvent((_, event) => {
      if (event !== "carrier-up" || !up()) return;
      patience.cancel();
      done();
    });
  });
}

function bounded(clock: Clock, work: Promise<void>): Promise<void> {
  const limit = new Promise<void>((resolve) => clock.timer(resolve).arm(LIMIT));
  return Promise.race([work.catch(() => undefined), limit]);
}

/** A signal that the program does not listen to ends it, as it ends others, once the devices are closed. */
function obeySignals(close: () => Promise<void>): void {
  for (const signal of SIGNALS) {
    const heard = (): void => {
      if (process.listenerCount(signal) > 1) return;
      void close().finally(() => {
        process.removeListener(signal, heard);
        process.kill(process.pid, signal);
      });
    };
    process.on(signal, heard);
  }
}

/** Loads the program as node's own start does: it is the main module, its errors are nobody's but its own. */
async function start({ preloads, program, words }: NodeWords): Promise<void> {
  const path = resolve(program);
  process.argv = [process.execPath, path, ...words];
  const require = createRequire(`${process.cwd()}/`);
  for (const { kind, module } of preloads) {
    if (kind === "require") require(module);
    else
      await import(/^\.{0,2}\//.test(module) ? pathToFileURL(resolve(module)).href : pathToFileURL(require.resolve(module)).href);
  }
  await new Promise<void>((begun) => {
    setImmediate(() => {
      begun();
      (Module as unknown as { runMain(): void }).runMain();
    });
  });
}

/** Waits for the program as node does: once it waits for nothing it is asked ('beforeExit'), and goes on if it finds something to do. */
async function ended(end: ProgramEnd): Promise<void> {
  do {
    await end.idle();
    process.emit("beforeExit", Number(process.exitCode ?? 0));
    await Promise.resolve();
  } while (!end.quiet);
}
