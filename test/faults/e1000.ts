/** The e1000's rows: the chip model in virtual time, QEMU's chip in real time. */
import { E1000 } from "../../drivers/e1000/e1000.ts";
import { QemuBus } from "../../hal/bridges/qemu/bus.ts";
import { QemuWire } from "../../hal/bridges/qemu/wire.ts";
import { type Clock, VirtualClock } from "../../hal/clock.ts";
import { ControllerError } from "../../hal/ethernet.ts";
import { NO_ANSWER } from "../../hal/mmio.ts";
import { SeededRandom } from "../../hal/random.ts";
import { E1000Chip } from "../../hal/simulated/e1000/chip.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import { STATION } from "../support/enc28j60-bench.ts";
import { MeddledBus, nothingTrue } from "../support/meddled-bus.ts";
import { missingPrograms } from "../support/netns.ts";
import { type FaultKind, faultKind } from "./kind.ts";
import { RealSubject } from "./real-subject.ts";
import { type Fault, lasting, STANDS_STILL, type Subject, VirtualSubject } from "./subject.ts";

/** Registers, by the 8254x manual, chapter 13. */
const CTRL = 0x0000;
const IMC = 0x00d8;
const RCTL = 0x0100;
const TCTL = 0x0400;
const RDLEN = 0x2808;
const TDLEN = 0x3808;
const RESET = 0x0400_0000;
const GONE = new ControllerError("DEVICE_GONE", "nobody is there");

interface E1000Subject extends Subject {
  readonly bus: MeddledBus;
}

type ChipFault = Fault<E1000Subject>;

function written(name: string, writes: readonly (readonly [register: number, value: number])[]): ChipFault {
  return {
    name,
    lasts: 0,
    begin: ({ bus }) => {
      for (const [register, value] of writes) bus.meddle(register, value);
    },
  };
}

function misread(name: string, damage: (value: number) => number, seconds: readonly number[]): ChipFault[] {
  return lasting<E1000Subject>(
    name,
    seconds,
    ({ bus }) => {
      bus.damage = (_offset, value) => damage(value);
    },
    ({ bus }) => {
      bus.damage = null;
    },
  );
}

/** QEMU's chip keeps its set-up through CTRL.RST: what a chip forgets is written. */
const FORGET = [IMC, RCTL, TCTL, RDLEN, TDLEN].map((register) => [register, register === IMC ? NO_ANSWER : 0] as const);

const FORGOTTEN: readonly ChipFault[] = [
  written("all registers lost (CTRL.RST)", [...FORGET, [CTRL, RESET]]),
  written("RCTL 0: receiver off", [[RCTL, 0]]),
  written("TCTL 0: transmitter off", [[TCTL, 0]]),
  written("interrupts masked (IMC)", [[IMC, NO_ANSWER]]),
  written("RDLEN 0: receive ring gone", [[RDLEN, 0]]),
];

function misreadings(seconds: readonly number[]): ChipFault[] {
  const nothing = nothingTrue(new SeededRandom("lies"));
  return [
    ...misread("registers read 00000000", () => 0, seconds),
    ...misread("registers read ffffffff", () => NO_ANSWER, seconds),
    ...misread("registers read as one or the other", nothing, seconds),
  ];
}

interface Far {
  readonly segment: EthernetSegment;
  readonly peer: SegmentPort;
}

/** A wire with the far end on it. */
function farEnd(clock: Clock, arrived: (frame: Uint8Array) => void): Far {
  const segment = new EthernetSegment(clock, new SeededRandom("faults"));
  const peer = segment.attach("peer", {
    wireFrame: (bytes, length) => arrived(bytes.slice(0, length)),
    wireLink: () => undefined,
  });
  return { segment, peer };
}

export class ModelSubject extends VirtualSubject {
  readonly #far = farEnd(this.clock, (frame) => this.onArrived(frame));
  readonly chip: E1000Chip = new E1000Chip(this.clock, this.#far.segment, "chip", { mac: STATION });
  readonly bus: MeddledBus = new MeddledBus(this.chip);
  readonly controller: E1000 = new E1000(this.clock, this.bus);

  inject(frame: Uint8Array): void {
    this.#far.peer.transmit(frame, 0, frame.length);
  }

  pullOut(): void {
    this.bus.absent = GONE;
    this.chip.fail();
  }

  putBack(): void {
    this.bus.absent = null;
  }
}

class QemuSubject extends RealSubject {
  readonly #far = farEnd(this.clock, (frame) => this.onArrived(frame));
  readonly #qemu = new QemuBus(this.clock, { wire: new QemuWire(this.#far.segment, "qemu"), address: STATION });
  readonly bus = new MeddledBus(this.#qemu);
  readonly controller = new E1000(this.clock, this.bus);

  inject(frame: Uint8Array): void {
    this.#far.peer.transmit(frame, 0, frame.length);
  }

  kill(): void {
    this.bus.absent = GONE;
    process.kill(this.#qemu.pid as number, "SIGKILL");
  }
}

export const E1000_MODEL: FaultKind = faultKind("e1000, chip model", async () => new ModelSubject(new VirtualClock()), [
  ...FORGOTTEN,
  ...misreadings([0.2, 2, 10]),
  ...lasting<ModelSubject>(
    "chip pulled out",
    [0.2, 2, 10, 120, 600],
    (subject) => subject.pullOut(),
    (subject) => subject.putBack(),
  ),
  STANDS_STILL,
] as Fault<ModelSubject>[]);

export const E1000_QEMU: FaultKind = faultKind(
  "e1000, QEMU's chip",
  async () => new QemuSubject(),
  [
    ...FORGOTTEN.slice(0, 3),
    ...misreadings([2]).slice(1),
    ...lasting<QemuSubject>(
      "QEMU killed, and not to be had",
      [2],
      (subject) => subject.kill(),
      ({ bus }) => {
        bus.absent = null;
      },
    ),
    STANDS_STILL,
  ] as Fault<QemuSubject>[],
  1,
  { missing: () => missingPrograms("qemu-system-x86_64", "setpriv") },
);
