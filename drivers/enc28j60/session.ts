/** State that the parts of the ENC28J60 driver share while it is open, and how a part asks for the bus. */
import { ControllerHealth, type ControllerHost, LinkStatistics } from "../../hal/ethernet.ts";
import type { InterruptLine } from "../../hal/interrupt.ts";
import type { SpiBus } from "../../hal/spi.ts";
import type { CommandList } from "./command-list.ts";
import { Interrupt, NO_ANSWER } from "./registers.ts";

/** A part of the driver that now and then has something for the bus: one batch at a time, prepared and digested by the part. */
export interface BusUser {
  /** There is something to do now. */
  readonly due: boolean;
  /** Fills the batch; leaves it empty where the step turned out to need no bus. */
  prepare(commands: CommandList): void;
  /** The batch that was prepared last has its answers. */
  finish(commands: CommandList): void;
}

/** Event flags of EIR that a part has to deal with; PKTIF is not one, it goes away with its packets. */
const EVENTS = Interrupt.LINK | Interrupt.TX | Interrupt.TXER | Interrupt.RXER;

export class Session {
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly health: ControllerHealth = new ControllerHealth();
  readonly fullDuplex: boolean;
  /** Set from open() on. */
  host: ControllerHost | null = null;
  /** The chip's INT pin: wired to the host by itself, or brought along by the bus; null where nobody brings it here. */
  line: InterruptLine | null = null;
  /** The one wired by itself. */
  ownLine: InterruptLine | null = null;
  /** Has the set-up looked at as soon as the bus is free. */
  onDoubt: (() => void) | null = null;
  /** A frame of ours is in the chip: its end will be told by the interrupt line as well. */
  sending = false;
  /** TXIF was cleared along with being read: the frame has left, and nothing is left to do in the chip. */
  swept = false;
  /** TXIF was cleared, but had not been set when it was read a moment before: it may have come in between. */
  doubtful = false;
  /** ERDPT is not at the oldest packet: something else was read. Whoever reads packets next sets it first. */
  astray = false;
  /** The link is up. */
  carrier = false;
  /** Frames came, and frames went, since these were last cleared. */
  received = false;
  sent = false;
  /** Not all registers were read in the last look, nor a frame sent since: the next one writes anew all that it hangs on. */
  stale = false;
  /**
   * The bus may damage bytes unnoticed: frames are checked by us, both ways, what a frame's safety hangs on is read back before it
   * counts, and the registers are looked at in short pieces all the time.
   */
  lossy = false;
  /** The bus was thought to be safe and has shown that it is not; until the device is opened again. */
  distrusted = false;
  /** The value that ETXND was last told, -1 when not known. */
  transmitEnd = -1;
  /** EIR flags that were read and not dealt with yet; whoever deals with one clears it here and in the chip. */
  events = 0;

  constructor(fullDuplex: boolean) {
    this.fullDuplex = fullDuplex;
  }

  /** Nothing tells by itself that a frame has left, and no command gets lost: TXRTS is asked, and TXIF means nothing. */
  get polled(): boolean {
    return this.line === null && !this.lossy;
  }

  /** The bus was opened, or the chip is about to be set up anew. */
  judge(bus: SpiBus): void {
    this.lossy = bus.lossy || this.distrusted;
    this.line = this.ownLine ?? bus.interrupt;
  }

  /** Something was read that cannot be true. */
  doubt(): void {
    this.health.suspicions++;
    this.onDoubt?.();
  }

  /** Takes in what EIR says; true when it claims that packets wait. */
  note(eir: number): boolean {
    if ((eir & NO_ANSWER) !== 0) {
      this.doubt();
      return false;
    }
    this.events |= eir & (this.polled ? EVENTS & ~Interrupt.TX : EVENTS);
    return (eir & Interrupt.PKT) !== 0;
  }

  /** The chip has, or had a moment ago, a reason to hold its interrupt line down. */
  reasonIn(eir: number): boolean {
    return (eir & NO_ANSWER) === 0 && (eir & (EVENTS | Interrupt.PKT)) !== 0;
  }
}
