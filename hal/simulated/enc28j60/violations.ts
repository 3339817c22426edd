/**
 * What a driver did that the data sheet or the errata sheet forbids. Silicon answers such things with silence or with a fault
 * hours later; the model goes on as silicon would, but counts them by name, so that a test of a driver can ask for none.
 */

/** Each kind, and what to tell about it; `%` stands for the register, address or value at hand. */
const KINDS = {
  "unknown-command": "SPI command byte %h is none of the chip's seven commands (section 4.2)",
  "short-command": "SPI command byte %h came without its data byte",
  "long-command": "SPI command byte %h came with more than one data byte",
  "missing-dummy-byte": "%r was read without the dummy byte that MAC and MII registers send first (section 4.2.1)",
  "reserved-register": "%r is reserved and was touched",
  "read-only-register": "%r is read-only and was written",
  "bit-field-on-mac": "bit field set or clear on %r: allowed for ETH registers only (section 4.2.5)",
  "mac-not-ready":
    "%r was touched while the MAC's clock was not running (oscillator start-up, or within 1 ms after a reset: erratum 2)",
  "mac-in-power-save": "%r was touched in power save (section 14)",
  "mii-busy": "%r was touched while MISTAT.BUSY was set (section 3.3)",
  "reserved-phy-register": "PHY register %h is reserved and was touched",
  "read-only-phy-register": "PHY register %h is read-only and was written",
  "even-erxrdpt": "ERXRDPT was set to the even address %h (erratum 14)",
  "receive-buffer-changed": "%r was written while ECON1.RXEN was set (section 7.2.1)",
  "receive-buffer-shape": "reception was enabled with ERXST %h: it must be even and below an odd ERXND, and ERXRDPT between them",
  "receive-buffer-written": "address %h in the receive buffer was written while ECON1.RXEN was set",
  "packet-count-underflow": "ECON2.PKTDEC was set with EPKTCNT at 0",
  "duplex-changed": "%r changed the duplex mode while ECON1.RXEN was set (section 7.2.1)",
  "duplex-mismatch": "MACON3.FULDPX and PHCON1.PDPXMD differ (section 6.6)",
  "transmit-pointer-changed": "%r was written while ECON1.TXRTS was set (section 7.1)",
  "transmit-buffer-touched": "address %h of the frame under way was read or written while ECON1.TXRTS was set (section 7.1)",
  "transmit-empty": "ECON1.TXRTS was set with ETXND not behind ETXST %h",
  "transmit-in-ring": "the frame at ETXST %h, or its status vector, lies in the receive buffer",
  "transmit-in-reset": "ECON1.TXRTS was set while ECON1.TXRST was",
  "transmit-without-clock": "ECON1.TXRTS was set in power save or before the clock ran",
  "padding-without-crc": "MACON3 %h asks for padding without TXCRCEN (register 6-2)",
  "power-save-while-active": "ECON2.PWRSV was set with ECON1 %h: reception and transmission must be over first (section 14)",
  "reset-in-power-save": "system reset in power save: it does nothing there (erratum 19)",
  "dma-single-byte": "DMA over the single byte at %h: EDMAND must lie behind EDMAST",
  "self-test-not-modelled": "EBSTCON %h starts the memory self-test, which this model does not have",
} as const;

export type ViolationKind = keyof typeof KINDS;

const kinds = Object.keys(KINDS) as ViolationKind[];

export class Violations {
  readonly #counts = new Map<ViolationKind, number>();
  readonly #values = new Map<ViolationKind, number>();
  readonly #registerName: (index: number) => string;
  #total = 0;

  constructor(registerName: (index: number) => string) {
    this.#registerName = registerName;
    for (const kind of kinds) this.#counts.set(kind, 0);
  }

  /** Of all kinds together. */
  get total(): number {
    return this.#total;
  }

  count(kind: ViolationKind): number {
    return this.#counts.get(kind) as number;
  }

  /** What happened the last time, in a sentence; empty if it never did. */
  message(kind: ViolationKind): string {
    const value = this.#values.get(kind);
    if (value === undefined) return "";
    const digits = value.toString(16).toUpperCase().padStart(2, "0");
    return KINDS[kind].replace("%r", this.#registerName(value)).replace("%h", `${digits}h`);
  }

  /** Those that happened, one line each with their count: for a test's failure message. */
  toString(): string {
    const lines: string[] = [];
    for (const kind of kinds) if (this.count(kind) > 0) lines.push(`${this.count(kind)} x ${kind}: ${this.message(kind)}`);
    return lines.join("\n");
  }

  clear(): void {
    for (const kind of kinds) this.#counts.set(kind, 0);
    this.#values.clear();
    this.#total = 0;
  }

  /** For the chip: `value` is the register, address or value that the message names. */
  note(kind: ViolationKind, value: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) as number) + 1);
    this.#values.set(kind, value);
    this.#total++;
  }
}
