/** The waiting queue of an entry: limited by bytes, the oldest packet gives way (RFC 1122 2.3.2.2: keep at least the latest). */
import { DropReason } from "../../hal/drop-reason.ts";
import { type SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";
import type { Neighbour } from "./entry.ts";

/** Drops the oldest until the new one fits within unres_qlen_bytes or none is left, then appends in any case. */
export function enqueue(entry: Neighbour, packet: SkBuff): void {
  entry.queue ??= new SkBuffQueue();
  while (entry.queue.length > 0 && entry.queueBytes + packet.truesize > entry.parameters.queueLengthBytes) {
    const oldest = dequeue(entry) as SkBuff;
    entry.host.statistics.unresolvedDiscards++;
    entry.host.drops.drop(oldest, DropReason.NEIGH_QUEUEFULL);
  }
  entry.queue.enqueue(packet);
  entry.queueBytes += packet.truesize;
}

/** The oldest packet, or null. */
export function dequeue(entry: Neighbour): SkBuff | null {
  const packet = entry.queue?.dequeue() ?? null;
  if (packet) entry.queueBytes -= packet.truesize;
  return packet;
}

/** Drops everything, telling no sender. */
export function purge(entry: Neighbour, reason: DropReason): void {
  for (let packet = dequeue(entry); packet; packet = dequeue(entry)) entry.host.drops.drop(packet, reason);
}
