/** Floods and scans, the same each time, and a check that a host is still reached after them. */
import type { Bench } from "../../../contract/bench.ts";
import type { DutSocket, Need } from "../../../contract/dut.ts";
import { asks, datagram } from "../../../stage/patterns.ts";
import { arpAnnounce, arpAnnounceReply, arpReply, arpRequest } from "../../../wire/build.ts";
import { DUT } from "../../../wire/hosts.ts";

export const FULL_NEEDS: readonly Need[] = ["thresholds", "socket-errors", "route-admin", "link-admin"];

/** A network of absent hosts. */
export const LAND = "10.8.0.0/14";

export const CROWD: readonly string[] = ["10.8.", "10.9.", "10.10.", "10.11."];

/** The n-th of many addresses of 10.8.0.0/14. */
export function nth(n: number): string {
  return `10.${8 + ((n >> 16) & 3)}.${(n >> 8) & 255}.${n & 255}`;
}

function station(n: number): string {
  return `02:05:${[24, 16, 8, 0].map((shift) => ((n >>> shift) & 255).toString(16).padStart(2, "0")).join(":")}`;
}

/** Scatters numbers, the same way each time (Knuth's multiplicative hash). */
function scatter(n: number): number {
  return Math.imul(n + 1, 0x9e3779b1) >>> 0;
}

/** The n-th frame of a flood: ARP of one kind or another, from a random host or in the name of a victim at another hardware address. */
export function flood(n: number, victims: readonly string[]): Uint8Array {
  const dice = scatter(n);
  const victim = dice % 8 === 0 ? victims[(dice >>> 3) % victims.length] : undefined;
  const from = { ip: victim ?? nth(dice >>> 8), mac: station(dice) };
  switch ((dice >>> 5) % 6) {
    case 0:
      return arpReply({ from });
    case 1:
      return arpAnnounce({ from });
    case 2:
      return arpAnnounceReply({ from });
    case 3:
      return arpRequest({ from, tpa: nth(scatter(dice)) });
    case 4:
      return arpRequest({ from, tpa: DUT.ip });
    default:
      return arpRequest({ from, tpa: DUT.ip, dst: DUT.mac });
  }
}

/** Checks that datagrams to a host go to `mac` and that the DUT asks for nobody. */
export async function works(bench: Bench, name: string, to: string, mac: string): Promise<void> {
  await bench.heard();
  await bench.poke(to);
  await bench.hears(`datagrams to ${name} reach it`, datagram(to, { dst: mac }), { within: 1000 });
  await bench.silence(`nobody is asked for ${name}`, 10, asks(to));
}

/** Frames sent before the DUT gets time to settle. */
const BURST = 200;

/** Every resolution has failed after this time, in ms. */
const AFTERMATH = 150;

/** Does something many times and lets the DUT keep up. Ignores the DUT's frames; returns the changes told of `victims`. */
export async function often(
  bench: Bench,
  count: number,
  victims: readonly string[],
  act: (n: number) => Promise<void> | void,
): Promise<string[]> {
  const { onFrame } = bench.dut;
  bench.dut.onFrame = () => {};
  const news: string[] = [];
  for (let n = 1; n <= count; n++) {
    await act(n - 1);
    if (n % BURST !== 0 && n < count) continue;
    await bench.settle();
    for (const { kind, dst, state } of bench.dut.events()) if (victims.includes(dst)) news.push(`${kind} ${dst} ${state}`);
  }
  await bench.sleep(AFTERMATH);
  bench.dut.events();
  bench.dut.onFrame = onFrame;
  return news;
}

/** Sends datagrams to absent hosts. It changes sockets as it goes, because waiting datagrams fill a send buffer. */
export class Scanner {
  refused = 0;
  readonly #bench: Bench;
  #sent = 0;
  #socket: DutSocket | null = null;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  send(): void {
    if (!this.#socket || this.#sent % BURST === 0) this.#socket = this.#bench.socket({ errors: true });
    if (this.#socket.send(Uint8Array.of(1), nth(this.#sent++), 9) !== "ok") this.refused++;
  }
}
