/**
 * QEMU's model of the 82540EM as an MmioBus: somebody else's chip for our driver. QEMU is started by open() and killed by close();
 * registers are reached over qtest, and the machine's memory is shared with it, so that rings and buffers are plain typed arrays.
 *
 *     const wire = new QemuWire(segment, "qemu");
 *     const bus = new QemuBus(clock, { wire });
 *     await bus.open();
 *     bus.read32(0x0008); // STATUS
 *
 * Needs Linux and the programs qemu-system-x86_64 and setpriv. QEMU's time is real time: hand in the SystemClock. After every
 * write to RCTL QEMU's model receives nothing for a second.
 */
import { closeSync, ftruncateSync, writeSync } from "node:fs";
import type { Clock, Timer } from "../../clock.ts";
import { ControllerError, isStationAddress } from "../../ethernet.ts";
import type { InterruptLine } from "../../interrupt.ts";
import { type DmaMemory, type MmioBus, NO_ANSWER } from "../../mmio.ts";
import { loadCalls, type QemuCalls } from "./libc.ts";
import { QemuMonitor } from "./monitor.ts";
import { PCI_INTERRUPT, plugPci, WINDOW } from "./pci.ts";
import { firmware, type Machine, NIC, QemuProcess } from "./process.ts";
import { Qtest, QtestLine } from "./qtest.ts";
import type { QemuWire } from "./wire.ts";

/** The far end of the controller's cable within QEMU: its own small network (NAT, 10.0.2.2), or a tap interface of the kernel's. */
export type QemuNetwork = { readonly kind: "user" } | { readonly kind: "tap"; readonly interface: string };

export interface QemuOptions {
  /** The far end of the controller's cable. */
  wire: QemuWire | QemuNetwork;
  /** Station address in its EEPROM. Default: QEMU's own, 52:54:00:12:34:56. */
  address?: Uint8Array;
  /** Memory shared with the device, in bytes, a multiple of 1 MiB. Only what is touched takes up memory. Default 31 MiB. */
  memory?: number;
  /** Default `qemu-system-x86_64`, from PATH. */
  program?: string;
  /** From start to the first answer, in ms. Default 10,000. */
  startTimeout?: number;
  /** How long one register access may hold the process, in ms, before QEMU counts as stalled. Default 1000. */
  answerTimeout?: number;
}

const MEBIBYTE = 0x10_0000;
/** A PC's first MiB has holes in it. */
const MEMORY_BASE = MEBIBYTE;
const DEFAULT_MEMORY = 31 * MEBIBYTE;
/** Below the window that PCI devices have in a PC's first 4 GiB. */
const MAX_MEMORY = 1024 * MEBIBYTE;
const DEFAULT_START_TIMEOUT = 10_000;
const DEFAULT_ANSWER_TIMEOUT = 1000;

/** Memory and firmware, kept from one QEMU to the next. */
interface Files {
  readonly memory: number;
  readonly firmware: number;
  readonly dma: DmaMemory;
}

/** One QEMU and our ends of the lines to it. */
interface Session {
  readonly process: QemuProcess;
  readonly descriptors: readonly number[];
  readonly monitor: QemuMonitor;
  readonly qtest: Qtest;
  /** Ends open() while that waits for the first answer. */
  reject: ((error: ControllerError) => void) | null;
}

export class QemuBus implements MmioBus {
  readonly description = "QEMU's 82540EM over qtest";
  readonly simulated = true;
  onFailed: ((error: ControllerError) => void) | null = null;
  readonly #clock: Clock;
  readonly #options: QemuOptions;
  readonly #wire: QemuWire | null;
  readonly #machine: Machine;
  readonly #line = new QtestLine();
  #files: Files | null = null;
  #session: Session | null = null;
  /** Counts open() and close(), so that an open() knows that it was overtaken. */
  #epoch = 0;
  #opening = false;

