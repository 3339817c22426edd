/** `whohas stop`: ends an instance. */
import { type Clock, SystemClock } from "../../../hal/clock.ts";
import { lives, runningInstance } from "../../board/instance-claim.ts";
import { CommandError, Exit } from "../contract/exit.ts";
import { noInstance } from "./connect.ts";

/** An instance that has not ended so many ms after the signal is told of. */
const PATIENCE = 10_000;
/** Time between two looks at the process, in ms. */
const STEP = 20;

/**
 * Sends SIGTERM to the instance and waits until its process has ended.
 * @throws CommandError when there is no such instance, when it belongs to another user, or when it does not end
 */
export async function stop(name: string): Promise<number> {
  const instance = runningInstance(name);
  if (!instance) throw noInstance(name);
  const { pid } = instance;
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPERM") throw new CommandError(`no permission to end instance ${name} (process ${pid})`, Exit.NO);
    if (code !== "ESRCH") throw error;
  }
  const clock = new SystemClock();
  for (const end = clock.now() + PATIENCE; lives(instance); await pause(clock)) {
    if (clock.now() < end) continue;
    clock.stop();
    throw new CommandError(`instance ${name} (process ${pid}) has not ended after ${PATIENCE / 1000} s`, Exit.NO);
  }
  return Exit.DONE;
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.timer(resolve).arm(STEP));
}
