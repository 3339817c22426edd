/**
 * The Bus Pirate's binary modes, firmware 5.10 and later (Dangerous Prototypes' documentation, "Bitbang" and "SPI (binary)").
 * Numbers are big endian. A command is one byte; most are answered with one: done, or not.
 */
export const DONE = 0x01;

/** In the terminal up to twenty of them, in a binary mode one, lead to the bit-bang mode, from which the others are entered. */
export const BITBANG = 0x00;
export const BITBANG_ENTRIES = 20;
export const BITBANG_GREETING = "BBIO1";

/** In bit-bang mode. */
export const ENTER_SPI = 0x01;
export const SPI_GREETING = "SPI1";
/** In bit-bang mode: back to the terminal, everything off. In SPI mode the same byte would start a sniffer. */
export const LEAVE = 0x0f;

/** In SPI mode: chip select low, u16 and u16 bytes to write and to read, the bytes to write, chip select high. */
export const WRITE_THEN_READ = 0x04;
export const OPERATION_HEADER = 5;
/** Most bytes of one operation, each way: its memory holds no more. */
export const LONGEST_OPERATION = 4096;

/** Lower bits: power supply 8, pull-up resistors 4, AUX 2, chip select high 1. */
export const PERIPHERALS = 0x40;
export const Peripheral = { POWER: 8, PULL_UPS: 4, SELECT_HIGH: 1 } as const;
/** Lower bits: index into SPEEDS. */
export const SPEED = 0x60;
/** Clock frequencies of SPI, in Hz. */
export const SPEEDS: readonly number[] = [30_000, 125_000, 250_000, 1_000_000, 2_000_000, 2_600_000, 4_000_000, 8_000_000];
/** Outputs driven to 3.3 V, clock idle low, data changes from active to idle, sampled in the middle: SPI mode 0. */
export const CONFIGURE_MODE_0 = 0x8a;
