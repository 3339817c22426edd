/** Set-up for duplicate address detection: an address that is being tried, and what `ip` says of it. */
import type { Bench } from "../../../contract/bench.ts";
import type { NdFrame, Pattern } from "../../../contract/frame.ts";
import { ip6Bytes } from "../../../wire/bytes.ts";
import { UNSPECIFIED } from "../../../wire/hosts6.ts";
import { until } from "../../arp/kit/setup.ts";

/** The address that the cases try. */
export const TRIED = "fd00::d";

/** Turns detection on for addresses to come, without the drawn delay of up to router_solicitation_delay before it. */
export function detects(bench: Bench): void {
  bench.conf("accept_dad", 1);
  bench.conf("router_solicitation_delay", 0);
}

/** In ms. */
const SLOWLY = 1000;

/** Waits until the time of a slow detection is over, and the kernel's timer late. */
export async function untilDetected(bench: Bench, address: string = TRIED): Promise<void> {
  await until(bench, () => flagsOf(bench, address) !== "tentative", SLOWLY + 300);
}

/** As detects(), with so much time between the question and the address's use that a case can do something meanwhile. */
export function detectsSlowly(bench: Bench): void {
  detects(bench);
  bench.param("retrans_time_ms", SLOWLY);
}

/** The DUT's question whether anybody has an address. */
export function tries(target: string = TRIED): Pattern<"nd"> {
  return { kind: "nd", message: "ns", source: UNSPECIFIED, target };
}

/** Adds an address and waits for the question about it. */
export async function addAndTry(bench: Bench, words = "", target: string = TRIED): Promise<NdFrame> {
  await bench.must(`address add ${target}/64 dev e0${words === "" ? "" : ` ${words}`}`);
  return bench.hears("asks whether anybody has it", tries(target));
}

/** Flags of /proc/net/if_inet6, in hexadecimal there (linux/if_addr.h). A permanent address is one without a lifetime. */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x02, "nodad"],
  [0x04, "optimistic"],
  [0x08, "dadfailed"],
  [0x20, "deprecated"],
  [0x40, "tentative"],
];

/** The flags of an address on e0, as words in order of the alphabet; `-` when there is no such address. Starts no program. */
export function flagsOf(bench: Bench, address: string = TRIED): string {
  const wanted = ip6Bytes(address)
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const row = bench.dut
    .cat("/proc/net/if_inet6")
    .split("\n")
    .map((line) => line.split(/ +/))
    .find(([shown, , , , , device]) => shown === wanted && device === "e0");
  if (!row) return "-";
  const flags = Number.parseInt(row[4] ?? "", 16);
  const words = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return words.sort().join(" ");
}
