/**
 * A machine that runs one of Linux's drivers on one of our chip models, in virtual time. The driver and the shim around it are a shared
 * library; it asks this machine for the time, for transfers and for registers, and this machine lets it run when there is something to
 * do, some 50 µs after it came up, as a small board's kernel does.
 *
 *     const machine = new ForeignMachine(buildForeign("enc28j60"), clock, spiSide(chip, clock));
 *     machine.probe();
 *     machine.up();
 *     machine.run(10);
 *     machine.send(frame);
 */
import koffi, { type LibraryHandle, type TypeObject } from "koffi";
import type { VirtualClock } from "../../hal/clock.ts";
import type { DmaMemory } from "../../hal/mmio.ts";
import type { E1000Chip } from "../../hal/simulated/e1000/chip.ts";
import type { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";

/** Offsets in the window that both sides see; ./linux/host.h has the same. */
const READ_AT = 4096;
const FRAME_AT = 8192;
const WINDOW = FRAME_AT + 65536;
/** From something to do until it is done, in ms. */
const LATENCY = 0.05;
/** Memory of a machine whose chip brings none, in bytes. */
const PLAIN_MEMORY = 1024 * 1024;
/** Virtual time after which a call that has not returned never will, in ms: the driver waits for something that the chip never says. */
const PATIENCE = 15_000;
/** KERN_NOTICE: what is below tells of trouble. */
const TROUBLE = 5;

/** The device, as the driver reaches it. */
export interface ForeignSide {
  /** The device's interrupt is to be served now. */
  interrupt(): boolean;
  /** One assertion of the chip select: bytes[0..writeLength) go out, readLength bytes come to bytes[READ_AT..). */
  transfer?(bytes: Uint8Array, writeLength: number, readAt: number, readLength: number): void;
  read32?(offset: number): number;
  write32?(offset: number, value: number): void;
}

/** An ENC28J60 on SPI. A transfer takes the time of its bits; the interrupt is an edge, as Linux's driver asks of its board. */
export function spiSide(chip: Enc28j60Chip, clock: VirtualClock): ForeignSide {
  let edge = false;
  chip.interrupt.onAssert = () => {
    edge = true;
  };
  return {
    interrupt() {
      const was = edge;
      edge = false;
      return was;
    },
    transfer(bytes, writeLength, readAt, readLength) {
      clock.advanceSync(((writeLength + readLength) * 8000) / chip.spiHz);
      chip.exchange(bytes, 0, writeLength, bytes, readAt, readLength);
    },
  };
}

/** An 82540EM on PCI, whose interrupt is a level. */
export function pciSide(chip: E1000Chip): ForeignSide {
  return {
    interrupt: () => chip.interrupt.asserted,
    read32: (offset) => chip.read32(offset),
    write32: (offset, value) => chip.write32(offset, value),
  };
}

/** Nothing thrown here would reach the caller, for the driver is between the two and does not return. */
function giveUp(trouble: readonly string[]): never {
  process.stderr.write(`the driver does not return: it waits for what the chip never says. ${trouble.slice(-3).join("; ")}\n`);
  process.exit(1);
}

function plainMemory(): DmaMemory {
  const buffer = new ArrayBuffer(PLAIN_MEMORY);
  return { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer), base: 0 };
}

const proto = (result: string, ...parameters: string[]) => koffi.pointer(koffi.proto(result, parameters));
const HOST = {
  now: proto("double"),
  wait: proto("void", "double"),
  log: proto("void", "int", "str"),
  interrupt: proto("int"),
  transfer: proto("void", "int", "int"),
  read32: proto("uint32_t", "uint32_t"),
  write32: proto("void", "uint32_t", "uint32_t"),
  receive: proto("void", "int", "int"),
};
const HOST_STRUCT = koffi.struct(HOST);

/** In the order of Linux's struct net_device_stats. */
const STATISTICS = ["rxPackets", "txPackets", "rxBytes", "txBytes", "rxErrors", "txErrors", "rxDropped", "txDropped"] as const;
export type ForeignStatistics = Record<(typeof STATISTICS)[number], number>;

/** The chip's work on a frame. */
export interface Offload {
  /** From here on the chip sums, and writes the sum at checksumStart + checksumOffset. */
  checksumStart: number;
  checksumOffset: number;
  /** Bytes of payload for each segment; 0: the frame goes out whole. */
  segment: number;
}

