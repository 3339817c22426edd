/**
 * Operations on both machines, as plain data drawn from a seed, and a small driver that carries them out. An operation says nothing of
 * ring positions, so that any may be left out of a run that is being shrunk.
 */
import type { Random } from "../../../../../hal/random.ts";
import * as R from "../../../../../hal/simulated/e1000/registers.ts";
import { EEPROM_READ, PHY_READ, PHY_WRITTEN, READ, WRITTEN } from "./deviations.ts";
import { BASE, MAC, type Machine } from "./machine.ts";

/** The four words of a descriptor. */
export type Descriptor = readonly [number, number, number, number];

export type Operation =
  | {
      readonly kind: "configure";
      readonly writes: readonly (readonly [offset: number, value: number])[];
      readonly rings: Rings;
      readonly early: Early;
    }
  | { readonly kind: "read"; readonly offset: number }
  | { readonly kind: "write"; readonly offset: number; readonly value: number }
  | { readonly kind: "manage"; readonly offset: number; readonly value: number }
  | { readonly kind: "transmit"; readonly descriptors: readonly Descriptor[] }
  | { readonly kind: "give"; readonly count: number }
  /** Makes the first machine's memory another: for the test of the comparison. */
  | { readonly kind: "spoil"; readonly at: number }
  | { readonly kind: "receive"; readonly header: readonly number[]; readonly length: number; readonly fill: number };

export interface Rings {
  readonly receive: number;
  readonly transmit: number;
}

/** Gives to both rings before they have a length: receive descriptors, and a frame or none. */
export interface Early {
  readonly receive: number;
  readonly transmit: readonly Descriptor[];
}

const RX_RING = 0x0000;
const TX_RING = 0x1000;
/** The bytes to send, which never change. */
const TX_DATA = 0x1_0000;
const TX_DATA_BYTES = 0x1_0000;
const RX_BUFFERS = 0x8_0000;
const RX_STRIDE = 0x4000;
/** A bit of BMCR. */
const LOOPBACK = 0x4000;
const MAX_RECEIVE = 32;
const MAX_TRANSMIT = 64;

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;
const chance = (random: Random, probability: number): boolean => random.next() < probability;
const word = (random: Random): number => random.below(0x1_0000) * 0x1_0000 + random.below(0x1_0000);
/** Mostly few bits, sometimes many. */
const bits = (random: Random, mask: number): number => (word(random) & (chance(random, 0.5) ? word(random) : -1) & mask) >>> 0;
const hash = (to: readonly number[], offset: number): number => {
  const shift = [4, 3, 2, 0][offset]!;
  return ((to[4]! >> shift) | (to[5]! << (8 - shift))) & 0xfff;
};

const STATIONS: readonly (readonly number[])[] = [
  [...MAC],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x02, 0x00, 0x5e, 0x10, 0x00, 0x77],
  [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01],
  [0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa],
  [0x33, 0x33, 0x00, 0x00, 0x00, 0x01],
  [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e],
  [0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee],
];
const LENGTHS: readonly number[] = [
  14, 18, 42, 59, 60, 61, 64, 124, 128, 252, 256, 508, 512, 1020, 1024, 1500, 1514, 1518, 1523, 2044, 2048, 4096,
];
const TAGS: readonly number[] = [0, 1, 5, 0x2005, 0x1005, 4095, 0xe064];

/** A phase: one configuration, and `count - 1` operations that do not disturb reception. */
export function drawPhase(random: Random, count: number): Operation[] {
  const operations: Operation[] = [drawConfiguration(random)];
  while (operations.length < count) operations.push(drawOperation(random));
  return operations;
}

