/**
 * A simulated Intel 82540EM (Software Developer's Manual of the 8254x family), at the level of registers and descriptors: a
 * driver writes to the window and to shared memory, the frame stands on the wire, and the other way round.
 *
 *     const segment = new EthernetSegment(clock, random);
 *     const chip = new E1000Chip(clock, segment, "eth0", { mac: parseMac("02:00:5e:10:00:01")! });
 *     await chip.open();
 *
 * Modelled: registers and their resets, EEPROM through EERD and by its wires, the PHY behind MDIC, both rings, interrupt causes
 * with masks, ITR and the delay timers, address, hash, broadcast and VLAN filters, the receive FIFO that PBA sizes, loopback,
 * legacy, context and data descriptors with checksums, segmentation and tags, and the statistics. Not modelled: flow control, half
 * duplex and collisions, speeds other than 1000 Mbit/s, descriptor prefetch and write-back thresholds, wake-up and management,
 * packet buffer memory as the host sees it. The packet checksum of a receive descriptor is there once RXCSUM is anything but 0.
 */
import type { Clock } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import type { InterruptLine } from "../../interrupt.ts";
import { type MmioBus, NO_ANSWER } from "../../mmio.ts";
import type { WirePort, WireStation } from "../../wire.ts";
import type { SimulatedWire } from "../simulated-wire.ts";
import type { ChipContext } from "./context.ts";
import { ChipCounters } from "./counters.ts";
import { Eeprom } from "./eeprom.ts";
import { Interrupts } from "./interrupts.ts";
import { Mdic } from "./mdic.ts";
import { ChipMemory } from "./memory.ts";
import { Phy } from "./phy.ts";
import { type Quirks, quirksOf } from "./quirks.ts";
import * as R from "./registers.ts";
import { RxEngine } from "./rx-engine.ts";
import { Statistics } from "./statistics.ts";
import { TxEngine } from "./tx-engine.ts";
import { Violations } from "./violations.ts";

const DEFAULT_MEMORY = 16 * 1024 * 1024;
const DEFAULT_BASE = 0x0010_0000;
/** After CTRL.RST no register may be touched for this long, in ms (section 13.4.1). */
const RESET_TIME = 0.001;
/** Packet buffer memory that PBA deals out, in KiB. */
const PACKET_BUFFER = 64;

/** Registers that are not 0 after QEMU's reset. */
const QEMU_RESETS: readonly (readonly [register: number, value: number])[] = [
  [R.CTRL, 0x00140240],
  [R.EECD, 0x00000188],
  [R.LEDCTL, 0x00000602],
  [R.MANC, 0x00222300],
  [R.PBA, 0x00100030],
  [R.VET, 0x00008100],
];
/** Bits of STATUS that QEMU shows besides those of a 1000 Mbit/s link. */
const QEMU_STATUS = 0x80080783;

export interface E1000ChipOptions {
  /** Station address in the EEPROM. */
  mac: Uint8Array;
  /** Points in which QEMU differs from the manual: none of them, all of them, or single ones. Default "none". */
  quirks?: "none" | "qemu" | Partial<Quirks>;
  /** Shared memory, a multiple of 4096. Default 16 MiB. */
  memoryBytes?: number;
  /** Bus address of it, a multiple of 4096. Default 0010_0000h. */
  memoryBase?: number;
  /** Rate of the line, in bit/s. Default Infinity: a transmission takes no time and is over with the write to TDT. */
  lineRate?: number;
  /** Time of negotiation, from the wire's link to the chip's, in ms. Default 0. */
  negotiation?: number;
  /** Reads of MDIC and EERD before they say that they are done. Default 1, so that a driver that does not wait gets nothing. */
  busyReads?: number;
}

export class E1000Chip implements MmioBus, WireStation {
  readonly description: string;
  readonly simulated: boolean = true;
  readonly dma: ChipMemory;
  readonly interrupt: InterruptLine;
  onFailed: ((error: ControllerError) => void) | null = null;
  readonly port: WirePort;
  readonly violations: Violations = new Violations(R.registerName);
  readonly counters: ChipCounters = new ChipCounters();
  readonly eeprom: Eeprom;
  readonly #clock: Clock;
  readonly #quirks: Readonly<Quirks>;
  readonly #registers = new R.RegisterFile();
  readonly #statistics = new Statistics();
  readonly #interrupts: Interrupts;
  readonly #phy: Phy;
  readonly #mdic: Mdic;
  readonly #rx: RxEngine;
  readonly #tx: TxEngine;
  #open = false;
  #failed = false;
  #link = false;
  /** End of a reset under way, in the clock's ms; 0: none is. */
  #resetUntil = 0;

