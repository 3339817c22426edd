/**
 * A simulated Microchip ENC28J60 (data sheet DS39662, errata DS80349), at the level of SPI transactions: a driver writes and reads
 * behind one assertion of the chip select, the frame stands on the wire, and the other way round.
 *
 *     const segment = new EthernetSegment(clock, random);
 *     const chip = new Enc28j60Chip(clock, segment, "eth0");
 *     const bus = new SimulatedSpiBus(chip, clock);
 *
 * Modelled: all registers, buffer memory and its pointers, receive ring and filters, transmission with padding and CRC, gaps,
 * deferral, collisions and back-off, flow control, DMA, the interrupt line, the PHY behind the MII, LEDs, the memory self-test,
 * start-up times, power save, CLKOUT, and the errata of each silicon revision, one by one (errata.ts).
 * Not modelled: jabber, line polarity, wrong CRCs by PHCON2, and the bit pattern of the self-test's random fill. A frame arrives
 * whole when its sender is through with it; only stations that take time to send meet each other on the wire (../carrier.ts).
 */
import type { Clock } from "../../clock.ts";
import { SimulatedInterrupt } from "../../interrupt.ts";
import { SeededRandom } from "../../random.ts";
import type { WirePort, WireStation } from "../../wire.ts";
import type { SimulatedWire } from "../simulated-wire.ts";
import type { SpiDevice } from "../spi-bus.ts";
import type { ChipContext } from "./context.ts";
import { ChipCounters } from "./counters.ts";
import { Dma } from "./dma.ts";
import { Errata, erevidOf, revisionName } from "./errata.ts";
import { FlowControl } from "./flow-control.ts";
import { Leds } from "./leds.ts";
import { LineAccess } from "./line-access.ts";
import { BufferMemory } from "./memory.ts";
import { MiiManagement } from "./mii.ts";
import type { Enc28j60Options } from "./options.ts";
import { Phy } from "./phy.ts";
import { ReceiveLogic } from "./receive-logic.ts";
import * as R from "./registers.ts";
import { selfTest } from "./self-test.ts";
import { TransmitLogic } from "./transmit-logic.ts";
import { Violations } from "./violations.ts";

/** Crystal start-up: 7500 clocks of 25 MHz (section 2.2), in ms. */
const OSCILLATOR_START = 0.3;
/** After a system reset the PHY's clock stands still though CLKRDY says otherwise (erratum 2), in ms. */
const RESET_TIME = 1;
const TEN_MEGABIT = 10_000_000;
/** Below this SPI clock B1 and B4 lose writes to MAC and MII registers (erratum 1). In Hz. */
const SLOW_SPI = 8_000_000;
const FASTEST_SPI = 20_000_000;
const CRYSTAL = 25_000_000;
/** Divisors of the crystal's clock by ECOCON's codes; 0: no output (table 2-1). */
const CLOCK_DIVISORS: readonly number[] = [0, 1, 2, 3, 4, 8, 0, 0];
/** Preamble, start delimiter and FCS of a received frame on the line, in bytes. */
const LINE_OVERHEAD = 12;

/** SPI commands: opcode in the top three bits, argument below (table 4-1). */
const READ_CONTROL = 0;
const READ_BUFFER = 0x3a;
const WRITE_CONTROL = 2;
const WRITE_BUFFER = 0x7a;
const BIT_FIELD_SET = 4;
const BIT_FIELD_CLEAR = 5;
const SYSTEM_RESET = 0xff;

export type { Enc28j60Options } from "./options.ts";

export class Enc28j60Chip implements SpiDevice, WireStation {
  /** Asserted: the INT pin is low. */
  readonly interrupt: SimulatedInterrupt = new SimulatedInterrupt();
  readonly port: WirePort;
  readonly description: string;
  readonly violations: Violations = new Violations(R.registerName);
  readonly counters: ChipCounters = new ChipCounters();
  readonly errata: Errata;
  readonly leds: Leds;
  /** Clock frequency of SPI, in Hz. */
  spiHz: number;
  readonly #clock: Clock;
  readonly #strict: boolean;
  readonly #registers = new R.RegisterFile();
  readonly #memory: BufferMemory;
  readonly #phy: Phy;
  readonly #mii: MiiManagement;
  readonly #receive: ReceiveLogic;
  readonly #transmit: TransmitLogic;
  readonly #access: LineAccess;
  readonly #flow: FlowControl;
  readonly #dma: Dma;
  /** ms for each byte on the line. */
  readonly #byteTime: number;
  /** PKTIF hides the packets that wait (erratum 6). */
  #flagLost = false;
  /** The oscillator has settled, and CLKRDY shows it, from this time on. */
  #oscillatorAt: number;
  /** When MAC, MII and PHY can be used. */
  #macAt: number;
  /** The value last written to ERXRDPTL; it takes effect with its high byte. */
  #readPointerLow: number;

