/** The run itself: makes the system of a rig, runs it until it is told to stop, and closes everything. */
import { type Clock, SystemClock, VirtualClock } from "../../../hal/clock.ts";
import { type CaptureSpec, STANDARD_OUTPUT } from "../../board/capture/spec.ts";
import { CaptureFile } from "../../board/capture-file.ts";
import { ControlServer } from "../../board/control-socket.ts";
import { claimInstance, type InstanceClaim } from "../../board/instance-claim.ts";
import { LeaseFiles, leaseDir } from "../../board/lease-files.ts";
import { NodeState } from "../../board/node-state.ts";
import type { Rights } from "../../board/privileges.ts";
import type { Rig } from "../../board/rig/rig.ts";
import { formatPlace } from "../../board/rig/units.ts";
import type { RunRequest } from "../../board/run-options.ts";
import { System, type SystemOptions, startSystem } from "../../board/system.ts";
import { BoardTextFiles } from "../../board/text-files.ts";
import { stackMethods } from "../../control/methods/index.ts";
import type { Endpoint } from "../../ip/endpoint.ts";
import type { Stack } from "../../stack.ts";
import { Exit } from "../contract/exit.ts";
import { VERSION } from "../contract/version.ts";
import { Closing } from "./closing.ts";
import { standardDescriptor } from "./descriptor.ts";
import { printable } from "./printable.ts";
import { tellRights } from "./rights-words.ts";
import { jsonLost, jsonReport, type RunReport, textReport } from "./run-report.ts";
import { untilTold, type WayDown } from "./way-down.ts";

export interface RunOptions extends RunRequest {
  name: string;
  /** ms of the clock's time; undefined: until told to stop. */
  duration?: number;
  virtualTime: boolean;
  json: boolean;
  quiet: boolean;
  capture?: CaptureSpec;
  /** NAME or NAME:GROUP: the run becomes this user before it opens anything. */
  user?: string;
}

/** @param rights told of when the run is ready */
export function runUntilTold(clock: Clock, rig: Rig, options: RunOptions, rights: Rights | null): Promise<number> {
  return untilTold((down) => runOn(clock, rig, options, rights, down), {
    // In virtual time nobody waits for the firmware, so it may wait for the reader of its output.
    patient: clock instanceof VirtualClock,
    aside: options.capture?.path === STANDARD_OUTPUT,
    ...(options.json ? { note: jsonLost } : {}),
  });
}

/** The stores that outlive the run. */
function kept(
  rig: Rig,
  name: string,
  clock: Clock,
  complain: (why: string) => void,
): Pick<SystemOptions, "leases" | "state" | "files"> {
  const leases = new LeaseFiles(leaseDir(name), complain);
  const files = new BoardTextFiles(complain);
  if (!rig.snapshot) return { leases, files };
  const state = new NodeState(rig.snapshot, clock, leases, complain);
  return { leases: state, state, files };
}

async function runOn(clock: Clock, rig: Rig, options: RunOptions, rights: Rights | null, down: WayDown): Promise<number> {
  const { name, duration, app, quiet } = options;
  const { terminal, told } = down;
  const closing = new Closing();
  let claim: InstanceClaim | null = null;
  try {
    // In virtual time there is nobody to talk to: an hour is over before a command could be typed.
    claim = clock instanceof VirtualClock ? null : await claimInstance(name);
    const path = claim?.path ?? null;
    down.lastly(() => claim?.abandon());
    const print = (line: string): void => terminal.print(line);
    let running: System | null = null;
    const metrics = claim && rig.metrics ? await serveMetrics(rig.metrics, () => running, { name, clock }, closing) : null;
    const report = (options.json ? jsonReport : textReport)({ print, quiet, socket: path, name, metrics });
    const listener: RunReport = {
      ...report,
      ready(system) {
        tellRights(rights, options, terminal);
        report.ready(system);
      },
    };
    // A run in virtual time begins as the one before did.
    const complain = (why: string): void => terminal.complain(`whohas: ${printable(why)}`);
    const keeps = clock instanceof VirtualClock ? {} : kept(rig, name, clock, complain);
    const system = await System.make(rig, { clock, app, listener, ...keeps, ...(duration === undefined ? {} : { duration }) });
    running = system;
    closing.add(() => system.stop());
    if (options.capture !== undefined) {
      const capture = new CaptureFile(system.stack, options.capture, {
        patient: clock instanceof VirtualClock,
        standardOutput: () => standardDescriptor(1),
      });
      closing.add(() => capture.close());
      closing.add(() => {
        if (capture.lost > 0)
          terminal.complain(`whohas: ${capture.lost} packets are missing in the capture ${options.capture?.path}`);
      });
    }
    if (claim) {
      const server = new ControlServer(stackMethods(system.stack, system.namespaces));
      await server.listen(claim.path);
      closing.add(() => server.close());
      claim.protectSocket();
    }
    await Promise.race([startSystem(system), told]);
    const over = clock instanceof VirtualClock ? clock.advance(system.deadline - clock.now()) : system.finished;
    await Promise.race([over, told]);
    down.begin();
    // As things were when the run ended, not as they are once everything is closed.
    const { givenUp } = system;
    const { devices } = system.summary();
    let failure: unknown = null;
    await closing.close().catch((error: unknown) => {
      failure = error;
    });
    listener.summary({ ...system.summary(), devices });
    if (failure !== null) throw failure;
    if (givenUp === null) return Exit.DONE;
    terminal.complain(`whohas: nothing is left to wait for: ${printable(givenUp)}`);
    return Exit.NO;
  } finally {
    down.begin();
    await closing.close().catch(() => undefined);
    claim?.release();
    // No timer keeps the process, also after an error.
    if (clock instanceof SystemClock) clock.stop();
  }
}

/** Serves the run's figures; returns where. */
async function serveMetrics(
  place: Endpoint<string>,
  running: () => System | null,
  { name, clock }: { readonly name: string; readonly clock: Clock },
  closing: Closing,
): Promise<string> {
  const { MetricsServer } = await import("../../board/metrics-server.ts");
  const startedAt = clock.wallTime();
  const server = new MetricsServer(() => {
    const system = running();
    const stacks: [string, Stack][] = system ? [["", system.stack], ...system.namespaces] : [];
    return { stacks, apps: system?.figures ?? [], version: VERSION, instance: name, startedAt };
  });
  closing.add(() => server.close());
  return `http://${formatPlace(await server.listen(place))}/metrics`;
}
