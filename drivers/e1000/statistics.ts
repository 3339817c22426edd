/**
 * The chip's counters, summed up. They have 32 bits, stop at their highest value and are cleared by reading; here they go on for
 * 2^53, if only they are read now and then. Octet counters of 64 bits are read low half first, because reading the high half clears.
 * A reading that no wire could have brought about is damaged, and is not added.
 */
import type { Clock } from "../../hal/clock.ts";
import type { ControllerHealth, LinkStatistics } from "../../hal/ethernet.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { Statistic } from "./registers.ts";

const WIDE: ReadonlySet<number> = new Set([Statistic.GORC, Statistic.GOTC]);
const OFFSETS: readonly number[] = Object.values(Statistic);
const TWO_32 = 2 ** 32;
/** Counts of what the chip has sent, which cannot be more than it was given. */
const SENT: ReadonlySet<number> = new Set([Statistic.GPTC, Statistic.TPT, Statistic.MPTC, Statistic.BPTC]);
/** Frames that 1 Gbit/s brings in a ms, rounded up (IEEE 802.3 clause 4.4.2: 672 ns for the shortest). */
const FRAMES_PER_MS = 1500;
/** A simulated wire may take no time: so many frames may come at once. */
const BURST = 100_000;
/** Length of the longest frame with tag and FCS. */
const LONGEST = 1522;

/** Counts that only the driver can take. */
export class OwnStatistics {
  /** Frames that the chip was given, twice if it had to be; and those that it said it had sent. */
  txGiven = 0;
  txDone = 0;
  /** Octets of the latter on the wire, with padding and FCS. */
  txOctets = 0;
  /** Frames that were handed over and did not go out, of which: */
  txErrors = 0;
  /** given up: the transmitter was stuck, or the frame asked for what the chip cannot do. */
  txAborted = 0;
  /** The link was down. */
  txCarrier = 0;
  /** Frames that the chip handed up with a length that none can have. */
  rxLength = 0;
  /** The transmitter was found stuck. */
  txTimeouts = 0;
  /** The queue ran again after it was full. */
  txRestarts = 0;
  checksumGood = 0;
  checksumErrors = 0;
  /** No buffer was free when the receive ring wanted one. */
  noBuffer = 0;
}

export class ChipStatistics {
  readonly own: OwnStatistics = new OwnStatistics();
  readonly #clock: Clock;
  readonly #bus: MmioBus;
  readonly #health: ControllerHealth;
  readonly #sums: Map<number, number> = new Map(OFFSETS.map((offset) => [offset, 0]));
  /** When all were read last, in the clock's ms. */
  #readAt = 0;

  constructor(clock: Clock, bus: MmioBus, health: ControllerHealth) {
    this.#clock = clock;
    this.#bus = bus;
    this.#health = health;
  }

  /** Makes the chip forget what it has counted up to now. */
  discard(): void {
    for (const offset of OFFSETS) this.#read(offset);
    this.#readAt = this.#clock.now();
  }

  /** Adds what the chip has counted since the last time. */
  harvest(): void {
    for (const offset of OFFSETS) this.take(offset);
    this.#readAt = this.#clock.now();
  }

