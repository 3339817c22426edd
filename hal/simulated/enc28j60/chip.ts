/**
 * A simulated Microchip ENC28J60 (data sheet DS39662, errata DS80349), at the level of SPI transactions: what a driver writes and
 * reads behind one assertion of the chip select, what then stands on the wire, and the other way round.
 *
 *     const segment = new EthernetSegment(clock, random);
 *     const chip = new Enc28j60Chip(clock, segment, "eth0");
 *     const bus = new SimulatedSpiBus(chip, clock);
 *
 * Modelled: all registers, buffer memory and its pointers, receive ring and filters, transmission with padding and CRC, DMA, the
 * interrupt line, the PHY behind the MII, start-up times, power save; of the errata 2 and 19, while 14 is watched for.
 * Not modelled: collisions and deferral, flow control, LEDs, memory self-test, the faults of single revisions, and the time that
 * the PHY takes to find its link.
 */
import type { Clock } from "../../clock.ts";
import { SimulatedInterrupt } from "../../interrupt.ts";
import type { EthernetSegment, SegmentPort, WireStation } from "../segment.ts";
import type { SpiDevice } from "../spi-bus.ts";
import { ChipCounters } from "./counters.ts";
import { runDma } from "./dma.ts";
import { BufferMemory } from "./memory.ts";
import { MiiManagement } from "./mii.ts";
import { Phy } from "./phy.ts";
import { Receiver } from "./receive.ts";
import * as R from "./registers.ts";
import { Transmitter } from "./transmit.ts";
import { Violations } from "./violations.ts";

/** Crystal start-up: 7500 clocks of 25 MHz (section 2.2), in ms. */
const OSCILLATOR_START = 0.3;
/** After a system reset the PHY's clock stands still though CLKRDY says otherwise (erratum 2), in ms. */
const RESET_TIME = 1;
const TEN_MEGABIT = 10_000_000;

/** SPI commands: opcode in the top three bits, argument below (table 4-1). */
const READ_CONTROL = 0;
const READ_BUFFER = 0x3a;
const WRITE_CONTROL = 2;
const WRITE_BUFFER = 0x7a;
const BIT_FIELD_SET = 4;
const BIT_FIELD_CLEAR = 5;
const SYSTEM_RESET = 0xff;

export interface Enc28j60Options {
  /** EREVID: 0x02 B1, 0x04 B4, 0x05 B5, 0x06 B7. Default 0x06. */
  revision?: number;
  /**
   * Of the wire, in bit/s. Infinity: a transmission takes no time and is over with the clock's next task, and a PHY register is
   * read or written at once. Default 10 000 000.
   */
  lineRate?: number;
  /**
   * Bit field set and clear on MAC and MII registers take effect, as some drivers in the field rely on. Default false: they do
   * nothing. They are counted as violations either way.
   */
  lenientBitOps?: boolean;
}

export class Enc28j60Chip implements SpiDevice, WireStation {
  /** Asserted: the INT pin is low. */
  readonly interrupt: SimulatedInterrupt = new SimulatedInterrupt();
  readonly port: SegmentPort;
  readonly description: string;
  readonly violations: Violations = new Violations(R.registerName);
  readonly counters: ChipCounters = new ChipCounters();
  readonly #clock: Clock;
  readonly #lenient: boolean;
  readonly #registers = new R.RegisterFile();
  readonly #memory: BufferMemory;
  readonly #phy: Phy;
  readonly #mii: MiiManagement;
  readonly #receiver: Receiver;
  readonly #transmitter: Transmitter;
  /** When the oscillator has settled and CLKRDY shows it. */
  #oscillatorAt: number;
  /** When MAC, MII and PHY can be used. */
  #macAt: number;
  /** What was last written to ERXRDPTL and waits for its high byte. */
  #readPointerLow: number;

