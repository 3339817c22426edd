/**
 * The bus work of a node that wakes, sends one datagram and sleeps again: transactions and bytes on SPI, counted on the chip's model, for
 * this driver and for Linux's (test/foreign), beside counts of EtherCard's from elsewhere. wake.bench.ts prints the table.
 */
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { buildForeign } from "../foreign/linux-source.ts";
import { ForeignMachine, spiSide } from "../foreign/machine.ts";
import { PEER as FOREIGN_PEER, Peer, testFrame } from "../foreign/traffic.ts";
import { type Cost, Meter } from "./enc28j60.ts";

/** Transactions, and bytes clocked both ways. */
export interface BusWork {
  readonly transactions: number;
  readonly bytes: number;
  /** Batches handed to the bus, each a system call or a round trip; null: the driver hands over one transaction at a time. */
  readonly batches: number | null;
}

/** The cost of one waking, step by step. */
export interface WakeCosts {
  /** From power save to a driver that takes frames. */
  readonly wake: BusWork;
  /** The datagram, its completion included. */
  readonly send: BusWork;
  /** An ARP request, its completion included. */
  readonly ask: BusWork;
  /** The reply to it. */
  readonly hear: BusWork;
  readonly sleep: BusWork;
}

/** A reading in line protocol, with its headers, as it stands on the wire. */
export const DATAGRAM = 106;
const ARP_FRAME = 60;
const QUIET = 10;
/** A second of sleep. */
const SLEEP = 1000;

export async function ownCosts(): Promise<WakeCosts> {
  const meter = new Meter("line", 0);
  await meter.open();
  meter.receive(ARP_FRAME);
  meter.send(DATAGRAM);
  await meter.sleep();
  meter.idle(SLEEP);
  const wake = workOf(await meter.wake());
  const send = workOf(meter.send(DATAGRAM));
  const ask = workOf(meter.send(ARP_FRAME));
  const hear = workOf(meter.receive(ARP_FRAME));
  const sleep = workOf(await meter.sleep());
  await meter.wake();
  await meter.close();
  return { wake, send, ask, hear, sleep };
}

function workOf({ transactions, spi, roundTrips }: Cost): BusWork {
  return { transactions, bytes: spi, batches: roundTrips };
}

/** Linux's driver knows no sleep but that of a device that is down. */
export function linuxCosts(): WakeCosts {
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  const chip = new Enc28j60Chip(clock, segment, "eth0", { strict: true, errata: { 6: false, 13: false } });
  const peer = new Peer(segment);
  const side = spiSide(chip, clock);
  let transactions = 0;
  let bytes = 0;
  const counting: typeof side = {
    ...side,
    transfer(window, writeLength, readAt, readLength) {
      transactions++;
      bytes += writeLength + readLength;
      side.transfer?.(window, writeLength, readAt, readLength);
    },
  };
  const machine = new ForeignMachine(buildForeign("enc28j60"), clock, counting);
  const measure = (work: () => void): BusWork => {
    transactions = 0;
    bytes = 0;
    work();
    machine.run(QUIET);
    return { transactions, bytes, batches: null };
  };
  const frame = (length: number, to: Uint8Array, from: Uint8Array): Uint8Array => testFrame(1, to, from).subarray(0, length);
  machine.probe();
  machine.up();
  machine.run(QUIET);
  machine.down();
  machine.run(QUIET);
  const wake = measure(() => machine.up());
  const send = measure(() => machine.send(frame(DATAGRAM, FOREIGN_PEER, machine.address)));
  const ask = measure(() => machine.send(frame(ARP_FRAME, FOREIGN_PEER, machine.address)));
  const hear = measure(() => peer.port.transmit(frame(ARP_FRAME, machine.address, FOREIGN_PEER), 0, ARP_FRAME));
  const sleep = measure(() => machine.down());
  machine.remove();
  machine.close();
  return { wake, send, ask, hear, sleep };
}

/**
 * EtherCard's, from its published source, compiled and run against a chip that counts: 12 transactions and the frame's length and 23 bytes
 * for a frame that is sent, 12 and 28 more for one received. It has no way out of power save but a new set-up.
 */
export const ETHERCARD_COSTS: Pick<WakeCosts, "wake" | "send" | "ask" | "hear"> = {
  wake: { transactions: 59, bytes: 120, batches: null },
  send: { transactions: 12, bytes: DATAGRAM + 23, batches: null },
  ask: { transactions: 12, bytes: ARP_FRAME + 23, batches: null },
  hear: { transactions: 12, bytes: ARP_FRAME + 28, batches: null },
};

/** Bytes on SPI at a clock rate, in ms. */
export function spiTime({ bytes }: BusWork, hertz: number): number {
  return (bytes * 8000) / hertz;
}

/** Bytes over a serprog bridge, to it and back: 7 and an acknowledgement for each transaction (serprog's O_SPIOP). */
export function serprogBytes({ transactions, bytes }: BusWork): number {
  return bytes + transactions * 8;
}

/** Their time on a serial line of ten bits a byte, in ms. */
export function serprogTime(work: BusWork, baud: number): number {
  return (serprogBytes(work) * 10_000) / baud;
}