  /** Powers the chip up, attached to `segment` as port `name`. @throws RangeError on impossible memory or address */
  constructor(clock: Clock, segment: SimulatedWire, name: string, options: E1000ChipOptions) {
    if (options.mac.length !== 6) throw new RangeError(`a station address of ${options.mac.length} bytes: 6 are needed`);
    const quirks = quirksOf(options.quirks ?? "none");
    const busyReads = quirks.instantManagement ? 0 : (options.busyReads ?? 1);
    const registers = this.#registers;
    this.#clock = clock;
    this.#quirks = quirks;
    this.description = options.quirks === "qemu" ? "simulated 82540EM, as QEMU has it" : "simulated 82540EM";
    this.dma = new ChipMemory(options.memoryBytes ?? DEFAULT_MEMORY, options.memoryBase ?? DEFAULT_BASE);
    this.eeprom = new Eeprom(options.mac, busyReads, this.violations);
    this.#interrupts = new Interrupts(clock);
    this.interrupt = this.#interrupts.line;
    this.#phy = new Phy(clock, quirks.linkUpDelay || (options.negotiation ?? 0), this.violations);
    this.#mdic = new Mdic(this.#phy, busyReads, this.violations);
    const context: ChipContext = {
      clock,
      registers,
      memory: this.dma,
      statistics: this.#statistics,
      interrupts: this.#interrupts,
      counters: this.counters,
      violations: this.violations,
      quirks,
      byteTime: 8000 / (options.lineRate ?? Number.POSITIVE_INFINITY),
    };
    this.#rx = new RxEngine(context);
    this.#tx = new TxEngine(context, this.#phy, this.#rx);
    this.#fill();
    this.#phy.onLink = () => this.#linkChanged();
    // The segment may tell the link at once.
    this.port = segment.attach(name, this);
    this.#tx.port = this.port;
  }

  /** The chip takes no descriptors of the transmit ring, as one that hangs, until this is cleared or the chip is reset. */
  get transmitStalled(): boolean {
    return this.#tx.stalled;
  }

  set transmitStalled(stalled: boolean) {
    this.#tx.stalled = stalled;
    this.#interrupts.signal();
  }

  async open(): Promise<void> {
    if (this.#failed) {
      // A device that was gone and is back was without power.
      this.#failed = false;
      this.#reset();
    }
    this.#master(true);
  }

  async close(): Promise<void> {
    this.#master(false);
  }

