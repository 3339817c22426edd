/** The acts that data sheet and errata sheet of the ENC28J60 forbid a driver; see ViolationCounters. */
import { ViolationCounters } from "../violations.ts";

/** Each kind, and what to tell about it; `%r` stands for the register, `%h` for the address or value at hand. */
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
  "mii-busy": "%r was to start an access to the PHY while MISTAT.BUSY told of another (sections 3.3.1 to 3.3.3)",
  "mii-early": "%r was read while MISTAT.BUSY was set: it holds what was read before (section 3.3.1)",
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
  "slow-clock": "%r was touched with SPI below 8 MHz, which revisions B1 and B4 do not take (erratum 1)",
} as const;

export type ViolationKind = keyof typeof KINDS;

export class Violations extends ViolationCounters<ViolationKind> {
  constructor(registerName: (register: number) => string) {
    super(KINDS, registerName);
  }
}
