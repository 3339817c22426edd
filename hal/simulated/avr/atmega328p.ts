/**
 * A simulated ATmega328P at 16 MHz, as on an Arduino Uno, running a real firmware: avr8js executes its instructions, its USART is
 * the end of a serial line, its SPI pins clock a simulated part, its INT0 pin follows that part's interrupt. The other pins are
 * wired and observed through `pins`; I2C devices are attached to `twoWire`; `eeprom` keeps its contents as long as the object
 * lives.
 *
 * Resets: power (start), the Uno's reset line (opened: opening its serial port pulls it), and the watchdog. MCUSR tells which one
 * it was; SRAM is lost with the power only. An image with a bootloader starts there, as the Uno's fuses ask for. Not modelled:
 * sleep (the instruction does nothing), self-programming, brown-out, the analog comparator, I2C as a slave.
 *
 * Time: the MCU's clock follows the Clock it was given and is never ahead of it, so a byte takes as long on the line as it does on
 * hardware. On a host that is too slow the MCU falls behind a little, then leaves time out and counts it in `lag`.
 */
import type { AVRClock, AVRIOPort, AVRSPI, AVRUSART, CPU } from "avr8js";
import type { Clock, Task, Timer } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import type { SimulatedInterrupt } from "../../interrupt.ts";
import type { SerialDevice } from "../../serial-device.ts";
import type { SpiPins } from "../spi-pins.ts";
import { Eeprom } from "./eeprom.ts";
import { parseIntelHex } from "./intel-hex.ts";
import type { Avr8js } from "./mcu.ts";
import { EXTRF, PORF, resetFlags, WDRF, watchResets } from "./resets.ts";
import { TwoWireBus } from "./two-wire.ts";
import { UnoPins } from "./uno-pins.ts";
import type { TwoWireWiring, UnoWiring } from "./wiring.ts";

const FREQUENCY = 16_000_000;
const FLASH_BYTES = 0x8000;
/** Word address of an Uno's boot section (fuses BOOTSZ 11b, BOOTRST 0), and the contents of erased flash. */
const BOOT = 0x3f00;
const ERASED = 0xffff;
const SRAM_BYTES = 0x800;
/** Data address of SRAM: below it are registers. */
const SRAM = 0x100;
/** Time between two looks at the clock while the line is idle, and while bytes are on it, in ms. */
const IDLE_TICK = 1;
const BUSY_TICK = 0.1;
/** The line counts as busy for this long after a byte, in ms. */
const BUSY_TIME = 2;
/** Cycles run before the rest of the process has its turn. */
const SLICE = 20_000;
/** An MCU further behind than this leaves the time out, in ms. */
const PATIENCE = 100;
/** Bytes that wait for the USART, as a USB bridge or a pty holds them back. */
const LINE_BUFFER = 65_536;
/** PB2 and PD2. */
const CHIP_SELECT = 2;
const INT0_PIN = 2;

export interface Atmega328pOptions {
  /** Intel HEX. */
  hex: string;
  /** Names the firmware for people: its file. */
  name: string;
  /** Behind PB2 to PB5. */
  spi?: SpiPins;
  /** The part's interrupt, at PD2, active low; that pin is its own then. */
  interrupt?: SimulatedInterrupt;
}

export class Atmega328p implements SerialDevice {
  readonly description: string;
  onSend: ((bytes: Uint8Array) => void) | null = null;
  readonly #pins = new UnoPins();
  readonly #twoWire = new TwoWireBus();
  readonly pins: UnoWiring = this.#pins;
  readonly twoWire: TwoWireWiring = this.#twoWire;
  readonly eeprom: Eeprom = new Eeprom();
  /** Milliseconds of its own time that the host was too slow for. */
  lag = 0;
  /** Bytes lost because the line's buffer was full. */
  overruns = 0;
  readonly #avr: Avr8js;
  readonly #clock: Clock;
  readonly #program: Uint16Array;
  readonly #spiPins: SpiPins | null;
  readonly #interrupt: SimulatedInterrupt | null;
  readonly #timer: Timer;
  readonly #task: Task;
  readonly #incoming = new Uint8Array(LINE_BUFFER);
  #first = 0;
  #waiting = 0;
  readonly #outgoing = new Uint8Array(4096);
  #sent = 0;
  #cpu!: CPU;
  /** Clock of the CPU, with its prescaler CLKPR. */
  #oscillator!: AVRClock;
  #usart!: AVRUSART;
  #spi!: AVRSPI;
  #portD!: AVRIOPort;
  /** When the MCU was last reset. */
  #epoch = 0;
  /** When a byte was last sent or received. */
  #movedAt = Number.NEGATIVE_INFINITY;
  #running = false;
  /** #run() is under way: bytes that arrive now wait for the next one. */
  #executing = false;
  /** The watchdog asks for a reset. */
  #bitten = false;

  /** @throws ControllerError AVR8JS_MISSING when the package is not installed; FirmwareError for a file that is not a firmware */
  static async load(clock: Clock, options: Atmega328pOptions): Promise<Atmega328p> {
    let avr: Avr8js;
    try {
      avr = await import("avr8js");
    } catch (cause) {
      throw new ControllerError("AVR8JS_MISSING", "a simulated ATmega328P needs the package avr8js; run: npm install avr8js", {
        cause,
      });
    }
    return new Atmega328p(avr, clock, options);
  }

