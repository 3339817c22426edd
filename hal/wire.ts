/**
 * An Ethernet wire as its stations see it: a station is attached to a port, puts frames on the wire through it, and hears of frames
 * and of the link. A simulated segment is one; a chip model, a real interface or QEMU's controller can be the station.
 */

/** A part that is attached to a port of a wire. */
export interface WireStation {
  /**
   * Takes one frame, without FCS. `bytes` is only valid during the call. `fcsOk` false: its check sequence is wrong.
   * @param view the same memory, where the wire has a view of it: a short frame is copied by words then
   */
  wireFrame(bytes: Uint8Array, length: number, fcsOk: boolean, view?: DataView): void;
  /** The link came up or went away. */
  wireLink(up: boolean): void;
}

/** One end of the wire. */
export interface WirePort {
  readonly name: string;
  /** The link as the station was last told. */
  readonly linkUp: boolean;
  /** The cable is in; set it to plug or to pull this end. */
  plugged: boolean;
  /**
   * Puts bytes[at..at+length) on the wire, without FCS. Without a link the frame goes nowhere.
   * @param view the same memory, where the station has a view of it: a short frame is copied by words then
   */
  transmit(bytes: Uint8Array, at: number, length: number, view?: DataView): void;
}

export interface Wire {
  /** Attaches a station. The wire may call its wireLink() before this returns. */
  attach(name: string, station: WireStation): WirePort;
}
