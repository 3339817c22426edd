/** Errors of a driver that cannot go on, one line each. */
import { ControllerError } from "../../hal/ethernet.ts";

export function openAlready(description: string): ControllerError {
  return new ControllerError("E1000_OPEN", `e1000: ${description} is open already; close it first`);
}

/** @param intent the thing that cannot be done: `sleep` */
export function notOpen(description: string, intent: string): ControllerError {
  return new ControllerError("E1000_NOT_OPEN", `e1000: ${description} can not ${intent}: it is not open`);
}

export function overtaken(description: string): ControllerError {
  return new ControllerError("E1000_OPEN", `e1000: ${description} was closed while it was being opened`);
}

export function silenced(description: string): ControllerError {
  return new ControllerError("E1000_LOST", `e1000: ${description} stopped answering: registers read 0xffffffff`);
}

/** @param what was found again and again */
export function beyondRepair(description: string, what: string): ControllerError {
  return new ControllerError("E1000_BROKEN", `e1000: ${description} cannot be repaired: ${what}`);
}
