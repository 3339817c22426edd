/** Frames of cases as pcapng: those of the device inbound, those of the tester outbound. */
import { Direction, pcapngHeader, pcapngPacket } from "../../firmware-ts/control/pcapng.ts";
import type { CaseResult } from "../run/runner.ts";

/**
 * All frames of these cases, one case behind the other, as a pcapng file. The comment of a case's first frame names the case; that of
 * any frame tells what changed in the neighbour table until the next one.
 */
export function capture(results: readonly CaseResult[]): Uint8Array {
  return Buffer.concat([pcapngHeader(["p0", "p1"]), ...results.flatMap(packets)]);
}

function packets({ case: one, trace, epoch }: CaseResult): Uint8Array[] {
  const steps = trace?.inOrder().filter(({ frame, change }) => frame || change) ?? [];
  const comments: string[] = [`case ${one.id}: ${one.title}`];
  const packets: Uint8Array[] = [];
  for (const [at, { frame, kind }] of steps.entries()) {
    if (!frame) continue;
    for (let next = at + 1; next < steps.length && !steps[next]?.frame; next++) comments.push(steps[next]?.text ?? "");
    const direction = kind === "sent" ? Direction.OUT : Direction.IN;
    const comment = comments.splice(0).join("\n");
    packets.push(
      pcapngPacket(frame.port === "p0" ? 0 : 1, epoch + frame.time, frame.bytes, direction, 0, frame.bytes.length, comment),
    );
  }
  return packets;
}