  /** Powers the chip up, attached to `segment` as port `name`. */
  constructor(clock: Clock, segment: EthernetSegment, name: string, options: Enc28j60Options = {}) {
    const revision = options.revision ?? 0x06;
    const lineRate = options.lineRate ?? TEN_MEGABIT;
    this.#clock = clock;
    this.#lenient = options.lenientBitOps ?? false;
    this.description = `simulated ENC28J60 rev ${revisionName(revision)}`;
    this.#registers.set(R.EREVID, revision);
    this.#memory = new BufferMemory(this.#registers, this.violations);
    this.#phy = new Phy(this.violations);
    this.#mii = new MiiManagement(clock, this.#registers, this.#phy, lineRate === Number.POSITIVE_INFINITY);
    this.#receiver = new Receiver(this.#registers, this.#memory, this.counters);
    this.#oscillatorAt = clock.now() + OSCILLATOR_START;
    this.#macAt = this.#oscillatorAt;
    this.#readPointerLow = this.#registers.get(R.ERXRDPTL);
    // The segment may tell the link at once.
    this.port = segment.attach(name, this);
    this.#transmitter = new Transmitter(
      clock,
      lineRate,
      this.#registers,
      this.#memory,
      this.#phy,
      this.port,
      this.#receiver,
      this.counters,
      this.violations,
    );
    this.#transmitter.onDone = () => this.#signal();
  }

  exchange(write: Uint8Array, writeAt: number, writeLength: number, read: Uint8Array, readAt: number, readLength: number): void {
    if (writeLength === 0) {
      read.fill(0, readAt, readAt + readLength);
      return;
    }
    const command = write[writeAt] as number;
    const data = writeLength - 1;
    if (command === READ_BUFFER) {
      this.#memory.read(data, read, readAt, readLength);
      return;
    }
    const opcode = command >> 5;
    if (opcode === READ_CONTROL) {
      this.#readControl(command & 0x1f, data, read, readAt, readLength);
      return;
    }
    // The chip drives its output in reads only.
    for (let at = 0; at < readLength; at++) read[readAt + at] = 0;
    if (command === WRITE_BUFFER) {
      this.#memory.write(write, writeAt + 1, data);
    } else if (command === SYSTEM_RESET) {
      this.#systemReset();
    } else if (opcode === WRITE_CONTROL || opcode === BIT_FIELD_SET || opcode === BIT_FIELD_CLEAR) {
      if (data === 0) {
        this.violations.note("short-command", command);
        return;
      }
      if (data > 1) this.violations.note("long-command", command);
      this.#writeControl(opcode, this.#index(command & 0x1f), write[writeAt + 1] as number);
    } else {
      this.violations.note("unknown-command", command);
    }
    this.#signal();
  }

  wireFrame(bytes: Uint8Array, length: number, fcsOk: boolean): void {
    if (!this.#macClocked() || !this.#phy.receives) {
      this.counters.deaf++;
      return;
    }
    this.#receiver.frame(bytes, length, fcsOk);
    this.#signal();
  }

  wireLink(up: boolean): void {
    this.#phy.wire = up;
    this.#signal();
  }

  /** The register that an address means with the bank selected now. */
  #index(address: number): number {
    return address >= R.COMMON ? address : ((this.#registers.get(R.ECON1) & R.BSEL) << 5) | address;
  }

  #macClocked(): boolean {
    return !this.#registers.has(R.ECON2, R.PWRSV) && this.#clock.now() >= this.#macAt;
  }

  /** A MAC or MII register can be used now; if not, that is noted. */
  #reachable(index: number, part: number): boolean {
    if (part === R.ETH) return true;
    if (part === R.RESERVED) {
      this.violations.note("reserved-register", index);
      return false;
    }
    if (!this.#macClocked()) {
      const asleep = this.#registers.has(R.ECON2, R.PWRSV);
      this.violations.note(asleep ? "mac-in-power-save" : "mac-not-ready", index);
      return false;
    }
    if (part === R.MII && index !== R.MISTAT && this.#mii.locked) {
      this.violations.note("mii-busy", index);
      return false;
    }
    return true;
  }

  #readControl(address: number, skip: number, read: Uint8Array, readAt: number, readLength: number): void {
    if (skip + readLength === 0) return;
    const index = this.#index(address);
    const part = this.#registers.part(index);
    const late = part === R.MAC || part === R.MII ? 1 : 0;
    if (skip + readLength === late) this.violations.note("missing-dummy-byte", index);
    const value = this.#reachable(index, part) ? this.#value(index) : 0;
    for (let at = 0; at < readLength; at++) read[readAt + at] = skip + at < late ? 0 : value;
  }

  #value(index: number): number {
    const registers = this.#registers;
    switch (index) {
      case R.EIR:
        return this.#flags();
      case R.ESTAT: {
        // INT tells of anything enabled and pending; INTIE stands only between it and the pin.
        const ready = !registers.has(R.ECON2, R.PWRSV) && this.#clock.now() >= this.#oscillatorAt;
        const pending = (this.#flags() & registers.get(R.EIE)) !== 0;
        return registers.get(R.ESTAT) | (ready ? R.CLKRDY : 0) | (pending ? R.INT : 0);
      }
      case R.MIRDL:
      case R.MIRDH:
        // A scan of PHIR clears the link flag under way.
        this.#mii.refresh();
        this.#signal();
        return registers.get(index);
      case R.MISTAT:
        return this.#mii.status;
      case R.EFLOCON: {
        const full = registers.has(R.MACON3, R.FULDPX) ? 0x04 : 0;
        return registers.get(index) | full;
      }
      default:
        return registers.get(index);
    }
  }

  #writeControl(opcode: number, index: number, data: number): void {
    const registers = this.#registers;
    const part = registers.part(index);
    if (opcode !== WRITE_CONTROL && (part === R.MAC || part === R.MII)) {
      this.violations.note("bit-field-on-mac", index);
      if (!this.#lenient) return;
    }
    if (!this.#reachable(index, part)) return;
    const writable = registers.writable(index);
    if (writable === 0) {
      this.violations.note("read-only-register", index);
      return;
    }
    const old = registers.get(index);
    let value = data;
    if (opcode === BIT_FIELD_SET) value = old | data;
    else if (opcode === BIT_FIELD_CLEAR) value = old & ~data;
    this.#store(index, old, (old & ~writable) | (value & writable));
  }

  /** Writes a register and sets off what the write sets off. */
  #store(index: number, old: number, value: number): void {
    const registers = this.#registers;
    switch (index) {
      case R.EIR:
      case R.ESTAT:
        // Flags are the chip's to set and the host's to clear.
        registers.set(index, old & value);
        return;
      case R.ECON2:
        this.#storeControl2(old, value);
        return;
      case R.ECON1:
        this.#storeControl1(old, value);
        return;
      case R.ERXRDPTL:
        this.#readPointerLow = value;
        return;
      case R.ERXRDPTH:
        registers.set(R.ERXRDPTL, this.#readPointerLow);
        registers.set(index, value);
        if ((this.#readPointerLow & 1) === 0) this.violations.note("even-erxrdpt", registers.word(R.ERXRDPTL));
        return;
      case R.ERXSTL:
      case R.ERXSTH:
      case R.ERXNDL:
      case R.ERXNDH:
        if (registers.has(R.ECON1, R.RXEN)) this.violations.note("receive-buffer-changed", index);
        registers.set(index, value);
        // The hardware's write pointer follows the start (section 6.1).
        if (index <= R.ERXSTH) registers.setWord(R.ERXWRPTL, registers.word(R.ERXSTL));
        return;
      case R.ETXSTL:
      case R.ETXSTH:
      case R.ETXNDL:
      case R.ETXNDH:
        if (registers.has(R.ECON1, R.TXRTS)) this.violations.note("transmit-pointer-changed", index);
        registers.set(index, value);
        return;
      case R.MACON3:
        registers.set(index, value);
        if (((old ^ value) & R.FULDPX) !== 0 && registers.has(R.ECON1, R.RXEN)) this.violations.note("duplex-changed", index);
        return;
      case R.MICMD:
        registers.set(index, value);
        this.#mii.command(old);
        return;
      case R.MIWRH:
        registers.set(index, value);
        this.#mii.write();
        return;
      case R.EBSTCON:
        registers.set(index, value & 0xfe);
        if ((value & 1) !== 0) this.violations.note("self-test-not-modelled", value);
        return;
      default:
        registers.set(index, value);
    }
  }

  #storeControl2(old: number, value: number): void {
    const registers = this.#registers;
    registers.set(R.ECON2, value & ~R.PKTDEC);
    if ((value & R.PKTDEC) !== 0) {
      const packets = registers.get(R.EPKTCNT);
      if (packets === 0) this.violations.note("packet-count-underflow", value);
      else registers.set(R.EPKTCNT, packets - 1);
    }
    if (((old ^ value) & R.PWRSV) === 0) return;
    if ((value & R.PWRSV) !== 0) {
      const active = registers.get(R.ECON1) & (R.RXEN | R.TXRTS);
      if (active !== 0) this.violations.note("power-save-while-active", registers.get(R.ECON1));
      this.#transmitter.cancel();
      this.#phy.powered = false;
    } else {
      this.#oscillatorAt = this.#clock.now() + OSCILLATOR_START;
      this.#macAt = this.#oscillatorAt;
      this.#phy.powered = true;
    }
  }

  #storeControl1(old: number, value: number): void {
    const set = value & ~old;
    this.#registers.set(R.ECON1, value);
    if ((set & R.TXRST) !== 0) this.#transmitter.reset();
    if ((set & R.DMAST) !== 0) runDma(this.#registers, this.#memory, this.violations);
    if ((set & R.TXRTS) !== 0) this.#transmitter.start(this.#macClocked());
    if ((old & ~value & R.TXRTS) !== 0) this.#transmitter.cancel();
    if ((set & R.RXEN) !== 0) this.#checkReception();
  }

  #checkReception(): void {
    const start = this.#registers.word(R.ERXSTL);
    const end = this.#registers.word(R.ERXNDL);
    const free = this.#registers.word(R.ERXRDPTL);
    const shapely = (start & 1) === 0 && (end & 1) === 1 && start < end && free >= start && free <= end;
    if (!shapely) this.violations.note("receive-buffer-shape", start);
    if (this.#registers.has(R.MACON3, R.FULDPX) !== this.#phy.fullDuplex) this.violations.note("duplex-mismatch", R.MACON3);
  }

  #systemReset(): void {
    if (this.#registers.has(R.ECON2, R.PWRSV)) {
      this.violations.note("reset-in-power-save", R.ECON2);
      return;
    }
    this.#transmitter.reset();
    this.#receiver.reset();
    this.#registers.reset();
    this.#readPointerLow = this.#registers.get(R.ERXRDPTL);
    this.#mii.reset();
    this.#phy.reset();
    this.#macAt = Math.max(this.#oscillatorAt, this.#clock.now() + RESET_TIME);
  }

  /** EIR: two of its flags are only views of something else (sections 12.1.5 and 12.1.7). */
  #flags(): number {
    const packets = this.#registers.get(R.EPKTCNT) !== 0 ? R.PKTIF : 0;
    return this.#registers.get(R.EIR) | packets | (this.#phy.interrupt ? R.LINKIF : 0);
  }

  #signal(): void {
    const enabled = this.#registers.get(R.EIE);
    this.interrupt.set((enabled & R.INTIE) !== 0 && (this.#flags() & enabled) !== 0);
  }
}

/** B1, B4, … or the number. */
function revisionName(revision: number): string {
  switch (revision) {
    case 0x02:
      return "B1";
    case 0x04:
      return "B4";
    case 0x05:
      return "B5";
    case 0x06:
      return "B7";
    default:
      return `${revision.toString(16).toUpperCase().padStart(2, "0")}h`;
  }
}
