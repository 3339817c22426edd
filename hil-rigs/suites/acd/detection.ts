/** An address that the operator gives, asked for before it is used and defended afterwards (RFC 5227). */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import type { FrameOf } from "../../contract/frame.ts";
import { arpAnnounce, arpProbe, arpReply, arpRequest } from "../../wire/build.ts";
import { BROADCAST, DUT, T1, T2, ZERO } from "../../wire/hosts.ts";
import { addresses, addressWithin, announces, BARE, BEGINS, CHECKED, probes, withoutWithin } from "./kit/addresses.ts";

const OWN = "10.0.0.50";
const GIVEN = `${OWN}/24`;
/** A station that has the address, or wants it. */
const OTHER = { mac: T2.mac, ip: OWN };
/** In ms. */
const DEFEND_INTERVAL = 10_000;
/** A program on a busy machine is later than a kernel's timer, in ms. */
const LATE = 150;
const common = { topology: BARE, patient: true, drawn: true, sized: true, limit: 45_000 } as const;

/** The program has begun: its first probe was heard. */
async function begun(bench: Bench): Promise<FrameOf<"arp">> {
  bench.getAddress({ by: "static", address: GIVEN });
  return bench.hears("the first probe", probes(OWN), { within: BEGINS });
}

/** The DUT has the address and has announced it. */
async function held(bench: Bench): Promise<void> {
  await begun(bench);
  await bench.hears("the first announcement", announces(OWN), { within: CHECKED });
  await bench.hears("the second", announces(OWN), { within: 2500 });
  bench.expect("the address", await addresses(bench), [GIVEN]);
}

/** In the interval, or later by what a busy machine takes. */
function expectBetween(bench: Bench, name: string, ms: number, least: number, most: number): void {
  bench.expectTime(name, ms, Math.min(Math.max(ms, least), most));
}

const free: readonly Case[] = [
  {
    ...common,
    id: "ACD-01",
    title: "three probes 1 to 2 s apart, 2 s of silence, then the address, and two announcements 2 s apart",
    source: "RFC 5227 1.1, 2.1.1, 2.3 MUST",
    async run(bench) {
      const one = await begun(bench);
      bench.expect(
        "to everybody, for nobody's address",
        [one.dst, one.sha, one.spa, one.tha],
        [BROADCAST, DUT.mac, "0.0.0.0", ZERO],
      );
      const two = await bench.hears("the second", probes(OWN), { within: 2000 });
      const three = await bench.hears("the third", probes(OWN), { within: 2000 });
      expectBetween(bench, "between the first two", two.time - one.time, 1000, 2000);
      expectBetween(bench, "between the next two", three.time - two.time, 1000, 2000);
      bench.expect("not used before", await addresses(bench), []);
      const first = await bench.hears("announces it", announces(OWN), { within: 2000 });
      expectBetween(bench, "after the last probe", first.time - three.time, 2000, 2000 + LATE);
      bench.expect("to everybody", [first.dst, first.sha, first.tha], [BROADCAST, DUT.mac, ZERO]);
      const second = await bench.hears("again", announces(OWN), { within: 2000 });
      expectBetween(bench, "between the announcements", second.time - first.time, 2000, 2000 + LATE);
      bench.expect("the address", await addresses(bench), [GIVEN]);
      await bench.silence("no more", 2500);
    },
  },
  {
    ...common,
    id: "ACD-02",
    title: "a request for an address that is being tried is not answered; then it is",
    source: "RFC 5227 2.1.1 MUST NOT be used before",
    async run(bench) {
      await begun(bench);
      await bench.say(arpRequest({ tpa: OWN }));
      await bench.silence("no answer", 200, { kind: "arp", op: 2 });
      await bench.hears("announces it", announces(OWN), { within: CHECKED });
      await bench.say(arpRequest({ tpa: OWN }));
      await bench.hears("answers", { kind: "arp", op: 2, spa: OWN, tpa: T1.ip, dst: T1.mac });
    },
  },
];

/** Frames that come while the address is tried, and whether another station has it by them. */
const MEANWHILE: readonly (readonly [id: string, what: string, source: string, frame: Uint8Array, taken: boolean])[] = [
  ["reply", "an answer from the address", "RFC 5227 2.1.1 MUST", arpReply({ from: OTHER, tpa: "0.0.0.0" }), true],
  ["request", "a request from the address", "RFC 5227 2.1.1 MUST", arpRequest({ from: OTHER, tpa: T1.ip }), true],
  ["announcement", "an announcement of the address", "RFC 5227 2.1.1, 2.3", arpAnnounce({ from: OTHER }), true],
  ["probe", "another station's probe for the address", "RFC 5227 2.1.1 MUST", arpProbe({ from: T2, tpa: OWN }), true],
  [
    "own-probe",
    "our own probe, looped back",
    "RFC 5227 2.1.1: a sender hardware address that is none of the host's",
    arpProbe({ from: { mac: DUT.mac, ip: OWN }, tpa: OWN }),
    false,
  ],
  ["ask", "a request for the address from an address", "RFC 5227 2.1.1: no probe", arpRequest({ tpa: OWN }), false],
  ["other", "another station's probe for another address", "RFC 5227 2.1.1", arpProbe({ from: T2, tpa: "10.0.0.51" }), false],
  ["other-reply", "an answer from another address", "RFC 5227 2.1.1", arpReply({ from: T2, tpa: OWN }), false],
];

