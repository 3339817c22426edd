/** The two LED drivers, as PHLCON sets them up (DS39662 section 2.6, register 2-2): is each lit now? */
import type { Clock } from "../../clock.ts";
import type { ChipContext } from "./context.ts";
import type { Errata } from "./errata.ts";
import type { Phy } from "./phy.ts";

/** Time by which an event is stretched so that an eye sees it, by LFRQ, in ms. */
const STRETCH: readonly number[] = [40, 73, 139, 139];
const STRCH = 0x0002;
/** Half periods of the two blinking codes, in ms; the data sheet gives no figures. */
const FAST_BLINK = 50;
const SLOW_BLINK = 250;

const Code = {
  TRANSMIT: 0x1,
  RECEIVE: 0x2,
  COLLISION: 0x3,
  LINK: 0x4,
  DUPLEX: 0x5,
  TRAFFIC: 0x7,
  ON: 0x8,
  FAST: 0xa,
  SLOW: 0xb,
  LINK_RECEIVE: 0xc,
  LINK_TRAFFIC: 0xd,
  DUPLEX_COLLISION: 0xe,
} as const;

/** An event that lasts for some time. */
class Event {
  until = Number.NEGATIVE_INFINITY;

  note(now: number, duration: number): void {
    this.until = Math.max(this.until, now + duration);
  }
}

export class Leds {
  readonly #clock: Clock;
  readonly #phy: Phy;
  readonly #errata: Errata;
  readonly #transmit = new Event();
  readonly #receive = new Event();
  readonly #collision = new Event();

  constructor({ clock, errata }: ChipContext, phy: Phy) {
    this.#clock = clock;
    this.#phy = phy;
    this.#errata = errata;
  }

  /** LEDA is lit. */
  get a(): boolean {
    return this.#lit((this.#phy.ledControl >> 8) & 0xf);
  }

  get b(): boolean {
    return this.#lit((this.#phy.ledControl >> 4) & 0xf);
  }

  transmitted(duration: number): void {
    this.#transmit.note(this.#clock.now(), duration);
  }

  /** The model hears of a frame when it is over: its time on the line is shown behind it. */
  received(duration: number): void {
    this.#receive.note(this.#clock.now(), duration);
  }

  collided(): void {
    this.#collision.note(this.#clock.now(), 0);
  }

  #lit(code: number): boolean {
    const stretched = (this.#phy.ledControl & STRCH) !== 0;
    switch (code) {
      case Code.TRANSMIT:
        return this.#goesOn(this.#transmit, stretched);
      case Code.RECEIVE:
        return this.#goesOn(this.#receive, stretched);
      case Code.COLLISION:
        return this.#goesOn(this.#collision, stretched);
      case Code.LINK:
        return this.#phy.link;
      case Code.DUPLEX:
        return this.#phy.fullDuplex;
      case Code.TRAFFIC:
        return this.#goesOn(this.#transmit, stretched) || this.#goesOn(this.#receive, stretched);
      case Code.ON:
        return true;
      case Code.FAST:
        return this.#blinks(FAST_BLINK);
      case Code.SLOW:
        return this.#blinks(SLOW_BLINK);
      // The combined ones are always stretched: lit by the state, dark for the event.
      case Code.LINK_RECEIVE:
        return this.#phy.link && !this.#goesOn(this.#receive, true);
      case Code.LINK_TRAFFIC:
        return this.#phy.link && !this.#goesOn(this.#receive, true) && !this.#goesOn(this.#transmit, true);
      case Code.DUPLEX_COLLISION:
        return this.#phy.fullDuplex || (!this.#errata.has(11) && this.#goesOn(this.#collision, true));
      default:
        return false;
    }
  }

  #goesOn(event: Event, stretched: boolean): boolean {
    const longer = stretched ? STRETCH[(this.#phy.ledControl >> 2) & 3]! : 0;
    return this.#clock.now() <= event.until + longer;
  }

  #blinks(half: number): boolean {
    return Math.floor(this.#clock.now() / half) % 2 === 0;
  }
}
