/** Counters of ARP frames. The kernel keeps none; a node that pays for every frame with its battery wants them. */

/** The ARP frames of one device, by kind. */
export class ArpCounters {
  /** Requests sent to everybody: each wakes every node of the segment. */
  requestsBroadcast = 0;
  /** Requests sent to one known neighbour. */
  requestsUnicast = 0;
  repliesSent = 0;
  requestsReceived = 0;
  repliesReceived = 0;
  /** Frames without a usable ARP packet: too short, or with wrong types, lengths or operation. */
  invalid = 0;
  /** Frames for another station, or on a device without ARP: neither looked at nor dropped, as in the kernel. */
  passedOver = 0;
}