const NO_OFFLOAD: Offload = { checksumStart: 0, checksumOffset: 0, segment: 0 };

export class ForeignMachine {
  /** The memory of packets and rings. The library knows its address alone, so this keeps it. */
  readonly memory: DmaMemory;
  /** Called with each frame that the driver hands up; valid during the call. `good`: it says that the chip found its checksums right. */
  onFrame: ((frame: Uint8Array, good: boolean) => void) | null = null;
  /** The driver's warnings: KERN_WARNING and worse. */
  readonly trouble: string[] = [];
  /** Everything else that it told. */
  readonly log: string[] = [];
  readonly #clock: VirtualClock;
  readonly #library: LibraryHandle;
  readonly #window: Uint8Array;
  readonly #callbacks: bigint[] = [];
  readonly #run: () => number;
  readonly #transmit: (length: number, more: number, start: number, offset: number, segment: number) => number;
  readonly #ready: () => number;
  #error: unknown = null;
  /** When patience ends with the call under way. */
  #deadline = 0;

  /** @param memory what packets and rings lie in: an e1000's own; a chip that does no DMA has none */
  constructor(library: string, clock: VirtualClock, side: ForeignSide, memory: DmaMemory = plainMemory()) {
    this.#clock = clock;
    this.memory = memory;
    this.#library = koffi.load(library);
    const host = {
      now: this.#callback(HOST.now, () => clock.now() * 1000),
      wait: this.#callback(HOST.wait, (us: number) => clock.advanceSync(us / 1000)),
      log: this.#callback(HOST.log, (level: number, line: string) => (level < TROUBLE ? this.trouble : this.log).push(line)),
      interrupt: this.#callback(HOST.interrupt, () => Number(side.interrupt())),
      transfer: this.#callback(HOST.transfer, (write: number, read: number) => side.transfer?.(this.#window, write, READ_AT, read)),
      read32: this.#callback(HOST.read32, (offset: number) => side.read32?.(offset) ?? 0),
      write32: this.#callback(HOST.write32, (offset: number, value: number) => side.write32?.(offset, value)),
      receive: this.#callback(HOST.receive, (length: number, good: number) =>
        this.onFrame?.(this.#window.subarray(FRAME_AT, FRAME_AT + length), good !== 0),
      ),
    };
    const attach = this.#library.func("foreign_attach", "void *", [koffi.pointer(HOST_STRUCT)]);
    this.#window = new Uint8Array(koffi.view(attach(host), WINDOW));
    this.#call("foreign_memory", "void", ["void *", "uint", "uint"], memory.bytes, memory.bytes.length, memory.base);
    this.#run = this.#library.func("foreign_run", "int", []);
    this.#transmit = this.#library.func("foreign_transmit", "int", ["int", "int", "int", "int", "int"]);
    this.#ready = this.#library.func("foreign_ready", "int", []);
  }

  /** Loads the driver and gives it the device. @throws Error with what the driver said */
  probe(): void {
    this.#must("foreign_probe", "the driver does not take the device");
  }

  /** Takes the device away from the driver, and unloads it. */
  remove(): void {
    this.#call("foreign_remove", "void", []);
  }

  /** As `ip link set eth0 up` and `down`. @throws Error with what the driver said */
  up(): void {
    this.#must("foreign_up", "the device does not come up");
  }

  down(): void {
    this.#must("foreign_down", "the device does not go down");
  }

  get carrier(): boolean {
    return this.#call("foreign_carrier", "int", []) !== 0;
  }

