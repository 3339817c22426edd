/**
 * Puts the chip to sleep and wakes it (DS39662 section 14); asleep it draws some 120 mA less. The chip keeps its registers and its packet memory, so waking takes no
 * set-up; only the link has to be found again, which takes the PHY tens of milliseconds.
 */
import type { CommandList } from "./command-list.ts";
import type { Exchange } from "./exchange.ts";
import { Econ1, Econ2, Estat, Register } from "./registers.ts";
import type { Session } from "./session.ts";
import { OSCILLATOR_START, start } from "./setup.ts";

/** Longest wait for a frame that is coming in or going out, and for the crystal, in steps of STEP ms: a full frame takes 1.2 ms. */
const STEPS = 50;
const STEP = 0.2;
/** How long a link that was there before is waited for, and how often it is looked for meanwhile, in ms. */
const LINK_PATIENCE = 500;
const LINK_STEP = 5;

export class Power {
  readonly #exchange: Exchange;
  readonly #session: Session;

  constructor(exchange: Exchange, session: Session) {
    this.#exchange = exchange;
    this.#session = session;
  }

  /** @throws ControllerError ENC28J60_BUS, ENC28J60_ABORTED */
  down(): Promise<void> {
    const { commands } = this.#exchange;
    return this.#exchange.run(async () => {
      await this.#do(() => {
        commands.clearBits(Register.EIE, 0xff);
        commands.clearBits(Register.ECON1, Econ1.RXEN);
      });
      await this.#until(Register.ESTAT, Estat.RXBUSY, 0);
      await this.#until(Register.ECON1, Econ1.TXRTS, 0);
      await this.#do(() => {
        // The regulator first: it is told to save with the next bit.
        commands.setBits(Register.ECON2, Econ2.VRPS);
        commands.setBits(Register.ECON2, Econ2.PWRSV);
      });
    });
  }

  /**
   * Leaves what is found out about the link in the session.
   * @throws ControllerError ENC28J60_BUS, ENC28J60_ABORTED
   */
  up(): Promise<void> {
    const { commands } = this.#exchange;
    return this.#exchange.run(async () => {
      await this.#do(() => {
        commands.clearBits(Register.ECON2, Econ2.PWRSV);
        commands.clearBits(Register.ECON2, Econ2.VRPS);
      });
      await this.#exchange.sleep(OSCILLATOR_START);
      await this.#until(Register.ESTAT, Estat.CLKRDY, Estat.CLKRDY);
      await this.#do(() => start(commands, this.#session.line !== null));
      await this.#findLink();
      await this.#do(() => undefined);
    });
  }

  async #findLink(): Promise<void> {
    const patience = this.#session.carrier ? LINK_PATIENCE : 0;
    for (let waited = 0; ; waited += LINK_STEP) {
      this.#session.carrier = await this.#exchange.readLink();
      if (this.#session.carrier || waited >= patience) return;
      await this.#exchange.sleep(LINK_STEP);
    }
  }

  /** Waits until `bits` of a register are as they should be, but not for ever: a chip that hangs is the next exchange's to find. */
  async #until(register: number, bits: number, wanted: number): Promise<void> {
    const { commands } = this.#exchange;
    for (let left = STEPS; left > 0; left--) {
      let at = -1;
      await this.#do(() => {
        at = commands.read(register);
      });
      if ((commands.value(at) & bits) === wanted) return;
      await this.#exchange.sleep(STEP);
    }
  }

  /** The engine may have left any bank selected, and gets the first one back. */
  #do(fill: (commands: CommandList) => void): Promise<void> {
    const { commands } = this.#exchange;
    return this.#exchange.do(() => {
      commands.selectFirstBank();
      fill(commands);
    });
  }
}