  /** Powers the chip up, attached to `segment` as port `name`. */
  constructor(clock: Clock, segment: SimulatedWire, name: string, options: Enc28j60Options = {}) {
    const revision = erevidOf(options.revision ?? "B7");
    const lineRate = options.lineRate ?? TEN_MEGABIT;
    const random = options.random ?? new SeededRandom(`enc28j60 ${name}`);
    const registers = this.#registers;
    this.#clock = clock;
    const byteTime = 8000 / lineRate;
    this.#byteTime = byteTime;
    this.#strict = options.strict ?? false;
    this.spiHz = options.spiHz ?? FASTEST_SPI;
    this.description = `simulated ENC28J60 rev ${revisionName(revision)}`;
    this.errata = new Errata(revision, options.errata ?? {}, random);
    registers.set(R.EREVID, revision);
    this.#memory = new BufferMemory(registers, this.violations);
    const { counters, violations, errata } = this;
    const context: ChipContext = { clock, registers, memory: this.#memory, counters, violations, errata, byteTime };
    this.#phy = new Phy(context, options);
    this.#phy.onLink = () => this.#signal();
    this.leds = new Leds(context, this.#phy);
    this.#mii = new MiiManagement(context, this.#phy);
    this.#receive = new ReceiveLogic(context);
    this.#dma = new Dma(context);
    this.#access = new LineAccess(context, segment.stationCarrier(), random.fork("back-off"));
    this.#phy.line = this.#access;
    this.#oscillatorAt = clock.now() + OSCILLATOR_START;
    this.#macAt = this.#oscillatorAt;
    this.#readPointerLow = registers.get(R.ERXRDPTL);
    // The segment may tell the link at once.
    this.port = segment.attach(name, this);
    this.#flow = new FlowControl(context, this.#access, this.port);
    const path = { access: this.#access, phy: this.#phy, port: this.port, loop: this.#receive };
    this.#transmit = new TransmitLogic(context, path);
    this.#receive.onPause = (quanta) => this.#access.pause(quanta);
    this.#receive.onStore = () => {
      this.#dma.receiving();
      this.#flagLost = this.errata.strikes(6);
    };
    this.#access.onTalk = (duration) => this.leds.transmitted(duration);
    this.#access.onCollision = () => {
      this.counters.collisions++;
      this.leds.collided();
    };
    this.#dma.onDone = () => this.#signal();
    this.#transmit.onDone = () => this.#signal();
  }

  /** Frequency at the CLKOUT pin, in Hz; 0: none, as in power save (erratum 4). */
  get clockOut(): number {
    const divisor = CLOCK_DIVISORS[this.#registers.get(R.ECOCON)]!;
    return divisor === 0 || this.#registers.has(R.ECON2, R.PWRSV) ? 0 : CRYSTAL / divisor;
  }

  exchange(write: Uint8Array, writeAt: number, writeLength: number, read: Uint8Array, readAt: number, readLength: number): void {
    if (writeLength === 0) {
      read.fill(0, readAt, readAt + readLength);
      return;
    }
    const command = write[writeAt]!;
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
      this.#writeControl(opcode, this.#index(command & 0x1f), write[writeAt + 1]!);
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
    if (this.#access.pressing) {
      this.counters.jammed++;
      return;
    }
    this.leds.received((length + LINE_OVERHEAD) * this.#byteTime);
    this.#receive.frame(bytes, length, fcsOk);
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

  /** Tells whether a MAC or MII register can be used now; notes it if not. */
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
    return !this.#tooSlow(index);
  }

  /** B1 and B4 lose accesses to the MAC at a slow SPI clock (erratum 1). */
  #tooSlow(index: number): boolean {
    if (this.spiHz >= SLOW_SPI || !this.errata.has(1)) return false;
    this.violations.note("slow-clock", index);
    return this.errata.strikes(1);
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
        return this.#flagLost ? this.#flags() & ~R.PKTIF : this.#flags();
      case R.ESTAT: {
        // INT shows any flag that is enabled and pending; INTIE only gates the pin.
        const since = this.errata.has(2) ? this.#oscillatorAt : this.#macAt;
        const ready = !registers.has(R.ECON2, R.PWRSV) && this.#clock.now() >= since;
        const pending = (this.#flags() & registers.get(R.EIE)) !== 0;
        const receiving = registers.has(R.ECON1, R.RXEN) && this.#access.receiving;
        return registers.get(R.ESTAT) | (ready ? R.CLKRDY : 0) | (pending ? R.INT : 0) | (receiving ? R.RXBUSY : 0);
      }
      case R.MIRDL:
      case R.MIRDH:
        // A scan of PHIR clears the link flag under way.
        this.#mii.fetch(index);
        this.#signal();
        return registers.get(index);
      case R.MISTAT:
        return this.#mii.status;
      case R.EFLOCON: {
        const full = registers.has(R.MACON3, R.FULDPX) ? R.FULDPXS : 0;
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
      if (this.#strict) return;
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

  /** Writes a register, and carries out the effects of the write. */
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
        this.#receive.readPointerWritten();
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
        if (this.errata.strikes(5)) registers.setWord(R.ERXWRPTL, 0);
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
        this.#flow.update();
        return;
      case R.MICMD:
        this.#mii.command(value);
        return;
      case R.MIWRH:
        this.#mii.write(value);
        return;
      case R.EBSTCON:
        registers.set(index, value);
        selfTest(registers, this.#memory);
        return;
      case R.EFLOCON:
        registers.set(index, value);
        this.#flow.update();
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
      this.#transmit.cancel();
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
    if ((set & R.TXRST) !== 0) this.#transmit.reset();
    if ((set & R.DMAST) !== 0) this.#dma.start();
    if ((old & ~value & R.DMAST) !== 0) this.#dma.cancel();
    if ((set & R.TXRTS) !== 0) this.#transmit.start(this.#macClocked());
    if ((old & ~value & R.TXRTS) !== 0) this.#transmit.cancel();
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
      if (this.errata.has(19)) return;
      this.#oscillatorAt = this.#clock.now() + OSCILLATOR_START;
      this.#phy.powered = true;
    }
    this.#transmit.reset();
    this.#receive.reset();
    this.#flow.reset();
    this.#dma.cancel();
    this.#flagLost = false;
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
