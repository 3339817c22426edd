/**
 * flashrom's serial protocol, version 1 (Documentation/serprog-protocol in flashrom's sources). Numbers are little endian. Only
 * what an SPI bridge needs.
 */
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
  /** whohas' own firmware: u16 milliseconds; answers with a Wait* byte. */
  X_WAIT_INT: 0x40,
  /** whohas' own firmware: answers with a byte, bit 0 the level of the chip's INT pin. */
  X_READ_PINS: 0x41,
} as const;
export type Command = (typeof Command)[keyof typeof Command];

export const COMMAND_MAP_BYTES = 32;
export const NAME_BYTES = 16;
export const BUS_SPI = 0x08;
/** O_SPIOP, and two lengths of 24 bits. */
export const SPIOP_HEADER = 7;
/** Each of those lengths. */
export const LONGEST_OPERATION = 0xffffff;
/** Q_SERBUF of a line with flow control. */
export const UNLIMITED_BUFFER = 0xffff;

/** Answers of X_WAIT_INT besides 0, the time is over: the line is asserted, or another byte from the host ended the wait. */
export const WAIT_ASSERTED = 1;
export const WAIT_INTERRUPTED = 2;

/** Tells whether a command map (one bit a command, least significant first) has a command. */
export function hasCommand(map: Uint8Array, command: number): boolean {
  return ((map[command >> 3]! >> (command & 7)) & 1) === 1;
}