  /** @throws ControllerError QEMU_OPTIONS */
  constructor(clock: Clock, options: QemuOptions) {
    this.#clock = clock;
    this.#options = options;
    const memory = options.memory ?? DEFAULT_MEMORY;
    if (!Number.isInteger(memory / MEBIBYTE) || memory < MEBIBYTE || memory > MAX_MEMORY)
      throw new ControllerError("QEMU_OPTIONS", `qemu: memory is ${memory} bytes; whole MiB (1048576 bytes) are needed, 1 to 1024`);
    const { wire } = options;
    this.#wire = "port" in wire ? wire : null;
    this.#machine = {
      program: options.program ?? "qemu-system-x86_64",
      memory: MEMORY_BASE + memory,
      address: options.address === undefined ? null : macText(options.address),
      netdev: "port" in wire ? null : netdev(wire),
    };
  }

  get interrupt(): InterruptLine {
    return this.#line;
  }

  get dma(): DmaMemory {
    if (!this.#files) throw new Error("QemuBus: there is no memory before it was opened for the first time");
    return this.#files.dma;
  }

  /** Process id of the QEMU that runs now. */
  get pid(): number | undefined {
    return this.#session?.process.pid;
  }

  /**
   * @throws ControllerError QEMU_UNSUPPORTED (not Linux, no koffi), QEMU_MISSING (a program is not installed), QEMU_START (QEMU
   * ended or did not answer; the message has its last words), QEMU_NO_DEVICE, QEMU_SYSTEM (no memory, no sockets), QEMU_OPEN (open
   * already, or closed meanwhile)
   */
  async open(): Promise<void> {
    if (this.#session || this.#opening) throw new ControllerError("QEMU_OPEN", "qemu: it is open already");
    this.#opening = true;
    const epoch = ++this.#epoch;
    let session: Session | null = null;
    try {
      const libc = await loadCalls();
      this.#check(epoch);
      this.#files ??= makeFiles(libc, this.#machine.memory);
      session = this.#start(libc, this.#files);
      this.#session = session;
      await this.#answer(session);
      this.#check(epoch);
      plugPci(session.qtest);
      // A QEMU that ended meanwhile has told so already, but nobody was listening yet.
      if (this.#session !== session) throw new ControllerError("QEMU_START", "qemu: QEMU ended while its devices were set up");
    } catch (error) {
      if (session) await this.#stop(session);
      throw error;
    } finally {
      this.#opening = false;
    }
  }

  async close(): Promise<void> {
    this.#epoch++;
    const session = this.#session;
    if (!session) return;
    session.reject?.(overtaken());
    await this.#stop(session);
  }

  read32(offset: number): number {
    const session = this.#session;
    return session ? session.qtest.read32(WINDOW + offset) : NO_ANSWER;
  }

  write32(offset: number, value: number): void {
    this.#session?.qtest.write32(WINDOW + offset, value);
  }

  #check(epoch: number): void {
    if (epoch !== this.#epoch) throw overtaken();
  }

  #start(libc: QemuCalls, files: Files): Session {
    const qtest = libc.socketPair();
    const monitor = libc.socketPair();
    const wire = this.#wire ? libc.socketPair() : null;
    const pairs = wire ? [qtest, monitor, wire] : [qtest, monitor];
    let process: QemuProcess;
    try {
      process = new QemuProcess(this.#machine, {
        qtest: qtest.theirs,
        monitor: monitor.theirs,
        memory: files.memory,
        firmware: files.firmware,
        wire: wire ? wire.theirs : null,
      });
    } catch (error) {
      for (const pair of pairs) closeSync(pair.ours);
      throw error;
    } finally {
      for (const pair of pairs) closeSync(pair.theirs);
    }
    const session: Session = {
      process,
      descriptors: pairs.map((pair) => pair.ours),
      monitor: new QemuMonitor(libc, monitor.ours),
      qtest: new Qtest(this.#clock, libc, qtest.ours, {
        answerTimeout: this.#options.answerTimeout ?? DEFAULT_ANSWER_TIMEOUT,
        interrupt: PCI_INTERRUPT,
        line: this.#line,
        onEnd: (error) => this.#lost(session, error),
      }),
      reject: null,
    };
    if (this.#wire && wire) {
      this.#wire.connect(libc, wire.ours);
      this.#wire.onLink = (up) => session.monitor.setLink(NIC, up);
      if (!this.#wire.linkUp) session.monitor.setLink(NIC, false);
    }
    return session;
  }

  /** Waits until QEMU answers for the first time. */
  async #answer(session: Session): Promise<void> {
    const limit = this.#options.startTimeout ?? DEFAULT_START_TIMEOUT;
    let timer: Timer | null = null;
    try {
      await new Promise<void>((resolve, reject) => {
        session.reject = reject;
        timer = this.#clock.timer(() =>
          reject(new ControllerError("QEMU_START", `qemu: QEMU was started and said nothing within ${limit} ms`)),
        );
        timer.arm(limit);
        session.qtest.start(resolve);
        void session.process.ended.then((how) => reject(new ControllerError("QEMU_START", `qemu: QEMU does not start: ${how}`)));
      });
    } finally {
      session.reject = null;
      (timer as Timer | null)?.cancel();
    }
  }

  /** The line to QEMU is of no use any more. Its end is waited for, because that tells why. */
  #lost(session: Session, error: ControllerError): void {
    this.#release(session);
    session.process.kill();
    const epoch = this.#epoch;
    void session.process.ended.then((how) => {
      // While it starts, its end is told to open(); after close() and open() it is of no interest.
      if (epoch !== this.#epoch || this.#opening) return;
      this.onFailed?.(error.code === "QEMU_DIED" ? new ControllerError(error.code, `${error.message} (${how})`) : error);
    });
  }

  /** Closes our ends of the lines. */
  #release(session: Session): void {
    if (this.#session !== session) return;
    this.#session = null;
    this.#line.asserted = false;
    session.qtest.close();
    session.monitor.close();
    if (this.#wire) {
      this.#wire.onLink = null;
      this.#wire.disconnect();
    }
    for (const descriptor of session.descriptors) closeSync(descriptor);
  }

  async #stop(session: Session): Promise<void> {
    this.#release(session);
    session.process.kill();
    await session.process.ended;
  }
}

