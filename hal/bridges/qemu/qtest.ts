/**
 * QEMU's qtest protocol (its documentation: "QTest Device Emulation Testing Framework"), the part that a PCI function needs: lines
 * of text over a stream, a command and its answer (`OK`, `OK 0x…`), and between answers `IRQ raise N` and `IRQ lower N` for the
 * interrupt lines that are intercepted.
 *
 * Reads wait for their answer and hold the process meanwhile, some 20 µs. Writes are posted, as on PCI: they are carried out in
 * order, and the next read waits for them. Nothing is allocated on the way; lines are put together and taken apart as bytes.
 */
import type { Clock } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import type { InterruptLine } from "../../interrupt.ts";
import { NO_ANSWER } from "../../mmio.ts";
import type { Watch } from "../linux/libc.ts";
import type { QemuCalls } from "./libc.ts";

/** Writes whose answers are still to come; one more waits for all of them. The sockets between us have room for far more. */
const POSTED = 64;
/** Longest line of QEMU's that is looked at. */
const LINE = 64;
const INPUT = 4096;

const NEWLINE = 0x0a;
const DIGIT_0 = 0x30;
const LETTER_I = 0x49;
const LETTER_K = 0x4b;
const LETTER_O = 0x4f;
const LETTER_Q = 0x51;
const LETTER_R = 0x52;
const LETTER_a = 0x61;
const LETTER_r = 0x72;
/** Where the value stands in `OK 0x…`, the verb in `IRQ raise N`, and the number in it; `lower` is as long. */
const OK_VALUE = 5;
const IRQ_VERB = 4;
const IRQ_NUMBER = 10;

/** An interrupt line that QEMU's words drive. It outlives the connection. */
export class QtestLine implements InterruptLine {
  asserted = false;
  onAssert: (() => void) | null = null;
}

/** A command with room for its operands, eight hexadecimal digits each. */
class Command {
  readonly address: number;
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #operands: readonly number[];

  constructor(libc: QemuCalls, text: string) {
    this.length = text.length;
    this.#bytes = new Uint8Array(text.length);
    new TextEncoder().encodeInto(text, this.#bytes);
    this.#operands = [...text.matchAll(/0x/g)].map((match) => match.index + 2);
    this.address = libc.address(this.#bytes.buffer);
  }

  set(operand: number, value: number): void {
    const at = this.#operands[operand]!;
    for (let digit = 0; digit < 8; digit++) {
      const nibble = (value >>> (28 - 4 * digit)) & 15;
      this.#bytes[at + digit] = nibble < 10 ? DIGIT_0 + nibble : LETTER_a + nibble - 10;
    }
  }
}

export interface QtestOptions {
  /** How long a command may take, in ms, before QEMU counts as stalled. */
  readonly answerTimeout: number;
  /** Number of the interrupt line that drives `line`; others are ignored. */
  readonly interrupt: number;
  readonly line: QtestLine;
  /** Called once: the connection is of no use any more. Possibly from within a call of ours. */
  readonly onEnd: (error: ControllerError) => void;
}

export class Qtest {
  readonly #clock: Clock;
  readonly #libc: QemuCalls;
  readonly #options: QtestOptions;
  readonly #line: QtestLine;
  #fd: number;
  #watch: Watch;
  readonly #input = new Uint8Array(INPUT);
  readonly #inputAddress: number;
  /** The line of text under way; a line longer than any that we know is cut off. */
  readonly #text = new Uint8Array(LINE);
  #length = 0;
  /** Commands whose answers are still to come. */
  #pending = 0;
  /** The value of the last answer. */
  #value = 0;
  /** The line was raised since the driver was last told. */
  #rose = false;
  #onIdle: (() => void) | null = null;
  readonly #readl: Command;
  readonly #writel: Command;
  readonly #outb: Command;
  readonly #outl: Command;
  readonly #inl: Command;

  constructor(clock: Clock, libc: QemuCalls, fd: number, options: QtestOptions) {
    this.#clock = clock;
    this.#libc = libc;
    this.#options = options;
    this.#line = options.line;
    this.#fd = fd;
    this.#inputAddress = libc.address(this.#input.buffer);
    this.#readl = new Command(libc, "readl 0x00000000\n");
    this.#writel = new Command(libc, "writel 0x00000000 0x00000000\n");
    this.#outb = new Command(libc, "outb 0x00000000 0x00000000\n");
    this.#outl = new Command(libc, "outl 0x00000000 0x00000000\n");
    this.#inl = new Command(libc, "inl 0x00000000\n");
    this.#watch = libc.watch(fd, () => {
      this.#take();
      this.#tell();
    });
  }

