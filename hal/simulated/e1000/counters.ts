/** Counts each frame that met the chip once, by what became of it. The chip's own books are its statistics registers. */
export class ChipCounters {
  /** Written to host memory. */
  received = 0;
  /** Arrived while the chip could not receive: RCTL.EN off, no link, or a chip that is closed or broken. */
  deaf = 0;
  /** Wrong check sequence, and RCTL.SBP off. */
  damaged = 0;
  /** Shorter than 64 bytes with FCS. */
  runts = 0;
  /** Longer than 1522 bytes with FCS without RCTL.LPE, or than 16384. */
  tooLong = 0;
  filtered = 0;
  /** MAC control frames that RCTL.PMCF or DPF keep from the host. */
  control = 0;
  /** Lost because the receive FIFO was full: MPC. */
  missed = 0;
  /** Lost because they waited in the receive FIFO when the chip was reset. */
  purged = 0;
  /** Put on the wire. */
  transmitted = 0;
  /** Given back to the receiver by MAC or PHY loopback. */
  looped = 0;
  /** Sent without IFCS and without a valid FCS of their own: nobody received them. */
  sentWithoutFcs = 0;
  /** Not sent: longer than the chip can send, or a chip reset while they were being put together. */
  aborted = 0;
}