  /** The device stops answering, as if it had been pulled out; open() brings it back. */
  fail(error: ControllerError = new ControllerError("DEVICE_GONE", `${this.description}: pulled out`)): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#master(false);
    this.onFailed?.(error);
  }

  read32(offset: number): number {
    if (!this.#open) {
      if (!this.#failed) this.violations.note("access-while-closed", offset);
      return NO_ANSWER;
    }
    const register = this.#register(offset);
    if (register >= R.STATISTICS && register < R.STATISTICS_END) {
      if (this.#registers.kind(register) === R.UNKNOWN) this.violations.note("unknown-register", register);
      return this.#statistics.read(register);
    }
    switch (register) {
      case R.ICR: {
        const causes = this.#interrupts.causes;
        this.#interrupts.clear(causes);
        return causes;
      }
      case R.STATUS:
        return this.#status();
      case R.RDH:
        return this.#rx.ring.head;
      case R.RDT:
        return this.#rx.ring.tail;
      case R.TDH:
        return this.#tx.ring.head;
      case R.TDT:
        return this.#tx.ring.tail;
      case R.EECD:
        return this.#eecd();
      case R.EERD:
        return this.eeprom.read();
      case R.MDIC:
        return this.#mdic.read();
      case R.IMS:
        return this.#interrupts.mask;
      default:
        if (this.#registers.kind(register) !== R.UNKNOWN) return this.#registers.get(register);
        this.violations.note("unknown-register", register);
        return 0;
    }
  }

  write32(offset: number, value: number): void {
    if (!this.#open) {
      if (!this.#failed) this.violations.note("access-while-closed", offset);
      return;
    }
    const register = this.#register(offset);
    switch (this.#registers.kind(register)) {
      case R.PLAIN:
        this.#registers.store(register, value);
        return;
      case R.ACTIVE:
        this.#write(register, value);
        this.#interrupts.signal();
        return;
      case R.READ_ONLY:
        this.violations.note("read-only-register", register);
        return;
      default:
        this.violations.note("unknown-register", register);
    }
  }

  wireFrame(bytes: Uint8Array, length: number, fcsOk: boolean): void {
    if (!this.#open || !this.#link) {
      this.counters.deaf++;
      return;
    }
    this.#rx.frame(bytes, length, fcsOk);
    this.#interrupts.signal();
  }

  wireLink(up: boolean): void {
    this.#phy.wire = up;
  }

  /** Returns the register of an access; notes accesses that are forbidden. */
  #register(offset: number): number {
    if (this.#resetUntil > 0) {
      if (this.#clock.now() < this.#resetUntil) this.violations.note("access-in-reset", offset);
      else this.#resetUntil = 0;
    }
    if ((offset & 3) === 0) return offset;
    this.violations.note("unaligned-access", offset);
    return offset & ~3;
  }

  #write(register: number, value: number): void {
    const registers = this.#registers;
    switch (register) {
      case R.TDT:
        registers.store(register, value);
        this.#tx.give(registers.get(register));
        return;
      case R.RDT:
        registers.store(register, value);
        this.#rx.give(registers.get(register));
        return;
      case R.IMS:
        this.#interrupts.allow(value);
        return;
      case R.IMC:
        this.#interrupts.forbid(value);
        return;
      case R.ICR:
        this.#interrupts.clear(value);
        return;
      case R.ICS:
        this.#interrupts.raise(value);
        return;
      case R.ITR:
        registers.store(register, value);
        this.#interrupts.throttle(registers.get(register));
        return;
      case R.MDIC:
        if (this.#mdic.command(value)) this.#interrupts.raise(R.MDAC);
        return;
      case R.EERD:
        this.eeprom.command(value);
        return;
      case R.CTRL:
        this.#control(value);
        return;
      case R.RCTL:
        registers.store(register, value);
        this.#rx.control();
        return;
      case R.TCTL: {
        const { enabled } = this.#tx;
        registers.store(register, value);
        this.#tx.control(enabled);
        return;
      }
      case R.RDTR:
        registers.store(register, value);
        if ((value & R.FLUSH) !== 0) this.#rx.flush();
        return;
      case R.TIDV:
        registers.store(register, value);
        if ((value & R.FLUSH) !== 0) this.#tx.flush();
        return;
      case R.EECD:
        this.eeprom.wires.drive(value);
        registers.store(register, value);
        registers.set(register, (registers.get(register) & ~R.EECD_GNT) | ((value & R.EECD_REQ) !== 0 ? R.EECD_GNT : 0));
        return;
      case R.CTRL_EXT:
        registers.store(register, value & ~R.EXT_EE_RST);
        if ((value & R.EXT_EE_RST) !== 0) this.#loadAddress();
        return;
      case R.PBA: {
        const receive = value & 0xffff;
        registers.set(register, receive | (Math.max(0, PACKET_BUFFER - receive) << 16));
        return;
      }
      default:
        this.#configure(register, value);
    }
  }

  /** A base, length or head of a ring. */
  #configure(register: number, value: number): void {
    this.#registers.store(register, value);
    const receive = register < R.TDBAL;
    const ring = receive ? this.#rx.ring : this.#tx.ring;
    ring.configure(register, value, receive ? this.#rx.enabled : this.#tx.enabled);
  }

  #control(value: number): void {
    const registers = this.#registers;
    if ((value & R.CTRL_RST) !== 0 && !this.#quirks.weakReset) {
      this.#reset();
      this.#resetUntil = this.#clock.now() + RESET_TIME;
      return;
    }
    registers.store(R.CTRL, value & ~R.CTRL_RST);
    if ((value & (R.CTRL_RFCE | R.CTRL_TFCE)) !== 0) this.violations.note("flow-control-not-modelled", value);
    this.#phy.held = (value & R.CTRL_PHY_RST) !== 0;
    this.#linkChanged();
  }

  /** Resets all but the PHY and the PCI configuration (section 14.3). */
  #reset(): void {
    this.#rx.reset();
    this.#tx.reset();
    this.#registers.reset();
    this.#statistics.clear();
    this.#mdic.reset();
    this.eeprom.reset();
    this.#fill();
    this.#phy.held = false;
    this.#linkChanged();
    this.#interrupts.reset();
  }

  /** Sets the registers whose reset values are no constants of the register file. */
  #fill(): void {
    const registers = this.#registers;
    if (this.#quirks.resetValues) {
      registers.clear();
      for (const [register, value] of QEMU_RESETS) registers.set(register, value);
    }
    this.#loadAddress();
  }

  /** Loads the EEPROM's first three words into RAL0 and RAH0. */
  #loadAddress(): void {
    const { words } = this.eeprom;
    this.#registers.set(R.RAL, words[0]! | (words[1]! << 16));
    this.#registers.set(R.RAH, words[2]! | R.RAH_AV);
  }

  #master(master: boolean): void {
    this.#open = master;
    this.#rx.master = master;
    this.#tx.master = master;
    this.#interrupts.enabled = master;
  }

  #eecd(): number {
    const { out } = this.eeprom.wires;
    const register = this.#registers.get(R.EECD);
    return out === null ? register : (register & ~R.EECD_DO) | (out ? R.EECD_DO : 0);
  }

  #status(): number {
    if (this.#quirks.resetValues) return (this.#link ? QEMU_STATUS : QEMU_STATUS & ~R.STATUS_LU) >>> 0;
    return this.#link ? R.STATUS_FD | R.STATUS_LU | R.STATUS_SPEED_1000 | R.STATUS_ASDV_1000 : 0;
  }

  /** The MAC sees the PHY's link with CTRL.SLU only (section 13.4.1). */
  #linkChanged(): void {
    const up = this.#phy.link && (this.#quirks.linkWithoutSlu || this.#registers.has(R.CTRL, R.CTRL_SLU));
    if (up === this.#link) return;
    this.#link = up;
    this.#interrupts.raise(R.LSC);
    this.#tx.link = up;
    this.#interrupts.signal();
  }
}
