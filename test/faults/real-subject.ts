/** Subjects that take their time, for the kernel or QEMU has a hand in: what they share. */
import { SystemClock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import { bound } from "../support/own.ts";
import { pause } from "../support/waiting.ts";
import { EVERY, STALL, type Subject } from "./subject.ts";

/** So long, in ms, one who is to stand still waits for others who are to. */
const GATHERING = 8000;

let standing: Promise<void> | null = null;

/** The whole process stands still, once for all subjects that ask for it within a few seconds. */
function standStill(): Promise<void> {
  standing ??= pause(GATHERING)
    .then(stopped)
    .finally(() => {
      standing = null;
    });
  return standing;
}

/** SIGSTOP, and SIGCONT when its time is over. */
async function stopped(): Promise<void> {
  const waker = bound("sh", ["-c", `kill -STOP ${process.pid}; sleep ${STALL / 1000}; kill -CONT ${process.pid}`]);
  await new Promise((resolve) => waker.once("exit", resolve));
}

export abstract class RealSubject implements Subject {
  abstract readonly controller: EthernetController;
  abstract inject(frame: Uint8Array): void;
  readonly clock: SystemClock = new SystemClock();
  readonly every: number = EVERY;
  onArrived: (frame: Uint8Array) => void = () => undefined;

  pass(ms: number): Promise<void> {
    return pause(ms);
  }

  wait<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }

  stall(): Promise<void> {
    return standStill();
  }

  remove(): void {
    this.clock.stop();
  }
}
