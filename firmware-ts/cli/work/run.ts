/** `whohas run`: reads the words and the rig, gives rights away, and leaves the rest to running.ts, which is loaded after that. */
import { isatty } from "node:tty";
import { SystemClock, VirtualClock } from "../../../hal/clock.ts";
import { filesOf } from "../../board/apps.ts";
import { STANDARD_OUTPUT } from "../../board/capture/spec.ts";
import { needsRealTime } from "../../board/needs-real-time.ts";
import { confine, type Rights } from "../../board/privileges.ts";
import type { Rig } from "../../board/rig/rig.ts";
import { rigFor } from "../../board/run-options.ts";
import { socketPath } from "../../board/runtime-dir.ts";
import { CommandError } from "../contract/exit.ts";
import type { RunOptions } from "./running.ts";

export async function run(options: RunOptions): Promise<number> {
  const { duration, virtualTime } = options;
  let input: string | undefined;
  const onInput = (text: string): void => {
    input = text;
  };
  const rig = await rigFor({ ...options, onInput });
  const obstacle = virtualTime ? needsRealTime(rig) : null;
  if (obstacle !== null) throw new CommandError(`--virtual-time needs everything simulated, but ${obstacle}`);
  if (virtualTime && duration === undefined) {
    throw new CommandError("--virtual-time has no end of its own; give it one, as in --virtual-time --duration 1h");
  }
  if (options.capture?.path === STANDARD_OUTPUT && isatty(1)) {
    throw new CommandError(
      "whohas: --capture -: standard output is a terminal; give the capture to a file or a program, as in | tshark -r -",
    );
  }
  if (!virtualTime) socketPath(options.name);
  const rights = await rightsFor(rig, options, input);
  const { runUntilTold } = await import("./running.ts");
  return runUntilTold(virtualTime ? new VirtualClock() : new SystemClock(), rig, options, rights);
}

/** Gives rights away, where there is a world to protect: in virtual time nothing comes from outside. May execute the program anew. */
async function rightsFor(rig: Rig, options: RunOptions, input: string | undefined): Promise<Rights | null> {
  const { user, virtualTime, file, capture } = options;
  if (virtualTime && user === undefined) return null;
  return confine({
    rig,
    ...(user === undefined ? {} : { user }),
    reads: file === undefined || file === "-" ? [] : [file],
    writes: [
      ...filesOf(rig),
      ...(capture === undefined || capture.path === STANDARD_OUTPUT ? [] : [capture.path]),
      ...(rig.snapshot === undefined ? [] : [rig.snapshot.file]),
    ],
    ...(input === undefined ? {} : { input }),
  });
}