  get address(): Uint8Array {
    return new Uint8Array(koffi.view(this.#call("foreign_address", "void *", []), 6)).slice();
  }

  /** The driver takes a frame now. */
  get ready(): boolean {
    return this.#ready() !== 0;
  }

  get statistics(): ForeignStatistics {
    const statistic = this.#library.func("foreign_statistic", "double", ["int"]);
    return Object.fromEntries(STATISTICS.map((name, at) => [name, statistic(at) as number])) as ForeignStatistics;
  }

  /** Faults of driver or chip that a kernel would stop at, or warn of. */
  get faults(): number {
    return this.#call("foreign_fault_count", "uint", []);
  }

  /** Allocations, pages and interrupts that the driver has not given back. */
  get held(): number {
    return this.#call("foreign_held", "int", []);
  }

  /** Pages of memory that the device wrote to though the driver had given them back. */
  get strayWrites(): number {
    return this.#call("foreign_stray_writes", "uint", []);
  }

  /**
   * Gives a frame to the driver; false: it takes none now.
   * @param more another one follows at once, so that the driver need not tell the chip yet
   */
  send(frame: Uint8Array, more = false, offload: Offload = NO_OFFLOAD): boolean {
    this.#window.set(frame, FRAME_AT);
    const { checksumStart, checksumOffset, segment } = offload;
    this.#deadline = this.#clock.now() + PATIENCE;
    const taken = this.#transmit(frame.length, Number(more), checksumStart, checksumOffset, segment);
    this.#raise();
    return taken !== 0;
  }

  receiveMode(promiscuous: boolean, allMulticast: boolean, groups: readonly Uint8Array[] = []): void {
    groups.forEach((group, at) => {
      this.#window.set(group, FRAME_AT + 6 * at);
    });
    const words = [Number(promiscuous), Number(allMulticast), groups.length];
    this.#call("foreign_receive_mode", "void", ["int", "int", "int"], ...words);
  }

  /** As `ip link set eth0 mtu`. @throws Error with what the driver said */
  setMtu(mtu: number): void {
    this.#must("foreign_set_mtu", `the device does not take an MTU of ${mtu}`, mtu);
  }

  /** As `ethtool -s eth0 autoneg off speed 10 duplex …`. @throws Error with what the driver said */
  setDuplex(full: boolean): void {
    this.#must("foreign_set_duplex", "the device does not take the duplex mode", Number(full));
  }

  /** As `ethtool -t eth0 offline`: a result for each of the driver's tests, 0 if it passed. */
  selfTest(): number[] {
    const results = new BigUint64Array(16);
    const count = this.#call("foreign_self_test", "int", ["void *"], results);
    return [...results.subarray(0, count)].map(Number);
  }

  /** Lets `ms` of virtual time pass, and the kernel do what it has to. @throws Error when the device interrupts without end */
  run(ms: number): void {
    const end = this.#clock.now() + ms;
    do {
      this.#deadline = this.#clock.now() + PATIENCE;
      const endless = this.#run() !== 0;
      this.#raise();
      if (endless) throw new Error("the device interrupts, or the driver's work calls itself, without end");
      this.#clock.advanceSync(LATENCY);
    } while (this.#clock.now() < end);
  }

  /** As {@link run}, until `done` says so. Returns whether it did. @param ms at most */
  runUntil(done: () => boolean, ms: number): boolean {
    for (const end = this.#clock.now() + ms; this.#clock.now() < end && !done(); ) this.run(LATENCY);
    return done();
  }

  /** Gives the callbacks back; the machine is of no use afterwards. */
  close(): void {
    for (const callback of this.#callbacks.splice(0)) koffi.unregister(callback);
    this.#library.unload();
  }

  /** koffi drops what a callback throws: it is kept, and thrown when the driver has returned. */
  #callback(type: TypeObject, body: (...words: never[]) => unknown): bigint {
    const callback = koffi.register((...words: never[]) => {
      try {
        if (this.#clock.now() > this.#deadline) giveUp(this.trouble);
        return body(...words);
      } catch (error) {
        this.#error ??= error;
        return 0;
      }
    }, type);
    this.#callbacks.push(callback);
    return callback;
  }

  #call(name: string, result: string, types: string[], ...words: unknown[]) {
    this.#deadline = this.#clock.now() + PATIENCE;
    const answer = this.#library.func(name, result, types)(...words);
    this.#raise();
    return answer;
  }

  #must(name: string, what: string, ...words: number[]): void {
    const error = this.#call(
      name,
      "int",
      words.map(() => "int"),
      ...words,
    ) as number;
    if (error !== 0) throw new Error(`${what} (${error}): ${[...this.trouble, ...this.log].slice(-3).join("; ")}`);
  }

  #raise(): void {
    const error = this.#error;
    this.#error = null;
    if (error !== null) throw error;
  }
}