function drawConfiguration(random: Random): Operation {
  const writes: [number, number][] = [];
  const address = (slot: number, station: readonly number[], valid: boolean): void => {
    const byte = (at: number): number => station[at]!;
    writes.push([R.RAL + 8 * slot, (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0]);
    writes.push([R.RAH + 8 * slot, (byte(4) | (byte(5) << 8) | (valid ? R.RAH_AV : 0)) >>> 0]);
  };
  address(0, STATIONS[0] as number[], chance(random, 0.9));
  address(3, pick(random, STATIONS), chance(random, 0.7));
  address(15, pick(random, STATIONS), chance(random, 0.3));
  const offset = random.below(4);
  for (let at = 0; at < 128; at++) writes.push([R.MTA + 4 * at, 0]);
  const table = new Uint32Array(128);
  for (const station of STATIONS.slice(2)) {
    if (!chance(random, 0.3)) continue;
    const value = hash(station, offset);
    table[value >> 5] = table[value >> 5]! | (1 << (value & 31));
  }
  table.forEach((value, at) => {
    if (value !== 0) writes.push([R.MTA + 4 * at, value]);
  });
  for (let at = 0; at < 128; at++) writes.push([R.VFTA + 4 * at, chance(random, 0.3) ? word(random) : 0]);
  writes.push([R.VET, chance(random, 0.9) ? 0x8100 : 0x88a8]);
  // FD, SLU, VME and bits without a meaning of their own; a reset that clears nothing but itself.
  writes.push([R.CTRL, 0x0000_0041 | (chance(random, 0.5) ? R.CTRL_VME : 0) | (chance(random, 0.2) ? R.CTRL_RST : 0)]);
  // In loopback nothing is on the wire; that is worth a phase now and then.
  writes.push([R.MDIC, (R.MDIC_WRITE << 26) | (1 << 21) | 0x1140 | (chance(random, 0.1) ? LOOPBACK : 0)]);
  writes.push([R.TCTL, bits(random, 0x003f_fff8) | (chance(random, 0.95) ? R.TCTL_EN : 0)]);
  const extended = chance(random, 0.3);
  const control =
    R.RCTL_EN |
    bits(random, R.RCTL_UPE | R.RCTL_MPE | (3 << R.RCTL_LBM_SHIFT)) |
    (random.below(3) << R.RCTL_RDMTS_SHIFT) |
    (offset << R.RCTL_MO_SHIFT) |
    (chance(random, 0.5) ? R.RCTL_LPE : 0) |
    (chance(random, 0.7) ? R.RCTL_BAM : 0) |
    (chance(random, 0.3) ? R.RCTL_VFE : 0) |
    (chance(random, 0.5) ? R.RCTL_SECRC : 0) |
    (extended ? R.RCTL_BSEX : 0) |
    ((extended ? 1 + random.below(3) : random.below(4)) << R.RCTL_BSIZE_SHIFT);
  writes.push([R.RCTL, control >>> 0]);
  return {
    kind: "configure",
    writes,
    rings: { receive: 8 * (1 + random.below(MAX_RECEIVE / 8)), transmit: 8 * (1 + random.below(MAX_TRANSMIT / 8)) },
    early: { receive: chance(random, 0.5) ? 1 + random.below(7) : 0, transmit: chance(random, 0.5) ? drawPacket(random) : [] },
  };
}

function drawOperation(random: Random): Operation {
  const dice = random.next();
  if (dice < 0.22) return { kind: "read", offset: pick(random, READ) };
  if (dice < 0.3) return { kind: "read", offset: R.ICR };
  if (dice < 0.36) {
    const [offset, mask] = pick(
      random,
      WRITTEN.filter(([register]) => register !== R.VET && register < R.RAL),
    );
    return { kind: "write", offset, value: bits(random, mask) };
  }
  if (dice < 0.48) return { kind: "write", offset: pick(random, [R.ICS, R.IMS, R.IMC, R.ICR]), value: bits(random, 0x1_82d7) };
  if (dice < 0.52) return drawManagement(random);
  if (dice < 0.68) return { kind: "transmit", descriptors: drawPacket(random) };
  if (dice < 0.78) return { kind: "give", count: 1 + random.below(8) };
  return drawFrame(random);
}

function drawManagement(random: Random): Operation {
  if (chance(random, 0.4)) return { kind: "manage", offset: R.EERD, value: (pick(random, EEPROM_READ) << 8) | R.EERD_START };
  if (chance(random, 0.5)) {
    const value = (R.MDIC_READ << 26) | (1 << 21) | (pick(random, PHY_READ) << 16);
    return { kind: "manage", offset: R.MDIC, value };
  }
  const [register, mask] = pick(random, PHY_WRITTEN);
  return { kind: "manage", offset: R.MDIC, value: (R.MDIC_WRITE << 26) | (1 << 21) | (register << 16) | bits(random, mask) };
}

/** Command bits of legacy and data descriptors. */
const EOP = 1;
const IFCS = 2;
const TSE = 4;
const RS = 8;
const DEXT = 0x20;
const VLE = 0x40;
const IDE = 0x80;

function drawPacket(random: Random): Descriptor[] {
  const buffer = (): number => BASE + TX_DATA + random.below(TX_DATA_BYTES - 8192);
  const tag = pick(random, TAGS) << 16;
  const common =
    (chance(random, 0.8) ? IFCS : 0) |
    (chance(random, 0.8) ? RS : 0) |
    (chance(random, 0.3) ? VLE : 0) |
    (chance(random, 0.1) ? IDE : 0);
  const pieces = 1 + (chance(random, 0.4) ? random.below(3) : 0);
  const piece = (): number =>
    pick(random, pieces === 1 ? LENGTHS.filter((length) => length <= 1514) : [14, 20, 34, 60, 100, 333, 500]);
  const descriptors: Descriptor[] = [];
  if (chance(random, 0.5)) {
    for (let left = pieces; left > 0; left--) {
      const command = common | (left === 1 ? EOP : 0);
      const length = piece();
      const [start, offset] = [random.below(64), random.below(64)];
      descriptors.push([buffer(), 0, (length | (offset << 16) | (command << 24)) >>> 0, (tag | (start << 8)) >>> 0]);
    }
    return descriptors;
  }
  if (chance(random, 0.15)) return drawSegmentation(random, buffer(), common, tag);
  if (chance(random, 0.7)) {
    // A context for IPv4 with TCP or UDP behind 14 bytes of Ethernet header, mostly.
    const tcp = chance(random, 0.5);
    const word0 = 14 | (24 << 8) | (33 << 16);
    const word1 = 34 | ((34 + (tcp ? 16 : 6)) << 8);
    const command = DEXT | (tcp ? 1 : 0) | (chance(random, 0.8) ? 2 : 0) | (chance(random, 0.5) ? RS : 0);
    descriptors.push([word0, word1, (command << 24) >>> 0, 0]);
  }
  const options = random.below(4);
  for (let left = pieces; left > 0; left--) {
    const command = common | DEXT | (left === 1 ? EOP : 0);
    const length = piece();
    descriptors.push([buffer(), 0, (length | (1 << 20) | (command << 24)) >>> 0, (tag | (options << 8)) >>> 0]);
  }
  return descriptors;
}

/** A packet of a header and up to four segments, in two descriptors or three. */
function drawSegmentation(random: Random, buffer: number, common: number, tag: number): Descriptor[] {
  const tcp = chance(random, 0.7);
  const header = tcp ? 54 : 42;
  const segment = pick(random, [100, 536, 1000, 1460]);
  // Never whole segments only.
  const payload = segment * random.below(4) + 1 + random.below(segment - 1);
  const kind = DEXT | TSE | 2 | (tcp ? 1 : 0);
  const context: Descriptor = [
    14 | (24 << 8) | (33 << 16),
    34 | ((34 + (tcp ? 16 : 6)) << 8),
    (payload | (kind << 24)) >>> 0,
    (segment << 16) | (header << 8),
  ];
  const data = (at: number, length: number, last: boolean): Descriptor => {
    const command = common | DEXT | TSE | (last ? EOP : 0);
    return [at, 0, (length | (1 << 20) | (command << 24)) >>> 0, (tag | (3 << 8)) >>> 0];
  };
  const split = random.below(payload);
  if (split === 0) return [context, data(buffer, header, false), data(buffer + header, payload, true)];
  return [
    context,
    data(buffer, header, false),
    data(buffer + header, split, false),
    data(buffer + header + split, payload - split, true),
  ];
}

function drawFrame(random: Random): Operation {
  const header = [...pick(random, STATIONS), 0x02, 0, 0, 0, 0, 0x99];
  if (chance(random, 0.3)) {
    const tag = pick(random, TAGS);
    header.push(0x81, 0x00, tag >> 8, tag & 0xff);
  }
  if (chance(random, 0.05)) header.push(0x88, 0x08, 0x00, 0x01, 0x00, random.below(2));
  else header.push(0x08, 0x00);
  return { kind: "receive", header, length: Math.max(header.length, pick(random, LENGTHS)), fill: random.below(256) };
}

/** The driver's knowledge of both machines; they are in the same state, or the run is over. */
export class Driver {
  readonly #machines: readonly Machine[];
  #rings: Rings = { receive: 8, transmit: 8 };
  #given = 0;
  #queued = 0;
  /** A frame waits for a receive descriptor. */
  #waiting = false;

  constructor(machines: readonly Machine[], random: Random) {
    this.#machines = machines;
    const data = new Uint8Array(TX_DATA_BYTES);
    for (let at = 0; at < data.length; at++) data[at] = random.below(256);
    for (const machine of machines) {
      machine.memory.fill(0);
      machine.memory.set(data, TX_DATA);
    }
  }

  /** The value that each machine reads; null when the operation reads nothing. */
  async carryOut(operation: Operation): Promise<readonly number[] | null> {
    switch (operation.kind) {
      case "configure":
        await this.#configure(operation);
        return null;
      case "read":
        return this.#machines.map((machine) => machine.read(operation.offset));
      case "write":
        this.#write(operation.offset, operation.value);
        return null;
      case "manage":
        this.#write(operation.offset, operation.value);
        return this.#machines.map((machine) => machine.read(operation.offset));
      case "transmit":
        this.#transmit(operation.descriptors);
        return null;
      case "give":
        this.#give(operation.count);
        return null;
      case "spoil":
        (this.#machines[0] as Machine).memory[operation.at] = 1;
        return null;
      case "receive":
        this.#receive(operation.header, operation.length, operation.fill);
        return null;
    }
  }

  #write(offset: number, value: number): void {
    for (const machine of this.#machines) machine.write(offset, value);
  }

  async #configure({ writes, rings, early }: Extract<Operation, { kind: "configure" }>): Promise<void> {
    // Frames that wait must not wait any longer: QEMU loses them at the end of the hold.
    if (this.#waiting) this.#give(this.#rings.receive);
    this.#write(R.RCTL, 0);
    this.#write(R.TCTL, 0);
    this.#rings = rings;
    this.#given = 0;
    this.#queued = 0;
    this.#waiting = false;
    for (let left = early.receive; left > 0; left--) this.#fill();
    this.#queue(early.transmit);
    for (const [base, ring, count, tail] of [
      [R.RDBAL, RX_RING, rings.receive, this.#given],
      [R.TDBAL, TX_RING, rings.transmit, this.#queued],
    ] as const) {
      this.#write(base, BASE + ring);
      this.#write(base + 4, 0);
      this.#write(base + 8, 0);
      this.#write(base + 0x10, 0);
      this.#write(base + 0x18, tail);
      this.#write(base + 8, 16 * count);
    }
    for (const [offset, value] of writes) this.#write(offset, value);
    await Promise.all(this.#machines.map((machine) => machine.hold()));
    for (const machine of this.#machines) machine.read(R.ICR);
  }

  #transmit(descriptors: readonly Descriptor[]): void {
    const { transmit } = this.#rings;
    // With TCTL.EN off the ring fills up.
    const [first] = this.#machines as [Machine];
    const owned = (this.#queued - first.read(R.TDH) + transmit) % transmit;
    for (const machine of this.#machines.slice(1)) machine.read(R.TDH);
    if (owned + descriptors.length >= transmit) return;
    this.#queue(descriptors);
    this.#write(R.TDT, this.#queued);
  }

  /** Writes transmit descriptors behind those that are there. */
  #queue(descriptors: readonly Descriptor[]): void {
    for (const descriptor of descriptors) {
      const at = (TX_RING >> 2) + 4 * this.#queued;
      for (const { words } of this.#machines) words.set(descriptor, at);
      this.#queued = (this.#queued + 1) % this.#rings.transmit;
    }
  }

  /** Writes a receive descriptor behind those that are there. */
  #fill(): void {
    const at = (RX_RING >> 2) + 4 * this.#given;
    for (const { words } of this.#machines) {
      words[at] = BASE + RX_BUFFERS + RX_STRIDE * this.#given;
      words.fill(0, at + 1, at + 4);
    }
    this.#given = (this.#given + 1) % this.#rings.receive;
  }

  #free(): number {
    const [first] = this.#machines as [Machine];
    const { receive } = this.#rings;
    return (this.#given - first.read(R.RDH) + receive) % receive;
  }

  #give(count: number): void {
    const { receive } = this.#rings;
    const room = receive - 1 - this.#free();
    for (let left = Math.min(count, room); left > 0; left--) this.#fill();
    if (room > 0) this.#waiting = false;
    this.#write(R.RDT, this.#given);
  }

  #receive(header: readonly number[], length: number, fill: number): void {
    if (this.#waiting) return;
    this.#waiting = this.#free() === 0;
    const frame = new Uint8Array(length);
    for (let at = 0; at < length; at++) frame[at] = fill + 7 * at;
    frame.set(header);
    for (const machine of this.#machines) machine.receive(frame);
  }
}
