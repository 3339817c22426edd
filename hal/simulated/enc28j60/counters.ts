/** Counts each frame that met the chip once, by what became of it. Silicon keeps no such books. */
export class ChipCounters {
  /** Written into the receive buffer. */
  received = 0;
  /** Arrived while reception was off: RXEN, MARXEN, RXRST, power save, no clock. */
  deaf = 0;
  /** Shorter than 18 bytes with FCS: the chip throws them away (section 5.1). */
  runts = 0;
  /** Longer than MAMXFL without HFRMEN. */
  tooLong = 0;
  /** MAC control frames, which only MACON1.PASSALL lets through. */
  control = 0;
  filtered = 0;
  /** Receive buffer full or EPKTCNT at 255. */
  overflowed = 0;
  /** Put on the wire with a good FCS. */
  transmitted = 0;
  /** Sent without a valid FCS: nobody received them. */
  sentWithoutFcs = 0;
  /** Finished with the PHY's transmitter off, in loopback or powered down: not on the wire. */
  notOnWire = 0;
  aborted = 0;
  /** Attempts that met another station's, and frames given up because of a late collision, real or not (erratum 13). */
  collisions = 0;
  lateCollisions = 0;
  /** Pause frames, both ways, that took effect. */
  pausesSent = 0;
  pausesObeyed = 0;
  /** Arrived while back pressure was on. */
  jammed = 0;
}
