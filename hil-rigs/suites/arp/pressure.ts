/**
 * What must outlast an attack: static entries and live ones, while the table is flooded, full, scanned through, and the cable comes
 * and goes. The table is one for all namespaces: what fills it runs alone and empties it again before it ends.
 */

import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import type { DutSocket, Need } from "../../contract/dut.ts";
import { asks, datagram } from "../../stage/patterns.ts";
import { arpAnnounce, arpAnnounceReply, arpReply, arpRequest } from "../../wire/build.ts";
import { DUT, host, T1, T2 } from "../../wire/hosts.ts";
import { calm, make, seen, told } from "./setup.ts";

const FULL_NEEDS: readonly Need[] = ["thresholds", "socket-errors", "route-admin", "link-admin"];
/** Hosts that nobody is. */
const LAND = "10.8.0.0/14";
const CROWD: readonly string[] = ["10.8.", "10.9.", "10.10.", "10.11."];

/** The n-th of many addresses of 10.8.0.0/14. */
function nth(n: number): string {
  return `10.${8 + ((n >> 16) & 3)}.${(n >> 8) & 255}.${n & 255}`;
}

function station(n: number): string {
  return `02:05:${[24, 16, 8, 0].map((shift) => ((n >>> shift) & 255).toString(16).padStart(2, "0")).join(":")}`;
}

/** The same numbers each time, in no order (Knuth's multiplicative hash). */
function scatter(n: number): number {
  return Math.imul(n + 1, 0x9e3779b1) >>> 0;
}