  /** Adds what one counter has counted since the last time. */
  take(offset: number): void {
    const count = this.#read(offset);
    if (count <= this.#most(offset)) this.#sums.set(offset, this.sum(offset) + count);
    else this.#health.suspicions++;
  }

  /** Value of one counter. */
  sum(offset: number): number {
    return this.#sums.get(offset) as number;
  }

  /** Writes the errors into `link`; frames and octets in it are the driver's own, without FCS. */
  publish(link: LinkStatistics): void {
    const { own } = this;
    const missed = this.sum(Statistic.MPC);
    const length = this.sum(Statistic.RUC) + this.sum(Statistic.ROC) + this.sum(Statistic.RFC) + own.rxLength;
    const collided = this.sum(Statistic.ECOL) + this.sum(Statistic.LATECOL);
    link.rxOverErrors = missed;
    link.rxLengthErrors = length;
    link.rxCrcErrors = this.sum(Statistic.CRCERRS);
    link.rxErrors = this.#receiveErrors() + missed + length;
    link.collisions = this.sum(Statistic.COLC);
    link.txErrors = own.txErrors + collided;
    link.txAbortedErrors = own.txAborted + collided;
    link.txCarrierErrors = own.txCarrier;
  }

  /** All there is, with the names, the order and the meaning that `ethtool -S` gives an e1000 on Linux. Octets include the FCS. */
  entries(): [name: string, value: number][] {
    const { own } = this;
    const at = (offset: number): number => this.sum(offset);
    const length = at(Statistic.RUC) + at(Statistic.ROC);
    return [
      ["rx_packets", at(Statistic.GPRC)],
      ["tx_packets", at(Statistic.GPTC)],
      ["rx_bytes", at(Statistic.GORC)],
      ["tx_bytes", at(Statistic.GOTC)],
      ["rx_broadcast", at(Statistic.BPRC)],
      ["tx_broadcast", at(Statistic.BPTC)],
      ["rx_multicast", at(Statistic.MPRC)],
      ["tx_multicast", at(Statistic.MPTC)],
      ["rx_errors", this.#receiveErrors() + length],
      ["tx_errors", at(Statistic.ECOL) + at(Statistic.LATECOL)],
      ["tx_dropped", own.txErrors],
      ["multicast", at(Statistic.MPRC)],
      ["collisions", at(Statistic.COLC)],
      ["rx_length_errors", length],
      // The kernel's driver leaves these and the like at 0; they are here so that a script finds every name it looks for.
      ["rx_over_errors", 0],
      ["rx_crc_errors", at(Statistic.CRCERRS)],
      ["rx_frame_errors", at(Statistic.ALGNERRC)],
      ["rx_no_buffer_count", at(Statistic.RNBC)],
      ["rx_missed_errors", at(Statistic.MPC)],
      ["tx_aborted_errors", at(Statistic.ECOL)],
      ["tx_carrier_errors", at(Statistic.TNCRS)],
      ["tx_fifo_errors", 0],
      ["tx_heartbeat_errors", 0],
      ["tx_window_errors", at(Statistic.LATECOL)],
      ["tx_abort_late_coll", at(Statistic.LATECOL)],
      ["tx_deferred_ok", at(Statistic.DC)],
      ["tx_single_coll_ok", at(Statistic.SCC)],
      ["tx_multi_coll_ok", at(Statistic.MCC)],
      ["tx_timeout_count", own.txTimeouts],
      ["tx_restart_queue", own.txRestarts],
      ["rx_long_length_errors", at(Statistic.ROC)],
      ["rx_short_length_errors", at(Statistic.RUC)],
      ["rx_align_errors", at(Statistic.ALGNERRC)],
      ["tx_tcp_seg_good", at(Statistic.TSCTC)],
      ["tx_tcp_seg_failed", at(Statistic.TSCTFC)],
      ["rx_flow_control_xon", at(Statistic.XONRXC)],
      ["rx_flow_control_xoff", at(Statistic.XOFFRXC)],
      ["tx_flow_control_xon", at(Statistic.XONTXC)],
      ["tx_flow_control_xoff", at(Statistic.XOFFTXC)],
      ["rx_long_byte_count", at(Statistic.GORC)],
      ["rx_csum_offload_good", own.checksumGood],
      ["rx_csum_offload_errors", own.checksumErrors],
      ["alloc_rx_buff_failed", own.noBuffer],
      ["tx_smbus", at(Statistic.MGPTC)],
      ["rx_smbus", at(Statistic.MGPRC)],
      ["dropped_smbus", at(Statistic.MGPDC)],
    ];
  }

  #receiveErrors(): number {
    const { RXERRC, CRCERRS, ALGNERRC, CEXTERR } = Statistic;
    return this.sum(RXERRC) + this.sum(CRCERRS) + this.sum(ALGNERRC) + this.sum(CEXTERR);
  }

  /** The most that a counter can have counted since it was read last. */
  #most(offset: number): number {
    if (SENT.has(offset)) return this.own.txGiven - this.sum(offset);
    const frames = BURST + FRAMES_PER_MS * (this.#clock.now() - this.#readAt);
    return WIDE.has(offset) ? LONGEST * frames : frames;
  }

  #read(offset: number): number {
    const low = this.#bus.read32(offset);
    return WIDE.has(offset) ? low + this.#bus.read32(offset + 4) * TWO_32 : low;
  }
}