  /** Stops listening. The line is left as it is. */
  close(): void {
    if (this.#fd < 0) return;
    this.#fd = -1;
    this.#onIdle = null;
    this.#watch.close();
  }

  /** Has interrupts reported as they arrive at the I/O APIC. The first command: `done` is called when QEMU is there and answers. */
  start(done: () => void): void {
    this.#onIdle = done;
    const command = new Command(this.#libc, "irq_intercept_in ioapic\n");
    this.#send(command);
  }

  /** Returns NO_ANSWER when there is none. */
  read32(address: number): number {
    this.#readl.set(0, address);
    return this.#ask(this.#readl);
  }

  write32(address: number, value: number): void {
    this.#writel.set(0, address);
    this.#writel.set(1, value);
    this.#post(this.#writel);
  }

  in32(port: number): number {
    this.#inl.set(0, port);
    return this.#ask(this.#inl);
  }

  out32(port: number, value: number): void {
    this.#outl.set(0, port);
    this.#outl.set(1, value);
    this.#post(this.#outl);
  }

  out8(port: number, value: number): void {
    this.#outb.set(0, port);
    this.#outb.set(1, value);
    this.#post(this.#outb);
  }

  #ask(command: Command): number {
    this.#send(command);
    this.#settle();
    // An interrupt's handler may use this channel again.
    const value = this.#fd < 0 ? NO_ANSWER : this.#value;
    this.#tell();
    return value;
  }

  #post(command: Command): void {
    this.#send(command);
    if (this.#pending > POSTED) this.#settle();
    this.#tell();
  }

  #send(command: Command): void {
    let sent = 0;
    while (sent < command.length && this.#fd >= 0) {
      const count = this.#libc.send(this.#fd, command.address + sent, command.length - sent);
      if (count > 0) sent += count;
      else if (count < 0 && this.#libc.wouldWait()) this.#wait(true);
      else this.#end(ended());
    }
    this.#pending++;
  }

  /** Waits until every command has been answered. */
  #settle(): void {
    while (this.#pending > 0 && this.#fd >= 0) {
      if (!this.#take()) this.#wait(false);
    }
  }

  #wait(writable: boolean): void {
    const { answerTimeout } = this.#options;
    const until = this.#clock.now() + answerTimeout;
    // A signal cuts a wait short.
    for (let left = answerTimeout; left > 0; left = until - this.#clock.now()) {
      if (this.#libc.wait(this.#fd, writable, Math.ceil(left))) return;
    }
    // This process may have been stopped meanwhile (SIGSTOP), and the answer be there all the same.
    if (this.#libc.wait(this.#fd, writable, 0)) return;
    this.#end(new ControllerError("QEMU_STALLED", `qemu: no answer from QEMU within ${answerTimeout} ms; it was stopped`));
  }

  /** Takes in what QEMU has said; false when it said nothing. */
  #take(): boolean {
    if (this.#fd < 0) return false;
    const count = this.#libc.receive(this.#fd, this.#inputAddress, INPUT);
    if (count <= 0) {
      if (count === 0 || !this.#libc.wouldWait()) this.#end(ended());
      return false;
    }
    for (let at = 0; at < count; at++) {
      const byte = this.#input[at]!;
      if (byte !== NEWLINE) {
        if (this.#length < LINE) this.#text[this.#length++] = byte;
        continue;
      }
      this.#understand();
      this.#length = 0;
      if (this.#fd < 0) break;
    }
    return true;
  }

  #understand(): void {
    const text = this.#text;
    if (text[0] === LETTER_O && text[1] === LETTER_K && this.#pending > 0) {
      this.#pending--;
      if (this.#length > OK_VALUE) this.#value = this.#number(OK_VALUE, 16);
      if (this.#pending === 0 && this.#onIdle) {
        const done = this.#onIdle;
        this.#onIdle = null;
        done();
      }
    } else if (text[0] === LETTER_I && text[1] === LETTER_R && text[2] === LETTER_Q && this.#length > IRQ_NUMBER) {
      if (this.#number(IRQ_NUMBER, 10) !== this.#options.interrupt) return;
      const raised = text[IRQ_VERB] === LETTER_r;
      if (raised && !this.#line.asserted) this.#rose = true;
      this.#line.asserted = raised;
    } else {
      const said = String.fromCharCode(...text.subarray(0, this.#length));
      this.#end(new ControllerError("QEMU_PROTOCOL", `qemu: QEMU said "${said}" over qtest, where OK or IRQ was expected`));
    }
  }

  /** The last 32 bits of the number at `at`. */
  #number(at: number, base: number): number {
    let value = 0;
    for (let i = at; i < this.#length; i++) {
      const byte = this.#text[i]!;
      value = (Math.imul(value, base) + (byte >= LETTER_a ? byte - LETTER_a + 10 : byte - DIGIT_0)) >>> 0;
    }
    return value;
  }

  /** Tells the driver of an interrupt that is still there. Last of all in every call: it may use this channel again. */
  #tell(): void {
    if (!this.#rose) return;
    this.#rose = false;
    if (this.#line.asserted) this.#line.onAssert?.();
  }

  #end(error: ControllerError): void {
    if (this.#fd < 0) return;
    this.close();
    this.#rose = false;
    this.#options.onEnd(error);
  }
}

function ended(): ControllerError {
  return new ControllerError("QEMU_DIED", "qemu: QEMU ended");
}
