/** Errors of the driver, in words for people. */
import { ControllerError, isStationAddress } from "../../hal/ethernet.ts";
import { SLOWEST_CLOCK } from "./setup.ts";

/** A copy of a station address. @throws ControllerError ENC28J60_ADDRESS */
export function stationAddress(address: Uint8Array): Uint8Array {
  if (isStationAddress(address)) return Uint8Array.from(address);
  const text = Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join(":");
  throw new ControllerError(
    "ENC28J60_ADDRESS",
    `ENC28J60: station address ${text} will not do: it takes 6 bytes, the first one even, as in 02:00:5e:10:00:01`,
  );
}

/** @param erevid what was read where a silicon revision should be */
export function notFound(bus: string, erevid: number): ControllerError {
  return new ControllerError(
    "ENC28J60_NOT_FOUND",
    `no ENC28J60 answers on ${bus}: EREVID reads 0x${erevid.toString(16).padStart(2, "0")}, which is no revision; ` +
      "check its 3.3 V supply, the wiring of CS, SI, SO and SCK, and that SPI runs in mode 0 at 8 to 20 MHz",
  );
}

export function tooSlow(bus: string, revision: string, hertz: number): ControllerError {
  return new ControllerError(
    "ENC28J60_SPI_CLOCK",
    `ENC28J60 rev ${revision} on ${bus}: SPI runs at ${hertz / 1_000_000} MHz, and this revision loses register writes below ` +
      `${SLOWEST_CLOCK / 1_000_000} MHz (erratum 1); choose a faster SPI clock, a faster adapter, or a chip of revision B5 or B7`,
  );
}

/** @param found what was read back */
export function phyDoesNotHold(register: number, wanted: number, found: number): Error {
  const [name, is, ought] = [register, found, wanted].map((number) => `0x${number.toString(16)}`);
  return new Error(`PHY register ${name} holds ${is} instead of ${ought}`);
}

export function lost(device: string): ControllerError {
  return new ControllerError("ENC28J60_LOST", `${device}: the chip stopped answering sensibly; check its supply and wiring`);
}

export function busFailed(device: string, cause: Error): ControllerError {
  if (cause instanceof ControllerError && cause.code.startsWith("ENC28J60_")) return cause;
  return new ControllerError("ENC28J60_BUS", `${device}: the SPI bus failed: ${cause.message}`, { cause });
}

/** @param verb what it was to do */
export function notOpen(device: string, verb: string): ControllerError {
  return new ControllerError("ENC28J60_NOT_OPEN", `${device} can not ${verb}: it is not open, or busy with a repair`);
}

export function openAlready(device: string): ControllerError {
  return new ControllerError("ENC28J60_OPEN", `${device} is open already; close it first`);
}