  private constructor(avr: Avr8js, clock: Clock, options: Atmega328pOptions) {
    this.description = `simulated ATmega328P running ${options.name}`;
    this.#avr = avr;
    this.#clock = clock;
    this.#program = new Uint16Array(parseIntelHex(options.hex, FLASH_BYTES, options.name).buffer);
    this.#spiPins = options.spi ?? null;
    this.#interrupt = options.interrupt ?? null;
    this.#timer = clock.timer(() => this.#run());
    this.#task = clock.task(() => this.#run());
    this.#reset(PORF);
  }

  /** Power on: runs until {@link stop}. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#reset(PORF);
    this.#timer.arm(IDLE_TICK);
  }

  stop(): void {
    this.#running = false;
    this.#timer.cancel();
  }

  opened(): void {
    this.#reset(resetFlags(this.#cpu) | EXTRF);
    this.#waiting = 0;
    this.#sent = 0;
  }

  receive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#waiting === LINE_BUFFER) {
        this.overruns++;
        continue;
      }
      this.#incoming[(this.#first + this.#waiting++) % LINE_BUFFER] = bytes[at]!;
    }
    // The MCU runs up to now; until then it has not seen these bytes.
    this.#run();
  }

  /** Every part as after a reset, from now on. @param flags of MCUSR */
  #reset(flags: number): void {
    const { CPU, AVRClock, AVRUSART, AVRSPI, AVRIOPort, AVRTimer, AVRADC, AVREEPROM, AVRWatchdog } = this.#avr;
    const avr = this.#avr;
    const memory = flags === PORF ? null : this.#cpu.data.subarray(SRAM);
    const cpu = new CPU(this.#program, SRAM_BYTES);
    this.#cpu = cpu;
    if (memory) cpu.data.set(memory, SRAM);
    if (this.#program[BOOT] !== ERASED) cpu.pc = BOOT;
    for (const config of [avr.timer0Config, avr.timer1Config, avr.timer2Config]) new AVRTimer(cpu, config);
    const adc = new AVRADC(cpu, avr.adcConfig);
    const portB = new AVRIOPort(cpu, avr.portBConfig);
    const portC = new AVRIOPort(cpu, avr.portCConfig);
    this.#portD = new AVRIOPort(cpu, avr.portDConfig);
    this.#pins.attach(cpu, [this.#portD, portB, portC], adc);
    this.#usart = new AVRUSART(cpu, avr.usart0Config, FREQUENCY);
    this.#usart.onByteTransmit = (value) => this.#send(value);
    this.#usart.onRxComplete = () => this.#feed();
    this.#spi = new AVRSPI(cpu, avr.spiConfig, FREQUENCY);
    this.#attachSpi(portB);
    this.#twoWire.connect({ avr, cpu, frequency: FREQUENCY });
    new AVREEPROM(cpu, this.eeprom);
    this.#oscillator = new AVRClock(cpu, FREQUENCY);
    new AVRWatchdog(cpu, avr.watchdogConfig, this.#oscillator);
    this.#bitten = false;
    watchResets(cpu, flags, () => {
      this.#bitten = true;
    });
    this.#epoch = this.#clock.now();
  }

  #attachSpi(portB: AVRIOPort): void {
    const pins = this.#spiPins;
    const spi = this.#spi;
    spi.onByte = (out) => {
      const value = pins ? pins.clock(out) : 0xff;
      this.#cpu.addClockEvent(() => spi.completeTransfer(value), spi.transferCycles);
    };
    let selected = false;
    portB.addListener(() => {
      const now = portB.pinState(CHIP_SELECT) === this.#avr.PinState.Low;
      if (now === selected) return;
      selected = now;
      if (now) pins?.select();
      else pins?.deselect();
    });
  }

  /** Executes the time that has passed on the clock, a slice at a time. */
  #run(): void {
    if (!this.#running || this.#executing) return;
    const { avrInstruction } = this.#avr;
    const cpu = this.#cpu;
    const oscillator = this.#oscillator;
    const due = this.#clock.now() - this.#epoch;
    const behind = due - oscillator.timeMillis;
    if (behind > PATIENCE) {
      this.lag += behind;
      this.#epoch += behind;
      this.#timer.arm(0);
      return;
    }
    const end = cpu.cycles + Math.min((behind * oscillator.frequency) / 1000, SLICE);
    this.#executing = true;
    if (this.#interrupt) this.#portD.setPin(INT0_PIN, !this.#interrupt.asserted);
    this.#feed();
    while (cpu.cycles < end && !this.#bitten) {
      avrInstruction(cpu);
      cpu.tick();
    }
    this.#flush();
    this.#executing = false;
    if (this.#bitten) {
      const lived = this.#epoch + oscillator.timeMillis;
      this.#reset(resetFlags(cpu) | WDRF);
      this.#epoch = lived;
    }
    if (this.#oscillator.timeMillis < this.#clock.now() - this.#epoch) this.#task.schedule();
    else this.#timer.arm(this.#clock.now() - this.#movedAt < BUSY_TIME ? BUSY_TICK : IDLE_TICK);
  }

  /** Gives the USART its next byte, if it can take one. */
  #feed(): void {
    if (this.#waiting === 0) return;
    if (!this.#usart.writeByte(this.#incoming[this.#first]!)) return;
    this.#first = (this.#first + 1) % LINE_BUFFER;
    this.#waiting--;
    this.#movedAt = this.#clock.now();
  }

  #send(value: number): void {
    this.#outgoing[this.#sent++] = value;
    this.#movedAt = this.#clock.now();
    if (this.#sent === this.#outgoing.length) this.#flush();
  }

  #flush(): void {
    const count = this.#sent;
    if (count === 0) return;
    this.#sent = 0;
    this.onSend?.(this.#outgoing.subarray(0, count));
  }
}
