/**
 * Static and live entries that outlast an attack: the table is flooded, full and scanned through, and the cable comes and goes. The table
 * is one for all namespaces: cases that fill it run alone and empty it before they end.
 */
import type { Case } from "../../../contract/case.ts";
import { asks, datagram } from "../../../stage/patterns.ts";
import { arpAnnounce, arpAnnounceReply, arpReply, arpRequest } from "../../../wire/build.ts";
import { host, T1, T2 } from "../../../wire/hosts.ts";
import { calm, hearsAnyone, make, seen, told } from "../kit/setup.ts";
import { CROWD, FULL_NEEDS, flood, LAND, nth, often, Scanner, works } from "./flood.ts";

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
    hearsAnyone(bench);
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

/** Number of live entries. They are REACHABLE. */
const LIVE = 16;

/** The live entries are used and looked at once in this many addresses. */
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

/** Announcements and a flapping cable, one after the other. */
const beaten: Case = {
  id: "ARP-S-30",
  title:
    "a static entry outlasts a cable that comes and goes, announcements with other addresses before, between and after, and works",
  source: "the project's own aim; kernel",
  needs: ["carrier"],
  patient: true,
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

/** Other entries fill the table and are in use: a static entry can still be made, changed, deleted and made again. */
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
    // Other users of the table free entries at any time; this takes them.
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

export const attacks: readonly Case[] = [flooded, scanned, beaten, handled];
