/**
 * One QEMU process: a PC without firmware that does nothing but lend us its network controller. The processor is halted; time,
 * timers and devices run.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { ControllerError } from "../../ethernet.ts";

/** QEMU's first descriptors after the standard ones. */
export interface Descriptors {
  readonly qtest: number;
  readonly monitor: number;
  /** Machine memory, `memory` bytes. */
  readonly memory: number;
  readonly firmware: number;
  /** The controller's wire, when that is a stream to us. */
  readonly wire: number | null;
}

export interface Machine {
  /** Program name, looked for in PATH, or path. */
  readonly program: string;
  /** In bytes. */
  readonly memory: number;
  /** The controller's station address, `02:00:00:00:00:01`; null for QEMU's own. */
  readonly address: string | null;
  /** QEMU's -netdev without its id, when the wire is not a stream to us. */
  readonly netdev: string | null;
}

/** Names within QEMU. */
export const NIC = "nic";
/** The controller's slot on PCI bus 0; its interrupt pin A is PIRQB of the PIIX3 there. */
export const NIC_SLOT = 2;

const FIRMWARE_BYTES = 0x1_0000;
/** Address at which the processor starts: 16 bytes below the end of the firmware. */
const RESET_VECTOR = 0xfff0;
const CLI = 0xfa;
const HLT = 0xf4;
/**
 * In front of a program: it does not start where its owner has ended before setpriv had the kernel watch that one. A shell that starts
 * after that finds another parent then.
 */
const UNLESS_ORPHAN: readonly string[] = ["sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"', `${process.pid}`];
/** How much of what QEMU says is kept. */
const SAID = 4096;

/** A firmware whose first instructions are cli, hlt. */
export function firmware(): Uint8Array {
  const bytes = new Uint8Array(FIRMWARE_BYTES).fill(HLT);
  bytes[RESET_VECTOR] = CLI;
  return bytes;
}

export class QemuProcess {
  readonly #child: ChildProcess;
  #said = "";
  /** How it ended, for people: `killed by SIGKILL`, `exit status 1: …` with the last line it said. */
  readonly ended: Promise<string>;
  #alive = true;

  /**
   * Starts it. Whether it works shows when it answers.
   * @throws ControllerError QEMU_MISSING
   */
  constructor(machine: Machine, descriptors: Descriptors) {
    const program = find(machine.program);
    if (program === null)
      throw new ControllerError(
        "QEMU_MISSING",
        `qemu: ${machine.program} is not installed (Debian, Raspberry Pi OS: apt install qemu-system-x86)`,
      );
    // The kernel kills QEMU when the thread that started it ends, in whatever way: even SIGKILL leaves no QEMU behind.
    const guard = find("setpriv");
    if (guard === null)
      throw new ControllerError("QEMU_MISSING", "qemu: setpriv is not installed (Debian, Raspberry Pi OS: apt install util-linux)");
    const { qtest, monitor, memory, firmware, wire } = descriptors;
    const child = spawn(guard, ["--pdeathsig", "KILL", "--", ...UNLESS_ORPHAN, program, ...options(machine)], {
      stdio: ["ignore", "ignore", "pipe", qtest, monitor, memory, firmware, ...(wire === null ? [] : [wire])],
    });
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#said = (this.#said + text).slice(-SAID);
    });
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => this.#end(resolve, error.message));
      child.once("close", (status, signal) => {
        const last = this.#said.trim().split("\n").at(-1) ?? "";
        this.#end(resolve, `${signal ? `killed by ${signal}` : `exit status ${status}`}${last ? `: ${last}` : ""}`);
      });
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(): void {
    if (this.#alive) this.#child.kill("SIGKILL");
  }

  #end(resolve: (how: string) => void, how: string): void {
    this.#alive = false;
    resolve(how);
  }
}

function options(machine: Machine): string[] {
  const address = machine.address === null ? "" : `,mac=${machine.address}`;
  return [
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"],
    ...["-machine", "pc,accel=tcg,hpet=off,memory-backend=ram", "-m", `${machine.memory}b`],
    ...["-object", `memory-backend-file,id=ram,size=${machine.memory}b,mem-path=/dev/fd/5,share=on`],
    ...["-bios", "/dev/fd/6"],
    ...["-chardev", "socket,id=qtest,fd=3", "-qtest", "chardev:qtest", "-qtest-log", "none"],
    ...["-chardev", "socket,id=monitor,fd=4", "-mon", "chardev=monitor,mode=control"],
    // Not the newer "stream": that connects in the background, and what the controller sends before is lost.
    ...["-netdev", `${machine.netdev ?? "socket,fd=7"},id=wire`],
    // No option ROM: nobody boots from it.
    ...["-device", `e1000,id=${NIC},netdev=wire,addr=${NIC_SLOT},romfile=${address}`],
  ];
}

function find(program: string): string | null {
  const folders = program.includes("/") ? [""] : (process.env["PATH"] ?? "").split(delimiter);
  for (const folder of folders) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}