/** The n-th frame of a flood: of a random host, or of `victim` at another hardware address, in one of the ways of ARP. */
function flood(n: number, victims: readonly string[]): Uint8Array {
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

/** Its datagrams go where they went, and nobody is asked. */
async function works(bench: Bench, name: string, to: string, mac: string): Promise<void> {
  await bench.heard();
  await bench.poke(to);
  await bench.hears(`datagrams to ${name} reach it`, datagram(to, { dst: mac }), { within: 1000 });
  await bench.silence(`nobody is asked for ${name}`, 10, asks(to));
}

/** Frames between two moments of peace. */
const BURST = 200;
/** Until whatever was asked for has failed, in ms. */
const AFTERMATH = 150;

/** Does something many times, letting the DUT keep up. What it sends is of no interest; what is told of `victims` meanwhile is returned. */
async function often(
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

/** Datagrams to hosts that nobody is, from sockets of their own: what waits fills a send buffer. */
class Scanner {
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

const FRAMES = 100_000;

const flooded: Case = {
  id: "ARP-S-32",
  title: `${FRAMES.toLocaleString("en")} ARP frames from random hosts, every eighth in their names: static entries stay, and work`,
  source: "the project's own aim; NetX static pollute; kernel",
  needs: FULL_NEEDS,
  alone: true,
  crowd: CROWD,
  limit: 60_000,
  async run(bench) {
    calm(bench);
    bench.conf("rp_filter", 0, "all");
    bench.conf("rp_filter", 0);
    await bench.must(`route add ${LAND} dev e0`);
    await make(bench, "PERMANENT", T1);
    await make(bench, "PERMANENT", host(3));
    const victims = [T1.ip, host(3).ip];
    const news = await often(bench, FRAMES, victims, (n) => bench.dut.send("p0", flood(n, victims)));
    const rows = bench.dut.neighbours();
    bench.expect("hosts were learned", rows.length > 200, true);
    bench.expect("no more than the table holds", rows.length <= 1026, true);
    bench.expect(
      "the static ones",
      [seen(bench, T1.ip), seen(bench, host(3).ip)],
      [`PERMANENT ${T1.mac}`, `PERMANENT ${host(3).mac}`],
    );
    bench.expect("nothing was told of them", news, []);
    await works(bench, "the static host", T1.ip, T1.mac);
    await bench.must("link set e0 down");
  },
};

/** Live entries: REACHABLE, confirmed with each datagram that goes to them. */
const LIVE = 16;
/** They are used and looked at once in so many addresses. */
const LOOK = 400;

const ADDRESSES = 65_536;

const scanned: Case = {
  id: "TBL-08",
  title: `a scan of ${ADDRESSES.toLocaleString("en")} absent addresses: ${LIVE} live hosts in use and a static one go on working, and nobody asks for them`,
  source: "the project's own aim; kernel: neigh_forced_gc takes no entry whose timer runs",
  needs: FULL_NEEDS,
  alone: true,
  crowd: CROWD,
  limit: 60_000,
  async run(bench) {
    calm(bench);
    await bench.must(`route add ${LAND} dev e0`);
    await make(bench, "PERMANENT", T1);
    const live = Array.from({ length: LIVE }, (_, n) => host(10 + n));
    for (const each of live) {
      await bench.poke(each.ip);
      await bench.hears("asks", asks(each.ip), { within: 1000 });
      await bench.say(arpReply({ from: each }));
      await bench.hears("sends", datagram(each.ip, { dst: each.mac }), { within: 1000 });
    }
    bench.events();
    // Hosts that are asked for twice in 20 ms fail soon enough to make room for others.
    bench.param("retrans_time_ms", 20);
    bench.param("mcast_solicit", 2);
    const lost = new Set<string>();
    let most = 0;
    const scanner = new Scanner(bench);
    const user = bench.socket();
    const news = await often(bench, ADDRESSES, [T1.ip, ...live.map(({ ip }) => ip)], (n) => {
      scanner.send();
      if (n % LOOK !== 0) return;
      for (const { ip } of live) user.send(Uint8Array.of(2), ip, 9);
      const rows = bench.dut.neighbours();
      most = Math.max(most, rows.length);
      for (const { ip, mac } of live) if (!rows.some((row) => row.dst === ip && row.lladdr === mac)) lost.add(ip);
    });
    bench.expect("none was lost", [...lost], []);
    bench.expect("no more than the table holds", most <= 1026, true);
    bench.expect("nothing was told of them", news, []);
    for (const { ip, mac } of live) await works(bench, ip, ip, mac);
    await works(bench, "the static host", T1.ip, T1.mac);
    await bench.must("link set e0 down");
  },
};

/** Everything that is not a flood, one after the other. */
const beaten: Case = {
  id: "ARP-S-30",
  title:
    "a static entry outlasts a cable that comes and goes, announcements with other addresses before, between and after, and works",
  source: "the project's own aim; kernel",
  needs: ["carrier"],
  async run(bench) {
    calm(bench);
    await make(bench, "PERMANENT", T1);
    await make(bench, "REACHABLE", host(3));
    const claims = (): Uint8Array[] =>
      [T2.mac, host(9).mac].flatMap((mac) => {
        const from = { ip: T1.ip, mac };
        return [arpAnnounce({ from }), arpAnnounceReply({ from }), arpReply({ from }), arpRequest({ from, tpa: host(9).ip })];
      });
    for (let flap = 0; flap < 10; flap++) {
      await bench.say(...claims());
      await bench.plug(false);
      await bench.sleep(flap === 9 ? 1200 : 20);
      await bench.plug(true);
      await bench.sleep(flap === 9 ? 500 : 20);
    }
    await bench.say(...claims());
    await bench.sleep(20);
    bench.expect("the static entry", seen(bench, T1.ip), `PERMANENT ${T1.mac}`);
    bench.expect("what was learned went with the carrier", seen(bench, host(3).ip), "-");
    bench.expect("nothing was told of it", told(bench, T1.ip), []);
    await works(bench, "the static host", T1.ip, T1.mac);
  },
};

/** A table full of others, which are in use: the static entry can still be made, changed, deleted and made again. */
const handled: Case = {
  id: "ARP-S-31",
  title: "with the table full, static entries can be made, replaced and deleted, and a plain sender hears nothing of refusals",
  source: "kernel: PERMANENT is exempt from collection, measured",
  needs: FULL_NEEDS,
  alone: true,
  crowd: CROWD,
  async run(bench) {
    calm(bench);
    await bench.must(`route add ${LAND} dev e0`);
    const scanner = new Scanner(bench);
    await often(bench, 1200, [], () => scanner.send());
    bench.expect("the table is full", scanner.refused > 0, true);
    // Others on this machine let go of entries at any time: take what became free.
    await often(bench, 50, [], () => scanner.send());
    bench.expect("a plain socket's datagram", await bench.poke(nth(4000)), "ok");
    bench.expect("no entry", seen(bench, nth(4000)), "-");
    await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
    await works(bench, "the static host", T1.ip, T1.mac);
    await bench.must(`neigh replace ${T1.ip} lladdr ${T2.mac} dev e0`);
    await works(bench, "at its other address", T1.ip, T2.mac);
    const change = await bench.ip(`neigh change ${T1.ip} lladdr ${T2.mac} nud stale dev e0`);
    bench.expect(
      "given back to the machine, it stays though there is no room",
      [change.exit, seen(bench, T1.ip)],
      [0, `STALE ${T2.mac}`],
    );
    await bench.must(`neigh del ${T1.ip} dev e0`);
    await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
    await works(bench, "made again", T1.ip, T1.mac);
    await bench.must("link set e0 down");
  },
};

export const pressure: readonly Case[] = [flooded, scanned, beaten, handled];
