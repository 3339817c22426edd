/** The waiting queue of an entry. Its limit is in bytes, and the oldest packet gives way (RFC 1122 2.3.2.2: keep at least the latest). */
import { DropReason } from "../../hal/drop-reason.ts";
import { type SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";
import type { Neighbour } from "./entry.ts";

/**
 * Drops the oldest packets until the new one fits within unres_qlen_bytes or none is left, then appends it. Returns false when the new
 * one was dropped instead: its sender sent it while it was told of a drop here, and such senders would push each other out for ever.
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

/** Takes the oldest packet; null when none waits. */
export function dequeue(entry: Neighbour): SkBuff | null {
  const packet = entry.queue?.dequeue() ?? null;
  if (packet) entry.queueBytes -= packet.truesize;
  return packet;
}

/** Drops every packet and tells no sender. */
export function purge(entry: Neighbour, reason: DropReason): void {
  for (let packet = dequeue(entry); packet; packet = dequeue(entry)) entry.host.drops.drop(packet, reason);
}
