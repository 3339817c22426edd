/** The waiting queue of an entry: limited by bytes, the oldest packet gives way (RFC 1122 2.3.2.2: keep at least the latest). */
import { DropReason } from "../../hal/drop-reason.ts";
import { type SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";
import type { Neighbour } from "./entry.ts";

/**
 * Drops the oldest until the new one fits within unres_qlen_bytes or none is left, then appends.
 * @returns false when the new one was dropped: it came from a sender that was just told of its drop here. To let those push each
 * other out in turn would never end.
 */
export function enqueue(entry: Neighbour, packet: SkBuff): boolean {
  if (entry.makingRoom) {
    discard(entry, packet);
    return false;
  }
  entry.makingRoom = true;
  try {
    while (entry.queued > 0 && entry.queueBytes + packet.truesize > entry.parameters.queueLengthBytes) {
      discard(entry, dequeue(entry) as SkBuff);
    }
  } finally {
    entry.makingRoom = false;
  }
  entry.queue ??= new SkBuffQueue();
  entry.queue.enqueue(packet);
  entry.queueBytes += packet.truesize;
  return true;
}

function discard(entry: Neighbour, packet: SkBuff): void {
  entry.host.statistics.unresolvedDiscards++;
  entry.host.drops.drop(packet, DropReason.NEIGH_QUEUEFULL);
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
