/** The answer of send(): what became of a datagram, with its reason. */
import { DROP_REASONS, DropReason, dropReasonName } from "../../hal/drop-reason.ts";
import { type Fate, QUEUED } from "../neigh/machine.ts";

/** The fate of a datagram. */
export interface SendResult {
  /** `sent`: the device has it. `queued`: it waits for the next hop's address. `failed`: it is lost, and `reason` says why. */
  readonly status: "sent" | "queued" | "failed";
  /** A drop reason such as `NEIGH_FAILED`; empty unless failed. */
  readonly reason: string;
}

// Made once: an answer to send() costs no memory.
const sent: SendResult = Object.freeze({ status: "sent", reason: "" });
const queued: SendResult = Object.freeze({ status: "queued", reason: "" });
const failed: readonly SendResult[] = Array.from({ length: DROP_REASONS }, (_, reason) =>
  Object.freeze({ status: "failed" as const, reason: dropReasonName(reason) }),
);

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { NONE } = DropReason;
const WAITS = QUEUED;

export function sendResult(fate: Fate): SendResult {
  if (fate === NONE) return sent;
  return fate === WAITS ? queued : (failed[fate] as SendResult);
}