function makeFiles(libc: QemuCalls, length: number): Files {
  const memory = libc.memoryFile();
  let firmwareFile = -1;
  try {
    ftruncateSync(memory, length);
    firmwareFile = libc.memoryFile();
    writeSync(firmwareFile, firmware());
    const buffer = libc.map(memory, MEMORY_BASE, length - MEMORY_BASE);
    return {
      memory,
      firmware: firmwareFile,
      dma: { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer), base: MEMORY_BASE },
    };
  } catch (error) {
    closeSync(memory);
    if (firmwareFile >= 0) closeSync(firmwareFile);
    throw error;
  }
}

function overtaken(): ControllerError {
  return new ControllerError("QEMU_OPEN", "qemu: it was closed while it was being opened");
}

function macText(address: Uint8Array): string {
  if (!isStationAddress(address))
    throw new ControllerError("QEMU_OPTIONS", "qemu: the station address must be 6 bytes of an individual (not group) address");
  return Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function netdev(network: QemuNetwork): string {
  if (network.kind === "user") return "user";
  // QEMU's options are separated by commas; interface names have 15 characters at most.
  if (!/^[^\s,/]{1,15}$/.test(network.interface))
    throw new ControllerError(
      "QEMU_OPTIONS",
      `qemu: "${network.interface}" is no interface name: 1 to 15 characters, no blanks or commas`,
    );
  return `tap,ifname=${network.interface},script=no,downscript=no`;
}