const meanwhile: readonly Case[] = MEANWHILE.map(([id, what, source, frame, taken]) => ({
  ...common,
  id: `ACD-03/${id}`,
  title: `${what} while an address is tried: ${taken ? "it is not used" : "it is used all the same"}`,
  source,
  async run(bench) {
    await begun(bench);
    await bench.say(frame);
    if (!taken) {
      await bench.hears("announces it", announces(OWN), { within: CHECKED });
      bench.expect("the address", await addresses(bench), [GIVEN]);
      return;
    }
    await bench.silence("no more is asked, and nothing announced", CHECKED, { kind: "arp" });
    bench.expect("no address", await addresses(bench), []);
  },
}));

const defended: readonly Case[] = [
  {
    ...common,
    id: "ACD-04/once",
    title: "another station uses the address once: it is announced again, and stays",
    source: "RFC 5227 2.4 (b)",
    async run(bench) {
      await held(bench);
      await bench.say(arpAnnounce({ from: OTHER }));
      await bench.hears("announces it", announces(OWN), { within: 500 });
      await bench.silence("once", 1000, announces(OWN));
      bench.expect("the address", await addresses(bench), [GIVEN]);
    },
  },
  {
    ...common,
    id: "ACD-04/twice",
    title: "a second time within 10 s: it is given up at once",
    source: "RFC 5227 2.4 (b) MUST immediately cease",
    async run(bench) {
      await held(bench);
      await bench.say(arpAnnounce({ from: OTHER }));
      await bench.hears("announces it", announces(OWN), { within: 500 });
      await bench.say(arpAnnounce({ from: OTHER }));
      bench.expect("no address", await withoutWithin(bench, 500), []);
      await bench.say(arpRequest({ tpa: OWN }));
      await bench.silence("nobody is answered", 200, { kind: "arp", op: 2 });
    },
  },
  {
    ...common,
    id: "ACD-04/later",
    title: "a second time after more than 10 s: it is announced again, and stays",
    source: "RFC 5227 2.4 (b): DEFEND_INTERVAL 10 s",
    async run(bench) {
      await held(bench);
      for (let turn = 0; turn < 2; turn++) {
        if (turn > 0) await bench.sleep(DEFEND_INTERVAL + 500);
        await bench.say(arpAnnounce({ from: OTHER }));
        await bench.hears("announces it", announces(OWN), { within: 500 });
      }
      bench.expect("the address", await addresses(bench), [GIVEN]);
    },
  },
  {
    ...common,
    id: "ACD-05/probe",
    title: "another station's probe for an address that is ours is answered, and is no conflict",
    source: "RFC 5227 2.1.1, RFC 826",
    async run(bench) {
      await held(bench);
      for (let turn = 0; turn < 2; turn++) {
        await bench.say(arpProbe({ from: T2, tpa: OWN }));
        await bench.hears("answers", { kind: "arp", op: 2, spa: OWN, sha: DUT.mac });
      }
      await bench.silence("nothing is announced", 500, announces(OWN));
      bench.expect("the address", await addresses(bench), [GIVEN]);
    },
  },
  {
    ...common,
    id: "ACD-05/own",
    title: "our own announcement, looped back, is no conflict",
    source: "RFC 5227 2.4: a sender hardware address that is none of the host's",
    async run(bench) {
      await held(bench);
      for (let turn = 0; turn < 2; turn++) await bench.say(arpAnnounce({ from: { mac: DUT.mac, ip: OWN } }));
      await bench.silence("nothing is announced", 500, announces(OWN));
      bench.expect("the address", await addresses(bench), [GIVEN]);
    },
  },
  {
    ...common,
    id: "ACD-05/address",
    title: "the address is that of the operator with its prefix, and can be reached",
    source: "RFC 5227 2.3: from then on it may be used",
    async run(bench) {
      await begun(bench);
      bench.expect("the address", await addressWithin(bench, CHECKED), GIVEN);
      await bench.say(arpRequest({ tpa: OWN }));
      await bench.hears("answers", { kind: "arp", op: 2, spa: OWN, dst: T1.mac });
    },
  },
];

export const detection: readonly Case[] = [...free, ...meanwhile, ...defended];
