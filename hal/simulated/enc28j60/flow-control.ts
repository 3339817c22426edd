/** EFLOCON: pause frames in full duplex, back pressure in half (DS39662 section 10, IEEE 802.3 annex 31B). */
import type { Timer } from "../../clock.ts";
import type { WirePort } from "../../wire.ts";
import type { ChipContext } from "./context.ts";
import type { ChipCounters } from "./counters.ts";
import type { LineAccess } from "./line-access.ts";
import { PAUSE_ADDRESS, TYPE_CONTROL } from "./receive-logic.ts";
import { EFLOCON, EPAUSL, FCEN, MAADR, MACON1, type RegisterFile, TXPAUS } from "./registers.ts";

/** Length of a pause frame on the wire, FCS included. */
const PAUSE_BYTES = 64;
const BODY = 60;
/** 512 bit times, in bytes. */
const QUANTUM = 64;

const Mode = { OFF: 0, ONCE: 1, PERIODIC: 2, RELEASE: 3 } as const;

export class FlowControl {
  readonly #registers: RegisterFile;
  readonly #access: LineAccess;
  readonly #port: WirePort;
  readonly #counters: ChipCounters;
  readonly #byteTime: number;
  readonly #frame = new Uint8Array(BODY);
  readonly #departure: Timer;
  readonly #again: Timer;

  constructor({ clock, registers, counters, byteTime }: ChipContext, access: LineAccess, port: WirePort) {
    this.#registers = registers;
    this.#access = access;
    this.#port = port;
    this.#counters = counters;
    this.#byteTime = byteTime;
    this.#departure = clock.timer(() => {
      this.#counters.pausesSent++;
      this.#port.transmit(this.#frame, 0, BODY);
    });
    this.#again = clock.timer(() => this.#repeat());
  }

  /** EFLOCON or the duplex mode was written. */
  update(): void {
    const mode = this.#registers.get(EFLOCON) & FCEN;
    this.#again.cancel();
    // In half duplex FCEN0 alone decides; in full, FCEN1 and 0 are two bits of a mode.
    this.#access.press(!this.#access.fullDuplex && (mode & 1) !== 0);
    if (!this.#access.fullDuplex || mode === Mode.OFF) return;
    if (mode === Mode.PERIODIC) {
      this.#repeat();
      return;
    }
    this.#send(mode === Mode.RELEASE ? 0 : this.#registers.word(EPAUSL));
    this.#registers.lower(EFLOCON, FCEN);
  }

  reset(): void {
    this.#departure.cancel();
    this.#again.cancel();
    this.#access.press(false);
  }

  /** Sends the next pause before the last one is over, at half of its time. */
  #repeat(): void {
    const quanta = this.#registers.word(EPAUSL);
    this.#send(quanta);
    if (quanta > 0 && this.#byteTime > 0) this.#again.arm((quanta * QUANTUM * this.#byteTime) / 2);
  }

  #send(quanta: number): void {
    if (!this.#registers.has(MACON1, TXPAUS)) return;
    const frame = this.#frame;
    for (let octet = 0; octet < 6; octet++) {
      frame[octet] = PAUSE_ADDRESS[octet]!;
      frame[6 + octet] = this.#registers.get(MAADR[octet]!);
    }
    frame[12] = TYPE_CONTROL >> 8;
    frame[13] = TYPE_CONTROL & 0xff;
    frame[14] = 0;
    frame[15] = 1;
    frame[16] = quanta >> 8;
    frame[17] = quanta & 0xff;
    this.#departure.arm(this.#access.reserve(PAUSE_BYTES));
  }
}
