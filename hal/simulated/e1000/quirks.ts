/**
 * Differences between QEMU's e1000 (7.2), as measured, and the 82540EM's manual. Each is a switch of its own; all are off by
 * default, so that a driver is tested against the chip first.
 */
export interface Quirks {
  /** CTRL, STATUS, EECD, LEDCTL and MANC start with QEMU's values, RXDCTL and others with 0. */
  resetValues: boolean;
  /** CTRL.RST only clears itself: rings, RCTL, masks and everything else stay. */
  weakReset: boolean;
  /** The link ignores CTRL.SLU. */
  linkWithoutSlu: boolean;
  /** A link that comes up, or negotiates anew, takes this long, in ms; it goes away at once. */
  linkUpDelay: number;
  /** After every write to RCTL nothing is received for this long, in ms. */
  receiveHold: number;
  /** MDIC and EERD have their answer at once. */
  instantManagement: boolean;
  /** The hash table is asked about unicast addresses too. */
  hashesUnicast: boolean;
  /** PIF is never set: nobody is told that the hash table alone let a frame in. */
  hidesHash: boolean;
  /** Frames that are too short are padded instead of dropped. */
  padsReceived: boolean;
  /** With SECRC off the length has four bytes more, but no FCS is written. */
  omitsFcs: boolean;
  /** VP and the tag stand in every descriptor of a frame, not in its last only. */
  tagsEveryDescriptor: boolean;
  /** Status is IXSM for every frame, whatever RXCSUM says. */
  noReceiveChecksum: boolean;
  /**
   * There is no receive FIFO. Frames that find no descriptor wait outside, neither filtered nor counted; one that finds some, but
   * too few for itself, is lost: RNBC, MPC, RXO.
   */
  noReceiveFifo: boolean;
  /** RXDMT0 comes with every frame that leaves the threshold or less, not with the one that crosses it. */
  thresholdEveryFrame: boolean;
  /** Frames that filters turn away, or that find no room, are neither in TPR nor in TOR. */
  countsAcceptedOnly: boolean;
  /** TCTL.PSP pads nothing. */
  noPadding: boolean;
  /** Every frame gets an FCS, whether its descriptor has IFCS or not. */
  alwaysAppendsFcs: boolean;
  /** Frames are taken from the ring though there is no link, and vanish. */
  transmitsWithoutLink: boolean;
  /** RCTL.LBM does nothing. */
  noMacLoopback: boolean;
  /** RDTR, RADV, TIDV and TADV delay nothing, and TXD_LOW and SRPD never come. */
  noDelays: boolean;
  /** PAUSE and other MAC control frames are frames like all others. */
  ignoresControlFrames: boolean;
}

const SILICON: Quirks = {
  resetValues: false,
  weakReset: false,
  linkWithoutSlu: false,
  linkUpDelay: 0,
  receiveHold: 0,
  instantManagement: false,
  hashesUnicast: false,
  hidesHash: false,
  padsReceived: false,
  omitsFcs: false,
  tagsEveryDescriptor: false,
  noReceiveChecksum: false,
  noReceiveFifo: false,
  thresholdEveryFrame: false,
  countsAcceptedOnly: false,
  noPadding: false,
  alwaysAppendsFcs: false,
  transmitsWithoutLink: false,
  noMacLoopback: false,
  noDelays: false,
  ignoresControlFrames: false,
};

const QEMU: Quirks = {
  resetValues: true,
  weakReset: true,
  linkWithoutSlu: true,
  linkUpDelay: 500,
  receiveHold: 1000,
  instantManagement: true,
  hashesUnicast: true,
  hidesHash: true,
  padsReceived: true,
  omitsFcs: true,
  tagsEveryDescriptor: true,
  noReceiveChecksum: true,
  noReceiveFifo: true,
  thresholdEveryFrame: true,
  countsAcceptedOnly: true,
  noPadding: true,
  alwaysAppendsFcs: true,
  transmitsWithoutLink: true,
  noMacLoopback: true,
  noDelays: true,
  ignoresControlFrames: true,
};

/** A complete set, from what was asked for. */
export function quirksOf(asked: "none" | "qemu" | Partial<Quirks>): Readonly<Quirks> {
  if (asked === "none") return SILICON;
  if (asked === "qemu") return QEMU;
  return { ...SILICON, ...asked };
}
