/** The interrupt mask, set with as few register accesses as possible (SDM 13.4.17 to 13.4.21). */
import type { MmioBus } from "../../hal/mmio.ts";
import { ALL_CAUSES, Cause, Register } from "./registers.ts";

/** Causes that are always enabled. TXDW is added while frames are on their way. */
const ALWAYS: number = Cause.RXT0 | Cause.RXDMT0 | Cause.RXO | Cause.RXSEQ | Cause.LSC;

export class InterruptMask {
  /** Nothing interrupts: a poll is due or under way, or the device is not up. */
  masked = true;
  readonly #bus: MmioBus;
  #hearsSent = false;

  constructor(bus: MmioBus) {
    this.#bus = bus;
  }

  /** The least that IMS ought to show. */
  get wanted(): number {
    return this.masked ? 0 : ALWAYS;
  }

  /** The causes that are there, all of which are forgotten with that. */
  take(): number {
    return this.#bus.read32(Register.ICR);
  }

  mask(): void {
    this.masked = true;
    this.#bus.write32(Register.IMC, ALL_CAUSES);
  }

  /** May interrupt before it returns, and is masked again then. */
  unmask(sending: boolean): void {
    this.masked = false;
    this.#hearsSent = sending;
    this.#bus.write32(Register.IMS, sending ? ALWAYS | Cause.TXDW : ALWAYS);
  }

  /** Frames are on their way that nobody waits for. */
  hearSent(): void {
    if (this.masked || this.#hearsSent) return;
    this.#hearsSent = true;
    this.#bus.write32(Register.IMS, Cause.TXDW);
  }
}
