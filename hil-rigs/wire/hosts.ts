/** The hosts that a tester plays, and the addresses everybody knows. */
import { DUT_ADDRESS, DUT_MAC } from "../contract/dut.ts";

export interface Host {
  mac: string;
  ip: string;
}

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
export const ZERO = "00:00:00:00:00:00";

/** The DUT, at e0. */
export const DUT: Host = { mac: DUT_MAC.e0, ip: DUT_ADDRESS.e0 };
/** The tester's host number n, 2..254: 10.0.0.n at 02:00:00:00:00:nn. */
export function host(n: number, ip = `10.0.0.${n}`): Host {
  return { mac: `02:00:00:00:00:${n.toString(16).padStart(2, "0")}`, ip };
}
/** The host most cases are about. */
export const T1: Host = host(2);
/** Somebody else, who may claim to be T1. */
export const T2: Host = host(0x77);
