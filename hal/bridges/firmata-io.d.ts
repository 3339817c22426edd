/** firmata-io 2.3.0 ships no types; this is what we use of it. */
declare module "firmata-io" {
  import type { EventEmitter } from "node:events";
  import type { Duplex } from "node:stream";

  interface FirmataOptions {
    /** How long to wait for the board to say its version by itself before asking for it, in ms. */
    reportVersionTimeout?: number;
    /** Time between two samples of each analog input, in ms. */
    samplingInterval?: number;
  }

  class Firmata extends EventEmitter {
    constructor(transport: Duplex, options: FirmataOptions);
    readonly isReady: boolean;
    /** The constructor's timer that asks for the version. */
    readonly reportVersionTimeoutId: NodeJS.Timeout;
    /** Asks for the version; whatever becomes of it, `callback` hears of the next one that comes. */
    reportVersion(callback: () => void): void;
  }

  export type { Firmata };

  const firmata: { readonly Firmata: typeof Firmata };
  export default firmata;
}
