/** `whohas run`: brings a rig up, runs its firmware until it is told to stop, and says what it came to. */
import { type Clock, SystemClock, VirtualClock } from "../../../hal/clock.ts";
import { CaptureFile } from "../../board/capture-file.ts";
import { ControlServer } from "../../board/control-socket.ts";
import { claimInstance, type InstanceClaim } from "../../board/instance-claim.ts";
import type { Rig } from "../../board/rig/rig.ts";
import { type RunRequest, rigFor } from "../../board/run-options.ts";
import { needsRealTime, System, startSystem } from "../../board/system.ts";
import { stackMethods } from "../../control/methods/index.ts";
import { CommandError, Exit } from "../contract/exit.ts";
import { printable } from "./printable.ts";
import { jsonReport, textReport } from "./run-report.ts";
import { toldToStop } from "./told.ts";

export interface RunOptions extends RunRequest {
  name: string;
  /** ms of the clock's time; undefined: until told to stop. */
  duration?: number;
  virtualTime: boolean;
  json: boolean;
  quiet: boolean;
  capture?: string;
}

export async function run(options: RunOptions): Promise<number> {
  const { duration, virtualTime } = options;
  const rig = await rigFor(options);
  const obstacle = virtualTime ? needsRealTime(rig) : null;
  if (obstacle !== null) throw new CommandError(`--virtual-time needs everything simulated, but ${obstacle}`);
  if (virtualTime && duration === undefined) {
    throw new CommandError("--virtual-time has no end of its own; give it one, as in --virtual-time --duration 1h");
  }
  const clock = virtualTime ? new VirtualClock() : new SystemClock();
  try {
    return await runOn(clock, rig, options);
  } finally {
    // No timer keeps the process, also after an error.
    if (clock instanceof SystemClock) clock.stop();
  }
}

async function runOn(clock: Clock, rig: Rig, options: RunOptions): Promise<number> {
  // In virtual time there is nobody to talk to: an hour is over before a command could be typed.
  const claim = clock instanceof VirtualClock ? null : await claimInstance(options.name);
  try {
    return await runAs(claim, clock, rig, options);
  } finally {
    claim?.release();
  }
}

async function runAs(claim: InstanceClaim | null, clock: Clock, rig: Rig, options: RunOptions): Promise<number> {
  const { name, duration, app } = options;
  const path = claim?.path ?? null;
  const listener = (options.json ? jsonReport : textReport)({ quiet: options.quiet, socket: path, name });
  const system = await System.make(rig, { clock, app, listener, ...(duration === undefined ? {} : { duration }) });
  const server = new ControlServer(stackMethods(system.stack, system.namespaces));
  const capture = options.capture === undefined ? null : new CaptureFile(system.stack, options.capture);
  const told = toldToStop();
  try {
    if (claim) {
      await server.listen(claim.path);
      claim.protectSocket();
    }
    await Promise.race([startSystem(system), told]);
    const over = clock instanceof VirtualClock ? clock.advance(system.deadline - clock.now()) : system.finished;
    await Promise.race([over, told]);
    // As things were when the run ended, not as they are once everything is closed.
    const { givenUp } = system;
    const { devices } = system.summary();
    await system.stop();
    listener.summary({ ...system.summary(), devices });
    if (givenUp === null) return Exit.DONE;
    console.error(`whohas: nothing is left to wait for: ${printable(givenUp)}`);
    return Exit.NO;
  } finally {
    await server.close();
    await system.stop();
    capture?.close();
  }
}
