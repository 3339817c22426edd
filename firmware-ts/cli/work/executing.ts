/** The program of `whohas exec`: brings up a rig, binds Node's network modules to its stack, and runs the program in this process as node would. */
import { createRequire, Module } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Clock, SystemClock } from "../../../hal/clock.ts";
import { ControlServer } from "../../board/control-socket.ts";
import { claimInstance } from "../../board/instance-claim.ts";
import { LeaseFiles, leaseDir } from "../../board/lease-files.ts";
import type { Rig } from "../../board/rig/rig.ts";
import { System, startSystem } from "../../board/system.ts";
import { stackMethods } from "../../control/methods/index.ts";
import { bindBuiltins } from "../../sockets/builtins/index.ts";
import { Holds } from "../../sockets/ground.ts";
import { Closing } from "./closing.ts";
import { complain, type NodeWords } from "./exec-words.ts";
import { ProgramEnd } from "./program-end.ts";
import { obeySignals } from "./program-signals.ts";

/** The program and what it is given. */
export interface Execution {
  /** The instance's. */
  readonly name: string;
  readonly line: NodeWords;
  /** Servers of names; none: those that a lease names. */
  readonly servers: readonly string[];
}

/** For a link and an address to come before the program begins, and for the way down, in ms. */
const LINK_WAIT = 5000;
const ADDRESS_WAIT = 10_000;
const LIMIT = 5000;

/** Rejects with what goes wrong before the program begins; then its exit is the process's. */
export async function execute(rig: Rig, { name, line, servers }: Execution): Promise<never> {
  const clock = new SystemClock({ background: true });
  const closing = new Closing();
  const holds = new Holds();
  const end = new ProgramEnd(holds);
  try {
    const claim = await claimInstance(name);
    const leases = new LeaseFiles(leaseDir(name), complain);
    const system = await System.make(rig, { clock, app: false, leases });
    const { tcp } = system.stack;
    process.on("exit", () => {
      tcp.closeAll();
      claim.abandon();
    });
    closing.add(() => tcp.closeAll());
    closing.add(() => system.stop());
    const server = new ControlServer(stackMethods(system.stack, system.namespaces));
    await server.listen(claim.path);
    closing.add(() => server.close());
    closing.add(() => claim.release());
    claim.protectSocket();
    await startSystem(system);
    await within(clock, LINK_WAIT, link(system));
    await within(clock, ADDRESS_WAIT, system.addressed);
    bindBuiltins(system.stack, { servers: servers.length > 0 ? servers : undefined, holds });
    await end.note();
  } catch (error) {
    await closing.close().catch(() => undefined);
    clock.stop();
    end.stop();
    throw error;
  }
  const close = (): Promise<void> => within(clock, LIMIT, closing.close());
  obeySignals(close);
  try {
    await start(line);
  } catch (error) {
    // A preloaded module that is not there, or threw.
    await close();
    clock.stop();
    end.stop();
    throw error;
  }
  await ended(end);
  await close();
  process.exit();
}

/** Resolves once there is a link: what is sent into a dead one is lost for nothing. */
function link({ stack }: System): Promise<void> {
  const up = (): boolean => stack.devices.some((device) => !device.loopback && device.hasCarrier);
  return new Promise((done) => {
    if (up()) done();
    else {
      const unwatch = stack.network.onDeviceEvent((_, event) => {
        if (event !== "carrier-up" || !up()) return;
        unwatch();
        done();
      });
    }
  });
}

/** Waits for some work, done or failed, and not for longer than `limit` ms. */
async function within(clock: Clock, limit: number, work: Promise<void>): Promise<void> {
  await new Promise<void>((done) => {
    const patience = clock.timer(done);
    patience.arm(limit);
    const end = (): void => {
      patience.cancel();
      done();
    };
    work.then(end, end);
  });
}

/** Loads the program as node's own start does: it is the main module, its errors are nobody's but its own. */
async function start({ preloads, program, words }: NodeWords): Promise<void> {
  const path = resolve(program);
  process.argv = [process.execPath, path, ...words];
  const require = createRequire(`${process.cwd()}/`);
  for (const { kind, module } of preloads) {
    if (kind === "require") require(module);
    else await import(isUrl(module) ? module : pathToFileURL(isPath(module) ? resolve(module) : require.resolve(module)).href);
  }
  await new Promise<void>((begun) => {
    setImmediate(() => {
      begun();
      (Module as unknown as { runMain(): void }).runMain();
    });
  });
}

function isUrl(module: string): boolean {
  return /^(?:file|data|node):/.test(module);
}

function isPath(module: string): boolean {
  return /^\.{0,2}\//.test(module);
}

/** Waits for the program as node does: once it waits for nothing it is asked ('beforeExit'), and goes on if it finds something to do. */
async function ended(end: ProgramEnd): Promise<void> {
  do {
    await end.idle();
    process.emit("beforeExit", Number(process.exitCode ?? 0));
    await Promise.resolve();
  } while (!end.quiet);
}
