/**
 * The numbers of flashrom's serial protocol, version 1, in a bridge's firmware (Documentation/serprog-protocol in flashrom's sources).
 *
 * The host's side has a table of its own on purpose: a responder that shared it would agree with every mistake in it.
 */

/** First byte of every answer: the command was carried out, or refused. */
export const ACK = 0x06;
export const NAK = 0x15;

export const Command = {
  NOP: 0x00,
  Q_IFACE: 0x01,
  Q_CMDMAP: 0x02,
  Q_PGMNAME: 0x03,
  Q_SERBUF: 0x04,
  Q_BUSTYPE: 0x05,
  Q_WRNMAXLEN: 0x08,
  SYNCNOP: 0x10,
  Q_RDNMAXLEN: 0x11,
  S_BUSTYPE: 0x12,
  O_SPIOP: 0x13,
  S_SPI_FREQ: 0x14,
  S_PIN_STATE: 0x15,
  /** whohas' own firmware only: waits for the interrupt line. */
  X_WAIT_INT: 0x40,
  /** whohas' own firmware only: reads the interrupt line. */
  X_READ_PINS: 0x41,
} as const;
export type Command = (typeof Command)[keyof typeof Command];

/** Q_BUSTYPE and S_BUSTYPE: the bit that stands for SPI. */
export const BUS_SPI = 0x08;
/** Q_CMDMAP answers with this many bytes: one bit for each command, least significant first. */
export const COMMAND_MAP_BYTES = 32;
/** Q_SERBUF of a line with flow control. */
export const UNLIMITED_BUFFER = 0xffff;
/** O_SPIOP: two lengths of 24 bits stand in front of the data. */
export const SPIOP_LENGTHS = 6;

/** X_WAIT_INT answers why the wait is over: its time has passed, the line is asserted, or the host sent another byte. */
export const WAIT_TIMEOUT = 0;
export const WAIT_ASSERTED = 1;
export const WAIT_INTERRUPTED = 2;
