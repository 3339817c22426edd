/** The addresses of the bench: one plan for each address family, and nowhere else a list of them. */

export type DeviceName = "e0" | "e1";
export type Family = 4 | 6;

export interface Host {
  mac: string;
  ip: string;
}

export interface AddressPlan {
  readonly family: Family;
  /** Stands in the kernel's keys: `net.ipv4.neigh.e0.locktime`. */
  readonly keys: "ipv4" | "ipv6";
  /** Bits of each link's prefix. */
  readonly prefix: number;
  /** The DUT's own addresses. */
  readonly dut: Readonly<Record<DeviceName, Host>>;
  /** The tester's host number n, 2..254, at the link of `dev` (default e0); its hardware address is 02:00:00:00:00:nn. */
  host(n: number, dev?: DeviceName): Host;
  /** The host that most cases are about. */
  readonly T1: Host;
  /** Another host, which may claim to be T1. */
  readonly T2: Host;
}

/** @param on the address of host n at each link, the DUT being number 1 */
function plan(family: Family, prefix: number, on: Readonly<Record<DeviceName, (n: number) => string>>): AddressPlan {
  const host = (n: number, dev: DeviceName = "e0"): Host => ({
    mac: `02:00:00:00:00:${n.toString(16).padStart(2, "0")}`,
    ip: on[dev](n),
  });
  return {
    family,
    keys: `ipv${family}`,
    prefix,
    dut: { e0: { mac: "02:00:00:00:10:00", ip: on.e0(1) }, e1: { mac: "02:00:00:00:10:01", ip: on.e1(1) } },
    host,
    T1: host(2),
    T2: host(0x77),
  };
}

export const PLANS: Readonly<Record<Family, AddressPlan>> = {
  4: plan(4, 24, { e0: (n) => `10.0.0.${n}`, e1: (n) => `10.0.1.${n}` }),
  6: plan(6, 64, { e0: (n) => `fd00::${n.toString(16)}`, e1: (n) => `fd00:0:0:1::${n.toString(16)}` }),
};
