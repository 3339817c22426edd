/** A device without an address, and the looks at one that comes by itself. */
import type { Bench } from "../../../contract/bench.ts";
import type { Pattern } from "../../../contract/frame.ts";
import type { Topology } from "../../../contract/topology.ts";
import { DUT } from "../../../wire/hosts.ts";

/** e0 loses the address that it has, so that all that it has comes from a program. */
export const BARE: Topology = {
  devices: ["e0"],
  needs: ["address-admin", "address-programs"],
  async prepare(bench) {
    await bench.must(`address del ${DUT.ip}/24 dev e0`);
  },
};

/** The longest time until a program has begun, in ms, on a busy machine. */
export const BEGINS = 4000;
/** From the first probe to the address (RFC 5227 1.1): at most two intervals of 2 s, and 2 s after the last. */
export const CHECKED = 6500;

/** The IPv4 addresses of e0 now, `10.0.0.50/24`. It leaves no line in the record: times that are left differ. */
export async function addresses(bench: Bench): Promise<string[]> {
  const { stdout } = await bench.dut.ip(["-4", "-o", "address", "show", "dev", "e0"]);
  return [...stdout.matchAll(/ inet (\S+)/g)].map(([, address]) => address as string);
}

/** Lets time pass until e0 has an address, at most `ms`. Returns the first; empty for none. */
export async function addressWithin(bench: Bench, ms: number): Promise<string> {
  const end = bench.now() + ms;
  let [found] = await addresses(bench);
  while (found === undefined && bench.now() < end) {
    await bench.sleep(100);
    [found] = await addresses(bench);
  }
  return found ?? "";
}

/** Lets time pass until e0 has no address, at most `ms`. Returns those that it has then. */
export async function withoutWithin(bench: Bench, ms: number): Promise<string[]> {
  const end = bench.now() + ms;
  let found = await addresses(bench);
  while (found.length > 0 && bench.now() < end) {
    await bench.sleep(100);
    found = await addresses(bench);
  }
  return found;
}

/** The DUT asks whether another station has an address (RFC 5227 2.1.1): any, or this one. */
export function probes(address?: string): Pattern<"arp"> {
  return { kind: "arp", op: 1, spa: "0.0.0.0", ...(address !== undefined && { tpa: address }) };
}

/** The DUT says that an address is its own (RFC 5227 2.3). */
export function announces(address: string): Pattern<"arp"> {
  return { kind: "arp", op: 1, spa: address, tpa: address };
}
