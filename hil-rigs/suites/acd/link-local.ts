/** An IPv4 link-local address: how it is chosen, left and kept (RFC 3927). */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import type { FrameOf } from "../../contract/frame.ts";
import { arpAnnounce, arpProbe } from "../../wire/build.ts";
import { T2 } from "../../wire/hosts.ts";
import { addresses, announces, BARE, BEGINS, CHECKED, probes, withoutWithin } from "./kit/addresses.ts";

const common = { topology: BARE, patient: true, drawn: true, sized: true, limit: 60_000 } as const;
const MAX_CONFLICTS = 10;

/** The first probe of an address that the DUT has chosen. */
function chosen(bench: Bench, name = "the first probe", within = BEGINS): Promise<FrameOf<"arp">> {
  return bench.hears(name, probes(), { within });
}

function inRange(address: string): boolean {
  const [a, b, c] = address.split(".").map(Number);
  return a === 169 && b === 254 && c! >= 1 && c! <= 254;
}

/** Takes the address that is probed for, and every one after it, until another is tried. */
async function taken(bench: Bench, probe: FrameOf<"arp">): Promise<FrameOf<"arp">> {
  await bench.say(arpAnnounce({ from: { mac: T2.mac, ip: probe.tpa } }));
  let next = await chosen(bench, "another is tried", 3500);
  while (next.tpa === probe.tpa) next = await chosen(bench, "another is tried", 3500);
  return next;
}

export const linkLocal: readonly Case[] = [
  {
    ...common,
    id: "LL-01",
    title: "an address between 169.254.1.0 and 169.254.254.255, tried three times, then announced, with the prefix /16",
    source: "RFC 3927 2.1, 2.2, 2.4 MUST",
    async run(bench) {
      bench.getAddress({ by: "link-local" });
      const { tpa } = await chosen(bench);
      bench.expect("in the range", inRange(tpa), true);
      for (const name of ["the second", "the third"]) await bench.hears(name, probes(tpa), { within: 2000 });
      bench.expect("not used before", await addresses(bench), []);
      await bench.hears("announced", announces(tpa), { within: 2500 });
      await bench.hears("again", announces(tpa), { within: 2500 });
      bench.expect("the address", await addresses(bench), [`${tpa}/16`]);
    },
  },
  {
    ...common,
    id: "LL-02",
    title: "the same address at the next start",
    source: "RFC 3927 2.1 SHOULD: from the hardware address, or as stored",
    async run(bench) {
      const program = bench.getAddress({ by: "link-local" });
      const { tpa } = await chosen(bench);
      await program.stop();
      await bench.heard();
      bench.getAddress({ by: "link-local" });
      bench.expect("the same", (await chosen(bench)).tpa === tpa, true);
    },
  },
  {
    ...common,
    id: "LL-03/used",
    title: "another station uses it while it is tried: another is tried",
    source: "RFC 3927 2.2.1 MUST",
    async run(bench) {
      bench.getAddress({ by: "link-local" });
      const first = await chosen(bench);
      const { tpa } = await taken(bench, first);
      bench.expect("in the range", inRange(tpa), true);
      await bench.hears("announced", announces(tpa), { within: CHECKED });
      bench.expect("the address", await addresses(bench), [`${tpa}/16`]);
    },
  },
  {
    ...common,
    id: "LL-03/probed",
    title: "another station tries the same at the same time: another is tried",
    source: "RFC 3927 2.2.1 MUST",
    async run(bench) {
      bench.getAddress({ by: "link-local" });
      const { tpa } = await chosen(bench);
      await bench.say(arpProbe({ from: T2, tpa }));
      let next = await chosen(bench, "another is tried", 3500);
      while (next.tpa === tpa) next = await chosen(bench, "another is tried", 3500);
      await bench.hears("announced", announces(next.tpa), { within: CHECKED });
    },
  },
  {
    ...common,
    id: "LL-04",
    title: "after ten addresses that others have, the next is tried a minute later",
    source: "RFC 3927 2.2.1 MUST: MAX_CONFLICTS 10, RATE_LIMIT_INTERVAL 60 s",
    async run(bench) {
      bench.getAddress({ by: "link-local" });
      let probe = await chosen(bench);
      for (let conflicts = 1; conflicts < MAX_CONFLICTS; conflicts++) probe = await taken(bench, probe);
      await bench.say(arpAnnounce({ from: { mac: T2.mac, ip: probe.tpa } }));
      await bench.sleep(500);
      await bench.heard();
      await bench.silence("nothing is tried", 6000, { kind: "arp" });
      bench.expect("no address", await addresses(bench), []);
    },
  },
  {
    ...common,
    id: "LL-05",
    title: "in use it is defended once; at the second conflict it is left, and another is tried",
    source: "RFC 3927 2.5 (b) MUST",
    async run(bench) {
      bench.getAddress({ by: "link-local" });
      const { tpa } = await chosen(bench);
      await bench.hears("announced", announces(tpa), { within: CHECKED });
      await bench.hears("again", announces(tpa), { within: 2500 });
      await bench.say(arpAnnounce({ from: { mac: T2.mac, ip: tpa } }));
      await bench.hears("defended", announces(tpa), { within: 500 });
      await bench.say(arpAnnounce({ from: { mac: T2.mac, ip: tpa } }));
      bench.expect("left", (await withoutWithin(bench, 500)).includes(`${tpa}/16`), false);
      const next = await chosen(bench, "another is tried", 3500);
      bench.expect("another", next.tpa !== tpa && inRange(next.tpa), true);
    },
  },
];
